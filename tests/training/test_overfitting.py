"""r_v, and augmentation whose strength follows it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from artgan_tf.config import InputError
from artgan_tf.data.source import Indexed, Source, Streamed, spread
from artgan_tf.data.spec import open_source
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.training import overfitting
from artgan_tf.training.train import train
from tests.gans import K, N, batch, built
from tests.gans import tiny as small

ADAPTIVE = {"discriminator__augment": ["colour"], "discriminator__augment_strength": "adaptive"}


# ---- the measure --------------------------------------------------------------------------------
def sums(*kinds: list[float]) -> Any:
    """Sums of D's realness for training images, held-out images and fakes."""
    return np.array([[sum(x), sum(c * c for c in x), len(x)] for x in kinds])


@pytest.mark.parametrize(
    ("held_out", "fake", "expected"),
    [
        (3.0, -1.0, 0.0),
        (2.0, -1.0, 0.25),
        (0.0, -1.0, 0.75),
        (-1.0, -1.0, 1.0),
        (-2.0, -1.0, 1.0),  # worse than fakes
        (2.0, 3.5, 1.0),  # fakes beat memorized images
        (4.0, -1.0, 0.0),
    ],
)
def test_how_far_held_out_images_are_on_the_way_to_fakes(
    held_out: float, fake: float, expected: float
) -> None:
    found = overfitting.overfitting(sums([3.0] * 4, [held_out] * 4, [fake] * 4))
    assert found == pytest.approx(expected)


def test_what_may_be_chance_is_no_overfitting() -> None:
    """With standard errors of 0.5 each, a difference of 1 is 1.4 of them, one of 2 is 2.8."""
    for difference, told in ((1.0, False), (2.0, True)):
        spread_out = [-1.0, 1.0, -1.0, 1.0]
        held_out = [x - difference for x in spread_out]
        found = overfitting.overfitting(sums(spread_out, held_out, [-10.0] * 4))
        assert (found > 0) == told


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["improved", "artgan", "critic"])
def test_a_comparison_asks_d_at_inference_and_changes_nothing(paper: str) -> None:
    gan = built(paper, train__batch_size=N)
    before = [np.array(v) for v in gan.state]
    (images, y), (others, other_y) = batch(0), batch(1)
    found = np.array(gan.compare_step(((images, y), (others, other_y))))
    fake = gan.generator(gan.latents_by_seed(np.arange(N)), gan.one_hot(y))
    seen = (gan.from_uint8(images), y), (gan.from_uint8(others), other_y), (fake, y)
    expected = [np.array(gan.realness(*pair), np.float64) for pair in seen]
    assert all(c.shape == (N,) for c in expected)
    np.testing.assert_allclose(found, sums(*map(list, expected)), rtol=1e-4, atol=1e-6)
    for variable, value in zip(gan.state, before, strict=True):
        np.testing.assert_array_equal(variable, value)


@pytest.mark.parametrize("paper", ["improved", "artgan", "critic"])
def test_what_d_finds_more_real_it_judges_more_real(paper: str) -> None:
    """`judge` gets no class, so it agrees if all critics do."""
    gan = built(paper)
    if paper == "critic":
        kernel = np.array(gan.discriminator.head.kernel)
        gan.discriminator.head.kernel.assign(np.repeat(kernel[:, :1], K, axis=1))
    images = gan.from_uint8(batch()[0])
    found = np.array(gan.realness(images, np.zeros(N, np.int32)))
    np.testing.assert_allclose(1.0 / (1.0 + np.exp(-found)), gan.judge(images)[1], rtol=1e-4)


def test_pictures_are_from_all_over_a_split() -> None:
    labels = np.repeat(np.arange(5, dtype=np.int32), 20)
    split = Indexed(labels, lambda i: np.full((1, 1, 3), i, np.uint8), "picture {}".format)
    some = spread(split, 10)
    assert isinstance(some, Indexed)
    np.testing.assert_array_equal(some.labels, np.repeat(np.arange(5), 2))
    places = [int(some.load(i)[0, 0, 0]) for i in range(10)]
    assert (places[0], places[-1], some.name(9)) == (0, 99, "picture 99")
    assert labels[places].tolist() == some.labels.tolist()
    assert spread(split, 100) is split


