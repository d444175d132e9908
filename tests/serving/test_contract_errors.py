"""TF Serving's REST contract, continued: which documents are accepted, and which are refused."""

import base64
import json

import pytest

from tests.serving.servers import error

ROW = {"label": 0, "seed": 1}
GOOD = json.dumps({"instances": [ROW]})
ROWS = '{"instances": [{"label": %s, "seed": %s}]}'
LATER = GOOD[:-1] + ', "more": %s}'  # a key that is ignored, but parsed

TAKEN = [
    GOOD + "x",
    GOOD + " {",
    GOOD + "\0",
    "\ufeff" + GOOD,
    " \t\r\n" + GOOD,
    *(LATER % number for number in ("Inf", "-Inf", "NaN", "-NaN", "Infinity", "1.8e308", "1e-999")),
    *(LATER % number for number in (2**64, -(2**63) - 1, "16777216.5", "1e39", "-0")),
    LATER % r'"\ude00"',
    LATER % r'"\\ud800"',
    LATER % r'"\ud83d\ude00 \u0000"',
    LATER % '"\x7f é"',
    LATER % '{"a": 1, "a": 2}',
    ROWS % (0, "1, " + '"seed": 2'),
    '{"instances": [{"label": 0, "seed": 1}], "instances": 1}',
    ROWS % (0, 2**63 - 1),
]
REFUSED = [
    "",
    "  ",
    *["{bad", "{", "]", "[]", "1.5", "null", "{'a':1}", "{}", '{"a":[1,]}', '{"a":nul}', '{"a":"x'],
    '{"a" 1}',
    '{"a": 1 "b"}',
    '{"a": [1 2]}',
    *(LATER % text for text in ('"\x01"', '"\n"', r'"\x"', r'"\u00g0"')),
    *(LATER % text for text in (r'"\ud800"', r'"\ud800\u0041"')),
    *(LATER % number for number in ["-", "1.", "1e", "01", "+1", ".5", "1e999", "-1e999", "nan"]),
    LATER % ("1" * 5000),
    LATER % "0e99999999999999999999",
    '{"signature_name": 7, "instances": [1]}',
    '{"signature_name": "zzz", "instances": [1]}',
    '{"signature_name": "__saved_model_init_op", "instances": [1]}',
    '{"instances": [1], "inputs": [2]}',
    '{"instances": {}}',
    '{"instances": []}',
    '{"instances": null}',
    *(ROWS % (label, 1) for label in ('"x"', "1.5", "1.0", "1e0", "true", "null", "{}", 2**31)),
    *(ROWS % (label, 1) for label in ("NaN", "Inf", '{"b64": "AA=="}', -(2**31) - 1, 10_000, -1)),
    ROWS % (0, 2**63),
    ROWS % (0, '1, "seed": "x"'),
    ROWS % (0, '1, "extra": 1'),
    '{"signature_name": "classify", "instances": [{"b64": "AA==", "b64": "AA=="}]}',
    # Nested deeply.
    *(ROWS % ("[" * depth + "0" + "]" * depth, 1) for depth in (65, 66, 500)),
]


@pytest.mark.parametrize("body", TAKEN)
def test_documents_that_are_taken(service, body):
    response = service.predict(body.encode())
    assert response.status_code == 200, response.text
    assert len(response.json()["predictions"]) == 1


@pytest.mark.parametrize("body", REFUSED)
def test_documents_that_are_refused(service, body):
    response = service.predict(body.encode())
    assert response.status_code == 400
    assert error(response)


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [1, 2]},
        {"instances": [{"label": 1}]},
        {"instances": [ROW, {"label": 1}]},
        {"instances": [ROW, {"label": [1, 2], "seed": 1}]},
        {"instances": [{"label": [[1, 2], [3]], "seed": 1}]},
        {"instances": [{"label": [1, [2]], "seed": 1}]},
        {"instances": [{"label": [], "seed": 1}]},
        {"instances": [{"b64": "AA=="}]},
        {"inputs": [1]},
        {"inputs": {}},
        {"inputs": {"label": [1]}},
        {"inputs": {"label": [1], "seed": ["x"]}},
        {"inputs": {"label": [0, 1], "seed": [1, 2, 3]}},
        {"inputs": {"label": [0, 1, 2], "seed": [1, 2, 3, 4]}},  # padded to the same size
        {"inputs": {"label": [[0]], "seed": [1]}},
        {"signature_name": "classify", "instances": [{"image_bytes": {"b64": 1}}]},
        {"signature_name": "classify", "instances": ["x", {"image_bytes": "x"}]},
        {"signature_name": "classify", "instances": [1]},
        {"signature_name": "classify", "instances": ["no picture"]},
        {"signature_name": "classify", "instances": ["\ude00"]},
    ],
)
def test_shapes_and_types_that_are_refused(service, body):
    assert service.predict(body).status_code == 400


@pytest.mark.parametrize("bad", ["NaN", "-Inf", "1e39", "1.8e308"])
@pytest.mark.parametrize("signature", ["generate", "mix"])
def test_numbers_that_would_paint_black_are_refused_by_the_graph(service, signature, bad):
    told = service.get("/metadata").json()["metadata"]["signature_def"]["signature_def"]
    dims = {name: x["tensor_shape"]["dim"][1:] for name, x in told[signature]["inputs"].items()}

    def values(name, value):
        return [value] * int(dims[name][0]["size"]) if dims[name] else value

    row = {name: values(name, 1) for name in dims}
    assert service.predict({"signature_name": signature, "instances": [row]}).status_code == 200
    for name in {"z", "t", "weights", "truncation"} & row.keys():
        wrong = row | {name: values(name, "BAD")}
        asked = json.dumps({"signature_name": signature, "instances": [wrong]})
        assert service.predict(asked.replace('"BAD"', bad)).status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda text: text, 200),
        (lambda text: text.rstrip("="), 200),
        (lambda text: text.replace("=", "."), 200),
        (lambda text: f" {text[:10]}\n\t{text[10:]} ", 200),
        (lambda text: text.rstrip("=") + "=", 400),
        (lambda text: text + "=", 400),
        (lambda text: text[:10] + "\u00a0" + text[10:], 400),
        (lambda text: text[:10] + "?" + text[10:], 400),
        (lambda text: text[:10] + "=" + text[10:], 400),
        (lambda text: text[: len(text) // 4 * 4 - 3], 400),
        (lambda text: "", 400),
    ],
)
def test_base64(service, change, status):
    png = base64.b64decode(service.predict(GOOD).json()["predictions"][0]["b64"])
    png += b"\0" * (-(len(png) + 2) % 3)  # so that the text ends in two equals signs
    text = change(base64.b64encode(png).decode())
    asked = {"signature_name": "classify", "instances": [{"b64": text}]}
    assert service.predict(asked).status_code == status
