"""`python -m artgan_tf.export RUN`: export a trained run as a SavedModel for TF Serving."""

from pathlib import Path
from typing import Annotated, Literal

import tyro

from artgan_tf import cli
from artgan_tf.config import InputError
from artgan_tf.runs.asked import check_run
from artgan_tf.serving.model_dir import export_folder

MOST_REFERENCES = 16


def export(
    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    *,
    out: Path | None = None,
    name: str = "",
    checkpoint: Literal["latest", "best"] | int = "latest",
    weights: Literal["ema", "raw"] = "ema",
    half: bool = False,
    onnx: bool = False,
    references: int = 0,
    data: str | None = None,
) -> None:
    """Export a run as the next version of a served model, checked with TensorFlow's C++ loader.

    Examples:
        artgan export runs/demo
        artgan export pretrained:wikiart-genre --out models --name genre --half

    Args:
        run: a run's directory, or pretrained:NAME.
        out: folder of models (`export` in the run's directory, or in
            runs/pretrained/NAME).
        name: name of the model in URLs (that of the run's folder).
        checkpoint: the newest, the best by log.metrics, or that of a step.
        weights: those averaged over training, or the last ones.
        half: store weights as float16, which halves the size and changes pixels by one grey
            level, at most by three.
        onnx: also write `assets.extra/generator.onnx`, for ONNX Runtime (the extra `onnx`).
        references: real pictures of each class, at most 16, that the gallery shows next to
            generated ones; mind their licence, because the export contains them.
        data: where these come from, as in `fit`, if not from the run's own data.
    """
    if not 0 <= references <= MOST_REFERENCES:
        raise InputError(
            f"--references {references} is invalid: use 0 to {MOST_REFERENCES} pictures a class."
        )
    if data and not references:
        raise InputError("--data is for --references: add --references and a number.")
    cli.check_out(out)
    export_folder(run, out, name)
    check_run(run, checkpoint, data, own_data=references > 0)
    print(
        f"Exporting {run}: traces its networks, writes them, and compares what TensorFlow's own "
        f"loader paints; a minute or two.",
        flush=True,
    )
    cli.start_tensorflow()
    from artgan_tf.serving.saved_model import ExportOptions, export_run

    asked = ExportOptions(out, name, checkpoint, weights, half, onnx, references, data)
    version = export_run(run, asked)
    size = sum(file.stat().st_size for file in version.rglob("*") if file.is_file())
    print(f"Exported {run}: version {version.name}, {size / 1e6:.1f} MB, checked.")
    print(f"  export    {version}")
    if onnx:
        print(f"  onnx      {version / 'assets.extra' / 'generator.onnx'}")
    # The export, not the run, whose newest weights may be others.
    print(f"  sample    {cli.command('artgan_tf.sample', version.parent)}")
    print(f"  serve     {cli.command('artgan_tf.serve', version.parent)}")


if __name__ == "__main__":
    cli.main(export, "python -m artgan_tf.export")
