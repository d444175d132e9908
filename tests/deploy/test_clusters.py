"""The files for clusters: validated by external tools, and the processes that they start."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="there is no PyYAML")
ROOT = Path(__file__).resolve().parents[2]
JOB, SLURM = ROOT / "deploy" / "kubernetes-job.yaml", ROOT / "deploy" / "slurm.sh"
SRUN = """#!/usr/bin/env bash
# Two tasks on this machine.
while [[ "$1" == --* ]]; do shift; done
"$@" && "$@"
"""
APPTAINER = '#!/usr/bin/env bash\n{ printf "%s|" "$@"; echo; } >> "$TOLD"\n'


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


def test_each_task_runs_fit_in_the_image_with_all_arguments(tmp_path):
    """With stand-ins for srun and apptainer; `test_replicas.py` trains such tasks."""
    command(tmp_path, "srun", SRUN)
    command(tmp_path, "apptainer", APPTAINER)
    own = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TOLD": str(tmp_path / "told")}
    arguments = [str(SLURM), "demo", "--set", "a=b c"]
    subprocess.run(arguments, cwd=tmp_path, env=os.environ | own, check=True)
    tasks = (tmp_path / "told").read_text().splitlines()
    assert len(tasks) == 2
    for task in tasks:
        assert f"|--bind|{tmp_path}/runs:/runs|--bind|{tmp_path}/data:/data|artgan.sif|" in task
        assert task.endswith("|fit|demo|--set|a=b c|--strategy|multiworker|")
    assert (tmp_path / "runs").is_dir()
