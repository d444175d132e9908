"""What a study ran on, in words."""

import os
import platform
from pathlib import Path


def describe() -> str:
    """Such as "2 cores of AMD EPYC", and the GPUs, if there are any."""
    cores = f"{os.cpu_count()} cores of {_processor()}"
    return ", ".join([cores, *_gpus()])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (names or [platform.processor() or platform.machine()])[0]


def _gpus() -> list[str]:
    folder = Path("/proc/driver/nvidia/gpus")
    lines = [line for file in folder.glob("*/information") for line in file.read_text().split("\n")]
    return [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
