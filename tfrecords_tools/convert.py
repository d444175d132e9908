"""`python -m tfrecords_tools.convert SOURCE --out DIR`: convert labelled images to TFRecord shards.

The same command resumes a conversion that was killed, and the result has the same bytes.
"""

from dataclasses import replace
from itertools import groupby

from tfrecords_tools.beam import check_beam
from tfrecords_tools.cifar import cifar_batches, is_cifar
from tfrecords_tools.common import cli
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.common.files import replacing, write_json
from tfrecords_tools.conversion_report import listing_lines, make_report, table
from tfrecords_tools.examples import UNDIVIDED, Collection
from tfrecords_tools.folders import class_folders
from tfrecords_tools.lists import listed_images, parse_lists, wikiart_lists
from tfrecords_tools.metadata import features, write_info
from tfrecords_tools.options import Options, checked
from tfrecords_tools.plan import Plan, make_plan
from tfrecords_tools.shards import ShardReport
from tfrecords_tools.workspace import REPORT, Workspace
from tfrecords_tools.writing import write_shards


def convert(options: Options) -> None:
    """List the images, plan the shards, write them, and report.

    Raises:
        InputError: there is a mistake in the options or the source.
        RunError: the disk is full or a worker died; the same call resumes from there.
    """
    checked(options)
    if options.runner == "beam":
        check_beam(options)  # its workers may run in other folders
        options = replace(options, source=options.source.absolute(), out=options.out.absolute())
    collection = collect(options)
    _check_missing(collection, options)
    collection.check(options.source)
    plan = make_plan(collection, options)
    if options.dry_run:
        _print_plan(plan, collection)
    else:
        _write(Workspace(options.out, plan), collection, options)


def collect(options: Options) -> Collection:
    """Return the labelled images of a source of any kind."""
    if options.wikiart_lists and options.task:
        return listed_images(options.source, *wikiart_lists(options.wikiart_lists, options.task))
    if options.labels:
        return listed_images(options.source, parse_lists(options.labels), options.class_file)
    if is_cifar(options.source):
        return cifar_batches(options.source)
    return class_folders(options.source)


def _check_missing(collection: Collection, options: Options) -> None:
    if not collection.listing:
        return
    for split, rows in collection.listing.rows.items():
        missing = [path for of, path in collection.listing.missing if of == split]
        which = f" of {split}" if split != UNDIVIDED else ""
        if len(missing) > options.max_missing_fraction * rows:
            raise InputError(
                f"{len(missing)} of {rows} listed images{which} are not below "
                f"{options.source} (such as {missing[0]}), more than --max-missing-fraction "
                f"{options.max_missing_fraction}: check the folder or raise the fraction."
            )


def _write(workspace: Workspace, collection: Collection, options: Options) -> None:
    workspace.check(options.overwrite)
    if options.overwrite or not workspace.finished():
        with workspace.opened(options.overwrite):
            reports = write_shards(workspace, collection, options)
            _finish(workspace, collection, options, reports)
    print((options.out / "report.txt").read_text(encoding="utf-8"))
    print(f"{options.out} is complete.")
    preview = cli.command("tfrecords_tools.preview", options.out, "--out", "sheet.png")
    train = cli.command("artgan_tf.fit", "--data", f"tfrecords:{options.out}")
    print(f"  verify    {cli.command('tfrecords_tools.verify', options.out)}")
    print(f"  preview   {preview}")
    print(f"  train     {train}")


def _print_plan(plan: Plan, collection: Collection) -> None:
    for split, shards in groupby(plan.shards, lambda shard: shard.split):
        own = list(shards)
        images = sum(len(shard.examples) for shard in own)
        print(f"{split}: {images:,} images in {len(own)} shards, {own[0].file} first")
    print(f"{len(collection.class_names)} classes: {', '.join(collection.class_names)}")
    if collection.listing:
        print("\n".join(listing_lines(collection.listing)))


def _finish(
    workspace: Workspace, collection: Collection, options: Options, reports: list[ShardReport]
) -> None:
    """Write the files that turn the shards into a data set, `report.json` last."""
    report = make_report(workspace.plan, collection, reports)
    splits: dict[str, list[tuple[int, int]]] = {}
    for shard in reports:
        splits.setdefault(shard.split, []).append((shard.records, shard.bytes))
    staging = workspace.state / "info"
    staging.mkdir(exist_ok=True)
    kind = features(options, collection.class_names)
    shape = "squares" if options.crop == "center" else "short side"
    description = (
        f"Labelled images, {shape} of {options.size} pixels, stored as {options.encoding}."
    )
    write_info(staging, workspace.plan.name, description, kind, splits)
    # In reverse, so that dataset_info.json, which makes the set loadable, comes last.
    for path in sorted(staging.iterdir(), reverse=True):
        path.replace(workspace.folder / path.name)
    with replacing(workspace.folder / "report.txt") as part:
        part.write_text(table(report), encoding="utf-8")
    write_json(workspace.folder / REPORT, report)
    workspace.close()


if __name__ == "__main__":
    cli.main(convert, "python -m tfrecords_tools.convert", options=Options)
