"""`artgan models`: lists the pretrained generators in the package."""

from collections.abc import Iterator
from pathlib import Path

from artgan_tf import cli
from artgan_tf.runs import pretrained


def models() -> None:
    """List the pretrained generators with their classes, metrics and files.

    Examples:
        artgan models
        artgan models | less
    """
    for name in pretrained.names():
        print("\n".join(_about(name, pretrained.locate(pretrained.PREFIX + name))))


def _about(name: str, folder: Path) -> Iterator[str]:
    from artgan_tf.evaluation.results import read, text_table
    from artgan_tf.runs.directory import RunDirectory

    run, model = RunDirectory(folder), pretrained.PREFIX + name
    size, classes = run.config().data.image_size, run.class_names()
    yield f"{model}: {len(classes)} classes at {size}x{size}: {', '.join(classes)}\n"
    yield f"{text_table(read(folder / 'metrics.jsonl'))}\n"
    yield f"  sheet   {folder / pretrained.SHEET}"
    yield f"  card    {folder / 'README.md'}"
    yield f"  paint   {cli.command('artgan_tf.sample', model)}\n"


if __name__ == "__main__":
    cli.main(models, "python -m artgan_tf.catalogue")
