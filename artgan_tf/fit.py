"""`python -m artgan_tf.fit [PRESET]`: train a preset; the same command again resumes.

With no argument it trains on the embedded demo paintings for a few minutes, with
`--data folder:DIR` alone on one's own pictures.
"""

import os
import sys
from itertools import chain
from pathlib import Path
from typing import Any, Literal, NoReturn

import tyro

from artgan_tf import cli
from artgan_tf.config import Config, InputError, parse_overrides, resolve, runs_root, to_tree
from artgan_tf.hardware import gpus

OWN = "recommended/own"


def fit(
    preset: tyro.conf.Positional[str | None] = None,
    *,
    data: str | None = None,
    run_dir: Path | None = None,
    steps: int | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
    strategy: Literal["auto", "one", "mirrored", "multiworker"] | None = None,
    init: Path | None = None,
    checkpoint: Literal["latest", "best"] | int | None = None,
    set: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = (),
    fresh: bool = False,
    dry_run: bool = False,
) -> None:
    """Train a preset. The same command again goes on exactly where it stopped.

    Args:
        preset: a name such as improved/wikiart-genre, or the path of a TOML file. When left out:
            with --data recommended/own, without a GPU recommended/own-small; else demo.
        data: demo, tfrecords:DIR, folder:DIR, arrays:FILE.npz, tfds:NAME, or a folder's path.
        run_dir: where the run lives (runs/PRESET, or runs/DATA when no preset is named;
            ARTGAN_RUNS sets the root).
        steps: how many steps the whole run has.
        batch_size: images a step, over all devices.
        seed: of weights, latents, noise and the order of the images.
        strategy: one device, mirrored over all local ones, or over those of several machines
            (multiworker, TensorFlow's: TF_CONFIG or SLURM tells which).
        init: start from the weights of this run, to fine-tune them on other images.
        checkpoint: of that run: the newest, the best by log.metrics, or that of a step.
        set: any setting, as section.key=value; the flags above win.
        fresh: move an existing run aside and start anew.
        dry_run: print the resolved configuration and sizes, and stop.
    """
    flags = {
        "data.spec": data,
        "train.steps": steps,
        "train.batch_size": batch_size,
        "train.seed": seed,
        "train.strategy": strategy,
        "train.init": init and str(init),
        "train.init_checkpoint": checkpoint,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    chosen = preset or default_preset(data)
    config = resolve(chosen, parse_overrides(chain.from_iterable(set)) | given)
    if dry_run:
        _print_plan(config)
    else:
        _train(config, run_dir or default_run_dir(config), fresh)


def default_preset(data: str | None) -> str:
    """What trains when no preset is named, on the data that a SPEC names."""
    if not data or data == "demo":
        return "demo"
    return OWN if gpus() else f"{OWN}-small"


def default_run_dir(config: Config) -> Path:
    """`runs/PRESET`, under ARTGAN_RUNS where that is set; of a TOML file its name, of one's own
    data theirs."""
    if config.preset not in (OWN, f"{OWN}-small"):
        return runs_root() / config.preset
    kind, _, rest = config.data.spec.partition(":")
    return runs_root() / Path(rest or kind).absolute().stem.partition(":")[0]


def _train(config: Config, run_dir: Path, fresh: bool) -> None:
    cli.start_backend()
    from artgan_tf import backend
    from artgan_tf.training.engine import WorkerLost
    from artgan_tf.training.train import train

    print(f"Training {config.preset} on {config.data.spec} in {run_dir}.")
    if config.train.precision == "auto":
        print(f"Computing in {backend.fast_precision()}.")
    try:
        result = train(config, run_dir, fresh)
    except WorkerLost as lost:
        _start_again(lost)
    if not result.trained:
        print(f"{run_dir} is finished: {result.step} of {result.steps} steps.")
    elif not result.finished:
        print(f"Stopped at step {result.step} of {result.steps}; the same command goes on there.")
    else:
        print(f"Trained {result.steps} steps.")
    if result.picture:
        print(f"  picture   {result.picture}")
        print(f"  losses    {run_dir / 'losses.png'}")
    print(f"  watch     tensorboard --logdir {run_dir}")
    print(f"  sample    python -m artgan_tf.sample {run_dir}")
    print(f"  measure   python -m artgan_tf.evaluate {run_dir}")
    print(f"  export    python -m artgan_tf.export {run_dir}")
    print("  your own  python -m artgan_tf.fit --data folder:DIR")


def _start_again(reason: Exception) -> NoReturn:
    """The same command in this process's place: it waits for the others, and resumes with them."""
    print(f"{reason} Starting again from the last checkpoint.", file=sys.stderr, flush=True)
    command = [argument for argument in sys.orig_argv if argument != "--fresh"]
    os.execv(sys.executable, [sys.executable, *command[1:]])


def _print_plan(config: Config) -> None:
    cli.start_backend()
    import tomli_w

    from artgan_tf.data.spec import open_source
    from artgan_tf.papers import build_gan

    print(tomli_w.dumps(to_tree(config)))
    classes = config.data.classes
    try:
        source = open_source(config.data, download=False)
    except InputError as error:
        if not classes:
            raise
        print(f"# data: {error}")
    else:
        classes = len(source.class_names)
        print(
            f"# data: {classes} classes, {source.train.count} training images, "
            f"{source.val.count} held out"
        )
    gan = build_gan(config, classes)
    for name in ("generator", "discriminator"):
        print(f"# {name}: {_trainable(getattr(gan, name))} trainable parameters")


def _trainable(network: Any) -> int:
    from math import prod

    return sum(prod(v.shape) for v in network.trainable_variables)


if __name__ == "__main__":
    cli.main(fit, "python -m artgan_tf.fit")