def test_as_many_held_out_images_are_compared_as_training_images() -> None:
    """Or those of the first classes alone, as a split is in order of its labels."""
    few, many = (Indexed(np.zeros(n, np.int32), lambda i: np.zeros((16, 16, 3))) for n in (6, 30))
    engine = SimpleNamespace(held_out=lambda split: split)
    source = Source("x", ("a",), few, many)
    found = overfitting.Overfitting(cast(Any, None), cast(Any, engine), source)
    assert [cast(Indexed, split).count for split in found.batches] == [6, 6]


def test_of_a_streamed_split_the_first() -> None:
    class Records(list):
        def take(self, count: int) -> "Records":
            return Records(self[:count])

    split = Streamed(9, lambda seed: Records(range(9)), lambda r: r, lambda i, n: split)
    some = spread(split, 4)
    assert isinstance(some, Streamed)
    assert (some.count, some.records(None)) == (4, [0, 1, 2, 3])


# ---- the strength -------------------------------------------------------------------------------
def test_it_moves_towards_the_target_and_stays_within_0_and_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Except in a validation that only ends a run, which leaves it unchanged."""
    monkeypatch.setattr(overfitting, "SPEED", 0.6)
    gan, engine, moved = built("critic", **ADAPTIVE), Stand(), []
    watched = overfitting.Overfitting(gan, engine, engine)  # type: ignore[arg-type]
    for found, adapt in ((0.9, 1), (0.9, 1), (0.1, 1), (0.9, 0), (0.1, 1), (0.1, 1), (0.9, 1)):
        engine.held_out_is = 3.0 - 4.0 * found
        row = watched.measure(adapt=bool(adapt))
        assert row["overfitting"] == pytest.approx(found)
        assert row["augment_strength"] == float(gan.strength)
        moved.append(row["augment_strength"])
    np.testing.assert_allclose(moved, [0.6, 1.0, 0.4, 0.4, 0.0, 0.0, 0.6], atol=1e-6)


class Stand:
    """A fake engine and a source of one picture, with a given result of D for held-out images."""

    train = val = Indexed(np.zeros(1, np.int32), lambda i: np.zeros((16, 16, 3), np.uint8))
    held_out_is = 0.0

    def held_out(self, split: Any) -> list[int]:
        return [split.count]

    def compare(self, pairs: Any) -> Any:
        assert list(pairs) == [(1, 1)]
        return sums([3.0] * 4, [self.held_out_is] * 4, [-1.0] * 4)


@pytest.mark.slow
def test_a_run_adapts_at_validations(
    tiny: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`test_resume.py` shows that a resumed run has the same strength."""
    monkeypatch.setattr(overfitting, "TARGET", -1.0)  # it always grows
    train(tiny("critic", train__steps=7, **ADAPTIVE), tmp_path)
    rows = RunDirectory(tmp_path).history()
    found = {r["step"]: r["val_augment_strength"] for r in rows if "val_augment_strength" in r}
    assert found == pytest.approx({3: 0.1, 6: 0.2, 7: 0.2})


@pytest.mark.slow
def test_only_an_adaptive_run_keeps_a_strength(tmp_path: Any) -> None:
    saved = []
    for changes in ({}, ADAPTIVE):
        gan = built("critic", **changes)
        saved.append(len(Checkpoints(gan, tmp_path).arrays()))
    assert saved[1] == saved[0] + 1


# ---- refusals -----------------------------------------------------------------------------------
def test_a_source_made_by_hand_without_held_out_images_is_refused(tiny: Any, tmp_path: Any) -> None:
    """Every SPEC gives some, so nothing else asks for them."""
    config = tiny("critic")
    source = open_source(config.data)
    empty = replace(source, val=Indexed(np.zeros(0, np.int32), source.val.load))  # type: ignore
    with pytest.raises(InputError, match=r"^folder:[^\n]* has no held-out images: [^\n]*\.$"):
        train(config, tmp_path / "run", source=empty)
    assert not (tmp_path / "run").exists()


def test_nothing_to_adapt_is_refused() -> None:
    changes = ADAPTIVE | {"discriminator__augment": []}
    with pytest.raises(InputError, match=r"^discriminator.augment_strength='adaptive' has nothing"):
        build_gan(small("critic", **changes), K)


def test_a_cluster_is_refused(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from artgan_tf.training.tensorflow_engine import TensorFlowEngine

    monkeypatch.setattr(TensorFlowEngine, "_cluster", True)
    with pytest.raises(InputError, match=r"^discriminator.augment_strength[^\n]*mirrored\.$"):
        TensorFlowEngine(tiny("critic", **ADAPTIVE))
