"""The report page: self-contained, every figure with its reference row, names unaltered."""

import base64
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan_tf.data.demo_paintings import CLASS_NAMES
from artgan_tf.evaluation import measure as measuring
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.measure import Evaluation, measure
from artgan_tf.evaluation.report import curves, pictures
from artgan_tf.evaluation.report import page as module
from artgan_tf.evaluation.results import REAL
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load
from artgan_tf.sampler import Sampler
from tests.evaluation.material import make_run
from tests.evaluation.pages import Page

NAMES = ('<b>bold "quoted"', "it's_one_of_&amp;_{{ many }}", "日本 ünï_ß")
METRICS = (
    "kid_8_val", "precision_recall_8_k3", "conditional_accuracy_d_8", "pixel_diversity_8",
    "pixel_diversity_30", "d_accuracy_val", "reconstruction_val", "authenticity_8",
    "authenticity_pixels_8",
)  # fmt: skip
FILES = {
    "report.html", "curves.png", "beside.png", "progress.png", "grid.png", "magnified.png",
    "neighbours_pixels.png",
    "neighbours_features.png", "between_seeds.png", "between_classes.png",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, paintings: Path) -> Path:
    """A run of three classes with names that are hard to display."""
    folder = tmp_path_factory.mktemp("run")
    for split in ("train", "val"):
        for plain, name in zip(CLASS_NAMES[:3], NAMES, strict=True):
            shutil.copytree(paintings / split / plain, folder / "data" / split / name)
    magnifying = {"model__magnify": True, "model__encoder": ["64/2"], "data__image_size": 8}
    make_run(folder / "run", "improved", folder / "data", **magnifying)
    for step, row in ((2, {"d_loss": 3.0}), (4, {"d_loss": 2.0}), (6, {"metric_kid_8_val": 0.25})):
        RunDirectory(folder / "run").append_history({"step": step} | row)
    return folder / "run"


