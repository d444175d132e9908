"""The steps in docs/ from nothing to a painting over HTTP and gRPC, and to Keras's file."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from artgan_tf.serving.servable import Servable

ROOT = Path(__file__).resolve().parents[1]
SERVING, PYTHON = (
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("serving.md", "python.md")
)
HTTP, GRPC = 8501, 8500  # TensorFlow Serving's ports, as on the page


def block(mark: str, language: str, index: int = 0) -> str:
    """A code block after a mark."""
    marked = SERVING.split(f"<!-- {mark} -->\n")[1]
    return re.findall(rf"```{language}\n(.*?)```", marked, re.S)[index]


def typed(command: str, folder: Path, **options) -> subprocess.Popen:
    """A shell that runs a block, with this Python first in PATH and this package importable."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "ARTGAN_RUNS": ""}
    # The script `artgan`, which an installed package has.
    command = re.sub(r"^artgan ", "python -m artgan_tf ", command)
    command = f"exec {command}" if options.pop("replaces", False) else command
    return subprocess.Popen(["bash", "-c", command], cwd=folder, env=environment, **options)


def free(port: int) -> None:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            pytest.skip(f"port {port} is taken")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_train_serve_and_call(tmp_path):
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    free(HTTP)
    fit, serve, call = (block("walk", "sh", index) for index in range(3))
    assert typed(fit.replace("--steps 300", "--steps 20"), tmp_path).wait() == 0
    server = typed(serve, tmp_path, replaces=True, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        assert server.stdout.readline() == f"  gallery   http://127.0.0.1:{HTTP}/\n"
        wait_for(f"http://127.0.0.1:{HTTP}/healthz", server)
        assert typed(call, tmp_path).wait() == 0
    finally:
        server.terminate()
    assert server.wait(60) == 0
    assert spread(tmp_path / "painting.png") > 10


def wait_for(url: str, server: subprocess.Popen) -> None:
    for _ in range(600):
        assert server.poll() is None
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url)
            return
        time.sleep(0.1)
    pytest.fail("The server does not answer.")


def spread(picture: Path) -> float:
    """Difference between the brightest and the darkest grey level; 0 for a blank picture."""
    image = Image.open(picture)
    assert image.format == "PNG"
    return float(np.ptp(np.asarray(image.convert("L"), float)))


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Handles the request like TensorFlow Serving, for one servable."""

    def __init__(self, servable: Servable):
        self.servable = servable

    def Predict(self, request, context):
        assert request.model_spec.name == "first"
        inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        specs = self.servable.specs("")
        assert {k: v.dtype.name for k, v in inputs.items()} == {
            k: s.dtype for k, s in specs.items()
        }
        answers = self.servable.run("", inputs)
        outputs = {name: tf.make_tensor_proto(value) for name, value in answers.items()}
        return predict_pb2.PredictResponse(outputs=outputs)


@pytest.mark.slow
def test_grpc_client(exports, tmp_path):
    free(GRPC)
    server = grpc.server(ThreadPoolExecutor(1))
    service = PredictionService(Servable(exports["improved"], "first", 1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    server.add_insecure_port(f"127.0.0.1:{GRPC}")
    server.start()
    client = [sys.executable, "-c", block("grpc", "python")]
    try:
        subprocess.run(client, cwd=tmp_path, check=True, timeout=120)
    finally:
        server.stop(None)
    assert Image.open(tmp_path / "painting.png").size == (16, 16)


@pytest.mark.slow
def test_keras_takes_the_generator_away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known: dict = {}
    for block in re.findall(r"<!-- keras -->\n```python\n(.*?)```", PYTHON, re.S):
        exec(block, known)
    assert known["images"].shape == (1, 64, 64, 3)
    assert known["generator"].class_names == known["sampler"].class_names
