"""Files that accompany an export's graph: the model card and a sheet of real images."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from artgan_tf.config import InputError
from artgan_tf.data.failures import Reading
from artgan_tf.data.pipeline import held_out_batches
from artgan_tf.data.real import real_data, real_source
from artgan_tf.evaluation import results
from artgan_tf.papers import MODELS
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate, workplace
from artgan_tf.sampler import Sampler

REFERENCES = "references.jpg"
SIGNATURES = {
    "serving_default": "label int32 [N], seed int64 [N] -> image_bytes (PNG)",
    "magnified": "the same, at twice the size",
    "mix": "seed, seed_to int64 [N], t float [N], weights float [N, K], truncation float [N] -> "
    "image_bytes",
    "generate": "z float [N, Z], label int32 [N] -> images uint8 [N, H, W, 3]",
    "classify": "image_bytes [N] -> label, class_name, scores [N, K], realness",
    "reconstruct": "image_bytes [N] -> image_bytes",
}
LONGEST, QUALITY, BATCH = 65_500, 92, 96  # LONGEST: maximum side of a JPEG in pixels
METRIC, VALUE, IN_TRAINING = "d_accuracy_val", "accuracy", "val_accuracy"


def model_card(facts: dict[str, Any]) -> str:
    """Return the model card as Markdown, from the contents of `artgan.json`."""
    config, accuracy, references = facts["config"], facts["accuracy"], facts["references"]
    model, data = config["model"], config["data"]
    kind = MODELS[model["paper"]]
    lines = [
        f"# {config['preset']}",
        "",
        f"{kind.title} ({kind.source}), trained on `{data['spec']}` at "
        f"{data['image_size']}x{data['image_size']}, width {model['width']:g}, batches "
        f"of {config['train']['batch_size']}. Weights: {facts['weights']}.",
        "",
        "| signature | inputs -> outputs |",
        "| --- | --- |",
        *(f"| `{name}` | {SIGNATURES[name]} |" for name in facts["signatures"]),
        "",
        "The same picture for the same label and seed, whatever else is in the batch. Seeds are "
        "whole numbers; below 2^53 JSON keeps them. A label out of range is an error.",
        "",
    ]
    if facts["onnx"]:
        more = "; its output `magnified` is twice the size" if facts["magnified"] else ""
        lines += [
            f"`generator.onnx`, beside this file, is `generate` for ONNX Runtime{more}. It paints "
            "in float32, and the class names are in its metadata. On a CPU a label out of range is "
            "an error; a GPU may paint no class instead. Seeds are TensorFlow's: draw z, "
            f"{model['z_size']} numbers a picture, from {kind.prior}.",
            "",
        ]
    if accuracy:
        of = f" {accuracy['count']:,}" if accuracy["count"] else ""
        share = f"{accuracy['value']:.0%}"
        lines += [f"`classify` names the class of {share} of{of} held-out images.", ""]
    if references:
        lines += [
            f"`{REFERENCES}`, beside this file, holds {references} real images of each class, a "
            "row each: they are the data's, and so is their licence.",
            "",
        ]
    lines += [
        "Classes, in the order of their labels:",
        "",
        *(f"{label}. {name}" for label, name in enumerate(facts["class_names"])),
        "",
        "Pictures are made by a network from what it saw: they may resemble training images, and "
        "they carry the data's biases. Mind the licence of the training images before you publish.",
    ]
    return "\n".join(lines) + "\n"


def held_out(run_dir: Path | str, step: int, data: str) -> dict[str, Any] | None:
    """Return D's accuracy on held-out images at a step of a run or of `pretrained:NAME`.

    Returns:
        The share of images classified correctly as `value`, and their number as `count`: the result
        of `evaluate` for this step on `data`, the run's own, or else the last one that training
        recorded up to it, whose count of 0 means unknown. None without either.
    """
    folders = dict.fromkeys((locate(run_dir), workplace(run_dir)))  # the second has newer results
    found = [each for folder in folders for each in results.read(folder / "metrics.jsonl")]
    fitting = [e for e in found if (e.metric, e.step, e.data) == (METRIC, step, data)]
    if fitting:
        return {"value": fitting[-1].values[VALUE], "count": fitting[-1].real}
    history = RunDirectory(locate(run_dir)).history()
    rows = [row for row in history if IN_TRAINING in row and row["step"] <= step]
    return {"value": rows[-1][IN_TRAINING], "count": 0} if rows else None


def real_sheet(sampler: Sampler, count: int, spec: str | None = None) -> Image.Image:
    """Lay out the first training images of each class as D saw them, one row per class.

    Missing images are white.

    Args:
        sampler: the model's sampler.
        count: images per class.
        spec: SPEC of the data; None for the run's own.

    Returns:
        An RGB image of `count` columns and one row per class, each cell of the training size.

    Raises:
        InputError: the data is missing or has other classes, or there are too many classes.
        DamagedData: an image cannot be read.
    """
    names = sampler.class_names
    data = replace(real_data(sampler.gan.config.data, spec), cache_mb=0)  # read once
    size = data.image_size
    if len(names) * size > LONGEST:
        raise InputError(f"--references takes no more than {LONGEST // size} classes.")
    sheet = np.full((len(names), size, count, size, 3), 255, np.uint8)
    found = np.zeros(len(names), int)
    source = real_source(data, names)
    batches = held_out_batches(source.train, data, BATCH).as_numpy_iterator()
    for images, labels in Reading(batches, source.train):
        for image, label in zip(images, labels, strict=True):
            if found[label] < count:
                sheet[label, :, found[label]] = image
                found[label] += 1
        if found.min() >= count:
            break
    return Image.fromarray(sheet.reshape(len(names) * size, count * size, 3))
