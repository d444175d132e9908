"""How the JSON of a request is converted, for cases that a server's answer does not show."""

import math

import numpy as np
import pytest

from artgan_tf.serving import json_tensors, json_text
from artgan_tf.serving.json_tensors import Spec
from artgan_tf.serving.refusals import Refused


@pytest.mark.parametrize(
    ("number", "float32"),
    [
        ("16777216.5", 2.0**24),  # beyond float32: rounded, or infinite
        ("1e39", math.inf),
        ("1.8e308", math.inf),
        ("Inf", math.inf),
        ("-Inf", -math.inf),
        ("-NaN", math.nan),
        ("-0", 0.0),
    ],
)
@pytest.mark.parametrize("form", ['{"instances": [{"x": %s}]}', '{"inputs": {"x": [%s]}}'])
def test_numbers_of_float_inputs(form, number, float32):
    document = json_text.parse((form % number).encode())
    (found,) = json_tensors.tensors(document, {"x": Spec("float", (None,))})["x"]
    assert found.dtype == np.float32
    np.testing.assert_equal(found, np.float32(float32))


@pytest.mark.parametrize(
    ("text", "read"),
    [(b"\xff", "\ufffd"), ("é".encode(), "é"), (rb"\ude00", "\ufffd"), (rb"\ud83d\ude00", "😀")],
)
def test_strings_are_text_whatever_comes(text, read):
    document = json_text.parse(b'\xef\xbb\xbf{"signature_name": "%s"}x' % text)
    assert json_tensors.signature_name(document) == read
    assert json_tensors.written({"error": read}).decode() == f'{{"error":"{read}"}}'


@pytest.mark.parametrize(
    ("code", "status"), [("NOT_FOUND", 404), ("UNKNOWN", 500), ("DATA_LOSS", 500)]
)
def test_codes_of_tensorflow_have_a_status(code, status):
    assert Refused("It failed.", code).status == status
