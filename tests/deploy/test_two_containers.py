"""A cluster of two containers, started like the Kubernetes Job, trains like one device."""

import os
from collections.abc import Iterator

import pytest
import yaml

from tests.deploy.engine import docker
from tests.deploy.files import DEPLOY
from tests.training.states import assert_same_training

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
JOB = list(yaml.safe_load_all((DEPLOY / "kubernetes-job.yaml").read_text(encoding="utf-8")))[-1]
(CONTAINER,) = JOB["spec"]["template"]["spec"]["containers"]
STEPS = 20
# Without random draws, so that only the exchange between containers could make a difference.
SAME = {
    "data__spec": "demo",
    "discriminator__dropout": 0.0,
    "discriminator__noise": 0.0,
    "train__batch_size": 12,
    "log__history_every": 1,
}


@pytest.fixture
def fit(tiny_arguments) -> list[str]:
    """The arguments of `fit`, without the run's folder."""
    return [*tiny_arguments("improved", **SAME), f"--steps={STEPS}"]


@pytest.fixture
def network() -> Iterator[str]:
    name = f"artgan-test-{os.getpid()}"
    docker("network", "create", name)
    yield name
    docker("network", "rm", name)


@pytest.fixture
def workers(image, narrow, network, fit) -> Iterator[list[str]]:
    """Both containers, with the names and variables of the Job's pods."""
    arguments = [*CONTAINER["args"][2:], *fit, "--run-dir", "/runs/two"]
    shell, *script = CONTAINER["command"]
    started: list[str] = []
    try:
        for index in ("0", "1"):
            variables = {"WORKERS": "2", "JOB_COMPLETION_INDEX": index, "ARTGAN_RUNS": "/runs"}
            options = [f"--env={name}={value}" for name, value in variables.items()]
            options += [f"--network={network}", f"--network-alias=artgan-{index}.artgan"]
            words = [*narrow, *options, "--entrypoint", shell, image, *script, *arguments]
            started += docker("run", "--detach", *words).split()[-1:]
        yield started
    finally:
        docker("rm", "--force", *started)


def test_two_containers_equal_one(image, narrow, workers, fit, runs):
    codes = docker("wait", *workers).split()
    assert codes == ["0", "0"], [docker("logs", worker)[-2000:] for worker in workers]
    one = ["--strategy=one", *fit, "--run-dir", "/runs/one"]
    docker("run", "--rm", *narrow, image, "fit", *one)
    assert_same_training(runs / "one", runs / "two", STEPS)
