"""An export in TensorFlow's C++ loader gives Keras's pictures bit for bit."""

import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from artgan_tf.config import RunError
from artgan_tf.serving import check, loader
from artgan_tf.serving.saved_model import ExportOptions, write
from artgan_tf.serving.signatures import Signatures
from tests.samplers import CLASSES

pytestmark = pytest.mark.slow
PAPERS = ["improved", "artgan", "critic"]
HALVED = ["artgan", "critic"]
K = len(CLASSES)


@pytest.fixture(scope="module")
def answers(exports, samplers):
    """The loader's answers to the check's requests, by paper; each paper starts the loader once."""
    return {p: check.run_loader(exports[p], check.requests(samplers[p])) for p in PAPERS}


@pytest.mark.parametrize("paper", PAPERS)
def test_pictures_are_kerass(answers, samplers, paper):
    expected = check.expected(samplers[paper])
    assert ("magnified/image_bytes" in expected) == (paper == "improved")
    for name, images in expected.items():
        found = answers[paper][name]
        found = check.decoded(found) if found.dtype.kind == "S" else found
        np.testing.assert_array_equal(found, images, err_msg=name)
    assert not [name for name in answers[paper] if name.endswith("/error")]


@pytest.mark.parametrize("paper", PAPERS)
def test_scores_and_reconstructions_are_kerass(answers, samplers, paper):
    sampler = samplers[paper]
    picture = sampler.generate([0], [0])
    scores, realness = sampler.gan.judge(sampler.gan.from_uint8(picture))
    found = answers[paper]
    np.testing.assert_allclose(found["classify/scores"], scores, atol=1e-6)
    np.testing.assert_allclose(found["classify/realness"], realness, atol=1e-6)
    label = int(np.argmax(scores[0]))
    assert found["classify/label"].tolist() == [label]
    assert found["classify/class_name"].tolist() == [CLASSES[label].encode()]
    image = sampler.gan.reconstruct(sampler.gan.from_uint8(picture), sampler.generator)
    reconstructed = check.decoded(found["reconstruct/image_bytes"])
    np.testing.assert_array_equal(reconstructed, sampler.gan.to_uint8(image))


