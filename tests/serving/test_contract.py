"""TF Serving's REST contract, over HTTP: `serve`, or TF Serving itself (see `conftest.service`)."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.serving.servers import error

ROW = {"label": 0, "seed": 1}


def pixels(found: dict) -> np.ndarray:
    assert found.keys() == {"b64"}
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(found["b64"]))))


# ---- questions about the model --------------------------------------------------------------
def test_status_of_all_versions_and_of_one(service):
    of_all, of_one = service.get(""), service.get(f"/versions/{service.version}")
    assert of_all.status_code == of_one.status_code == 200
    (state,) = of_one.json()["model_version_status"]
    assert state == {
        "version": service.version,
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
    assert state in of_all.json()["model_version_status"]
    assert '\n "model_version_status": [\n  {\n   "version"' in of_all.text
    assert of_all.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/versions/999", "Could not find version 999 of model {name}"),
        ("/versions/999/metadata", "Servable not found for request: Specific({name}, 999)"),
    ],
)
def test_unknown_version(service, path, text):
    response = service.get(path)
    assert (response.status_code, error(response)) == (404, text.format(name=service.name))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", "Could not find any versions of model nope"),
        ("/versions/1", "Could not find any versions of model nope"),
        ("/metadata", "Servable not found for request: Latest(nope)"),
    ],
)
def test_unknown_model(service, path, text):
    response = service.client.get(service.url.rsplit("/", 1)[0] + "/nope" + path)
    assert response.status_code == 404
    if path != "/versions/1":
        assert error(response) == text


@pytest.mark.parametrize("path", ["/metadata", "/versions/{version}/metadata"])
def test_metadata(service, path):
    found = service.get(path.format(version=service.version)).json()
    spec = {"name": service.name, "signature_name": "", "version": service.version}
    assert found["model_spec"] == spec
    signatures = found["metadata"]["signature_def"]
    assert signatures["@type"] == "type.googleapis.com/tensorflow.serving.SignatureDefMap"
    default = signatures["signature_def"]["serving_default"]
    assert default["method_name"] == "tensorflow/serving/predict"
    assert default["inputs"].keys() == {"label", "seed"}
    label = default["inputs"]["label"]
    assert (label["dtype"], label["name"]) == ("DT_INT32", "serving_default_label:0")
    shape = {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}
    assert label["tensor_shape"] == shape
    assert default["outputs"]["image_bytes"]["dtype"] == "DT_STRING"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ":frobnicate"),
        ("GET", ":predict"),
        ("PUT", ":predict"),
        ("DELETE", ""),
        ("POST", ""),
        ("GET", "/"),
        ("GET", "/versions/"),
        ("GET", "/versions/x"),
        ("GET", "/metadata/x"),
        ("POST", ":predict/"),
        ("POST", "/versions/-1:predict"),
    ],
)
def test_other_paths_are_malformed(service, method, path):
    response = service.client.request(method, service.url + path)
    assert response.status_code == 400
    assert error(response) == f"Malformed request: {method} /v1/models/{service.name}{path}"


def test_a_model_must_be_named(service):
    base = service.url.rsplit("/", 1)[0]
    assert error(service.client.get(base)) == "Missing model name in request."
    assert error(service.client.get(base + "/")) == "Malformed request: GET /v1/models/"


def test_paths_are_of_any_case(service):
    url = service.url.replace("/v1/models/", "/V1/MODELS/")
    assert service.client.post(url + ":PREDICT", json={"instances": [ROW]}).status_code == 200
    assert service.client.get(f"{url}/Versions/{service.version}/METADATA").status_code == 200


def test_names_are_unquoted_and_queries_ignored(service):
    name = "".join(f"%{ord(letter):02x}" for letter in service.name)
    url = service.url.rsplit("/", 1)[0]
    assert service.client.get(f"{url}/{name}?x=1").status_code == 200


@pytest.mark.parametrize("verb", ["classify", "regress"])
def test_classify_and_regress_need_other_signatures(service, verb):
    response = service.predict({"examples": [{"x": 1}]}, f":{verb}")
    assert response.status_code == 400
    assert f"signature method_name to be tensorflow/serving/{verb}. Was:" in error(response)


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/versions/999", 404, "Servable not found for request: Specific({name}, 999)"),
        ("/versions/" + "9" * 20, 400, "Failed to convert version: " + "9" * 20 + " to numeric."),
    ],
)
def test_predict_of_another_version(service, path, status, text):
    response = service.predict({"instances": [ROW]}, path + ":predict")
    assert (response.status_code, error(response)) == (status, text.format(name=service.name))


def test_predict_of_an_unknown_model(service):
    url = service.url.rsplit("/", 1)[0]
    response = service.client.post(f"{url}/nope:predict", json={"instances": [ROW]})
    assert response.status_code == 404
    assert error(response) == "Servable not found for request: Latest(nope)"
    # The document is read first.
    assert "JSON Parse error" in error(service.client.post(f"{url}/nope:predict", content="{"))


# ---- answers --------------------------------------------------------------------------------
def test_rows(service):
    for path in (":predict", f"/versions/{service.version}:predict"):
        response = service.predict({"instances": [ROW, ROW | {"seed": 2}]}, path)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        assert response.json().keys() == {"predictions"}
        first, second = map(pixels, response.json()["predictions"])
        assert first.shape == second.shape
        assert (first != second).any()


def test_columns_and_rows_answer_the_same(service):
    columns = service.predict({"inputs": {"label": [0, 1], "seed": [1, 2], "more": "ignored"}})
    rows = service.predict({"instances": [ROW, {"label": 1, "seed": 2}], "more": "ignored"})
    assert columns.json().keys() == {"outputs"}
    assert columns.json()["outputs"] == rows.json()["predictions"]


def test_one_input_goes_without_its_name(service):
    png = service.predict({"instances": [ROW]}).json()["predictions"][0]
    rows = [
        {"signature_name": "reconstruct", "instances": [png]},
        {"signature_name": "reconstruct", "instances": [{"image_bytes": png}]},
    ]
    columns = [
        {"signature_name": "reconstruct", "inputs": [png]},
        {"signature_name": "reconstruct", "inputs": {"image_bytes": [png]}},
    ]
    by_row = [service.predict(body).json()["predictions"] for body in rows]
    by_column = [service.predict(body).json()["outputs"] for body in columns]
    assert by_row[0] == by_row[1] == by_column[0] == by_column[1]
    pixels(by_row[0][0])


def test_several_outputs_are_objects(service):
    png = service.predict({"instances": [ROW]}).json()["predictions"][0]
    ask = {"signature_name": "classify", "instances": [png, png]}
    text = service.predict(ask).text
    first, second = json.loads(text)["predictions"]
    assert first == second
    assert list(first) == ["class_name", "label", "realness", "scores"]
    assert isinstance(first["class_name"], str)
    assert isinstance(first["label"], int)
    assert all(isinstance(score, float) for score in first["scores"])
    columns = service.predict({"signature_name": "classify", "inputs": [png]}).json()["outputs"]
    assert columns["label"] == [first["label"]]
    # Six digits where they are exact, else nine; a float is never mistaken for an integer.
    digits = text.split('"scores": [')[1].split("]")[0].split(", ")
    assert all("." in number or "e" in number for number in digits)
    assert all(np.float32(number) == np.float32(f"{float(number):.9g}") for number in digits)


def test_arrays_are_nested_lists(service):
    z = service.get("/metadata").json()["metadata"]["signature_def"]["signature_def"]["generate"]
    size = int(z["inputs"]["z"]["tensor_shape"]["dim"][1]["size"])
    row = {"z": [0.5] * (size - 1) + [1], "label": 0}
    (image,) = service.predict({"signature_name": "generate", "instances": [row]}).json()[
        "predictions"
    ]
    assert np.array(image).shape[2] == 3
    assert np.array(image).dtype.kind == "i"


def test_numbers_that_are_no_json_are_taken(service):
    mix = {"seed": 1, "seed_to": 2, "truncation": 1.0}
    weights = service.get("/metadata").json()["metadata"]["signature_def"]["signature_def"]["mix"]
    classes = int(weights["inputs"]["weights"]["tensor_shape"]["dim"][1]["size"])
    row = mix | {"weights": [1.0] + [0.0] * (classes - 1), "t": float("nan")}
    assert "NaN" in json.dumps(row)
    assert service.predict({"signature_name": "mix", "instances": [row]}).status_code == 200


def test_an_empty_signature_name_is_the_default(service):
    assert service.predict({"signature_name": "", "instances": [ROW]}).status_code == 200
