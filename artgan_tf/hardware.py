"""What computes here: the processor and the GPUs, in words, and what the processor can do."""

import os
import platform
import sys
from pathlib import Path


def describe() -> str:
    """Such as "2 cores of AMD EPYC", and the GPUs, if there are any."""
    count = cores()
    noun = "core" if count == 1 else "cores"
    return ", ".join([f"{count} {noun} of {processor()}", *gpus()])


def cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Its name, as far as the system tells it."""
    return _facts().get("model name") or platform.processor() or platform.machine()


def processor_flags() -> set[str]:
    """The names that Linux gives to its abilities, such as avx512_bf16; elsewhere none."""
    return set(_facts().get("flags", "").split())


def peak_memory() -> int:
    """The most bytes that this process has had; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024)


def _facts() -> dict[str, str]:
    """What Linux says of the last core."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return {}
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}


def gpus() -> list[str]:
    """Names of this machine's NVIDIA GPUs, as Linux tells them."""
    folder = Path("/proc/driver/nvidia/gpus")
    lines = [line for file in folder.glob("*/information") for line in file.read_text().split("\n")]
    return [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
