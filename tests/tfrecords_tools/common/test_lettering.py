"""Text in images: every script has a font, and one warning names letters without one."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from artgan_tf.evaluation.report import curves
from tfrecords_tools.common import lettering
from tfrecords_tools.common.lettering import families, isolated, lettered
from tfrecords_tools.common.sheet import named_grid

NAMES = ("é", "日本語", "Ж", "العربية", "हिन्दी", "ไทย", "한국어", "עברית", "Ωραία", "🎨", "$a_b$")


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget all letters that were looked up before."""
    monkeypatch.setattr(lettering, "_chosen", {})


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_drawn_without_what_the_machine_has(
    anew: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(lettering, "_system_fonts", list)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        families(name)
    letters = {lettered(x, 20).tobytes() for x in set(name) if x.isalnum()}
    assert len(letters) == len({x for x in name if x.isalnum()})  # boxes would be equal


def test_letters_join_and_run_from_right_to_left() -> None:
    assert lettered("بب", 40).width < 0.9 * 2 * lettered("ب", 40).width
    first, word = (np.asarray(lettered(x, 40)) > 99 for x in ("ש", "שיייי"))
    left, right = np.flatnonzero(first.any(axis=0))[[0, -1]]
    end = np.flatnonzero(word.any(axis=0))[-1] + 1
    shown = word[:, end - (right - left + 1) : end]
    assert shown.sum() == pytest.approx(first.sum(), rel=0.1)


def test_what_follows_a_name_from_right_to_left_stays_behind_it() -> None:
    assert isolated("日本 Ж") == "日本 Ж"
    ends = [np.asarray(lettered(f"{isolated(name)}, 1", 40)) > 99 for name in ("שין", "abc")]
    one, other = (ink[:, np.flatnonzero(ink.any(axis=0))[-1] - 12 :] for ink in ends)
    assert one.any()
    assert abs(one.sum() - other.sum()) < 0.2 * one.sum()  # the number is on the right of either


def test_a_letter_without_a_font_is_told_once(anew: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_system_fonts", list)
    with pytest.warns(
        UserWarning, match=r"^no installed font has Ꮳ \(U\+13E3, cherokee letter tsa\)"
    ):
        lettered("ᏣᎳᎩ", 12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert lettered("a ᏣᎳᎩ", 12).width > lettered("a", 12).width


def test_a_font_of_the_machine_stands_in(anew: None, monkeypatch: pytest.MonkeyPatch) -> None:
    *_, file = (x for x in lettering._files() if "CJK" in x)
    monkeypatch.setattr(lettering, "PACKAGES", ("no_such_package",))
    monkeypatch.setattr(lettering, "_system_fonts", lambda: ["/no/such/font.ttf", file])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert families("a 日 本") == ["DejaVu Sans", "Noto Sans CJK JP"]


def test_a_sheet_s_names_stand_on_the_left_of_their_rows() -> None:
    images = np.zeros((2, 1, 16, 16, 3), np.uint8)
    sheet, other = named_grid(images, ["日", "本"]), named_grid(images, ["日", "x" * 999])
    margin = sheet.width - 66
    upper, lower = (np.asarray(sheet.crop((0, y, margin, y + 66))) for y in (0, 66))
    assert (upper < 99).any()
    assert (lower < 99).any()
    assert (upper != lower).any()
    assert other.width < 4000  # even for the longest name, the image stays viewable
    assert named_grid(images, ["日", ""], scale=9, among=["x" * 99]).height == 2 * (9 * 16 + 2)


def test_plots_have_the_same_letters() -> None:
    def ink(name: str) -> bytes:
        lines = {name: [(1, 1.0), (2, 2.0)], "b": [(1, 2.0)]}
        stream = io.BytesIO()
        curves.draw([curves.Panel("runs", lines)]).savefig(stream)
        return Image.open(stream).tobytes()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ink("日日") != ink("本本")
        ink("$a_b^$")  # not a formula
