"""`python -m artgan_tf.sample MODEL`: generate images of classes by name."""

import inspect
from pathlib import Path
from typing import Annotated, Literal

import tyro

from artgan_tf import cli
from artgan_tf.cli import require


def sample(
    model: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")],
    *,
    classes: tuple[str, ...] = (),
    count: int = 8,
    seed: int = 0,
    truncation: float = 1.0,
    interpolate: Literal["seeds", "classes"] | None = None,
    frames: int = 8,
    progress: bool = False,
    magnified: bool = False,
    checkpoint: Literal["latest", "best"] | int = "latest",
    list_classes: bool = False,
    scale: int | None = None,
    out: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Generate a grid of images, interpolations, or an animation of a training's progress.

    Examples:
        artgan sample pretrained:wikiart-genre --classes landscape portrait
        artgan sample runs/demo --interpolate seeds --count 3 --out way.gif

    Args:
        model: a run's directory, pretrained:NAME, or an export (a model's folder or one version).
        classes: names of classes; all by default.
        count: pictures of each class.
        seed: the first seed; the others follow it.
        truncation: factor for z: 1 gives the full variety, less gives more typical pictures.
        interpolate: from seed to seed within each class, or from class to class.
        frames: pictures of each interpolation.
        progress: animate the sample grids that the run made while it trained.
        magnified: draw at the full size of Improved ArtGAN's magnified generator.
        checkpoint: of a run: the newest, the best by log.metrics, or that of a step.
        list_classes: print the names of the classes, and stop.
        scale: factor by which pictures are enlarged (in a sheet, to 128 pixels or more; 1 in a
            folder).
        out: a .png, a .gif or .webp (with interpolate or progress), or a folder for a PNG of each
            picture and a list (sample.png or progress.gif, numbered if that exists).
        overwrite: replace an existing file or folder of the name given by --out.
    """
    from tfrecords_tools.common.outputs import place

    file = out or Path("progress.gif" if progress else "sample.png")
    kind = file.suffix.lower()
    _check_out(kind, "progress" if progress else interpolate, file)
    require(scale is None or scale > 0, f"--scale {scale} is invalid: use 1 or more.")
    if progress:
        _check_unused(
            classes=classes, count=count, frames=frames, seed=seed, truncation=truncation,
            interpolate=interpolate, magnified=magnified, checkpoint=checkpoint,
            list_classes=list_classes, scale=scale,
        )  # fmt: skip
    if not list_classes:
        file = place(out, file, overwrite)
    from artgan_tf.sampling import files, sheets
    from artgan_tf.sampling.places import find_model

    found = find_model(model)
    if progress:
        print(f"{file}: {files.save_progress(found.folder / 'samples', file)}.")
        return
    if list_classes:
        print("\n".join(found.class_names))
        return
    found.check(checkpoint)
    of = sheets.select(found, classes, count, seed, truncation, magnified)
    cli.start_tensorflow()  # after all checks, because it takes seconds
    from artgan_tf.sampling.models import open_model

    sampler = open_model(model, checkpoint)
    if interpolate:
        between = {"seeds": sheets.between_seeds, "classes": sheets.between_classes}[interpolate]
        sheet = between(sampler, of, frames)
    else:
        sheet = sheets.grid(sampler, of)
    shown = sheets.wrapped(sheet, of)
    factor = files.scale_of(shown, kind, scale)
    if kind:
        save = files.save_sheet if kind == ".png" else files.save_animation
        made = save(shown, file, factor)
    else:
        made = files.save_each(sheet, of, file, factor)
    print(f"{file}: {made}; {sheets.describe(sheet, sampler, of)}.")


def _check_unused(**others: object) -> None:
    """Raises InputError for options that differ from their defaults: --progress uses none."""
    usual = inspect.signature(sample).parameters
    given = [name for name, value in others.items() if value != usual[name].default]
    flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
    require(not given, f"--progress animates grids as the training drew them: leave out {flags}.")


def _check_out(kind: str, moves: str | None, out: Path) -> None:
    animations = "a .gif or .webp"
    if moves == "progress":
        moving = kind in (".gif", ".webp")
        require(moving, f"--progress makes an animation: name {animations}, not {out}.")
    elif moves:
        require(bool(kind), f"--interpolate makes one sheet or animation: name a file, not {out}.")
    else:
        still = kind not in (".gif", ".webp")
        require(still, f"A grid is a still: name a .png, not {out}, or add --interpolate.")
    known = kind in (".png", ".gif", ".webp", "")
    require(known, f"{out} is invalid: use a .png, {animations}, or a folder.")


if __name__ == "__main__":
    cli.main(sample, "python -m artgan_tf.sample")
