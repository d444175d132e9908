"""`export_run(run)`: a trained generator as a SavedModel that TF Serving serves."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
import tomli_w

from artgan_tf.config import to_tree
from artgan_tf.runs.load import load
from artgan_tf.runs.pretrained import workplace
from artgan_tf.runs.steps import Which
from artgan_tf.sampler import Sampler, Weights
from artgan_tf.serving.check import HALF_LEVELS, check
from artgan_tf.serving.extras import Accuracy, held_out, model_card, real_sheet, save_sheet
from artgan_tf.serving.model_dir import model_name
from artgan_tf.serving.onnx_file import FILE as ONNX
from artgan_tf.serving.onnx_file import check_onnx, require, write_onnx
from artgan_tf.serving.signatures import Signatures
from artgan_tf.serving.warmup import write_warmup
from tfrecords_tools.common.files import NotWritten, telling
from tfrecords_tools.common.locks import held

EXTRA = "assets.extra"
DISK = (tf.errors.ResourceExhaustedError, tf.errors.PermissionDeniedError)


@dataclass(frozen=True)
class ExportOptions:
    """How a run is exported.

    Attributes:
        out: level above the model's name; None for `export` in the run's directory.
        name: of the model, as it stands in URLs; empty for that of the run's folder.
        which: checkpoint.
        weights: of G.
        half: weights as float16: half the size, a few grey levels apart.
        onnx: the generator as an ONNX file too, which needs the extra `onnx`.
        references: real pictures of each class that go with it, for the gallery.
        data: SPEC of these; None for the run's own data.
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
    """Write the next version of a model, checked by the C++ loader; complete or absent.

    Args:
        run_dir: the run's directory.
        options: how.

    Returns:
        The version's directory, `<out>/<name>/<version>`.

    Raises:
        InputError: for a name that is none.
    """
    if options.onnx:
        require()
    name = model_name(run_dir, options.name)
    sampler = load(run_dir, options.which, options.weights)
    folder = (options.out or workplace(run_dir) / "export") / name
    with (
        held(folder, "exporting", "let it end, or give another --name or --out"),
        _sentences(folder),
    ):
        for left in folder.glob("part-*"):  # by exports that were killed
            shutil.rmtree(left)
        # Beside the versions, so that it can be renamed; TF Serving passes by what is no number.
        with tempfile.TemporaryDirectory(prefix="part-", dir=folder) as part:
            made = Path(part) / "made"
            sheet = options.references and real_sheet(sampler, options.references, options.data)
            write(sampler, made, options, held_out(run_dir, sampler.gan.steps_done))
            if sheet:
                save_sheet(sheet, made / EXTRA)
            check(made, sampler, options.half)
            if options.onnx:
                check_onnx(made / EXTRA / ONNX, sampler, options.half)
            return _publish(made, folder)


@contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    """TensorFlow's words for what is wrong with a disk as ours."""
    try:
        with telling(folder):
            yield
    except tf.errors.OpError as error:
        if not isinstance(error, DISK) and "No space left" not in str(error):
            raise
        why = str(error.message).rpartition("; ")[2]
        raise NotWritten(f"{folder} cannot be written: {why}.") from None


def write(
    sampler: Sampler, folder: Path, options: ExportOptions, accuracy: Accuracy | None = None
) -> None:
    """The SavedModel and what goes with it, unchecked; `references` without their sheet."""
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
        "weights": protocol(sampler, options),
        "onnx": options.onnx,
        "accuracy": accuracy,
        "references": options.references,
        "config": to_tree(sampler.gan.config),
    }
    (extra / "artgan.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (extra / "config.toml").write_text(tomli_w.dumps(facts["config"]), encoding="utf-8")
    (extra / "README.md").write_text(model_card(facts), encoding="utf-8")
    write_warmup(extra, sampler, functions)
    if options.onnx:
        write_onnx(extra / ONNX, sampler, options.half)


def protocol(sampler: Sampler, options: ExportOptions) -> str:
    """Which weights these are."""
    kind = "averaged over training (EMA)" if options.weights == "ema" else "of the last step"
    kept = f"float16 (checked: pixels at most {HALF_LEVELS} grey levels from float32's)"
    return (
        f"{kind}, step {sampler.gan.steps_done}, batch-norm statistics re-estimated over 1,600 "
        f"generated images, kept as {kept if options.half else 'float32'}"
    )


def _publish(made: Path, folder: Path) -> Path:
    """Rename it to the next version, whichever that is by now."""
    while True:
        versions = [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]
        version = folder / str(max(versions, default=0) + 1)
        try:
            return made.rename(version)
        except OSError:
            if not version.exists():
                raise
