"""Malformed requests: errors are sentences, never a 500, and reveal nothing about the machine."""

import json
import math
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.servers import ROOT

NAMES = ["label", "seed", "z", "t", "weights", "seed_to", "truncation", "image_bytes", "b64", ""]
SIGNATURES = ["serving_default", "generate", "mix", "classify", "reconstruct", "magnified", "zzz"]
STATUSES = {200, 400, 404, 413, 501}

numbers = st.integers(-4, 4) | st.integers(-(2**70), 2**70) | st.floats()
limits = st.sampled_from([2**31, 2**63, 2**64, 2**24, 1e39, 1e308, math.inf, math.nan])
leaves = st.none() | st.booleans() | numbers | limits | st.text(max_size=8)
values = st.recursive(
    leaves | st.just({"b64": "AAAA"}),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
small = st.integers(0, 2) | values
rows = st.fixed_dictionaries({}, optional=dict.fromkeys(("label", "seed", "image_bytes"), small))
parts = {
    "signature_name": st.sampled_from(SIGNATURES) | values,
    "instances": st.lists(rows, min_size=1, max_size=4) | values,
    "inputs": rows | values,
}
documents = st.fixed_dictionaries({}, optional=parts) | values
quick = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def ask(server, model):
    """A function that sends bytes and checks that the answer reveals nothing private."""
    client = httpx.Client(timeout=20)
    private = ["Traceback", "site-packages", "File \\", ".py", str(ROOT), str(model.parent)]
    private += [str(Path.home()), "/tmp"]

    def send(content: bytes, path: str = "/v1/models/artgan:predict", method: str = "POST"):
        response = client.request(method, server + path, content=content)
        assert response.status_code in STATUSES, (response.status_code, response.text)
        sent = content.decode("utf-8", "replace") + path
        assert not [word for word in private if word in response.text and word not in sent]
        if response.status_code != 200:
            assert response.json().keys() == {"error"}
            assert len(response.content) < 4000
        return response

    yield send
    assert client.get(server + "/healthz").status_code == 200


@pytest.mark.slow
@quick
@given(
    document=documents,
    ascii_only=st.booleans(),
    damage=st.none() | st.tuples(st.integers(0, 200), st.binary(max_size=3), st.integers(0, 5)),
)
def test_odd_documents(ask, document, ascii_only, damage):
    body = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "replace")
    at, put, cut = damage or (0, b"", 0)
    ask(body[:at] + put + body[at + cut :])


@quick
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    path=st.text("abc/:%.?#123éNAMESmodelsversionspredict\\ \t", max_size=20),
)
def test_odd_paths(ask, method, path):
    ask(b"{}", "/v1/models/" + quote(path, safe="/:%?"), method)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
@pytest.mark.parametrize("depth", [100, 2000, 100_000])
def test_deep_documents(ask, opening, closing, depth):
    response = ask(f"{opening * depth}1{closing * depth}".encode())
    assert response.status_code in (400, 413)
    ask(opening.encode() * depth)
