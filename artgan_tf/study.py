"""`python -m artgan_tf.study PRESET ...`: train several presets and compare them."""

from itertools import chain
from pathlib import Path

import tyro

from artgan_tf import cli
from artgan_tf.comparison.experiment import Experiment, Protocol, carry_out, check
from artgan_tf.comparison.rows import rows
from artgan_tf.config import InputError, resolve
from artgan_tf.evaluation.registry import check_asked
from artgan_tf.overrides import parse_overrides
from artgan_tf.task import checked
from tfrecords_tools.common.locks import held


def study(
    presets: tyro.conf.Positional[tuple[str, ...]] = (),
    *,
    out: Path,
    data: str | None = None,
    seeds: tuple[int, ...] = (0,),
    metrics: tuple[str, ...] = (),
    extractor: str = "",
    set: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = (),
) -> None:
    """Train, measure and export each preset with each seed, and write tables, pictures and curves.

    The same command resumes a study that was stopped. With other metrics or another extractor it
    measures again; other settings or data need another `--out`. Without a preset it only rewrites
    the pages from the runs in `--out`; the row of a run that was deleted stays.

    Examples:
        artgan study demo --seeds 0 1 --out runs/study
        artgan study demo improved/cifar10-small --data tfds:cifar10 --out runs/cifar10

    Args:
        presets: names, or paths of TOML files.
        out: folder of the runs and the pages.
        data: as in `fit`, for all of them.
        seeds: seeds of the training.
        metrics: as in `evaluate`.
        extractor: as in `evaluate`.
        set: settings for all of them, as section.key=value.
    """
    settings = tuple(chain.from_iterable(set))
    for preset in presets:  # find mistakes before the first one trains for hours
        resolve(preset, parse_overrides(settings))
    cli.check_out(out)
    check_asked(metrics, extractor)
    protocol = Protocol(data or "", settings, metrics, extractor)
    planned = [Experiment(preset, seed, out) for seed in seeds for preset in presets]
    check(planned, protocol)
    if not rows(out) and not planned:
        raise InputError(f"{out} holds no study: name the presets to compare.")
    for experiment in {each.preset: each for each in planned if not each.done}.values():
        checked(protocol.config(experiment), experiment.run_dir, fresh=False)
    cli.start_tensorflow()  # exports and measures need it
    from artgan_tf.comparison import pages

    with held(out, "a study", "let it end, or give another --out"):
        for number, experiment in enumerate(planned, 1):
            done = carry_out(experiment, protocol)
            print(f"{number}/{len(planned)}  {done}", flush=True)
            pages.write(out)
        pages.write(out)
    for what, file in {"table": pages.PAGE, "sheet": pages.SHEET, "curves": pages.CURVES}.items():
        if (out / file).is_file():
            print(f"  {what:8}  {out / file}")


if __name__ == "__main__":
    cli.main(study, "python -m artgan_tf.study")
