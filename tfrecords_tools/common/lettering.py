"""Draws text in any script that has a font: DejaVu's, Noto's, or one installed on the system.

matplotlib lays out the text: it shapes letters that depend on their neighbours, sets right-to-left
scripts, and takes each letter from the first font that has it.
"""

import unicodedata
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

FIRST = "DejaVu Sans"  # part of matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, ...
PACKAGES = ("manimgx_fonts", "noto_cjk_sans_jp_regular")  # Noto Sans: other scripts; Han and kana
LAST_RESORT = "LastResort"  # a macOS font with a box for every letter
LONGEST = 200  # letters drawn of a line
SHOWN = 8  # letters named in a warning
SHAPING = frozenset({"Cf", "Cc", "Mn", "Me", "Zs", "Zl", "Zp"})  # need no font

_chosen: dict[str, str] = {}  # letter -> font family that draws it, or ""


def families(text: str) -> list[str]:
    """Return the fonts for a text, for matplotlib's `font.family`; warn of letters without one."""
    letters = [x for x in dict.fromkeys(text) if unicodedata.category(x) not in SHAPING]
    new = [letter for letter in letters if letter not in _chosen]
    _chosen.update({letter: _family(letter) for letter in new})
    if lost := [letter for letter in new if not _chosen[letter]]:
        more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
        warnings.warn(
            f"no installed font has {', '.join(map(_named, lost[:SHOWN]))}{more}: images show "
            f"boxes instead; install a font for that script, such as one of Noto's.",
            stacklevel=2,
        )
    return list(dict.fromkeys([FIRST, *filter(None, map(_chosen.__getitem__, letters))]))


def lettered(text: str, size: float) -> Image.Image:
    """Draw lines of text, flush right, as a mask of mode `L`, cropped to the text; ink is white.

    `size` is that of the font in pixels; each line beyond 200 letters is cut off.
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
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # warned above
        sized = RendererAgg(1, 1, 72).get_text_width_height_descent(line, font, False)
        width, height, descent = (int(np.ceil(side)) for side in sized)
        canvas = RendererAgg(width + 2, height + 2, 72)
        canvas.draw_text(canvas.new_gc(), 1, 1 + height - descent, line, font, 0, False)
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., 3])


def isolated(name: str) -> str:
    """Isolate a right-to-left name, so that it does not reorder the text after it."""
    leftward = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in name)
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}" if leftward else name


def _named(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return f"{letter} (U+{ord(letter):04X}{name and ', '}{name.lower()})"


# ---- fonts --------------------------------------------------------------------------------------
def _family(letter: str) -> str:
    """Return the family of the first font that has the letter, and register that font."""
    from matplotlib.font_manager import fontManager

    for file in _files():
        family, letters = _font(file)
        if ord(letter) in letters:
            if family != FIRST:
                fontManager.addfont(file)
            return family
    return ""


def _files() -> Iterator[str]:
    """Yield font files, those of packages first; the system is searched only if needed."""
    from matplotlib.font_manager import findfont

    yield findfont(FIRST)
    for package in PACKAGES:
        if spec := find_spec(package):
            folder = Path(spec.origin or "").parent
            yield from (str(x) for x in sorted(folder.iterdir()) if x.suffix in (".ttf", ".otf"))
    yield from _system_fonts()


@cache
def _system_fonts() -> list[str]:
    from matplotlib.font_manager import findSystemFonts

    return sorted(file for file in findSystemFonts() if LAST_RESORT not in file)


@cache
def _font(file: str) -> tuple[str, frozenset[int]]:
    """Return the family and the letters of a font; both are empty if it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(file)
        return font.family_name, frozenset(font.get_charmap())
    except (OSError, RuntimeError):  # such as a font of colour bitmaps
        return "", frozenset()
