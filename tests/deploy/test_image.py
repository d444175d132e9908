"""The image, really built and run, where there is a Docker engine.

ARTGAN_DOCKER_BASE is another base than the Dockerfile's, for an engine that cannot have that one.
"""

import base64
import io
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.deploy.files import ROOT, instructions

PATIENCE = 120  # seconds
TAG = f"artgan-test-{os.getpid()}"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def call(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository, with more variables than ours."""
    environ = os.environ | environment
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ)


def docker(*words: str) -> str:
    """What the command says; it must succeed."""
    done = call("docker", *words)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def base() -> str:
    """The base image, which the engine has or gets."""
    if not shutil.which("docker") or call("docker", "info").returncode:
        pytest.skip("there is no Docker engine")
    (default,) = [line[5:] for line in instructions("ARG") if line.startswith("BASE=")]
    base = os.environ.get("ARTGAN_DOCKER_BASE", default)
    if all(call("docker", *words, base).returncode for words in (["image", "inspect"], ["pull"])):
        pytest.skip(f"the engine cannot pull {base} (ARTGAN_DOCKER_BASE takes another)")
    return base


@pytest.fixture(scope="module")
def image(base) -> Iterator[str]:
    """The image's name."""
    docker("build", "--quiet", "--build-arg", f"BASE={base}", "--tag", TAG, ".")
    yield TAG
    docker("image", "rm", "--force", TAG)


@pytest.fixture(scope="module")
def user() -> str:
    """Somebody whom the image does not know."""
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() else "12345:12345"


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder for runs that any user may write to."""
    folder = tmp_path_factory.mktemp("docker") / "runs"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def artgan(image, user, runs) -> list[str]:
    """What follows `docker run`, up to artgan's own words: no more rights than it needs."""
    narrow = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--user", user]
    return [*narrow, "--volume", f"{runs}:/runs", image]


@pytest.fixture(scope="module")
def trained(artgan, runs) -> Path:
    """A run of a few steps."""
    docker("run", "--rm", *artgan, "fit", "--steps", "3", "--set", "log.history_every=1")
    return runs / "demo"


def test_fit_leaves_a_run_that_belongs_to_its_user(trained, user):
    assert Image.open(trained / "samples" / "step_000003.png").size[0] > 0
    assert (trained / "checkpoints" / "step-3.index").is_file()
    assert {str(path.stat().st_uid) for path in trained.rglob("*")} == {user.partition(":")[0]}


def test_serve_answers_on_a_published_port_and_stops_when_told(artgan, trained):
    assert "Exported version 1 of demo" in docker("run", "--rm", *artgan, "export", "runs/demo")
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
        # Not in its log: the engine keeps a progress bar back until the line ends.
        while not (runs / "long" / "history.jsonl").is_file():
            assert time.monotonic() < end, docker("logs", container)
            time.sleep(0.5)
        docker("stop", "--time", "60", container)
        stopped = re.search(r"Stopped at step (\d+) of 100000", docker("logs", container))
    finally:
        docker("rm", "--force", container)
    assert stopped
    assert (runs / "long" / "checkpoints" / f"step-{stopped[1]}.index").is_file()


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """The plugin, or the program that was there before it."""
    if not call("docker", "compose", "version").returncode:
        return ["docker", "compose"]
    if not shutil.which("docker-compose"):
        pytest.skip("there is no docker compose")
    return ["docker-compose"]


def test_compose_trains_and_exports(image, compose):
    project = [*compose, "--project-name", TAG]
    try:
        done = call(*project, "run", "--rm", "train", "demo", "--steps", "2", IMAGE=image)
    finally:
        call(*project, "down", "--volumes", IMAGE=image)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Exported version 1 of demo" in done.stdout


def test_compose_understands_its_file(base, compose):
    done = call(*compose, "config", "--services")
    assert done.returncode == 0, done.stderr[-3000:]
    assert set(done.stdout.split()) == {"train", "serving", "gallery"}