def test_the_loader_imports_neither_keras_nor_this_package(exports, samplers, tmp_path):
    given: dict[str, Any] = {"generate/label": np.array([0], np.int32)}
    np.savez(tmp_path / "in.npz", **given)
    script = (
        "import runpy, sys\n"
        f"sys.argv = ['x', {str(exports['artgan'])!r}, 'in.npz', 'out.npz']\n"
        f"runpy.run_path({loader.__file__!r}, run_name='__main__')\n"
        "names = {name.split('.')[0] for name, module in sys.modules.items() if module}\n"
        "print(sorted(names & {'keras', 'artgan_tf', 'tensorflow'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "['tensorflow']\n", done.stderr


def test_same_label_and_seed_same_bytes_alone_among_17_and_reloaded(exports):
    label, seed = np.arange(17, dtype=np.int32) % K, np.arange(17) + 2**40

    def painted(rows):
        given = {"serving_default/label": label[rows], "serving_default/seed": seed[rows]}
        return check.run_loader(exports["improved"], given)["serving_default/image_bytes"].tolist()

    together = painted(slice(None))
    assert len(set(together)) == 17
    assert painted(slice(16, 17)) == together[16:]


def test_a_label_out_of_range_is_an_error_and_any_picture_is_judged(exports):
    rng = np.random.default_rng(0)
    encoded = []
    for kind, mode, size in [
        ("PNG", "L", (40, 20)),
        ("JPEG", "RGB", (16, 16)),
        ("GIF", "P", (7, 9)),
    ]:
        pixels = rng.integers(0, 255, (size[1], size[0], 3), np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(buffer, kind)
        encoded.append(buffer.getvalue())
    given = {
        "classify/image_bytes": np.array(encoded),
        "serving_default/label": np.array([0, -1], np.int32),
        "serving_default/seed": np.array([1, 2]),
        "magnified/label": np.array([0, K], np.int32),
        "magnified/seed": np.array([1, 2]),
    }
    found = check.run_loader(exports["improved"], given)
    for problem in (found.pop(f"{name}/error") for name in ("serving_default", "magnified")):
        told = str(problem)
        assert f"label must be from 0 to {K - 1}" in told or "Graph execution" in told
    assert all(name.startswith("classify/") for name in found)
    assert found["classify/scores"].shape == (3, K)
    np.testing.assert_allclose(found["classify/scores"].sum(axis=1), 1.0, rtol=1e-5)


# ---- the check --------------------------------------------------------------------------------
def test_a_module_that_holds_a_keras_model_is_caught(samplers, tmp_path):
    """Python loads and runs such an export; TF Serving loads it and fails its first request."""
    sampler = samplers["artgan"]
    signatures = Signatures(sampler)
    functions = signatures.functions()
    signatures.module.weights = [variable.value for variable in sampler.generator.variables]
    signatures.module.discriminator = sampler.gan.discriminator
    tf.saved_model.save(signatures.module, str(tmp_path / "1"), signatures=functions)
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    picture = tf.constant(check.requests(sampler)["classify/image_bytes"])
    assert loaded.signatures["classify"](image_bytes=picture)["scores"].shape == (1, K)
    with pytest.raises(RunError, match="The export's signature classify fails: "):
        check.check(tmp_path / "1", sampler)


def test_an_export_of_another_sampler_is_caught(exports, samplers):
    sampler = samplers["artgan"]
    kept = sampler.generator.get_weights()
    try:
        sampler.generator.set_weights([value * 0.5 for value in kept])
        with pytest.raises(RunError, match=r"differs from Keras by \d+ grey levels"):
            check.check(exports["artgan"], sampler)
    finally:
        sampler.generator.set_weights(kept)


def test_weights_that_are_no_numbers_are_caught(exports, samplers):
    sampler = samplers["artgan"]
    kept = sampler.generator.get_weights()
    try:
        sampler.generator.set_weights([kept[0] * np.nan, *kept[1:]])
        with pytest.raises(RunError, match=r"is not finite: export another checkpoint\."):
            check.check(exports["artgan"], sampler)
    finally:
        sampler.generator.set_weights(kept)


def test_what_is_no_savedmodel_is_told_in_one_line(samplers, tmp_path):
    with pytest.raises(RunError, match="loader cannot run the export: ") as error:
        check.check(tmp_path, samplers["artgan"])
    assert "\n" not in str(error.value)


# ---- float16 weights --------------------------------------------------------------------------
@pytest.fixture(scope="module")
def halves(samplers, tmp_path_factory):
    """Exports of the samplers with float16 weights."""
    root = tmp_path_factory.mktemp("halves")
    for paper in HALVED:
        write(samplers[paper], root / paper, ExportOptions(half=True))
    return {paper: root / paper for paper in HALVED}


@pytest.mark.parametrize("paper", HALVED)
def test_half_weights_are_half_the_size(exports, halves, paper):
    sizes = [
        (folder / "variables" / "variables.data-00000-of-00001").stat().st_size
        for folder in (halves[paper], exports[paper])
    ]
    assert 0.4 < sizes[0] / sizes[1] < 0.7  # not 0.5: the variables' names take space too
    assert "kept as float16" in (halves[paper] / "assets.extra" / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def half_answers(halves, samplers):
    """Answers of these exports to 64 latents, and to labels out of range."""
    bad = {
        "serving_default/label": np.array([0, -1, K], np.int32),
        "serving_default/seed": np.array([1, 2, 3]),
    }
    asked = {"generate/label": np.arange(64, dtype=np.int32) % K}
    return {
        paper: check.run_loader(
            halves[paper], asked | bad | {"generate/z": sampler.latents(range(64)).numpy()}
        )
        for paper, sampler in samplers.items()
        if paper in HALVED
    }


@pytest.mark.parametrize("paper", HALVED)
def test_half_weights_paint_a_few_levels_apart(half_answers, samplers, paper):
    wanted = samplers[paper].generate([i % K for i in range(64)], range(64))
    apart = np.abs(half_answers[paper]["generate/images"].astype(int) - wanted)
    assert 0 < apart.max() <= check.HALF_LEVELS
    assert apart.mean() < 0.1


@pytest.mark.parametrize("paper", HALVED)
def test_with_half_weights_a_label_out_of_range_is_an_error(half_answers, paper):
    assert half_answers[paper].keys() == {"generate/images", "serving_default/error"}


def test_half_weights_are_checked(halves, samplers):
    sampler = samplers["artgan"]
    kept = sampler.generator.get_weights()
    try:
        sampler.generator.set_weights([value * 0.9 for value in kept])
        with pytest.raises(RunError, match=r"differs from Keras by \d+ grey levels"):
            check.check(halves["artgan"], sampler, half=True)
    finally:
        sampler.generator.set_weights(kept)


def test_pictures_of_another_shape_are_caught():
    with pytest.raises(RunError, match=r"The export's x has shape \(1, 2\), in Keras \(3, 2\)\."):
        check.compare("x", np.zeros((1, 2)), np.zeros((3, 2)), 255)
