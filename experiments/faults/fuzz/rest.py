"""Bodies of requests, passed to the server's application.

The model computes almost nothing: the code around it is tested.
"""

import asyncio
import json
import os
from functools import cache
from types import SimpleNamespace
from typing import Any

from experiments.faults.fuzz.fuzzing import instrumented, place, run

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with instrumented("artgan_tf.serving"):
    import tensorflow as tf

    from artgan_tf.serving.app import Settings, build_app
    from artgan_tf.serving.servable import Servable

STATUSES = {200, 400, 404, 413}
PATHS = ("", "/versions/1")
SEEDS = (
    b'{"instances":[{"label":1,"seed":2}]}',
    b'{"signature_name":"generate","inputs":{"z":[[0.5,1e-3,-2,3]],"label":[0]}}',
    b'{"signature_name":"classify","instances":[{"image_bytes":{"b64":"iVBORw0KGgo="}}]}',
    b'{"signature_name":"classify","instances":[{"b64":"AAAA"},{"b64":"////"}]}',
    b'{"inputs":{"seed":[1,9007199254740993],"label":[0,1]}}',
    b'{"instances":[{"label":1e400,"seed":"\\ud800"}]} ',
)


class Tiny(tf.Module):
    """An export's signatures without its networks."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.int64)])
    def serving_default(self, label: Any, seed: Any) -> Any:
        number = tf.cast(label, tf.int64) + seed
        return {"image_bytes": tf.strings.as_string(number)}

    @tf.function(
        input_signature=[tf.TensorSpec([None, 4], tf.float32), tf.TensorSpec([None], tf.int32)]
    )
    def generate(self, z: Any, label: Any) -> Any:
        return {"images": z + tf.cast(label, tf.float32)[:, None]}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def classify(self, image_bytes: Any) -> Any:
        return {"label": tf.strings.length(image_bytes), "class_name": image_bytes}


def one(body: bytes) -> None:
    """Raise if an answer is not JSON, has a wrong status or reveals details of the machine."""
    status, answer = ask(body)
    assert status in STATUSES, (status, answer)
    found = json.loads(answer)
    if status != 200:
        assert found.keys() == {"error"}, found
        assert len(answer) < 4000, answer
        for word in ("Traceback", "site-packages", ".py", "/tmp/"):
            assert word not in found["error"] or word.encode() in body, found


def ask(body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer."""
    loop, app = _application()
    sent: list[dict[str, Any]] = []
    given = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return given.pop() if given else await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    path = f"/v1/models/artgan{PATHS[len(body) % 2]}:predict"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": [(b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    loop.run_until_complete(app(scope, receive, send))
    content = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], content


@cache
def _application() -> tuple[asyncio.AbstractEventLoop, Any]:
    folder = place("rest") / "model"
    tiny = Tiny()
    signatures = {name: getattr(tiny, name) for name in ("serving_default", "generate", "classify")}
    tf.saved_model.save(tiny, str(folder), signatures)
    served = Servable(folder, "artgan", 1)

    def get(name: str, version: int | None = None) -> Any:
        return served if name == "artgan" and version in (None, 1) else None

    versions: Any = SimpleNamespace(name="artgan", number=1, served=served, get=get, states=list)
    return asyncio.new_event_loop(), build_app(versions, Settings())


if __name__ == "__main__":
    run("rest", one, SEEDS, 600)
