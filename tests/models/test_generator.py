"""A generator in Keras's file format: `save`, `load_model`, the same pictures and names."""

import keras
import numpy as np
import pytest

from tests.conftest import TABLES
from tests.samplers import CLASSES


def request(sampler):
    """z and class weights: each class alone, and a mixture of all."""
    mixed = np.full((1, len(CLASSES)), 1 / len(CLASSES), np.float32)
    weights = np.concatenate([np.eye(len(CLASSES), dtype=np.float32), mixed])
    return sampler.latents(range(len(weights))), weights


@pytest.mark.parametrize("paper", TABLES)
def test_a_generator_comes_back_from_its_file(samplers, paper, tmp_path):
    sampler = samplers[paper]
    sampler.generator.save(tmp_path / "x.keras")
    back = keras.saving.load_model(tmp_path / "x.keras")
    asked = request(sampler)
    painted, again = (np.asarray(network(*asked)) for network in (sampler.generator, back))
    np.testing.assert_allclose(again, painted, rtol=0, atol=1e-6)
    assert np.ptp(painted) > 0.1
    assert back.class_names == tuple(CLASSES)
    if paper == "improved":
        assert back(*asked, magnified=True).shape == (4, 32, 32, 3)
    # The name in files of all versions.
    assert keras.saving.get_registered_name(type(back)) == f"artgan_tf.{paper}>Generator"


def test_a_file_of_an_earlier_version_is_read(samplers):
    stored = samplers["critic"].generator.get_config()
    stored["options"]["critic"] = "global"
    back = type(samplers["critic"].generator).from_config(stored)
    assert back.options == samplers["critic"].generator.options
