"""The server's process: a socket, the model's first version, uvicorn, and a graceful end."""

import logging
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from artgan_tf.config import InputError
from artgan_tf.serving.app import Settings, build_app
from artgan_tf.serving.source import find_source
from artgan_tf.serving.versions import Versions

GRACE = 30  # seconds that requests in flight have to finish
BACKLOG = 2048
SERVER = "artgan-serve (stand-in for TensorFlow Serving)"


@dataclass(frozen=True)
class Address:
    """Where the server listens; port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: int = 8501


def serve(model: Path, address: Address, settings: Settings, every: float) -> None:
    """Serve a model until SIGTERM or Ctrl-C.

    Args:
        model: an export's name or version level, or a run.
        address: where to listen.
        settings: how to answer.
        every: seconds between looks for new versions.
    """
    versions = Versions(find_source(model), every)
    with _bound(address) as listening:
        versions.look()
        if versions.served is None:
            raise InputError(f"No version of {versions.name} loads; the warnings above tell why.")
        listening.listen(BACKLOG)  # from here on, connections wait until uvicorn takes them
        _announce(versions, address.host, listening.getsockname()[1])
        versions.start()
        try:
            _run(versions, settings, listening)
        finally:
            versions.stop()
    print("Stopped.", flush=True)


def _bound(address: Address) -> socket.socket:
    """A socket that is taken before the model is loaded: a port in use is told at once."""
    try:
        info = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        # The protocol must be named: asyncio turns Nagle's delay off for sockets that say TCP.
        bound = socket.socket(*info[:3])
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(info[4])
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        where = f"{address.host}:{address.port}"
        raise InputError(f"Cannot listen at {where}: {reason}.") from None
    return bound


def _announce(versions: Versions, host: str, port: int) -> None:
    served = versions.served
    assert served is not None
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    example = '{"instances": [{"label": 0, "seed": 1}]}'
    print(f"Serving version {served.version} of {served.name} with TensorFlow Serving's interface,")
    print("as a stand-in for it: for one machine and trusted clients. Ctrl-C stops.")
    print(f"  ask       curl -d '{example}' {base}/v1/models/{served.name}:predict")
    print(f"  health    {base}/healthz", flush=True)


def _run(versions: Versions, settings: Settings, listening: socket.socket) -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # _unexpected has told already
    config = uvicorn.Config(
        build_app(versions, settings),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        headers=[("Server", SERVER)],
        timeout_graceful_shutdown=GRACE,
    )
    server = uvicorn.Server(config)

    def stop(number: int, frame: FrameType | None) -> None:
        """Before uvicorn listens to signals, and when it raises its last one again at its end."""
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
