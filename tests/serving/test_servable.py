"""A loaded version: its answers, its errors, and that it is freed when no longer used."""

import gc
import shutil
import weakref

import numpy as np
import pytest

from artgan_tf.serving import check
from artgan_tf.serving.json_tensors import Spec
from artgan_tf.serving.refusals import Refused
from artgan_tf.serving.servable import Servable


@pytest.fixture(scope="module")
def servable(exports):
    return Servable(exports["improved"], "artgan", 3)


def test_it_paints_what_keras_paints(servable, samplers):
    asked = check.requests(samplers["improved"])
    for key, images in check.expected(samplers["improved"]).items():
        signature, _, output = key.partition("/")
        inputs = {k.partition("/")[2]: v for k, v in asked.items() if k.startswith(f"{signature}/")}
        found = servable.run(signature, inputs)[output]
        found = check.decoded(found) if found.dtype == object else found
        np.testing.assert_array_equal(found, images)


def test_specs_are_those_of_the_signature(servable):
    assert servable.specs("") == {"label": Spec("int32", (None,)), "seed": Spec("int64", (None,))}
    assert servable.specs("mix")["weights"] == Spec("float", (None, 3))
    assert servable.specs("classify") == {"image_bytes": Spec("string", (None,))}
    assert servable.answers_floats("classify")
    assert not servable.answers_floats("")


def test_errors_are_tensorflows_without_the_graphs_nodes(servable):
    with pytest.raises(Refused) as refused:
        servable.run("", {"label": np.array([7], np.int32), "seed": np.array([1])})
    assert refused.value.text == "assertion failed: [label must be from 0 to 2, and is:] [7]"
    assert (refused.value.code, refused.value.status) == ("INVALID_ARGUMENT", 400)


def test_pictures_are_the_same_in_batches_of_any_power_of_two(servable):
    label, seed = np.arange(64, dtype=np.int32) % 3, np.arange(64)

    def painted(size):
        inputs = [
            {"label": label[i : i + size], "seed": seed[i : i + size]} for i in range(0, 64, size)
        ]
        return [png for part in inputs for png in servable.run("", part)["image_bytes"]]

    alone = painted(1)
    assert all(painted(2**power) == alone for power in range(1, 7))


def test_a_savedmodel_of_another_origin_has_no_facts(exports, tmp_path):
    shutil.copytree(exports["artgan"], tmp_path / "1")
    shutil.rmtree(tmp_path / "1" / "assets.extra")
    assert Servable(tmp_path / "1", "other", 1).facts == {}


@pytest.mark.slow
def test_its_memory_is_given_back(exports):
    servable = Servable(exports["artgan"], "artgan", 1)
    session = weakref.ref(servable._session)
    del servable
    gc.collect()
    assert session() is None
