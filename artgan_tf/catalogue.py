"""`artgan models`: lists the pretrained generators in the package."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from artgan_tf import cli
from artgan_tf.config import InputError
from artgan_tf.runs import pretrained

if TYPE_CHECKING:
    from artgan_tf.evaluation.results import Result


def models(
    model: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="[MODEL]")] = "",
) -> None:
    """List the pretrained generators with their classes and files.

    Examples:
        artgan models
        artgan models pretrained:wikiart-genre

    Args:
        model: only this one, with all its figures.
    """
    chosen = [model] if model else [pretrained.PREFIX + name for name in pretrained.names()]
    for each in chosen:
        if not pretrained.is_pretrained(each):
            hint = pretrained.meant_name(each)
            raise InputError(f"{each!r} is not pretrained{hint}: use one that artgan models lists.")
        print("\n".join(_about(each, pretrained.locate(each), whole=bool(model))))


def _about(model: str, folder: Path, whole: bool) -> Iterator[str]:
    from artgan_tf.evaluation.results import read, text_table
    from artgan_tf.runs.directory import RunDirectory

    run, found = RunDirectory(folder), read(folder / "metrics.jsonl")
    size, classes = run.config().data.image_size, run.class_names()
    names = textwrap.fill(", ".join(classes), 96, initial_indent="  ", subsequent_indent="  ")
    yield f"{model}: {len(classes)} classes at {size}x{size}\n{names}"
    if figures := text_table(found) if whole and found else _short(found):
        yield f"\n{figures}\n" if whole else f"  figures {figures}"
    yield f"  sheet   {folder / pretrained.SHEET}"
    yield f"  card    {folder / 'README.md'}"
    yield f"  paint   {cli.command('artgan_tf.sample', model)}\n"


def _short(found: Sequence["Result"]) -> str:
    """The first FID and recall of the most images, beside those of other real images."""
    from artgan_tf.evaluation.results import REAL

    told = []
    for name, value in {"FID": "fid", "recall": "recall"}.items():
        of_value = [each for each in found if value in each.values]
        generated = (r for r in of_value if r.model != REAL)
        if own := max(generated, key=lambda result: result.generated, default=None):
            alike = (r for r in of_value if r.model == REAL and r.column == own.column)
            real = next(alike, None)
            beside = f" (real images {real.values[value]:.3g})" if real else ""
            told.append(f"{name} {own.values[value]:.3g}{beside}")
    return ", ".join(told)


if __name__ == "__main__":
    cli.main(models, "python -m artgan_tf.catalogue")
