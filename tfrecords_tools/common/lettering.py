"""Text in pictures, in every script there is a font for: DejaVu, Noto's fonts, the machine's own.

matplotlib sets it: it shapes letters that depend on their neighbours, goes from right to left where
a script does, and takes each letter from the first font that has it.
"""

import unicodedata
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

FIRST = "DejaVu Sans"  # matplotlib brings it: Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, ...
PACKAGES = ("manimgx_fonts", "noto_cjk_sans_jp_regular")  # Noto Sans: other scripts; Han, kana
LAST_RESORT = "LastResort"  # of macOS: has a box for every letter
LONGEST = 200  # letters of a name
TOLD = 8  # letters named in a warning
SHAPING = frozenset({"Cf", "Cc", "Mn", "Me", "Zs", "Zl", "Zp"})  # part of a letter, or none

_chosen: dict[str, str] = {}  # which family draws a letter; none where it is empty


def families(text: str) -> list[str]:
    """The fonts that draw it, for matplotlib's `font.family`; warns of letters that none has."""
    letters = [x for x in dict.fromkeys(text) if unicodedata.category(x) not in SHAPING]
    new = [letter for letter in letters if letter not in _chosen]
    _chosen.update({letter: _family(letter) for letter in new})
    if lost := [letter for letter in new if not _chosen[letter]]:
        more = f" and {len(lost) - TOLD} more" if len(lost) > TOLD else ""
        warnings.warn(
            f"no font here has {', '.join(map(_named, lost[:TOLD]))}{more}: pictures show boxes "
            f"instead; install a font of that script, such as one of Noto's.",
            stacklevel=2,
        )
    return list(dict.fromkeys([FIRST, *filter(None, map(_chosen.__getitem__, letters))]))


def lettered(text: str, size: float) -> Image.Image:
    """Lines of text as a mask, `L`, as large as they need, flush right; white is ink.

    Args:
        text: whatever it holds.
        size: of the letters, in pixels.
    """
    lines = [_line(line, size) for line in text.split("\n")]
    whole = Image.new("L", (max(x.width for x in lines), sum(x.height for x in lines)))
    top = 0
    for line in lines:
        whole.paste(line, (whole.width - line.width, top))
        top += line.height
    return whole


def _line(text: str, size: float) -> Image.Image:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

    line = " ".join(text.split())
    line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
    font = FontProperties(family=families(line), size=size)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # told above
        sized = RendererAgg(1, 1, 72).get_text_width_height_descent(line, font, False)
        width, height, descent = (int(np.ceil(side)) for side in sized)
        canvas = RendererAgg(width + 2, height + 2, 72)
        canvas.draw_text(canvas.new_gc(), 1, 1 + height - descent, line, font, 0, False)
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., 3])


def isolated(name: str) -> str:
    """A name as a part of a sentence: one from right to left leaves what follows where it is."""
    leftward = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in name)
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}" if leftward else name


def _named(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return f"{letter} (U+{ord(letter):04X}{name and ', '}{name.lower()})"


# ---- fonts --------------------------------------------------------------------------------------
def _family(letter: str) -> str:
    """Of the first font that has the letter; matplotlib knows of it then."""
    from matplotlib.font_manager import fontManager

    for file in _files():
        family, letters = _font(file)
        if ord(letter) in letters:
            if family != FIRST:
                fontManager.addfont(file)
            return family
    return ""


def _files() -> Iterator[str]:
    """Fonts of the packages before those of the machine, which is not asked unless it must be."""
    from matplotlib.font_manager import findfont

    yield findfont(FIRST)
    for package in PACKAGES:
        if spec := find_spec(package):
            folder = Path(spec.origin or "").parent
            yield from (str(x) for x in sorted(folder.iterdir()) if x.suffix in (".ttf", ".otf"))
    yield from _of_the_machine()


@cache
def _of_the_machine() -> list[str]:
    from matplotlib.font_manager import findSystemFonts

    return sorted(file for file in findSystemFonts() if LAST_RESORT not in file)


@cache
def _font(file: str) -> tuple[str, frozenset[int]]:
    """The family and the letters of a font; none of one that cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(file)
        return font.family_name, frozenset(font.get_charmap())
    except (OSError, RuntimeError):  # such as one of coloured bitmaps
        return "", frozenset()
