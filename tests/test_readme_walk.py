"""The pages in docs/ work as typed: a painting over HTTP and gRPC, and Keras's file."""

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
from tests.evaluation.material import make_run

ROOT = Path(__file__).resolve().parents[1]
HTTP, GRPC = 8501, 8500  # TensorFlow Serving's ports, as on the page


def blocks(page: str, mark: str, language: str) -> list[str]:
    """The code blocks of a page after a mark."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text.split(f"<!-- {mark} -->\n", 1)[1], re.S)


def typed(command: str, folder: Path, **options) -> subprocess.Popen:
    """A shell that runs a block, with this Python first in PATH and this package importable."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "ARTGAN_RUNS": ""}
    # The script `artgan`, which an installed package has.
    command = re.sub(r"^artgan ", "exec python -m artgan_tf ", command)
    return subprocess.Popen(["bash", "-c", command], cwd=folder, env=environment, **options)


def free(port: int) -> None:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            pytest.skip(f"port {port} is taken")


@pytest.mark.slow
def test_serve_and_call(paintings, tmp_path):
    if not shutil.which("curl"):
        pytest.skip("there is no curl")
    free(HTTP)
    fit, serve, call, *_ = blocks("serving.md", "walk", "sh")
    (run,) = re.findall(r"--run-dir (\S+)", fit)
    make_run(tmp_path / run, "improved", paintings)
    server = typed(serve, tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        assert server.stdout.readline() == f"  gallery   http://127.0.0.1:{HTTP}/\n"
        wait_for(f"http://127.0.0.1:{HTTP}/healthz", server)
        assert typed(call, tmp_path).wait() == 0
    finally:
        server.terminate()
    assert server.wait(60) == 0
    with Image.open(tmp_path / "painting.png") as painting:
        assert painting.format == "PNG"
        assert np.ptp(np.asarray(painting.convert("L"), float)) > 10  # not blank


def wait_for(url: str, server: subprocess.Popen) -> None:
    for _ in range(600):
        assert server.poll() is None
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url)
            return
        time.sleep(0.1)
    pytest.fail("The server does not answer.")


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
def test_grpc_client(exports, tmp_path, monkeypatch):
    free(GRPC)
    server = grpc.server(ThreadPoolExecutor(1))
    service = PredictionService(Servable(exports["improved"], "first", 1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    server.add_insecure_port(f"127.0.0.1:{GRPC}")
    server.start()
    monkeypatch.chdir(tmp_path)
    try:
        exec(blocks("serving.md", "grpc", "python")[0], {})
    finally:
        server.stop(None)
    assert Image.open("painting.png").size == (16, 16)


@pytest.mark.slow
def test_keras_takes_the_generator_away(paintings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "run", "improved", paintings)
    known: dict = {}
    for block in blocks("python.md", "keras", "python"):
        exec(block.replace("pretrained:wikiart-genre", "run"), known)
    assert known["images"].shape == (1, 16, 16, 3)
    assert known["generator"].class_names == known["sampler"].class_names
