"""Servers, in this process and in one of their own, and a client."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from artgan_tf.serving.address import bound, url
from artgan_tf.serving.app import Settings
from artgan_tf.serving.server import server_of
from artgan_tf.serving.versions import Versions

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # timeout in seconds


@contextmanager
def running(versions: Versions, settings: Settings) -> Iterator[str]:
    """Serve in a thread of this process, on a free port, and yield the URL."""
    server = server_of(versions, settings)
    with bound("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield url("127.0.0.1", listening)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the server does not stop"


class Server:
    """A context manager that runs `python -m artgan_tf.serve MODEL` on a free port.

    Args:
        model: the model to serve.
        options: further options of the command line.
    """

    def __init__(self, model: Path, *options: str):
        self.command = [sys.executable, "-m", "artgan_tf.serve", str(model), "--port", "0"]
        self.command += options

    def __enter__(self) -> "Server":
        environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONUNBUFFERED": "1"}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            self.command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=environment
        )
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        assert self.process.stdout
        self.told, found = "", None
        while not found and (line := self.process.stdout.readline()):
            self.told += line
            found = re.search(r"health +(http\S+)/healthz", line)
        watchdog.cancel()
        assert found, self.process.communicate()
        self.url = found[1]
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.ended()

    def ended(self) -> tuple[int, str]:
        """Wait for the process to end and return its exit code and its output on stderr."""
        try:
            out, log = self.process.communicate(timeout=PATIENCE)
        finally:
            self.process.kill()
        self.told += out
        return self.process.returncode, log


class Service:
    """A client of one served model.

    Args:
        url: URL up to and including the model's name.
    """

    def __init__(self, url: str):
        self.url, self.name = url, url.rsplit("/", 1)[1]
        self.client = httpx.Client(timeout=PATIENCE)
        self.version = self.get("").json()["model_version_status"][0]["version"]

    def get(self, path: str) -> httpx.Response:
        return self.client.get(self.url + path)

    def predict(self, body: Any, path: str = ":predict") -> httpx.Response:
        """Post a document, given as an object or as its text."""
        content = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(self.url + path, content=content)


def error(response: httpx.Response) -> str:
    """Return the error message, which must be the whole answer."""
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert body.keys() == {"error"}
    return body["error"]
