"""Files that accompany an export's graph: the model card and a sheet of real images."""

from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from artgan_tf.config import InputError
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
    """Return the model card as Markdown: what the model generates, its training and its use.

    Args:
        facts: the contents of `artgan.json`.
    """
    config, names = facts["config"], facts["class_names"]
    kind = MODELS[config["model"]["paper"]]
    data, train = config["data"], config["train"]
    lines = [
        f"# {config['preset']}",
        "",
        f"{kind.title} ({kind.source}), trained on `{data['spec']}` at "
        f"{data['image_size']}x{data['image_size']}, width {config['model']['width']:g}, batches "
        f"of {train['batch_size']}. Weights: {facts['weights']}.",
        "",
        "| signature | inputs -> outputs |",
        "| --- | --- |",
        *(f"| `{name}` | {SIGNATURES[name]} |" for name in facts["signatures"]),
        "",
        "The same picture for the same label and seed, whatever else is in the batch. Seeds are "
        "whole numbers; below 2^53 JSON keeps them. A label out of range is an error.",
        "",
        *(onnx_lines(facts) if facts["onnx"] else ()),
        *(accuracy_lines(facts["accuracy"]) if facts["accuracy"] else ()),
        *(reference_lines(facts["references"]) if facts["references"] else ()),
        "Classes, in the order of their labels:",
        "",
        *(f"{label}. {name}" for label, name in enumerate(names)),
        "",
        "Pictures are made by a network from what it saw: they may resemble training images, and "
        "they carry the data's biases. Mind the licence of the training images before you publish.",
    ]
    return "\n".join(lines) + "\n"


def onnx_lines(facts: dict[str, Any]) -> tuple[str, ...]:
    """Return the card's lines for users of the ONNX file."""
    model = facts["config"]["model"]
    prior = MODELS[model["paper"]].prior
    more = "; its output `magnified` is twice the size" if facts["magnified"] else ""
    return (
        f"`generator.onnx`, beside this file, is `generate` for ONNX Runtime{more}. It paints in "
        "float32, and the class names are in its metadata. On a CPU a label out of range is an "
        "error; a GPU may paint no class instead. Seeds are TensorFlow's: draw z, "
        f"{model['z_size']} numbers a picture, from {prior}.",
        "",
    )


def accuracy_lines(accuracy: dict[str, Any]) -> tuple[str, ...]:
    """Return the card's lines on the accuracy of `classify`."""
    count = f" {accuracy['count']:,}" if accuracy["count"] else ""
    return (f"`classify` names the class of {accuracy['value']:.0%} of{count} held-out images.", "")


def reference_lines(count: int) -> tuple[str, ...]:
    """Return the card's lines on the real images: whose they are, and under which licence."""
    return (
        f"`{REFERENCES}`, beside this file, holds {count} real images of each class, a row each: "
        "they are the data's, and so is their licence.",
        "",
    )


# ---- D's accuracy -----------------------------------------------------------------------------
class Accuracy(TypedDict):
    """D's accuracy on held-out images.

    Attributes:
        value: share of images classified correctly, from 0 to 1.
        count: number of images, or 0 if it was not recorded.
    """

    value: float
    count: int


def held_out(run_dir: Path | str, step: int) -> Accuracy | None:
    """Return D's accuracy on held-out images at a step.

    Args:
        run_dir: the run's directory, or `pretrained:NAME`.
        step: the checkpoint's step.

    Returns:
        The result of `evaluate` for this step, or else the last one that training recorded up to
        it, or None without either.
    """
    return _evaluated(run_dir, step) or _trained(RunDirectory(locate(run_dir)), step)


def _evaluated(run_dir: Path | str, step: int) -> Accuracy | None:
    folders = dict.fromkeys((locate(run_dir), workplace(run_dir)))  # the second has newer results
    found = [each for folder in folders for each in results.read(folder / "metrics.jsonl")]
    fitting = [each for each in found if (each.metric, each.step) == (METRIC, step)]
    if not fitting:
        return None
    return {"value": fitting[-1].values[VALUE], "count": fitting[-1].real}


def _trained(run: RunDirectory, step: int) -> Accuracy | None:
    rows = [row for row in run.history() if IN_TRAINING in row and row["step"] <= step]
    return {"value": rows[-1][IN_TRAINING], "count": 0} if rows else None


# ---- real images ------------------------------------------------------------------------------
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
    """
    names = sampler.class_names
    data = replace(real_data(sampler.gan.config.data, spec), cache_mb=0)  # read once
    if len(names) * data.image_size > LONGEST:
        raise InputError(f"--references takes no more than {LONGEST // data.image_size} classes.")
    found: list[list[NDArray[np.uint8]]] = [[] for _ in names]
    source = real_source(data, names)
    for images, labels in held_out_batches(source.train, data, BATCH).as_numpy_iterator():
        for image, label in zip(images, labels, strict=True):
            if len(found[label]) < count:
                found[label].append(image)
        if all(len(of) >= count for of in found):
            break
    return _laid_out(found, count, data.image_size)


def _laid_out(found: list[list[NDArray[np.uint8]]], count: int, size: int) -> Image.Image:
    sheet = np.full((len(found), size, count, size, 3), 255, np.uint8)
    for row, images in enumerate(found):
        for column, image in enumerate(images[:count]):
            sheet[row, :, column] = image
    return Image.fromarray(sheet.reshape(len(found) * size, count * size, 3))


def save_sheet(sheet: Image.Image, folder: Path) -> None:
    """Save the sheet next to the model's card.

    Args:
        sheet: the sheet of real images.
        folder: the export's `assets.extra`.
    """
    sheet.save(folder / REFERENCES, quality=QUALITY, subsampling=0)
