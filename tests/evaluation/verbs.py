"""Runs the verb in this process."""

import pytest

from artgan_tf import cli
from artgan_tf.evaluate import evaluate as verb


def evaluate(*arguments: object) -> int:
    """Run the verb in this process; returns its exit code."""
    with pytest.raises(SystemExit) as exit_:
        cli.main(verb, "evaluate", [str(argument) for argument in arguments])
    return int(exit_.value.code or 0)


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The only error that was printed."""
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    (error,) = (line for line in printed.splitlines() if line.startswith("error: "))
    assert error.endswith(".")
    return error
