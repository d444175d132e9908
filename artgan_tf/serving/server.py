"""Runs the server: loads the model's first version, starts uvicorn, and shuts down gracefully."""

import asyncio
import logging
import signal
import socket
import sys
import webbrowser
from types import FrameType
from typing import Any
from urllib.parse import quote

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from artgan_tf.config import InputError
from artgan_tf.serving.app import Settings, build_app
from artgan_tf.serving.model_dir import ModelDir
from artgan_tf.serving.servable import Servable
from artgan_tf.serving.versions import Versions

GRACE = 30  # seconds that requests in flight have to finish on shutdown
SERVER = "artgan-serve (stand-in for TensorFlow Serving)"


def run(
    named: object, model: ModelDir, listening: socket.socket, url: str, settings: Settings
) -> None:
    """Serve a model until SIGTERM or Ctrl-C.

    Args:
        named: the model as the user named it.
        model: the model's name and folders.
        listening: a listening socket, whose connections wait until uvicorn accepts them.
        url: the server's URL for a browser on this machine.
        settings: settings of the server.

    Raises InputError if no version of the model loads.
    """
    versions = Versions(model, settings.poll)
    versions.poll()
    if versions.served is None:
        raise InputError(f"No version of {versions.name} loads; the warnings above tell why.")
    _announce(named, versions.served, url)
    if settings.browser:
        webbrowser.open(f"{url}/")
    versions.start()
    try:
        _run(versions, settings, listening)
    finally:
        versions.stop()
    print("Stopped.", flush=True)


def _announce(named: object, served: Servable, url: str) -> None:
    example, path = '{"instances": [{"label": 0, "seed": 1}]}', quote(served.name)
    print(f"  gallery   {url}/")
    print(f"  ask       curl -d '{example}' {url}/v1/models/{path}:predict")
    print(f"  health    {url}/healthz")
    print(f"Serving {named}, version {served.version} of {served.name} in URLs, with TensorFlow")
    print("Serving's interface, as a stand-in: for one machine and trusted clients. Ctrl-C stops.")
    sys.stdout.flush()


def server_of(versions: Versions, settings: Settings) -> uvicorn.Server:
    """Return a uvicorn server configured for a model."""
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
    # The application's handler for unexpected errors has already printed them.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    server = server_of(versions, settings)

    def stop(number: int, frame: FrameType | None) -> None:
        """Handle signals before uvicorn installs its handlers, and the one it re-raises at exit."""
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def patient(seconds: float) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol class with a time limit for headers; uvicorn itself has none.

    It counts from the start of the connection, or from the first byte of a later request.
    """

    class Patient(AutoHTTPProtocol):  # type: ignore[valid-type, misc]
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self._forget()

        def _watch(self) -> None:
            """Start the timer while a header is expected; the application times the body."""
            if self.cycle is not None and not self.cycle.response_complete:
                self._forget()
            elif self._timer is None and not self.transport.is_closing():
                self._timer = self.loop.call_later(seconds, self.transport.close)

        def _forget(self) -> None:
            if self._timer:
                self._timer.cancel()
                self._timer = None

    return Patient
