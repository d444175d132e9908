"""The application within the test's process: without a version, with bugs, and its gallery."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from artgan_tf.serving.app import Settings, build_app
from artgan_tf.serving.json_tensors import Spec

PREDICT = "/v1/models/artgan:predict"


class Client:
    """A client of an application with a stub in place of the versions."""

    def __init__(self, get=lambda name, version=None: None, cors=()):
        versions: Any = SimpleNamespace(name="artgan", number=0, served=None, get=get, states=list)
        app = build_app(versions, Settings(cors=cors))
        self.app = app
        self.transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def __call__(self, method, path, **options):
        async def ask():
            async with httpx.AsyncClient(transport=self.transport, base_url="http://x") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())


def test_without_a_version_it_is_not_healthy():
    answers = Client()
    assert answers("GET", "/healthz").status_code == 503
    assert answers("GET", "/gallery/models.json").json()["models"] == []
    assert answers("GET", "/v1/models/artgan").status_code == 404
    assert answers("POST", PREDICT, json={"instances": [1]}).status_code == 404
    assert answers("GET", "/gallery/sheet.png?labels=0&seeds=0").status_code == 404


def test_our_own_mistakes_are_told_here_and_not_to_the_client(capsys):
    def get(name, version=None):
        raise KeyError("/private/path")

    answers = Client(get=get)
    response = answers("POST", PREDICT, json={"instances": [1]})
    assert response.status_code == 500
    assert response.json() == {"error": "Internal error."}
    assert "KeyError: '/private/path'" in capsys.readouterr().err
    assert 'status="INTERNAL"' in answers("GET", "/monitoring/prometheus/metrics").text


def test_a_client_that_leaves_is_not_painted_for():
    go = threading.Event()

    class Slow:
        def specs(self, signature):
            return {"x": Spec("int32", (None,))}

        def runs_alone(self, signature):
            return False

        def run(self, signature, arrays):
            go.wait(20)

    messages = [
        {"type": "http.request", "body": b'{"instances": [1]}'},
        {"type": "http.disconnect"},
    ]
    sent = list[dict[str, Any]]()

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    slow = Slow()
    answers = Client(get=lambda name, version=None: slow)
    scope = {"type": "http", "method": "POST", "path": PREDICT, "query_string": b"", "headers": []}
    asyncio.run(asyncio.wait_for(answers.app(scope, receive, send), 10))
    go.set()
    assert sent[0]["status"] == 499
    assert 'status="CANCELLED"' in answers("GET", "/monitoring/prometheus/metrics").text


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/healthz")]
    + [("GET", path) for path in ("/v2/models", "/v1", "/gallery", "/../app.py")],
)
def test_other_paths_are_not_found_and_lead_nowhere(method, path):
    response = Client()(method, path, follow_redirects=False)
    assert (response.status_code, response.json()) == (404, {"error": "Not found."})


def test_the_gallery_is_static_files_of_this_package():
    assert Client()("GET", "/").headers["content-type"].startswith("text/html")
    module = Client()("GET", "/main.js").headers
    assert "javascript" in module["content-type"]
    assert module["cache-control"] == "no-cache"


def test_pages_elsewhere_may_ask_only_when_told():
    preflight = {"Origin": "http://a.example", "Access-Control-Request-Method": "POST"}
    for origin in ("http://a.example", "http://a.example/"):
        allowed = Client(cors=[origin])("OPTIONS", PREDICT, headers=preflight)
        assert allowed.headers["access-control-allow-origin"] == "http://a.example"
    refused = Client()("OPTIONS", PREDICT, headers=preflight)
    assert "access-control-allow-origin" not in refused.headers
