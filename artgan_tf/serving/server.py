"""The server's process: a socket, the model's first version, uvicorn, and a graceful end."""

import logging
import signal
import socket
import sys
import webbrowser
from types import FrameType
from urllib.parse import quote

import uvicorn

from artgan_tf.config import InputError
from artgan_tf.serving.app import Settings, build_app
from artgan_tf.serving.connections import patient
from artgan_tf.serving.servable import Servable
from artgan_tf.serving.source import Source
from artgan_tf.serving.versions import Versions

GRACE = 30  # seconds that requests in flight have to finish
SERVER = "artgan-serve (stand-in for TensorFlow Serving)"


def serve(
    model: object, source: Source, listening: socket.socket, url: str, settings: Settings
) -> None:
    """Serve a model until SIGTERM or Ctrl-C.

    Args:
        model: as the user named it.
        source: of the model.
        listening: a socket that listens, whose connections wait until uvicorn takes them.
        url: what a browser on this machine opens.
        settings: how to answer.
    """
    versions = Versions(source, settings.poll)
    versions.look()
    if versions.served is None:
        raise InputError(f"No version of {versions.name} loads; the warnings above tell why.")
    _announce(model, versions.served, url)
    if settings.browser:
        webbrowser.open(f"{url}/")
    versions.start()
    try:
        _run(versions, settings, listening)
    finally:
        versions.stop()
    print("Stopped.", flush=True)


def _announce(model: object, served: Servable, url: str) -> None:
    example, path = '{"instances": [{"label": 0, "seed": 1}]}', quote(served.name)
    print(f"  gallery   {url}/")
    print(f"  ask       curl -d '{example}' {url}/v1/models/{path}:predict")
    print(f"  health    {url}/healthz")
    print(f"Serving {model}, version {served.version} of {served.name} in URLs, with TensorFlow")
    print("Serving's interface, as a stand-in: for one machine and trusted clients. Ctrl-C stops.")
    sys.stdout.flush()


def server_of(versions: Versions, settings: Settings) -> uvicorn.Server:
    """uvicorn, as it serves a model."""
    config = uvicorn.Config(
        build_app(versions, settings),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        headers=[("Server", SERVER)],
        timeout_graceful_shutdown=GRACE,
        http=patient(settings.limits.seconds),
    )
    return uvicorn.Server(config)


def _run(versions: Versions, settings: Settings, listening: socket.socket) -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # _unexpected has told already
    server = server_of(versions, settings)

    def stop(number: int, frame: FrameType | None) -> None:
        """Before uvicorn listens to signals, and when it raises its last one again at its end."""
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
