"""Commands to the Docker engine."""

import os
import subprocess

from tests.deploy.files import ROOT


def call(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository, with more variables than ours."""
    environ = os.environ | environment
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ)


def docker(*words: str) -> str:
    """What the command says; it must succeed."""
    done = call("docker", *words)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr
