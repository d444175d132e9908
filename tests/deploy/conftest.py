"""The Docker engine, and the image that it builds.

ARTGAN_DOCKER_BASE replaces the Dockerfile's base, for an engine that cannot get it.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.engine import call, docker
from tests.deploy.files import instructions

TAG = f"artgan-test-{os.getpid()}"


@pytest.fixture(scope="session")
def base() -> str:
    """The base image, pulled if necessary."""
    if not shutil.which("docker") or call("docker", "info").returncode:
        pytest.skip("there is no Docker engine")
    (default,) = [line[5:] for line in instructions("ARG") if line.startswith("BASE=")]
    base = os.environ.get("ARTGAN_DOCKER_BASE", default)
    if all(call("docker", *words, base).returncode for words in (["image", "inspect"], ["pull"])):
        pytest.skip(f"the engine cannot pull {base} (ARTGAN_DOCKER_BASE takes another)")
    return base


@pytest.fixture(scope="session")
def image(base) -> Iterator[str]:
    """The image's name."""
    docker("build", "--quiet", "--build-arg", f"BASE={base}", "--tag", TAG, ".")
    yield TAG
    docker("image", "rm", "--force", TAG)


@pytest.fixture(scope="session")
def user() -> str:
    """A user that the image does not know."""
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() else "12345:12345"


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder for runs that any user can write to."""
    folder = tmp_path_factory.mktemp("docker") / "runs"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def narrow(user, runs) -> list[str]:
    """Options of `docker run` with only the rights that a verb needs."""
    rights = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--user", user]
    return [*rights, "--volume", f"{runs}:/runs"]
