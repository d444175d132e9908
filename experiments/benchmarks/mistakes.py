"""How quickly common mistakes are reported.

    python -m experiments.benchmarks.mistakes

Each mistake runs in a separate process, in a folder with two classes of pictures. The table shows
its output, exit code, wall time and CPU time, which is more reliable on a busy machine.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from artgan_tf import cli

ROOT = Path(__file__).parents[2]
MISTAKES = """
fit demoo
fit recomended/own --data paintings
fit --data /no/where
fit --data painting
fit --data ftp:x
fit improved/wikiart-genre --data paintings
fit --data paintings --set data.val_fraction=0.01
fit --batch-size 60000
fit --stepz 3
fit --steps three
fit --set train.batchsize=3
fit --set model.width=-1
fit --set model.paper=artgan
fit --set 'log.metrics=["fidd_1k_val"]'
fit --run-dir paintings
fit --init /no/run
sample /no/run
sample pretrained:cifar
sample pretrained:cifar10 --classes airplan
sample pretrained:cifar10 --checkpoint 7
sample pretrained:cifar10 --out a.bmp
evaluate /no/run
evaluate pretrained:cifar10 --metrics fidd_1k_val
evaluate pretrained:cifar10 --extractor inception
evaluate pretrained:cifar10 --extractor inception-2015:/no/file
evaluate pretrained:cifar10 --data paintings
export paintings
export pretrained:cifar10 --checkpoint best
evaluate pretrained:cifar10 --out paintings/towns/1.png
export pretrained:cifar10 --name a/b
export pretrained:cifar10 --out paintings/towns/1.png
serve /no/run
serve pretrained:cifar10 --port 99999
study demoo --out studies
study demo --metrics fidd_1k_val --out studies
study demo --out paintings/towns/1.png
models cifar10
convert /no/where --out shards
convert paintings --out shards --size 4
convert paintings --out shards --task genre
verify paintings
preview /no/where --out sheet.png
fitt
""".strip().splitlines()


def prepare(folder: Path) -> None:
    """Create the files that the mistakes use."""
    for name in ("rivers", "towns"):
        (folder / "paintings" / name).mkdir(parents=True)
        for number in range(40):
            Image.new("RGB", (70, 70), (number, 9, 9)).save(
                folder / "paintings" / name / f"{number}.png"
            )


def main() -> None:
    """Print a table, and how many mistakes were reported within a second."""
    soon = 0
    print("| mistake | exit code | seconds | of a core | answer |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for mistake in MISTAKES:
            code, seconds, computed, said = _answered(mistake, Path(folder))
            soon += computed < 1
            print(f"| `{mistake}` | {code} | {seconds:.2f} | {computed:.2f} | {said} |", flush=True)
    print(f"\n{soon} of {len(MISTAKES)} took less than a second of a core.")


def _answered(mistake: str, folder: Path) -> tuple[int, float, float, str]:
    command = [sys.executable, "-m", "artgan_tf", *shlex.split(mistake)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ARTGAN_RUNS": "runs", "COLUMNS": "200"}
    began, before = time.monotonic(), os.times()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
    seconds, after = time.monotonic() - began, os.times()
    computed = after.children_user - before.children_user
    computed += after.children_system - before.children_system
    said = (done.stderr.strip().splitlines() or [""])[-1]
    return done.returncode, seconds, computed, said[:90].replace("|", "/")


if __name__ == "__main__":
    cli.main(main, "python -m experiments.benchmarks.mistakes")
