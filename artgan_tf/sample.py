"""`python -m artgan_tf.sample MODEL`: paint classes by name."""

from pathlib import Path
from typing import Literal

import tyro

from artgan_tf import cli
from artgan_tf.config import InputError


def sample(
    model: tyro.conf.Positional[Path],
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
    out: Path = Path("sample.png"),
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
        progress: a GIF of the sample grids that the run made while it trained.
        magnified: paper B's generator at its full size.
        checkpoint: of a run: the newest, the best by log.metrics, or that of a step.
        list_classes: print the names, and stop.
        out: a .png, a .gif (with interpolate or progress), or a folder for one PNG each and a list.
    """
    from artgan_tf.sampling.files import save_progress

    kind = out.suffix.lower()
    if progress:
        _require(kind == ".gif", f"--progress makes an animation: name a .gif, not {out}.")
        save_progress(model / "samples", out)
        print(out)
        return
    _check_out(kind, interpolate, out)
    from artgan_tf.sampling import files, sheets
    from artgan_tf.sampling.places import find_model

    place = find_model(model)
    if list_classes:
        print("\n".join(place.class_names))
        return
    place.check(checkpoint)
    of = sheets.wish(place, classes, count, seed, truncation, magnified)
    cli.start_tensorflow()  # mistakes have been told before it
    from artgan_tf.sampling.models import open_model

    painter = open_model(model, checkpoint)
    if interpolate:
        between = {"seeds": sheets.between_seeds, "classes": sheets.between_classes}[interpolate]
        sheet = between(painter, of, frames)
    else:
        sheet = sheets.grid(painter, of)
    if kind == ".gif":
        files.save_animation(sheet, out)
    elif kind == ".png":
        files.save_sheet(sheet, out)
    else:
        files.save_each(sheet, of, out)
    print(out)


def _check_out(kind: str, interpolate: str | None, out: Path) -> None:
    _require(kind in (".png", ".gif", ""), f"{out} will not do: name a .png, a .gif or a folder.")
    if interpolate:
        _require(bool(kind), f"--interpolate makes one sheet or GIF: name a file, not {out}.")
    else:
        _require(kind != ".gif", f"A grid stands still: name a .png, not {out}, or --interpolate.")


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise InputError(sentence)


if __name__ == "__main__":
    cli.main(sample, "python -m artgan_tf.sample")
