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


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Puts a stand-in with an exit code on PATH; the machine's own driver has no files."""
    monkeypatch.setattr(hardware, "DRIVER", tmp_path / "none")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def install(code: int) -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\necho 'NVIDIA A'; echo 'NVIDIA B'; exit {code}\n")
        program.chmod(0o755)

    return install


def test_gpus_without_the_drivers_files_are_named_by_nvidia_smi(nvidia_smi):
    assert hardware.gpus() == []  # no such program
    nvidia_smi(0)
    assert hardware.gpus() == ["NVIDIA A", "NVIDIA B"]
    nvidia_smi(9)  # a program without a driver
    assert hardware.gpus() == []


@pytest.mark.parametrize(("hidden", "count"), [("", 0), ("-1", 0), ("1", 2)])
def test_hidden_gpus_do_not_count(hidden, count, nvidia_smi, monkeypatch):
    nvidia_smi(0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert len(hardware.gpus()) == count


def test_the_drivers_files_name_gpus(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, "DRIVER", tmp_path)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "information").write_text("Model: \t\t NVIDIA A\nIRQ: 31\n")
    assert hardware.gpus() == ["NVIDIA A"]
