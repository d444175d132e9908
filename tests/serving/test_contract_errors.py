"""TF Serving's REST contract, continued: what is wrong with a request, in TF Serving's words."""

import pytest

from tests.serving.servers import error

ROW = {"label": 0, "seed": 1}

PARSE = [
    ("", "The document is empty"),
    ("  ", "The document is empty. at offset: 2"),
    ("{bad", "Missing a name for object member. at offset: 1"),
    ("{", "Missing a name for object member. at offset: 1"),
    ('{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
    ('{"a": 1 "b"}', "Missing a comma or } after an object member. at offset: 8"),
    ('{"a": [1 2]}', "Missing a comma or ] after an array element. at offset: 9"),
    ('{"a": [1,]}', "Invalid value. at offset: 9"),
    ('{"a": nul}', "Invalid value. at offset: 9"),
    ('{"a": 1}x', "The document root must not be followed by other values. at offset: 8"),
    ('{"a": "x', "Missing a closing quotation mark in string. at offset: 8"),
    (r'{"a": "\x"}', "Invalid escape character in string. at offset: 7"),
    (r'{"a": "\u00g0"}', "Incorrect hex digit after \\u escape in string. at offset: 7"),
    (r'{"a": "\ud800"}', "The surrogate pair in string is invalid. at offset: 7"),
    (r'{"a": "\ud800\u0041"}', "The surrogate pair in string is invalid. at offset: 7"),
    ('{"é": -}', "Invalid value. at offset: 8"),
    ('{"a": 1.}', "Miss fraction part in number. at offset: 8"),
    ('{"a": 1e}', "Miss exponent in number. at offset: 8"),
    ('{"a": 1e999}', "Number too big to be stored in double. at offset: 6"),
    ('{"a": 01}', "Missing a comma or } after an object member. at offset: 7"),
    ('{"a": [' + "1" * 5000 + "]}", "Number too big to be stored in double. at offset: 7"),
]


@pytest.mark.parametrize(("body", "text"), PARSE)
def test_parse_errors(service, body, text):
    response = service.predict(body.encode())
    assert (response.status_code, error(response)) == (400, f"JSON Parse error: {text}")


DOCUMENTS = [
    ("[1]", "JSON Value: [\n    1\n] Is not object"),
    ("1.5", "JSON Value: 1.5 Is not object"),
    (
        '{"signature_name": 7, "instances": 1}',
        'JSON Value: {\n    "signature_name": 7,\n    "instances": 1\n} not formatted correctly. '
        "'signature_name' key must be a string value.",
    ),
    ('{"signature_name": "zzz"}', 'Serving signature name: "zzz" not found in signature def'),
    (
        '{"signature_name": "__saved_model_init_op", "instances": [1]}',
        "Failed to get input map for signature: __saved_model_init_op",
    ),
    ("{}", "Missing 'inputs' or 'instances' key"),
    (
        '{"instances": 1, "inputs": 2}',
        'JSON Value: {\n    "instances": 1,\n    "inputs": 2\n} Not formatted correctly expecting '
        "only one of 'inputs' or 'instances' keys to exist ",
    ),
    (
        '{"instances": {}}',
        "JSON Value: {\n    \"instances\": {}\n} Excepting 'instances' to be an list/array",
    ),
    ('{"instances": []}', "JSON Value: {\n    \"instances\": []\n} No values in 'instances' array"),
]


@pytest.mark.parametrize(("body", "text"), DOCUMENTS)
def test_document_errors(service, body, text):
    response = service.predict(body)
    assert (response.status_code, error(response)) == (400, text)


FAILED = "Failed to process element: {} of 'instances' list. "
KEY = "Failed to process element: {} key: {} of 'instances' list. Error: INVALID_ARGUMENT: "
ROWS = [
    (
        [1, 2],
        "instances is a plain list, but expecting list of objects as multiple input tensors "
        "required as per tensorinfo_map",
    ),
    ([ROW, 1], "Expecting object but got list at item 1 of input list"),
    (
        [{"label": 1}],
        FAILED.format(0) + 'JSON object: {\n    "label": 1\n} keys must be equal to: label,seed',
    ),
    (
        [ROW, {"extra": 1} | ROW],
        KEY.format(1, "extra") + "JSON object: does not have named input: extra",
    ),
    (
        [{"label": "x", "seed": 1}],
        KEY.format(0, "label") + 'JSON Value: "x" Type: String is not of expected type: int32',
    ),
    (
        [{"label": 1.5, "seed": 1}],
        KEY.format(0, "label") + "JSON Value: 1.5 Type: Number is not of expected type: int32",
    ),
    (
        [{"label": 1.0, "seed": 1}],
        KEY.format(0, "label") + "JSON Value: 1.0 Type: Number is not of expected type: int32",
    ),
    (
        [{"label": True, "seed": 1}],
        KEY.format(0, "label") + "JSON Value: true Type: True is not of expected type: int32",
    ),
    (
        [{"label": None, "seed": 1}],
        KEY.format(0, "label") + "JSON Value: null Type: Null is not of expected type: int32",
    ),
    (
        [{"label": {}, "seed": 1}],
        KEY.format(0, "label") + "JSON Value: {} Type: Object is not of expected type: int32",
    ),
    (
        [{"label": 2**31, "seed": 1}],
        KEY.format(0, "label")
        + "JSON Value: 2147483648 Type: Number is not of expected type: int32",
    ),
    (
        [{"label": 0, "seed": 2**63}],
        KEY.format(0, "seed")
        + "JSON Value: 9223372036854775808 Type: Number is not of expected type: int64",
    ),
    (
        [ROW, {"label": [1], "seed": 1}],
        KEY.format(1, "label") + "Expecting shape [] but got: [1]",
    ),
    (
        [ROW, {"label": [1, 2], "seed": 1}],
        KEY.format(1, "label") + "Expecting tensor size: 1 but got: 2",
    ),
    (
        [{"label": [[1, 2], [3]], "seed": 1}],
        KEY.format(0, "label")
        + "Encountered list at unexpected size: 1 at level: 1 expected size: 2",
    ),
    (
        [{"label": [1, [2]], "seed": 1}],
        KEY.format(0, "label") + "Encountered list at unexpected level: 1 expected < 1",
    ),
    (
        [{"label": [[1], 2], "seed": 1}],
        KEY.format(0, "label")
        + "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
    ),
]


@pytest.mark.parametrize(("rows", "text"), ROWS)
def test_row_errors(service, rows, text):
    response = service.predict({"instances": rows})
    assert (response.status_code, error(response)) == (400, text)


MIX = {"seed": 1, "seed_to": 2, "truncation": 1.0, "weights": [1.0, 0.0, 0.0], "t": 0.0}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2**24, "16777216"),
        (3.402823466385289e38, "3.40282347e+38"),
        (1e39, "1e+39"),
        (-1e300, "-1e+300"),
    ],
)
def test_floats_that_lose_precision(service, value, shown):
    row = {"t": value} | {key: MIX[key] for key in MIX if key != "t"}
    response = service.predict({"signature_name": "mix", "instances": [row]})
    assert response.status_code == 400
    assert error(response) == (
        KEY.format(0, "t")
        + f"Cannot convert JSON value: {shown} to float without loss of precision."
    )