@pytest.fixture(scope="module")
def sampler(run: Path) -> Iterator[Sampler]:
    """Sampler of the run, which `measure` loads only once."""
    found = load(run)
    samples = RunDirectory(run).samples
    samples.mkdir(exist_ok=True)
    found.grid().save(samples / "step_000006.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "load", lambda *_: found)
        yield found


@pytest.fixture(scope="module")
def evaluation(run: Path, sampler: Sampler, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    out = tmp_path_factory.mktemp("out")
    return measure(run, METRICS, "pixels", seeds=(0, 1), out=out)


@pytest.fixture(scope="module")
def page(evaluation: Evaluation) -> Page:
    return Page(evaluation.report.read_text(encoding="utf-8"))


def opened(uri: str) -> Image.Image:
    kind, data = re.fullmatch(r"data:image/(png|jpeg);base64,(.+)", uri).groups()  # type: ignore
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    assert image.format == kind.upper()
    return image


# ---- one file -----------------------------------------------------------------------------------
@pytest.mark.slow
def test_it_needs_nothing_but_itself(evaluation, page):
    text = evaluation.report.read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|url\(|@import|<script|<link|srcset|\son\w+=", text)
    assert page.images()
    for image in page.images():
        opened(image["src"]).load()
        assert image["alt"]  # for those who cannot see it
    linked = {name for _, values in page.tags for name in values}
    assert not linked & {"href", "data", "action", "background", "poster"}


def test_pictures_lie_beside_it_and_nothing_half_written(evaluation):
    folder = evaluation.report.parent
    assert {path.name for path in folder.iterdir()} == FILES
    for path in folder.glob("*.png"):
        Image.open(path).load()


@pytest.mark.slow
@pytest.mark.usefixtures("sampler")
def test_a_failure_leaves_the_last_page_as_it_was(run, tmp_path, monkeypatch):
    """That page has neither a history nor features for it alone."""
    monkeypatch.delattr(pictures, "neighbours_by_features")
    asked = run, ("kid_8_val",), "pixels"
    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, "history", lambda _: [])
        first = measure(*asked, out=tmp_path).report
    before = first.read_bytes()
    page = Page(before.decode())
    assert "come with the metric authenticity_1k" in page.text
    assert "The run has no history" in page.text
    assert not {"neighbours_features.png", "curves.png"} & {x.name for x in first.parent.iterdir()}

    def broken(panels):
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(curves, "draw", broken)
        with pytest.raises(OSError, match="no space left"):
            measure(*asked, out=tmp_path)
    assert first.read_bytes() == before
    assert not (tmp_path / "evaluation-2").exists()
    assert measure(*asked, out=tmp_path).report == tmp_path / "evaluation-2" / "report.html"
    assert first.read_bytes() == before


# ---- the verdict --------------------------------------------------------------------------------
def test_the_verdict_comes_first_then_pictures_then_figures(page):
    places = [page.text.index(words) for words in (
        "Sample: 8 pictures prove little", "Told apart: D itself recognizes", "Varied: ",
        "Realistic: KID", "Copies: ", "Generated beside real",
        "The same latent while it trained", "Is it copying?",
        "Does it copy training images?", "All figures",
    )]  # fmt: skip
    assert places == sorted(places)
    readers, *others = page.tables
    assert len(readers) == 6  # with its heads
    assert others
    assert [values for tag, values in page.tags if tag == "details"] == [{}]  # folded


# ---- figures ------------------------------------------------------------------------------------
def test_every_figure_stands_in_its_row_and_column(evaluation, page):
    assert {result.metric for result in evaluation.results} == set(METRICS)
    for result in evaluation.results:
        name = next(iter(result.values))
        alike = [r.values[name] for r in evaluation.results
                 if (r.metric, r.model) == (result.metric, result.model)]  # fmt: skip
        ((row, cell),) = [
            (row, cell) for row, cell in page.cells(result.metric, name)
            if row.startswith("real images" if result.model == REAL else "run, ema, step 7")
        ]  # fmt: skip
        shown = float(cell.split()[0].replace(",", ""))
        assert shown == pytest.approx(np.mean(alike), rel=1e-3, abs=1e-4), (result, row)


def test_a_missing_reference_row_is_a_dash_and_a_reason(page):
    for metric, value, reason in (
        ("pixel_diversity_30", "pixel_diversity", "too few other real images"),
        ("d_accuracy_val", "accuracy", "the model's own networks"),
    ):
        assert next(page.cells(metric, value)) == ("real images reference", "—")  # the first row
        assert re.search(rf"{metric} [^.]*no reference row: [^.]*{reason}", page.text)
    assert not re.search(r"pixel_diversity_8 [^.]*no reference row", page.text)


def test_how_it_came_about(evaluation, page):
    shown = " ".join(page.text.split())
    first = evaluation.results[-1]
    for words in (first.data, first.data_sha256, first.commit, first.version, first.model,
                  "EMA", "x / 255, flattened", "0, 1"):  # fmt: skip
        assert words in shown


# ---- names --------------------------------------------------------------------------------------
def test_names_are_shown_as_they_are(evaluation, page):
    assert not [tag for tag, _ in page.tags if tag == "b"]
    (by_class,) = [table for table in page.tables if table[2][0] in NAMES]
    assert {row[0] for row in by_class[2:]} == set(NAMES)
    assert {image["alt"].split(":")[0] for image in page.images()} > set(NAMES)
    assert RunDirectory(evaluation.results[-1].model).class_names() == sorted(NAMES)


# ---- pictures -----------------------------------------------------------------------------------
@pytest.mark.usefixtures("sampler")
def test_a_copy_is_marked_beside_what_it_copies(run, tmp_path, monkeypatch):
    def copied(sampler):
        return Images(data[0].train.pixels[[5]].copy(), np.array([1], np.int32))

    data: list = []
    monkeypatch.setattr(pictures, "sought", copied)
    monkeypatch.setattr(module, "write_report", spying(module.write_report, data))
    found = measure(run, ("authenticity_8",), "pixels", out=tmp_path)
    page = Page(found.report.read_text(encoding="utf-8"))
    assert [tag for tag, _ in page.tags].count("mark") == 1 + 2  # in the explanation, on pictures
    loud = [values for tag, values in page.tags if tag == "div" and values.get("class") == "copies"]
    (grade,) = (answer.grade for answer in found.verdict if answer.name == "copies")
    assert bool(loud) == (grade == "poor")  # a mark is loud if the verdict is poor
    alts = [image["alt"] for image in page.images()]
    places = [i for i, alt in enumerate(alts) if alt.endswith("seed 0: generated")]
    assert len(places) == 2  # by pixels and by features
    for place in places:
        painting, nearest = page.images()[place : place + 2]
        assert painting["src"] == nearest["src"]
        assert nearest["alt"].endswith(", 0")


def spying(function, seen: list):
    def called(folder, run, sampler, reference, *others):
        seen.append(reference)
        return function(folder, run, sampler, reference, *others)

    return called


# ---- in a browser -------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_it_opens_without_a_server(width, scheme, browser, evaluation):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(error.message))
    page.on("request", lambda request: said.append(request.url[:40]))
    page.goto(evaluation.report.as_uri())
    said = [words for words in said if not words.startswith("data:image/")]
    assert said == [evaluation.report.as_uri()[:40]]  # asked for, and nothing else
    inside = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert page.evaluate(inside) <= width
    assert page.evaluate("[...document.images].every(image => image.naturalWidth)")
    assert "Is it copying?" in page.locator("h2").all_inner_texts()
    assert not page.locator("details table").first.is_visible()
    shown = (page.locator(f".{kind} img").first.bounding_box() for kind in ("classes", "full"))
    usual, full = (box["width"] for box in shown)
    assert full > 1.5 * usual
