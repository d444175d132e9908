"""The metrics equal those of torch-fidelity 0.4.0 and prdc 0.2 for the same features.

The golden values come from experiments/metrics_reference/make_golden.py, which ran them.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from artgan_tf import metrics
from artgan_tf.metrics.frechet import frechet_distance
from artgan_tf.metrics.inception_score import inception_score
from artgan_tf.metrics.kernel import squared_mmd
from artgan_tf.metrics.manifold import density_coverage, precision_recall
from experiments.metrics_reference import cases

FOLDER = Path(cases.__file__).parent
GOLDEN = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
PAIRS, LOGITS = list(GOLDEN["pairs"]), list(GOLDEN["logits"])
CLOSE = 1e-9


def test_the_inputs_are_those_of_the_reference():
    assert cases.inputs() == GOLDEN["inputs"]


@pytest.mark.parametrize("name", PAIRS)
def test_frechet_distance(name):
    theirs = GOLDEN["pairs"][name]["fid"]
    assert frechet_distance(*cases.pair(name)) == pytest.approx(theirs, rel=CLOSE_FID[name])


# torch-fidelity takes roots of a product's eigenvalues, which loses half the digits near 0.
CLOSE_FID = dict.fromkeys(PAIRS, 1e-9) | {"singular": 1e-6}


@pytest.mark.parametrize("name", PAIRS)
def test_squared_mmd_of_their_subsets(name):
    """With the same subsets, both give the same mean and deviation."""
    real, fake = cases.pair(name)
    theirs = GOLDEN["pairs"][name]["kid"]
    rng, values = np.random.RandomState(cases.SEED), []
    for _ in range(theirs["subsets"]):
        rows, columns = (
            rng.choice(len(kind), theirs["subset_size"], replace=False) for kind in (fake, real)
        )
        values.append(squared_mmd(real[columns], fake[rows]))
    assert np.mean(values) == pytest.approx(theirs["mean"], rel=CLOSE, abs=1e-12)
    assert np.std(values) == pytest.approx(theirs["std"], rel=CLOSE)


@pytest.mark.parametrize("k", cases.NEIGHBOURS)
@pytest.mark.parametrize("name", PAIRS)
def test_precision_recall(name, k):
    theirs, ours = GOLDEN["pairs"][name]["prc"][str(k)], precision_recall(*cases.pair(name), k)
    assert ours.precision == pytest.approx(theirs["precision"], rel=1e-6)  # theirs is float32
    assert ours.recall == pytest.approx(theirs["recall"], rel=1e-6)


@pytest.mark.parametrize("k", cases.NEIGHBOURS)
@pytest.mark.parametrize("name", PAIRS)
def test_density_coverage(name, k):
    theirs, ours = GOLDEN["pairs"][name]["prdc"][str(k)], density_coverage(*cases.pair(name), k)
    assert ours.density == pytest.approx(theirs["density"], rel=CLOSE)
    assert ours.coverage == pytest.approx(theirs["coverage"], rel=CLOSE)


@pytest.mark.parametrize("splits", cases.SPLITS)
@pytest.mark.parametrize("name", LOGITS)
def test_inception_score(name, splits):
    theirs = GOLDEN["logits"][name][str(splits)]
    ours = inception_score(cases.logits(name), splits, seed=None)
    assert ours.mean == pytest.approx(theirs["mean"], rel=CLOSE)
    assert ours.std == pytest.approx(theirs["std"], rel=CLOSE, abs=1e-12)


WITH_NETWORKS = {"classifier", "extractor", "extractors", "inception2015"}


def test_the_mathematics_needs_numpy_alone():
    modules = {file.stem for file in Path(metrics.__file__).parent.glob("*.py")} - WITH_NETWORKS
    lines = [f"import artgan_tf.metrics.{name}" for name in sorted(modules)]
    barred = "{'tensorflow', 'keras', 'scipy', 'torch'}"
    code = "\n".join([*lines, f"import sys; print(sorted({barred} & set(sys.modules)))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
