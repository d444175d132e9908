"""The image, built and run if there is a Docker engine."""

import base64
import io
import re
import shutil
import time
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.deploy.engine import call, docker

PATIENCE = 120  # seconds
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def artgan(image, narrow) -> list[str]:
    """The `docker run` command up to artgan's arguments."""
    return [*narrow, image]


@pytest.fixture(scope="module")
def trained(artgan, runs) -> Path:
    """A run of a few steps."""
    docker("run", "--rm", *artgan, "fit", "--steps", "3", "--set", "log.history_every=1")
    return runs / "demo"


def test_fit_leaves_a_run_that_belongs_to_its_user(trained, user):
    assert Image.open(trained / "samples" / "step_000003.png").size[0] > 0
    assert (trained / "checkpoints" / "step-3.npz").is_file()
    assert {str(path.stat().st_uid) for path in trained.rglob("*")} == {user.partition(":")[0]}


def test_serve_answers_on_a_published_port_and_stops_when_told(artgan, trained):
    assert "Exported runs/demo: version 1" in docker("run", "--rm", *artgan, "export", "runs/demo")
    publish = ["--detach", "--publish", "127.0.0.1::8501"]
    serve = ["serve", "runs/demo", "--host", "0.0.0.0"]
    container = docker("run", *publish, *artgan, *serve).split()[-1]
    try:
        url = f"http://{docker('port', container, '8501').strip()}"
        answer = _asked(url, container)
        picture = Image.open(io.BytesIO(base64.b64decode(answer["predictions"][0]["b64"])))
        assert picture.size == (32, 32)
        docker("stop", "--time", "60", container)
        assert docker("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"
        assert docker("logs", container).endswith("Stopped.\n")
    finally:
        docker("rm", "--force", container)


def _asked(url: str, container: str) -> dict:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/healthz").text == "ok\n":
                break
        except httpx.TransportError:
            time.sleep(0.5)
    question = {"instances": [{"label": 0, "seed": 1}]}
    answer = httpx.post(f"{url}/v1/models/demo:predict", json=question, timeout=PATIENCE)
    assert answer.status_code == 200, docker("logs", container)
    return answer.json()


def test_fit_saves_when_told_to_stop(artgan, runs):
    words = ["fit", "--steps", "100000", "--run-dir", "runs/long", "--set", "log.history_every=1"]
    container = docker("run", "--detach", *artgan, *words).split()[-1]
    try:
        end = time.monotonic() + PATIENCE
        # Not in its log, as the engine buffers a progress bar until the line ends.
        while not (runs / "long" / "history.jsonl").is_file():
            assert time.monotonic() < end, docker("logs", container)
            time.sleep(0.5)
        docker("stop", "--time", "60", container)
        stopped = re.search(r"Stopped at step (\d+) of 100000", docker("logs", container))
    finally:
        docker("rm", "--force", container)
    assert stopped
    assert (runs / "long" / "checkpoints" / f"step-{stopped[1]}.npz").is_file()


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """The compose plugin, or its predecessor, the program."""
    if not call("docker", "compose", "version").returncode:
        return ["docker", "compose"]
    if not shutil.which("docker-compose"):
        pytest.skip("there is no docker compose")
    return ["docker-compose"]


def test_compose_trains_and_exports(image, compose):
    project = [*compose, "--project-name", image]
    try:
        done = call(*project, "run", "--rm", "train", "demo", "--steps", "2", IMAGE=image)
    finally:
        call(*project, "down", "--volumes", IMAGE=image)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Exported /runs/demo: version 1" in done.stdout


def test_compose_understands_its_file(base, compose):
    done = call(*compose, "config", "--services")
    assert done.returncode == 0, done.stderr[-3000:]
    assert set(done.stdout.split()) == {"train", "serving", "gallery"}
