"""A damaged checkpoint loses only the steps since the previous one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from artgan_tf import backend
from artgan_tf.config import InputError, RunError, resolve
from artgan_tf.gan import GAN
from artgan_tf.papers import build_gan
from artgan_tf.runs import names
from artgan_tf.runs.checkpoint_file import FORMAT, write
from artgan_tf.runs.checkpoints import Checkpoints, latest_step
from artgan_tf.runs.networks import load_networks
from tests.conftest import PRESETS, tiny_overrides
from tests.gans import save_first_format

KERNEL = "averaged/paint/kernel"


def built(paper: str, **changes: object) -> GAN:
    gan = build_gan(resolve(PRESETS[paper], tiny_overrides(paper, "none") | changes), 3)
    gan.compile()
    return gan


@pytest.fixture(scope="module")
def gan() -> GAN:
    return built("improved")


def reach(gan: GAN, step: int) -> None:
    """Pretend to have trained to a step: each weight equals it."""
    for variable in gan.averaged.weights:
        variable.assign(np.full(variable.shape, step))
    gan.step.assign(step)


@pytest.fixture
def folder(gan: GAN, tmp_path: Path) -> Path:
    """Checkpoints of steps 1 to 3."""
    checkpoints = Checkpoints(gan, tmp_path / "run" / "checkpoints")
    for step in (1, 2, 3):
        reach(gan, step)
        checkpoints.save()
    return checkpoints.folder


# ---- damage -----------------------------------------------------------------------------------
def changed(change: Callable[[dict], object]) -> Callable[[Path], object]:
    """A fault that changes the arrays of an otherwise valid file."""

    def apply(file: Path) -> None:
        with np.load(file) as found:
            arrays = dict(found)
        change(arrays)
        with file.open("wb") as stream:
            np.savez(stream, **arrays)

    return apply


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-200]),
    "a bit": flip,
    "empty": lambda file: file.write_bytes(b""),
    "garbage": lambda file: file.write_bytes(b"PK\3\4" + bytes(5000)),
    "an array missing": changed(lambda arrays: arrays.pop(KERNEL)),
    "another array": changed(lambda arrays: arrays.update({f"{KERNEL}s": np.zeros(3)})),
    "another shape": changed(lambda arrays: arrays.update({KERNEL: arrays[KERNEL][..., :2]})),
    "NaN": changed(lambda arrays: arrays[KERNEL].fill(np.nan)),
    "a newer format": changed(lambda arrays: arrays.update({FORMAT: np.array(99)})),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_newest_good_one_is_taken_and_named(damage: str, folder: Path, gan: GAN) -> None:
    DAMAGE[damage](folder / "step-3.npz")
    reach(gan, 0)
    checkpoints = Checkpoints(gan, folder)
    told = r"step-3\.npz cannot be used: its? .*Using \S+step-2\.npz"
    with pytest.warns(UserWarning, match=told):
        assert checkpoints.restore() == gan.steps_done == 2
    assert set(np.ravel(gan.averaged.weights[0])) == {2}
    if damage != "another array":  # which is not read for sampling
        with pytest.warns(UserWarning, match=r"Using \S+step-2\.npz instead"):
            assert load_networks(gan, folder).step == 2
        with pytest.raises(InputError, match=r"step-3\.npz cannot be used.*latest, or one of 1, 2"):
            load_networks(gan, folder, 3)
    checkpoints.set_aside()
    assert latest_step(folder) == 2
    assert (folder / "damaged-3.npz").exists()
    reach(gan, 3)
    checkpoints.save()  # the step was repeated, and its checkpoint is kept
    assert Checkpoints(gan, folder).restore() == 3


def test_a_step_can_be_chosen_and_what_cannot_be_used_is_named(folder: Path, gan: GAN) -> None:
    assert load_networks(gan, folder, 2).step == 2
    assert set(np.ravel(gan.averaged.weights[0])) == {2}
    with pytest.raises(InputError, match=r"no checkpoint of step 7: it has 1, 2, 3\."):
        load_networks(gan, folder, 7)
    for file in folder.glob("*.npz"):
        flip(file)
    told = r"^The checkpoint \S+step-3\.npz cannot be used: [^\n]"
    for use in (Checkpoints(gan, folder).restore, lambda: load_networks(gan, folder)):
        with pytest.raises(InputError, match=told):
            use()


def test_one_that_vanishes_meanwhile_gives_way_to_the_newer_one(
    folder: Path, gan: GAN, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = np.load

    def replaced(file: Path, **options: object) -> object:
        monkeypatch.setattr(np, "load", load)
        (folder / "step-3.npz").rename(folder / "step-9.npz")  # as a training does
        return load(file, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(np, "load", replaced)
    assert load_networks(gan, folder).step == 9


# ---- names ------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize(
    ("paper", "precision", "some"),
    [
        ("artgan", "float32", {"g_optimizer/generator/paint/bias/velocity"}),
        # With the scale of its losses.
        ("critic", "mixed_float16", {"d_optimizer/loss_scale_optimizer/dynamic_scale"}),
    ],
)
def test_names_are_the_same_whatever_was_built_before(
    paper: str, precision: str, some: set[str]
) -> None:
    changes = {"discriminator.spectral_norm": True, "train.precision": precision}
    both = [built(paper, **changes) for _ in range(2)]
    one, other = map(names.variables, both)
    assert list(one) == list(other)
    assert [v.shape for v in one.values()] == [v.shape for v in other.values()]
    assert {id(v) for v in one.values()} == {id(v) for v in names.by_place(both[0]).values()}
    assert some <= one.keys()


@pytest.mark.parametrize("form", ["in another order", "format 1"])
def test_arrays_go_by_name_or_as_they_did_in_format_1(form: str, folder: Path, gan: GAN) -> None:
    variables = names.variables(gan)
    for variable in variables.values():
        if variable.dtype == "float32":
            variable.assign(np.random.default_rng(variable.ndim).normal(size=variable.shape))
    arrays = Checkpoints(gan, folder).arrays()
    if form == "format 1":
        save_first_format(gan, folder / "step-3.npz")
    else:
        write(folder / "step-3.npz", {key: arrays[key] for key in sorted(arrays, reverse=True)})
    for variable in variables.values():
        variable.assign(np.zeros(variable.shape))
    Checkpoints(gan, folder).restore()
    for name, variable in variables.items():
        np.testing.assert_array_equal(backend.array(variable), arrays[name], err_msg=name)
    assert load_networks(gan, folder).partly == []


# ---- what is not finite -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "value"),
    [(KERNEL, np.nan), ("discriminator/encoder/1/norm/moving_variance", -np.inf)],
)
def test_no_state_that_is_not_finite_becomes_a_checkpoint(
    name: str, value: float, folder: Path, gan: GAN
) -> None:
    checkpoints, variable = Checkpoints(gan, folder), names.variables(gan)[name]
    before = np.array(variable)
    variable.assign(np.full_like(before, value))
    gan.step.assign(4)
    told = rf"Step 4: {name} is not finite.*step-3\.npz, the last"
    try:
        for save in (checkpoints.save, lambda: checkpoints.save_best("kid_1k_val", 0.1, "lower")):
            with pytest.raises(RunError, match=told):
                save()
    finally:
        variable.assign(before)
    kept = ["not-finite-4.npz", "step-1.npz", "step-2.npz", "step-3.npz"]
    assert sorted(path.name for path in folder.iterdir()) == kept
