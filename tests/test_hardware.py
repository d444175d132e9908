"""The description of the processor."""

from pathlib import Path

import pytest

from artgan_tf import hardware

CORE = "processor\t: {}\nmodel name\t: Some CPU: 2\nflags\t\t: fpu avx512_bf16 amx_tile\npower:\n\n"


@pytest.mark.parametrize(
    ("text", "name", "flags"),
    [
        (CORE.format(0) + CORE.format(1), "Some CPU: 2", {"fpu", "avx512_bf16", "amx_tile"}),
        ("processor\t: 0\nFeatures\t: asimd bf16\n", "arm", set()),
        (None, "arm", set()),
    ],
)
def test_the_processor(text, name, flags, monkeypatch):
    def read_text(path: Path, encoding: str) -> str:
        if text is None:
            raise FileNotFoundError(path)
        return text

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "arm")
    assert hardware.processor() == name
    assert hardware.processor_flags() == flags
    assert f" of {name}" in hardware.describe()


@pytest.mark.parametrize(("cores", "words"), [({0, 1}, "2 cores"), ({1}, "1 core")])
def test_only_the_cores_that_a_process_may_use_count(cores, words, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: cores, raising=False)
    assert hardware.describe().startswith(f"{words} of ")
