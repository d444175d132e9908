"""Mangled names find their own files, and never the file of another name."""

import unicodedata
from itertools import permutations

import numpy as np
import pytest

from tfrecords_tools.names import canonical, match

NAME = "Cubism/andr\u00e9-\u00f3-\u00ed.jpg"
ACCENTS = "àâäåçèéêëíîïñòóôöøúûüšłőžčæþ"
PAGES = ("latin-1", "cp437", "cp866", "cp1252")

# í as in the official lists (UTF-8 read as latin-1, lower case), and as in copies of the images,
# where it was also read as cp866 and then as cp437.
LISTED = "joaquí".encode().decode("latin-1").lower() + "n_sea.jpg"
STORED = LISTED.encode().decode("cp866").encode().decode("cp437")


def mangled(name: str, *pages: str) -> str | None:
    """Read UTF-8 in wrong encodings, one after another; None if one lacks a character."""
    for page in pages:
        try:
            name = name.encode().decode(page)
        except UnicodeDecodeError:
            return None
    return name


# ---- one name --------------------------------------------------------------------------------
@pytest.mark.parametrize("page", PAGES)
def test_a_wrong_decoding_is_undone(page: str) -> None:
    undone = 0
    for accent in ACCENTS:
        if garbled := mangled(f"Cubism/m{accent}ler_x.jpg", page):
            assert canonical(garbled) == f"cubism/m{accent}ler_x.jpg"
            undone += 1
    assert undone > 20  # cp1252 has no character for five of the bytes


@pytest.mark.parametrize("pages", permutations(PAGES[:3], 2), ids=" then ".join)
def test_two_wrong_decodings_are_undone(pages: tuple[str, str]) -> None:
    garbled = mangled(NAME, *pages)
    assert garbled
    assert canonical(garbled) == NAME.casefold()


@pytest.mark.parametrize("name", ["plain_name-1(2).jpg", "Ukiyo_e/葛飾.jpg", "İstanbul.jpg", ""])
def test_what_was_never_mangled_only_loses_its_case(name: str) -> None:
    assert canonical(name) == name.casefold()


def test_undoing_ends_on_random_text() -> None:
    random = np.random.default_rng(0)
    for _ in range(300):
        name = bytes(random.integers(0, 256, 24).tolist()).decode("latin-1")
        assert canonical(canonical(name)) == canonical(name)


# ---- rows and files --------------------------------------------------------------------------
def test_a_row_finds_its_file_in_every_mangling() -> None:
    decomposed = unicodedata.normalize("NFD", NAME)
    for file in (decomposed, *(mangled(NAME, page) or "" for page in PAGES), NAME.upper()):
        assert match([NAME], {file, "Cubism/other.jpg"}) == {NAME: (file, "variant")}
    for file in (STORED, "Joaqu\u00edn_sea.jpg"):
        assert match([LISTED], {file}) == {LISTED: (file, "variant")}


@pytest.mark.parametrize(
    ("rows", "files", "found"),
    [
        # A file of that very name comes first, and is not given to a variant.
        ([NAME], {NAME, mangled(NAME, "cp437")}, {NAME: (NAME, "exact")}),
        ([mangled(NAME, "latin-1"), NAME], {NAME}, {NAME: (NAME, "exact")}),
        (
            ["R/tw\u00f6ns.jpg", "R/tw\u2592ns.jpg"],
            {"R/tw\u00f6ns.jpg", "R/tw\u00f8ns.jpg"},
            {
                "R/tw\u00f6ns.jpg": ("R/tw\u00f6ns.jpg", "exact"),
                "R/tw\u2592ns.jpg": ("R/tw\u00f8ns.jpg", "ascii"),
            },
        ),
        # What cannot be undone is found by its ASCII letters, if only one file and row have them.
        (
            ["R/li\u2592\u2592on.jpg"],
            {"R/li\u00e4\u00dfon.jpg", "R/lion.png"},
            {"R/li\u2592\u2592on.jpg": ("R/li\u00e4\u00dfon.jpg", "ascii")},
        ),
        (["R/tw\u2592ns.jpg"], {"R/tw\u00f6ns.jpg", "R/tw\u00f8ns.jpg"}, {}),
        (["R/tw\u2592ns.jpg", "R/tw\u2593ns.jpg"], {"R/tw\u00f6ns.jpg"}, {}),
        (["U/葛飾北斎.jpg"], {"U/歌川広重.jpg"}, {}),  # both without any
        (["U/波.jpg"], {"U/富士山と桜.jpg"}, {}),
        (["I/Рублёв.jpg"], {"I/Дионисий.jpg"}, {}),
        (["I/on\u2592\u2592.jpg"], {"I/onöß.jpg"}, {}),  # half of it is not more than half
        # Without its apostrophe, too.
        (["R/d'or.jpg"], {"R/dor.jpg", "R/do'r.jpg"}, {}),
        (["R/d'or.jpg", "R/do'r.jpg"], {"R/dor.jpg"}, {}),
        (["R/d'or.jpg", "R/dor.jpg"], {"R/dor.jpg"}, {"R/dor.jpg": ("R/dor.jpg", "exact")}),
        # Never across folders.
        (["R/d'or.jpg"], {"S/dor.jpg"}, {}),
        (["Cubism/andr\u00e9.jpg"], {"Rococo/andr\u00e9.jpg", "andr\u00e9.jpg"}, {}),
    ],
)
def test_a_row_has_the_one_file_that_it_can_mean(rows: list, files: set, found: dict) -> None:
    assert match(rows, files) == found


@pytest.mark.parametrize(
    ("row", "file"),
    [
        ("Pop_Art/allan-d'arcangelo_us-highway-1.jpg", "Pop_Art/allan-darcangelo_us-highway-1.jpg"),
        ("Realism/georgia-o'keeffe_no-8.jpg", "Realism/Georgia-OKeeffe_no-8.jpg"),
        ("Realism/georgia-okeeffe_no-8.jpg", "Realism/georgia-o\u2019keeffe_no-8.jpg"),
        ("Cubism/andr\u00e9-d'or.jpg", "Cubism/andr\u251c\u2310-dor.jpg"),
    ],
)
def test_a_row_finds_its_file_without_the_apostrophe(row: str, file: str) -> None:
    assert match([row], {file, "Realism/okeeffe.jpg"}) == {row: (file, "apostrophe")}


def test_thousands_of_mangled_names_find_their_own_files_in_any_order() -> None:
    random = np.random.default_rng(0)
    files: dict[str, str] = {}  # row -> its file
    for number in range(2000):
        accent, page = random.choice(list(ACCENTS)), random.choice(PAGES[:3])
        name = f"Style_{number % 7}/p{accent}inter-{number}_ö{accent}.jpg"
        garbled = mangled(name, page) or name
        files[name] = (name, garbled, unicodedata.normalize("NFD", name))[number % 3]
    rows = random.permutation([*files, *(f"Style_1/missing-{i}é.jpg" for i in range(50))]).tolist()
    found = match(rows, {*files.values(), "Style_1/in-no-list-ü.jpg"})
    assert {row: file for row, (file, _) in found.items()} == files
    assert {how for _, how in found.values()} == {"exact", "variant"}