PLAIN = "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: "


@pytest.mark.parametrize(
    ("instances", "text"),
    [
        ([{"b64": "?"}], PLAIN + "Unable to base64 decode"),
        (
            [{"image_bytes": {"b64": 1}}],
            KEY.format(0, "image_bytes")
            + 'JSON Value: {\n    "b64": 1\n} not formatted correctly for base64 data',
        ),
        ([1], PLAIN + "JSON Value: 1 Type: Number is not of expected type: string"),
        (
            ["x", {"image_bytes": "x"}],
            "Expecting value/list but got object at item 1 of input list",
        ),
    ],
)
def test_string_errors(service, instances, text):
    response = service.predict({"signature_name": "classify", "instances": instances})
    assert (response.status_code, error(response)) == (400, text)


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        (
            [1],
            "inputs is a plain value/list, but expecting an object as multiple input tensors "
            "required as per tensorinfo_map",
        ),
        ({"label": [1]}, "Missing named input: seed in 'inputs' object."),
        (
            {"label": [1], "seed": ["x"]},
            'JSON Value: "x" Type: String is not of expected type: int64',
        ),
    ],
)
def test_column_errors(service, inputs, text):
    response = service.predict({"inputs": inputs})
    assert (response.status_code, error(response)) == (400, text)


@pytest.mark.parametrize("label", [-1, 10_000])
def test_a_label_out_of_range_is_tensorflows_error(service, label):
    response = service.predict({"instances": [{"label": label, "seed": 1}]})
    assert response.status_code == 400
    assert "label must be from 0 to" in error(response)
    assert f"[{label}]" in error(response)


def test_what_is_no_picture_is_tensorflows_error(service):
    response = service.predict({"signature_name": "classify", "instances": ["no picture"]})
    assert response.status_code == 400
    assert "Unknown image file format" in error(response)


def test_inputs_of_different_lengths_are_tensorflows_error(service):
    response = service.predict({"inputs": {"label": [0, 1], "seed": [1, 2, 3]}})
    assert response.status_code == 400
