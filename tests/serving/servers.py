"""A server in a separate process, and a client."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # timeout in seconds


class Server:
    """A context manager that runs `python -m artgan_tf.serve MODEL` on a free port.

    Args:
        model: the model to serve.
        options: further options of the command line.
    """

    def __init__(self, model: Path, *options: str):
        self.command = [sys.executable, "-m", "artgan_tf.serve", str(model), "--port", "0"]
        self.command += options
        self.url = ""

    def __enter__(self) -> "Server":
        self._log = tempfile.TemporaryFile("w+")
        environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        assert self.process.stdout
        self.told = ""
        for line in self.process.stdout:
            self.told += line
            if found := re.search(r"health +(http\S+)/healthz", line):
                self.url = found[1]
                break
        watchdog.cancel()
        assert self.url, self.log()
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.stop(signal.SIGTERM)

    def stop(self, number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Wait for the process to end and return its exit code."""
        try:
            self.told += self.process.communicate(timeout=PATIENCE)[0]
        finally:
            self.process.kill()
        return self.process.returncode

    def log(self) -> str:
        """Return the process's output on stderr."""
        self._log.seek(0)
        return self._log.read()


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
