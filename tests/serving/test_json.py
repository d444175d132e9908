"""How the JSON of a request is converted, for cases that a server's answer does not show."""

import math

import numpy as np
import pytest

from artgan_tf.serving import json_tensors, json_text
from artgan_tf.serving.json_tensors import Spec


@pytest.mark.parametrize(
    ("number", "float32"),
    [("16777216.5", 2.0**24), ("1e39", math.inf), ("-Inf", -math.inf), ("-NaN", math.nan)],
)
def test_numbers_of_float_inputs_are_rounded_or_infinite(number, float32):
    document = json_text.parse(f'{{"inputs": {{"x": [{number}]}}}}'.encode())
    found = json_tensors.tensors(document, {"x": Spec("float", (None,))})["x"]
    assert found.dtype == np.float32
    np.testing.assert_equal(found, np.array([float32], np.float32))


@pytest.mark.parametrize(
    ("text", "read"),
    [(b"\xff", "\ufffd"), ("é".encode(), "é"), (rb"\ude00", "\ufffd"), (rb"\ud83d\ude00", "😀")],
)
def test_strings_are_text_whatever_comes(text, read):
    document = json_text.parse(b'\xef\xbb\xbf{"signature_name": "%s"}x' % text)
    assert json_tensors.signature_name(document) == read
    assert json_tensors.written({"error": read}).decode() == f'{{"error":"{read}"}}'
