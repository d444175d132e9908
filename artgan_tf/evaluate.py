"""`python -m artgan_tf.evaluate RUN`: measure a trained run against real images."""

from pathlib import Path
from typing import Annotated, Literal

import tyro

from artgan_tf import cli
from artgan_tf.config import RunError, default_cache
from artgan_tf.evaluation.registry import check_asked, check_seeds
from artgan_tf.runs.asked import check_run
from artgan_tf.runs.pretrained import workplace


def evaluate(
    model: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="MODEL")],
    *,
    data: str | None = None,
    metrics: tuple[str, ...] = (),
    extractor: str = "",
    weights: Literal["ema", "raw"] = "ema",
    checkpoint: Literal["latest", "best"] | int = "latest",
    seeds: tuple[int, ...] = (0,),
    out: Path | None = None,
) -> None:
    """Measure a run against real images: a table, metrics.jsonl, and a report page.

    Examples:
        artgan evaluate runs/demo
        artgan evaluate pretrained:cifar10 --metrics kid_1k_val --extractor efficientnet

    Args:
        model: a run's directory, or pretrained:NAME.
        data: real images of the same classes, if not those of the run.
        metrics: names such as fid_10k_val; by default all that data and extractor allow.
        extractor: computes the features that FID, KID, precision and recall compare:
            inception-2015:FILE, efficientnet, classifier (trained on the real images; the
            default), keras-inception, savedmodel:DIR or pixels.
        weights: those averaged over training, or the last ones.
        checkpoint: the newest, the best by log.metrics, or that of a step.
        seeds: seeds of the latents; several give a mean and a standard deviation.
        out: folder of results and report (the run's directory, or runs/pretrained/NAME); earlier
            results are kept.
    """
    cli.check_out(out)
    check_asked(metrics, extractor)
    check_seeds(seeds)
    check_run(model, checkpoint, data, own_data=True)
    cli.start_tensorflow()
    from artgan_tf.evaluation.measure import measure

    try:
        found = measure(model, metrics, extractor, data, seeds, out, weights, checkpoint)
    except KeyboardInterrupt:
        raise RunError(
            f"Interrupted: figures so far are in {(out or workplace(model)) / 'metrics.jsonl'}; "
            f"features and, once trained, the classifier are cached in {default_cache()}, and the "
            f"same command takes them from there."
        ) from None
    print(found)
    print(f"  results   {found.file}")
    print(f"  report    {found.report}")
    print(f"  serve     {cli.command('artgan_tf.serve', model)}")


if __name__ == "__main__":
    cli.main(evaluate, "python -m artgan_tf.evaluate")
