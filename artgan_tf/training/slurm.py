"""Derives TF_CONFIG for a SLURM job step from the variables that srun sets for each task.

TensorFlow's own SlurmClusterResolver sorts hosts alphabetically, so that n9 and n10 take each
other's address; it needs nvidia-smi; and it divides GPUs that SLURM has already divided.
"""

import re
from collections.abc import Mapping
from typing import Any

from artgan_tf.config import InputError

NEEDED = ("STEP_NODELIST", "STEP_TASKS_PER_NODE", "PROCID")
FIRST_PORT, PORTS = 20_000, 10_000  # below the ports that systems assign automatically


def tf_config(variables: Mapping[str, str]) -> dict[str, Any] | None:
    """TF_CONFIG for this task of a job step, from the environment; None outside of one.

    Tasks fill one node after another; each uses all the GPUs that SLURM lets it see. Raises
    InputError if the variables contradict each other, or tasks are not distributed by block.
    """
    if not all(variables.get(f"SLURM_{name}") for name in NEEDED):
        return None
    nodes, counts, rank = (variables[f"SLURM_{name}"] for name in NEEDED)
    hosts, tasks = expand_nodes(nodes), expand_counts(counts)
    if len(hosts) != len(tasks) or not 0 <= int(rank) < sum(tasks):
        raise InputError(
            f"SLURM's variables do not fit together: task {rank} of {counts} on nodes {nodes}."
        )
    if max(tasks) > 1 and not variables.get("SLURM_DISTRIBUTION", "block").startswith("block"):
        raise InputError("srun --distribution must be block, or one task a node.")
    # Jobs that share a node must not share ports.
    port = FIRST_PORT + int(variables.get("SLURM_JOB_ID", 0)) % PORTS
    workers = [
        f"{host}:{port + task}"
        for host, count in zip(hosts, tasks, strict=True)
        for task in range(count)
    ]
    return {"cluster": {"worker": workers}, "task": {"type": "worker", "index": int(rank)}}


def expand_nodes(text: str) -> list[str]:
    """`n[08-10,12],login` -> n08, n09, n10, n12, login, in this order."""
    parts = re.findall(r"(?:[^,\[]|\[[^\]]*\])+", text)
    return [host for part in parts for host in _expanded(part)]


def _expanded(part: str) -> list[str]:
    found = re.match(r"([^\[]*)\[([^\]]*)\](.*)", part)
    if not found:
        return [part]
    before, numbers, after = found.groups()
    return [f"{before}{n}{rest}" for n in _numbers(numbers) for rest in _expanded(after)]


def _numbers(text: str) -> list[str]:
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += [f"{n:0{len(first)}}" for n in range(int(first), int(last or first) + 1)]
    return found


def expand_counts(text: str) -> list[int]:
    """`2(x3),1` -> 2, 2, 2, 1."""
    found = re.findall(r"(\d+)(?:\(x(\d+)\))?", text)
    return [int(count) for count, times in found for _ in range(int(times or 1))]
