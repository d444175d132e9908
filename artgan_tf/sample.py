"""`python -m artgan_tf.sample MODEL`: paint classes by name."""

from pathlib import Path
from typing import Annotated, Literal

import tyro

from artgan_tf import cli
from artgan_tf.config import InputError


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
    """Paint a grid, ways from seed to seed or class to class, or the progress of a training.

    Examples:
        artgan sample pretrained:wikiart-genre --classes landscape portrait
        artgan sample runs/demo --interpolate seeds --count 3 --out way.gif

    Args:
        model: a run's directory, pretrained:NAME, or an export (its name or version level).
        classes: by name; all when left out.
        count: pictures of each class.
        seed: the first one; the others follow it.
        truncation: z times this: below 1 typical pictures, at 1 all that was learnt.
        interpolate: from seed to seed within each class, or from class to class.
        frames: pictures of each such way.
        progress: an animation of the sample grids that the run made while it trained.
        magnified: Improved ArtGAN's generator at its full size.
        checkpoint: of a run: the newest, the best by log.metrics, or that of a step.
        list_classes: print the names, and stop.
        scale: how many pixels wide each one of a picture is shown (so many that a picture of a
            sheet has 128 or more; 1 in a folder).
        out: a .png, a .gif or .webp (with interpolate or progress), or a folder for one PNG each
            and a list (sample.png or progress.gif, with a number where there is one).
        overwrite: replace what is there under the name that --out gives.
    """
    from tfrecords_tools.common.outputs import place

    file = out or Path("progress.gif" if progress else "sample.png")
    kind = file.suffix.lower()
    _check_out(kind, "progress" if progress else interpolate, file)
    _require(scale is None or scale > 0, f"A --scale of {scale} will not do: take 1 or more.")
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
    of = sheets.wish(found, classes, count, seed, truncation, magnified)
    cli.start_tensorflow()  # mistakes have been told before it
    from artgan_tf.sampling.models import open_model

    sampler = open_model(model, checkpoint)
    if interpolate:
        between = {"seeds": sheets.between_seeds, "classes": sheets.between_classes}[interpolate]
        sheet = between(sampler, of, frames)
    else:
        sheet = sheets.grid(sampler, of)
    if kind:
        save = files.save_sheet if kind == ".png" else files.save_animation
        made = save(sheet, file, scale or files.scale_of(sheet))
    else:
        made = files.save_each(sheet, of, file, scale or 1)
    print(f"{file}: {made}; {sheets.told(sheet, sampler, of)}.")


def _check_out(kind: str, moves: str | None, out: Path) -> None:
    animations = "a .gif or .webp"
    if moves == "progress":
        moving = kind in (".gif", ".webp")
        _require(moving, f"--progress makes an animation: name {animations}, not {out}.")
    elif moves:
        _require(bool(kind), f"--interpolate makes one sheet or animation: name a file, not {out}.")
    else:
        still = kind not in (".gif", ".webp")
        _require(still, f"A grid stands still: name a .png, not {out}, or --interpolate.")
    known = kind in (".png", ".gif", ".webp", "")
    _require(known, f"{out} will not do: name a .png, {animations}, or a folder.")


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise InputError(sentence)


if __name__ == "__main__":
    cli.main(sample, "python -m artgan_tf.sample")
