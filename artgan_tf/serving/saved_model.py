"""Exports a trained generator as a SavedModel for TF Serving: `export_run`."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from artgan_tf.config import to_tree
from artgan_tf.runs.load import load
from artgan_tf.runs.steps import Which
from artgan_tf.sampler import Sampler, Weights
from artgan_tf.sampling.places import EXTRA, FACTS
from artgan_tf.serving.check import HALF_LEVELS, check, requests
from artgan_tf.serving.extras import QUALITY, REFERENCES, held_out, model_card, real_sheet
from artgan_tf.serving.model_dir import LEFTOVER, export_folder
from artgan_tf.serving.onnx_file import FILE as ONNX
from artgan_tf.serving.onnx_file import check_onnx, require, write_onnx
from artgan_tf.serving.signatures import Signatures
from artgan_tf.serving.warmup import write_warmup
from tfrecords_tools.common.files import NotWritten, telling
from tfrecords_tools.common.locks import held

DISK = (tf.errors.ResourceExhaustedError, tf.errors.PermissionDeniedError)


@dataclass(frozen=True)
class ExportOptions:
    """Options of an export.

    Attributes:
        out: folder above the model's name; None for `export` in the run's directory, or in
            `runs/pretrained/NAME`.
        name: name of the model in URLs; empty for the name of the run's folder.
        which: the checkpoint to export.
        weights: which weights of G to export.
        half: store weights as float16: half the size, with differences of at most
            `check.HALF_LEVELS` grey levels.
        onnx: also write the generator as an ONNX file, which needs the extra `onnx`.
        references: number of real pictures of each class to include for the gallery.
        data: SPEC of these pictures; None for the run's own data.
    """

    out: Path | None = None
    name: str = ""
    which: Which = "latest"
    weights: Weights = "ema"
    half: bool = False
    onnx: bool = False
    references: int = 0
    data: str | None = None


def export_run(run_dir: Path | str, options: ExportOptions) -> Path:
    """Write the next version of a model, checked with TensorFlow's C++ loader.

    The version appears only once it is complete and checked.

    Args:
        run_dir: the run's directory, or `pretrained:NAME`.
        options: options of the export.

    Returns:
        The version's directory, `<out>/<name>/<version>`.

    Raises:
        InputError: the run, the name, the folder or the data for references cannot be used, or a
            package that `onnx` needs is missing.
        RunError: the export fails its check.
        NotWritten: the folder cannot be written.
    """
    if options.onnx:
        require()
    folder = export_folder(run_dir, options.out, options.name)
    sampler = load(run_dir, options.which, options.weights)
    with (
        held(folder, "exporting", "let it end, or give another --name or --out"),
        _sentences(folder),
    ):
        for left in folder.glob(f"{LEFTOVER}*"):  # left by exports that were killed
            shutil.rmtree(left)
        # In the same folder as the versions, so that renaming it works; TF Serving ignores names
        # that are not numbers.
        with tempfile.TemporaryDirectory(prefix=LEFTOVER, dir=folder) as part:
            made = Path(part) / "made"
            sheet = options.references and real_sheet(sampler, options.references, options.data)
            write(
                sampler,
                made,
                options,
                held_out(run_dir, sampler.gan.steps_done, sampler.gan.config.data.spec),
            )
            if sheet:
                sheet.save(made / EXTRA / REFERENCES, quality=QUALITY, subsampling=0)
            check(made, sampler, options.half)
            if options.onnx:
                check_onnx(made / EXTRA / ONNX, sampler, options.half)
            return _publish(made, folder)


@contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    """Turn TensorFlow's disk errors into `NotWritten`."""
    try:
        with telling(folder):
            yield
    except tf.errors.OpError as error:
        if not isinstance(error, DISK) and "No space left" not in str(error):
            raise
        why = str(error.message).rpartition("; ")[2]
        raise NotWritten(f"{folder} cannot be written: {why}.") from None


def write(
    sampler: Sampler, folder: Path, options: ExportOptions, accuracy: dict[str, Any] | None = None
) -> None:
    """Write the SavedModel and `assets.extra`, without checks and without the reference sheet.

    `accuracy` is D's for the model card, if known.
    """
    signatures = Signatures(sampler, options.half)
    functions = signatures.functions()
    tf.saved_model.save(signatures.module, str(folder), signatures=functions)
    extra = folder / EXTRA
    extra.mkdir()
    facts: dict[str, Any] = {
        "class_names": list(sampler.class_names),
        "image_size": sampler.gan.config.data.image_size,
        "magnified": sampler.gan.config.model.magnify,
        "signatures": list(functions),
        "weights": _weights(sampler, options),
        "onnx": options.onnx,
        "accuracy": accuracy,
        "references": options.references,
        "config": to_tree(sampler.gan.config),
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (extra / "README.md").write_text(model_card(facts), encoding="utf-8")
    write_warmup(extra, requests(sampler))
    if options.onnx:
        write_onnx(extra / ONNX, sampler, options.half)


def _weights(sampler: Sampler, options: ExportOptions) -> str:
    """Describe in words which weights the export has and how they are stored."""
    kind = "averaged over training (EMA)" if options.weights == "ema" else "of the last step"
    kept = f"float16 (checked: pixels at most {HALF_LEVELS} grey levels from float32's)"
    return (
        f"{kind}, step {sampler.gan.steps_done}, batch-norm statistics re-estimated over 1,600 "
        f"generated images, kept as {kept if options.half else 'float32'}"
    )


def _publish(made: Path, folder: Path) -> Path:
    """Rename the export to the next free version; the lock keeps other exports away."""
    taken = [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]
    return made.rename(folder / str(max(taken, default=0) + 1))
