"""Checks the metrics with increasingly damaged training images, compared with held-out images.

    python -m experiments.metrics_behaviour SPEC EXTRACTOR [--count 500] [--out FILE.md]

Noise, blur and dropped classes should each raise FID and KID step by step; noise should lower
precision and dropped classes recall, both within one standard error; authenticity should
distinguish training images from held-out ones.
The table goes between two marks in FILE.md, and all figures go to figures.json in the same folder.
Features are cached by `artgan_tf.evaluate`, so the same command resumes where it stopped.  Exit
code 1: a metric misbehaves.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tyro

from artgan_tf import cli
from artgan_tf.config import Data, RunError
from artgan_tf.data.spec import open_source
from artgan_tf.evaluation.reference import Reference, open_reference
from artgan_tf.evaluation.registry import short
from experiments.metrics_behaviour.measuring import Row, measured, misbehaving
from experiments.metrics_behaviour.sets import places_unaltered

COUNT = 500
MARK, END = "<!-- table -->\n", "<!-- end -->\n"


def main(
    spec: tyro.conf.Positional[str],
    extractor: tyro.conf.Positional[str],
    *,
    size: int = 64,
    count: int = COUNT,
    out: Path = Path("experiments/metrics_behaviour/README.md"),
) -> None:
    """Measure, write the table, and print which metrics misbehave.

    Args:
        spec: SPEC of the real images, such as tfrecords:data/wikiart-genre.
        extractor: SPEC of the extractor, such as inception-2015:default_1.pt.
        size: side of the cropped images, in pixels.
        count: number of images in each set.
        out: Markdown file whose table is replaced.
    """
    cli.start_tensorflow()
    with TemporaryDirectory(prefix="artgan-") as work:
        data = Data(spec=spec, image_size=size)
        reference = open_reference(open_source(data), data, extractor, Path(work))
        rows = list(measured(reference, count))
        figures = {**about(reference, count), "rows": [asdict(row) for row in rows]}
    text = table(rows, count)
    insert(out, text)
    file = out.with_name("figures.json")
    file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(text)
    if wrong := misbehaving(rows, count):
        raise RunError(" ".join(wrong))


def about(reference: Reference, count: int) -> dict[str, Any]:
    """Description of the data and settings of the figures."""
    return {
        **reference.record,
        "count": count,
        "image_size": reference.data.image_size,
        "classes": reference.source.class_names,
        "searched_by_features": len(places_unaltered(reference, count)),
        "searched_by_pixels": reference.train.count,
        "train_sha256": reference.train.sha256,
        "held_out_sha256": reference.val.sha256,
    }


def table(rows: Sequence[Row], count: int) -> str:
    """Markdown table with a line for each set; headings are names of metrics."""
    n = short(count)
    heads = {
        "fid": f"`fid_{n}_val`",
        "kid": f"`kid_{n}_val` x 1,000",
        "precision": f"`precision_recall_{n}_k3`: precision",
        "recall": "recall",
        "density": f"`density_coverage_{n}_k5`: density",
        "coverage": "coverage",
        "authenticity": f"`authenticity_{n}`",
        "authenticity_pixels": f"`authenticity_pixels_{n}`",
    }
    lines = [["", *heads.values()], ["---"] * (len(heads) + 1)]
    lines += [[title(row), *(cell(row, metric) for metric in heads)] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def title(row: Row) -> str:
    """Title of a line."""
    forms = {
        "held out": "held-out images",
        "unaltered": "training images",
        "noise": "noise, {:.0%}",
        "blur": "blur, {:g} pixels",
        "classes dropped": "classes dropped, {:.0%}",
    }
    return forms[row.series].format(row.level).replace("%", " %")


def cell(row: Row, metric: str) -> str:
    """A figure as text; empty if there is none."""
    if metric not in row.values:
        return ""
    value = row.values[metric]
    return {"fid": f"{value:.1f}", "kid": f"{1000 * value:.2f}"}.get(metric, f"{value:.3f}")


def insert(file: Path, text: str) -> None:
    """Put a table between its marks; creates the file if it does not exist."""
    old = file.read_text(encoding="utf-8") if file.is_file() else f"{MARK}{END}"
    before, _, rest = old.partition(MARK)
    file.write_text(before + MARK + text + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    cli.main(main, "python -m experiments.metrics_behaviour")
