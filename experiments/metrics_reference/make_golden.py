"""Golden values of torch-fidelity 0.4.0 and prdc 0.2 for the metrics of this project.

    python -m experiments.metrics_reference.make_golden

It needs the environment of requirements.txt (PyTorch) and writes golden.json: versions, checksums
of the inputs made by cases.py, and results.  tests/metrics/test_reference.py reads it.
"""

import argparse
import contextlib
import io
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from prdc import compute_prdc
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from experiments.metrics_reference import cases

HERE = Path(__file__).parent
PACKAGES = ("torch-fidelity", "prdc", "torch", "numpy", "scikit-learn")


def main() -> None:
    """Run every case and write the file."""
    parser = argparse.ArgumentParser(description="Golden values of torch-fidelity and prdc.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for golden.json")
    out = parser.parse_args().out
    found = {**about(), "pairs": {}, "logits": {}}
    for name in cases.PAIRS:
        found["pairs"][name] = of_pair(*cases.pair(name))
    for name in cases.LOGITS:
        found["logits"][name] = of_logits(cases.logits(name))
    (out / "golden.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def about() -> dict[str, Any]:
    """Content of golden.json besides the values."""
    versions = {name: version(name) for name in PACKAGES}
    return {
        "command": "python -m experiments.metrics_reference.make_golden",
        "seed": cases.SEED,
        "versions": {"python": platform.python_version(), **versions},
        "inputs": cases.inputs(),
    }


def of_pair(real: cases.Array, fake: cases.Array) -> dict[str, Any]:
    """All metrics that compare features; torch-fidelity's first input is the generated set."""
    x, y = torch.from_numpy(real), torch.from_numpy(fake)
    return {
        "fid": frechet(x, y),
        "kid": kernel(x, y, cases.SUBSETS, min(len(x), len(y)) // 2),
        "kid_whole": kernel(x, y, 1, min(len(x), len(y))),
        "prc": {str(k): precision_recall(x, y, k) for k in cases.NEIGHBOURS},
        "prdc": {str(k): quietly_prdc(real, fake, k) for k in cases.NEIGHBOURS},
    }


def frechet(real: torch.Tensor, fake: torch.Tensor) -> float:
    """torch-fidelity's FID."""
    statistics = (fid_features_to_statistics(features) for features in (fake, real))
    return single(fid_statistics_to_metric(*statistics, verbose=False))


def kernel(real: torch.Tensor, fake: torch.Tensor, subsets: int, size: int) -> dict[str, Any]:
    """torch-fidelity's KID; it draws subsets from RandomState(seed), generated ones first."""
    settings = {"kid_subsets": subsets, "kid_subset_size": size, "rng_seed": cases.SEED}
    found = kid_features_to_metric(fake, real, **settings, verbose=False)
    mean, std = (found[f"kernel_inception_distance_{what}"] for what in ("mean", "std"))
    return {"subsets": subsets, "subset_size": size, "mean": mean, "std": std}


def precision_recall(real: torch.Tensor, fake: torch.Tensor, k: int) -> dict[str, float]:
    """torch-fidelity's improved precision and recall."""
    settings = {"prc_neighborhood": k, "save_cpu_ram": False, "verbose": False}
    found = prc_features_to_metric(fake, real, **settings)
    return {what: found[what] for what in ("precision", "recall")}


def quietly_prdc(real: cases.Array, fake: cases.Array, k: int) -> dict[str, float]:
    """prdc's four values, without its printed output."""
    with contextlib.redirect_stdout(io.StringIO()):
        found = compute_prdc(real, fake, nearest_k=k)
    return {what: float(value) for what, value in found.items()}


def of_logits(logits: cases.Array) -> dict[str, Any]:
    """torch-fidelity's Inception score by number of splits, in the given order."""
    tensor, found = torch.from_numpy(logits), {}
    for splits in cases.SPLITS:
        score = isc_features_to_metric(tensor, splits, shuffle=False)
        found[str(splits)] = {what: score[f"inception_score_{what}"] for what in ("mean", "std")}
    return found


def single(found: dict[str, float]) -> float:
    """The only value of a dict."""
    (value,) = found.values()
    return value


if __name__ == "__main__":
    main()
