"""Describes the CPU and the GPUs, and reports CPU features and peak memory."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

DRIVER = Path("/proc/driver/nvidia/gpus")  # has a folder for each GPU


def describe() -> str:
    """CPU and any GPUs as one line, such as "2 cores of AMD EPYC, NVIDIA H100"."""
    count = cores()
    noun = "core" if count == 1 else "cores"
    return ", ".join([f"{count} {noun} of {processor()}", *gpus()])


def cores() -> int:
    """Number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Name of the CPU, or its architecture if the system does not report a name."""
    return _cpu_info().get("model name") or platform.processor() or platform.machine()


def processor_flags() -> set[str]:
    """CPU feature flags as Linux names them, such as avx512_bf16; empty on other systems."""
    return set(_cpu_info().get("flags", "").split())


def peak_memory() -> int:
    """Peak memory of this process in bytes, or 0 if the system does not report it."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most * (1 if sys.platform == "darwin" else 1024)


def _cpu_info() -> dict[str, str]:
    """The last core's entry in /proc/cpuinfo; empty on other systems than Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return {}
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}


def gpus() -> list[str]:
    """Names of the NVIDIA GPUs; none if CUDA_VISIBLE_DEVICES hides all of them.

    The driver's files name them, or `nvidia-smi` where there are none, as under WSL.
    """
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return []
    lines = [line for file in DRIVER.glob("*/information") for line in file.read_text().split("\n")]
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
    return named or _gpus_by_nvidia_smi()


def _gpus_by_nvidia_smi() -> list[str]:
    if not (program := shutil.which("nvidia-smi")):
        return []
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):  # a program without a driver, or without a GPU
        return []
    return found.stdout.split("\n")[:-1]
