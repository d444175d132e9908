"""Commands for the Docker engine."""

import os
import subprocess

from tests.deploy.files import ROOT


def call(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository, with additional environment variables."""
    environ = os.environ | environment
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ)


def docker(*words: str) -> str:
    """Output of a docker command, which must succeed."""
    done = call("docker", *words)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr
