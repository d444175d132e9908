"""The files for clusters: validated by external tools, and the processes that they start."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from artgan_tf.runs.checkpoints import latest_step
from artgan_tf.runs.directory import RunDirectory

yaml = pytest.importorskip("yaml", reason="there is no PyYAML")
ROOT = Path(__file__).resolve().parents[2]
JOB, SLURM = ROOT / "deploy" / "kubernetes-job.yaml", ROOT / "deploy" / "slurm.sh"
SRUN = """#!/usr/bin/env bash
# Two tasks on this machine, with the variables that srun would give them.
while [[ "$1" == --* ]]; do shift; done
export SLURM_STEP_NODELIST=127.0.0.1 SLURM_STEP_TASKS_PER_NODE=2
SLURM_PROCID=0 "$@" & first=$!
SLURM_PROCID=1 "$@" & second=$!
wait $first && wait $second
"""
APPTAINER = """#!/usr/bin/env bash
echo "$@" >> "$TOLD"
while [ "$1" != fit ]; do shift; done
shift
exec {python} -m artgan_tf.fit "$@"
"""


def command(folder: Path, name: str, text: str) -> None:
    """Write a stand-in for a program."""
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


# ---- Kubernetes ------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def manifest() -> dict[str, dict]:
    return {each["kind"]: each for each in yaml.safe_load_all(JOB.read_text())}


@pytest.fixture(scope="module")
def container(manifest) -> dict:
    (container,) = manifest["Job"]["spec"]["template"]["spec"]["containers"]
    return container


@pytest.mark.parametrize("version", ["1.27", "1.37"])
def test_the_manifests_are_of_kubernetes_schema(manifest, version):
    """Checked for the first version whose Service selects by this label, and for the newest one."""
    schemas = pytest.importorskip("kubernetes_validate", reason="there is no kubernetes-validate")
    for each in manifest.values():
        assert schemas.validate(each, version, strict=True)
    broken = manifest["Job"] | {"spec": {"completionMode": "Indexed"}}
    with pytest.raises(schemas.ValidationError):
        schemas.validate(broken, version, strict=True)


def test_each_pod_finds_itself_and_the_others(manifest, container, tmp_path, monkeypatch):
    import tensorflow as tf

    command(tmp_path, "artgan", '#!/bin/sh\necho "$TF_CONFIG"\necho "$@"\n')
    spec, service = manifest["Job"]["spec"], manifest["Service"]["spec"]
    name, port = spec["template"]["spec"]["subdomain"], service["ports"][0]
    assert name == manifest["Service"]["metadata"]["name"]
    assert [*service["selector"].values()] == [manifest["Job"]["metadata"]["name"]]
    assert spec["completions"] == spec["parallelism"] == 2
    expected = [f"{manifest['Job']['metadata']['name']}-{i}.{name}:{port['port']}" for i in (0, 1)]
    for index in (0, 1):
        own = {each["name"]: each["value"] for each in container["env"]}
        path = f"{tmp_path}:{os.environ['PATH']}"
        done = subprocess.run(
            container["command"] + container["args"], capture_output=True, text=True, check=True,
            env=own | {"JOB_COMPLETION_INDEX": str(index), "PATH": path},
        )  # fmt: skip
        config, arguments = done.stdout.splitlines()
        assert arguments.split() == ["fit", *container["args"]]
        assert json.loads(config)["cluster"] == {"worker": expected}
        monkeypatch.setenv("TF_CONFIG", config)
        resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
        assert resolver.cluster_spec().as_dict() == {"worker": expected}
        assert (resolver.task_type, resolver.task_id) == ("worker", index)


@pytest.mark.slow
def test_the_job_asks_for_what_fit_understands(container, tmp_path):
    data = "--data=tfrecords:/data/wikiart-genre"
    assert data in container["args"]  # only in the cluster
    own = [argument for argument in container["args"] if argument != data]
    arguments = [sys.executable, "-m", "artgan_tf.fit", *own, "--dry-run"]
    done = subprocess.run(arguments, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert 'strategy = "multiworker"' in done.stdout


# ---- SLURM -----------------------------------------------------------------------------------
def test_the_script_is_clean():
    shellcheck = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.defpath}")
    if not shellcheck:
        pytest.skip("there is no shellcheck")
    done = subprocess.run([shellcheck, str(SLURM)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert SLURM.stat().st_mode & stat.S_IXUSR


def test_without_a_preset_it_tells_its_usage(tmp_path):
    done = subprocess.run([SLURM], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: sbatch")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_two_tasks_train_one_run(tiny_arguments, tmp_path):
    """Run the script with stand-ins for srun and apptainer, which start the processes locally."""
    command(tmp_path, "srun", SRUN)
    command(tmp_path, "apptainer", APPTAINER.format(python=sys.executable))
    own = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TOLD": str(tmp_path / "told"),
        "ARTGAN_RUNS": str(tmp_path / "runs"),
        "SLURM_JOB_ID": str(free_ports()),
        "CUDA_VISIBLE_DEVICES": "",
    }
    arguments = tiny_arguments("improved", train__batch_size=12, log__history_every=1)
    done = subprocess.run(
        [SLURM, *arguments], cwd=tmp_path, env=os.environ | own, capture_output=True, text=True,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Trained 6 steps.") == 2
    (run,) = {path.parent for path in tmp_path.rglob("history.jsonl")}
    assert latest_step(run / "checkpoints") == 6
    steps = [row["step"] for row in RunDirectory(run).history() if "d_loss" in row]
    assert steps == [1, 2, 3, 4, 5, 6]  # written once, by one task
    told = (tmp_path / "told").read_text()
    assert told.count(f"--bind {tmp_path}/runs:/runs --bind {tmp_path}/data:/data") == 2


def free_ports() -> int:
    """A job number whose two ports are free."""
    for number in range(4000, 9998, 2):
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", 20_000 + number))
                other.bind(("127.0.0.1", 20_001 + number))
            except OSError:
                continue
            return number
    pytest.skip("no two ports are free")
