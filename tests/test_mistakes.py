"""Common mistakes are reported before any slow import."""

import subprocess
import sys
from pathlib import Path

from experiments.benchmarks.mistakes import MISTAKES, prepare
from tests.test_help import HEAVY, REPOSITORY

CODE = """
import shlex, sys
sys.path.insert(0, sys.argv[1])
from artgan_tf.__main__ import main
from experiments.benchmarks.mistakes import MISTAKES
for mistake in MISTAKES:
    sys.argv = ["artgan", *shlex.split(mistake)]
    try:
        main()
    except SystemExit as end:
        print(end.code, sorted({name.partition(".")[0] for name in sys.modules}), sep=";")
"""


def test_a_mistake_is_told_before_tensorflow_is_started(tmp_path: Path) -> None:
    prepare(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    command = [sys.executable, "-c", CODE, str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=200)
    told = done.stdout.splitlines()
    assert len(told) == len(MISTAKES) >= 30, done.stderr
    for mistake, line in zip(MISTAKES, told, strict=True):
        code, modules = line.split(";")
        assert code == "2", mistake
        assert not HEAVY & set(eval(modules)), mistake
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
