"""An export in TensorFlow's C++ loader gives Keras's pictures bit for bit, or the check fails."""

import gc
import shutil
import weakref

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import RunError
from artgan_tf.sampling.models import decoded
from artgan_tf.serving import check
from artgan_tf.serving.refusals import Refused
from artgan_tf.serving.saved_model import ExportOptions, write
from artgan_tf.serving.servable import Servable
from tests.samplers import CLASSES
from tests.serving.conftest import faded

K = len(CLASSES)
CAUGHT = r"differs from Keras by \d+ grey levels"


@pytest.fixture
def servable(servables):
    return servables["improved"]


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["improved", "artgan", "critic"])
def test_pictures_scores_and_reconstructions_are_kerass(
    exports, samplers, servables, paper, monkeypatch
):
    sampler, loaded = samplers[paper], servables[paper]
    monkeypatch.setattr(check, "_loaded", lambda folder: loaded)  # it takes seconds
    check.check(exports[paper], sampler)  # also that no operation needs Python
    assert ("magnified" in check.expected(sampler)) == (paper == "improved")
    files = check.requests(sampler)["classify"]
    picture = sampler.gan.from_uint8(sampler.generate([0], [0]))
    scores, realness = sampler.gan.judge(picture)
    found = loaded.run("classify", files)
    np.testing.assert_allclose(found["scores"], scores, atol=1e-6)
    np.testing.assert_allclose(found["realness"], realness, atol=1e-6)
    label = int(np.argmax(scores[0]))
    assert found["label"].tolist() == [label]
    assert found["class_name"].tolist() == [CLASSES[label].encode()]
    image = sampler.gan.reconstruct(picture, sampler.generator)
    reconstructed = decoded(loaded.run("reconstruct", files)["image_bytes"])
    np.testing.assert_array_equal(reconstructed, sampler.gan.to_uint8(image))


def test_pictures_are_the_same_in_batches_of_any_size(servable):
    label, seed = np.arange(32, dtype=np.int32) % K, np.arange(32) + 2**40

    def painted(size):
        parts = [slice(i, i + size) for i in range(0, 32, size)]
        runs = [servable.run("", {"label": label[part], "seed": seed[part]}) for part in parts]
        return [png for found in runs for png in found["image_bytes"]]

    alone = painted(1)
    assert len(set(alone)) == 32
    assert all(painted(size) == alone for size in (2, 4, 8, 16, 17, 32))
    assert servable.runs_alone("classify")  # which answers floats
    assert not servable.runs_alone("")


@pytest.mark.parametrize(("signature", "label"), [("serving_default", -1), ("magnified", K)])
def test_errors_are_tensorflows_without_the_graphs_nodes(servable, signature, label):
    with pytest.raises(Refused) as refused:
        servable.run(signature, {"label": np.array([label], np.int32), "seed": np.array([1])})
    assert refused.value.text == f"assertion failed: [label must be from 0 to 2, and is:] [{label}]"
    assert (refused.value.code, refused.value.status) == ("INVALID_ARGUMENT", 400)


@pytest.mark.parametrize("signature", ["serving_default", "magnified", "mix", "generate"])
def test_columns_of_unequal_length_are_refused(servable, samplers, signature):
    """Three and four rows are padded to the same size."""
    inputs = check.requests(samplers["improved"])[signature]
    first, *others = inputs
    uneven = {name: inputs[name][[0] * 4] for name in others} | {first: inputs[first][[0] * 3]}
    with pytest.raises(Refused, match="inputs must have equally many rows, and have:") as refused:
        servable.run(signature, uneven)
    assert refused.value.status == 400


def test_a_savedmodel_of_another_origin_has_no_facts_and_its_memory_is_given_back(
    exports, tmp_path
):
    shutil.copytree(exports["artgan"], tmp_path / "1")
    shutil.rmtree(tmp_path / "1" / "assets.extra")
    other = Servable(tmp_path / "1", "other", 1)
    assert other.facts == {}
    assert other.runs_alone("")
    session = weakref.ref(other._session)
    del other
    gc.collect()
    assert session() is None


# ---- the check --------------------------------------------------------------------------------
def test_an_export_that_needs_python_is_refused(tmp_path):
    """TF Serving has no Python; the check, in this process, would run such operations."""
    module = tf.Module()
    module.double = tf.function(
        lambda x: tf.py_function(lambda y: 2 * y, [x], tf.float32),
        input_signature=[tf.TensorSpec([], tf.float32)],
    )
    tf.saved_model.save(module, tmp_path)
    with pytest.raises(RunError, match="need Python"):
        check.refuse_python(tmp_path)


@pytest.mark.parametrize(("factor", "told"), [(0.9, CAUGHT), (np.nan, "is not finite: export ")])
def test_an_export_of_another_sampler_is_caught(exports, samplers, factor, told):
    export = exports["artgan"]  # made here, with the weights as they are
    with faded(samplers["artgan"], factor), pytest.raises(RunError, match=told):
        check.check(export, samplers["artgan"])


def test_a_signature_that_fails_is_named(exports, samplers, servables, monkeypatch):
    monkeypatch.setattr(check, "_loaded", lambda folder: servables["artgan"])
    asked = {"label": np.array([K], np.int32), "seed": np.array([1])}
    monkeypatch.setattr(check, "requests", lambda sampler: {"serving_default": asked})
    with pytest.raises(RunError, match="The export's signature serving_default fails: assertion"):
        check.check(exports["artgan"], samplers["artgan"])


def test_what_is_no_savedmodel_is_told_in_one_line(samplers, tmp_path):
    with pytest.raises(RunError, match="loader cannot run the export: ") as error:
        check.check(tmp_path, samplers["artgan"])
    assert "\n" not in str(error.value)


def test_pictures_of_another_shape_or_beyond_the_tolerance_are_caught():
    with pytest.raises(RunError, match=r"The export's x has shape \(1, 2\), in Keras \(3, 2\)\."):
        check.compare("x", np.zeros((1, 2)), np.zeros((3, 2)), 255)
    check.compare("x", np.zeros(9), np.full(9, 3), 3)
    with pytest.raises(RunError, match="The export's x differs from Keras by 4 grey levels"):
        check.compare("x", np.zeros(9), np.full(9, 4), 3)


@pytest.mark.slow
def test_half_weights_are_half_the_size_and_a_few_levels_apart(exports, samplers, tmp_path):
    sampler, half = samplers["artgan"], tmp_path / "1"
    write(sampler, half, ExportOptions(half=True))
    check.check(half, sampler, half=True)
    data = "variables/variables.data-00000-of-00001"
    sizes = [(folder / data).stat().st_size for folder in (half, exports["artgan"])]
    assert 0.4 < sizes[0] / sizes[1] < 0.7  # not 0.5: the variables' names take space too
    assert "kept as float16" in (half / "assets.extra" / "README.md").read_text("utf-8")
    loaded, label = Servable(half, "artgan", 1, warm=False), np.arange(64, dtype=np.int32) % K
    asked = {"z": sampler.latents(range(64)).numpy(), "label": label}
    wanted = sampler.generate(label.tolist(), range(64))
    apart = np.abs(loaded.run("generate", asked)["images"].astype(int) - wanted)
    assert 0 < apart.max() <= check.HALF_LEVELS
    assert apart.mean() < 0.1
