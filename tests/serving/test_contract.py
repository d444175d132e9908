"""TF Serving's REST contract, over HTTP: `serve`, or TF Serving itself (see `conftest.service`).

The tests check neither the text of errors nor anything that varies between runs of TF Serving.
"""

import base64
import gzip
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.serving.servers import error

ROW = {"label": 0, "seed": 1}
GOOD = json.dumps({"instances": [ROW]}).encode()


def pixels(found: dict) -> np.ndarray:
    assert found.keys() == {"b64"}
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(found["b64"]))))


# ---- questions about the model --------------------------------------------------------------
def test_status_of_all_versions_and_of_one(service):
    of_all, of_one = service.get(""), service.get(f"/versions/{service.version}")
    (state,) = of_one.json()["model_version_status"]
    ok = {"error_code": "OK", "error_message": ""}
    assert state == {"version": service.version, "state": "AVAILABLE", "status": ok}
    assert state in of_all.json()["model_version_status"]
    assert '\n "model_version_status": [\n  {\n   "version"' in of_all.text
    assert of_all.headers["content-type"] == "application/json"
    # TF Serving ignores a label here.
    assert service.get("/labels/x").json() == of_all.json()


def test_metadata(service):
    found = service.get("/metadata").json()
    assert service.get(f"/versions/{service.version}/metadata").json() == found
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


# ---- paths ------------------------------------------------------------------------------------
ZEROS = "/versions/" + "0" * 30 + "{version}"
PATHS = {  # below the model's URL
    "GET 200": [ZEROS],
    "GET 400": ["/", "/versions/x", f"/versions/{2**63}", "/metadata/x", "/Metadata", ":predict"],
    "GET 404": ["/versions/999", "/versions/999/metadata", "?x=1"],
    "POST 200": [f"{ZEROS}:predict"],
    "POST 400": [
        "",
        ":frobnicate",
        ":Predict",
        ":predict?x=1",
        ":predict/",
        "/versions/-1:predict",
    ],
    "POST 404": ["/versions/999:predict"],
    "PUT 501": [":predict"],
    "DELETE 501": [""],
}


@pytest.mark.parametrize(
    ("answer", "path"), [(answer, path) for answer in PATHS for path in PATHS[answer]]
)
def test_paths(service, answer, path):
    method, status = answer.split()
    url = service.url + path.format(version=service.version)
    response = service.client.request(method, url, content=GOOD if method == "POST" else None)
    assert response.status_code == int(status)


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/nope", None, 404),
        ("/nope/versions/1", None, 404),
        ("/nope/metadata", None, 404),
        ("/nope:predict", GOOD, 404),
        ("", None, 400),
        ("/", None, 400),
        # The document is read before the model is looked for.
        ("/nope:predict", "{", 400),
        ("/nope:classify", "{}", 400),
    ],
)
def test_other_models(service, path, content, status):
    url = service.url.rsplit("/", 1)[0] + path
    response = service.client.request("POST" if content else "GET", url, content=content)
    assert response.status_code == status
    assert error(response)


def test_all_but_the_ends_of_paths_is_of_any_case_and_names_are_unquoted(service):
    url = service.url.replace("/v1/models/", "/V1/MODELS/")
    assert service.client.post(url + ":predict", content=GOOD).status_code == 200
    assert service.client.get(f"{url}/Versions/{service.version}/metadata").status_code == 200
    name = "".join(f"%{ord(letter):02x}" for letter in service.name)
    url = service.url.rsplit("/", 1)[0]
    assert service.client.get(f"{url}/{name}").status_code == 200


def test_a_browser_may_ask_what_it_may_ask(service):
    headers = {"Origin": "http://page.example"}
    response = service.client.options(service.url + ":predict", headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize("verb", ["classify", "regress"])
@pytest.mark.parametrize("body", ["{", '{"examples": []}', '{"examples": [{"x": 1}]}'])
def test_classify_and_regress_need_other_signatures(service, verb, body):
    response = service.predict(body, f":{verb}")
    assert response.status_code == 400
    assert error(response)


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
    asked = {"signature_name": "reconstruct"}
    named = service.predict(asked | {"instances": [{"image_bytes": png}]}).json()["predictions"]
    assert service.predict(asked | {"instances": [png]}).json()["predictions"] == named
    for columns in ({"image_bytes": [png]}, [png]):
        assert service.predict(asked | {"inputs": columns}).json()["outputs"] == named
    pixels(named[0])


def test_several_outputs_are_objects(service):
    png = service.predict({"instances": [ROW]}).json()["predictions"][0]
    ask = {"signature_name": "classify", "instances": [png, png]}
    text = service.predict(ask).text
    first, second = json.loads(text)["predictions"]
    assert first == second
    assert first.keys() == {"class_name", "label", "realness", "scores"}
    assert isinstance(first["class_name"], str)
    assert isinstance(first["label"], int)
    assert all(isinstance(score, float) for score in first["scores"])
    columns = service.predict({"signature_name": "classify", "inputs": [png]}).json()["outputs"]
    assert columns["label"] == [first["label"]]
    # Nine digits are enough to be exact, and a float never looks like an integer.
    digits = text.split('"scores":')[1].split("[")[1].split("]")[0].split(",")
    assert all("." in number or "e" in number for number in digits)
    assert all(np.float32(number) == np.float32(f"{float(number):.9g}") for number in digits)
    assert all(len(number.split("e")[0].replace(".", "").strip(" -0")) <= 9 for number in digits)


def test_arrays_are_nested_lists(service):
    z = service.get("/metadata").json()["metadata"]["signature_def"]["signature_def"]["generate"]
    size = int(z["inputs"]["z"]["tensor_shape"]["dim"][1]["size"])
    # A float input accepts whole numbers, and numbers that float32 rounds.
    row = {"z": [0.5] * (size - 2) + [1, 16777216.5], "label": 0}
    answer = service.predict({"signature_name": "generate", "instances": [row]})
    (image,) = map(np.array, answer.json()["predictions"])
    assert image.shape[2] == 3
    assert image.dtype.kind == "i"


def test_an_empty_signature_name_is_the_default(service):
    assert service.predict({"signature_name": "", "instances": [ROW]}).status_code == 200


# ---- compressed bodies ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "status"),
    [(gzip.compress(GOOD), 200), (GOOD, 400), (gzip.compress(b"{"), 400), (b"", 400)],
    ids=["good", "not packed", "half a document", "nothing"],
)
def test_gzip(service, content, status):
    headers = {"Content-Encoding": "gzip"}
    response = service.client.post(service.url + ":predict", content=content, headers=headers)
    assert response.status_code == status
