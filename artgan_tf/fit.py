"""`python -m artgan_tf.fit [PRESET]`: train a preset; the same command again resumes."""

import os
import sys
import textwrap
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import tyro

from artgan_tf import cli
from artgan_tf.config import to_tree
from artgan_tf.data.spec import open_source
from artgan_tf.overrides import parse_overrides
from artgan_tf.preset_files import preset_names
from artgan_tf.task import Task, plan
from artgan_tf.training.schedule import schedule
from tfrecords_tools.common.errors import NotThere


def fit(
    preset: Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(metavar="[PRESET]")] = None,
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
    """Train a preset. The same command resumes a stopped run exactly where it was.

    Examples:
        artgan fit --data paintings
        artgan fit improved/cifar10 --steps 2000 --set train.seed=1 --dry-run

    Args:
        preset: a name such as improved/wikiart-genre, or the path of a TOML file. By default demo,
            or with --data recommended/own (without a GPU recommended/own-small), in a size that
            depends on the number of pictures.
        data: demo, tfrecords:DIR, folder:DIR, arrays:FILE.npz, tfds:NAME, or a folder's path.
        run_dir: directory of the run (runs/PRESET, or runs/DATA if no preset is named;
            ARTGAN_RUNS sets the root).
        steps: number of steps of the whole run.
        batch_size: images per step, over all devices.
        seed: seed of weights, latents, noise and the order of the images.
        strategy: one device, mirrored over all local devices, or multiworker over several machines
            (TensorFlow only; TF_CONFIG or SLURM names them).
        init: start from the weights of this run or pretrained:NAME, to fine-tune them.
        checkpoint: which checkpoint of that run: the newest, the best by log.metrics, or a step's.
        set: any setting, as section.key=value; the flags above take precedence.
        fresh: move an existing run aside and start from step 0.
        dry_run: try a few steps, discard them, print data, networks, device, time, memory and all
            settings, and stop.
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
    settings = parse_overrides(chain.from_iterable(set)) | given
    # A dry run of a preset does not need its TFRecords or its download yet.
    task = plan(preset, settings, run_dir, fresh, missing=dry_run and data is None)
    if dry_run:
        _print_plan(task)
    else:
        _train(task, fresh)


def _presets() -> list[str]:
    """Lines that list all presets, for the end of the help."""
    names = textwrap.wrap(", ".join(preset_names()), 76, break_on_hyphens=False)
    return ["Presets:", *(f"  {line}" for line in names)]


fit.__dict__["more_help"] = _presets


def _train(task: Task, fresh: bool) -> None:
    config, run_dir = task.config, task.run_dir
    print(f"Training {config.preset}{task.why and f', {task.why},'} in {run_dir}.", flush=True)
    cli.start_backend()
    from artgan_tf.training.engine import WorkerLost
    from artgan_tf.training.train import Stopped, train

    try:
        result = train(config, run_dir, fresh, task.source, _tell)
    except Stopped as stopped:
        result = stopped.trained
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
    if (run_dir / "losses.png").is_file():
        print(f"  losses    {run_dir / 'losses.png'}")
    if find_spec("tensorboard"):
        board = cli.command("tensorboard.main", "--logdir", run_dir, script="tensorboard")
        print(f"  watch     {board}")
    print(f"  sample    {cli.command('artgan_tf.sample', run_dir)}")
    print(f"  measure   {cli.command('artgan_tf.evaluate', run_dir)}")
    print(f"  serve     {cli.command('artgan_tf.serve', run_dir)}")


def _tell(sentence: str) -> None:
    """Print a line above the progress bar, and flush, because stdout to a file is buffered."""
    from tqdm import tqdm

    tqdm.write(sentence)
    sys.stdout.flush()


def _start_again(reason: Exception) -> NoReturn:
    """Replace this process by the same command, which waits for the other workers and resumes."""
    print(f"{reason} Starting again from the last checkpoint.", file=sys.stderr, flush=True)
    command = [argument for argument in sys.orig_argv if argument != "--fresh"]
    os.execv(sys.executable, [sys.executable, *command[1:]])


def _print_plan(task: Task) -> None:
    """Print the summary as comments and the settings, which together are a valid TOML file."""
    cli.start_backend()
    import tomli_w

    from artgan_tf.training import summary
    from artgan_tf.training.trial import attempt

    config, source = task.config, task.source
    try:
        source = source or open_source(config.data, download=False)
        steps, _ = schedule(config, source.train.count)
        print(f"# {summary.about_data(config, source)}", flush=True)
    except NotThere as missing:
        if not config.data.classes:
            raise
        steps, _ = schedule(config, config.data.train_count or config.train.batch_size)
        print(f"# {summary.line('data', str(missing))}", flush=True)
    trial = attempt(config, source)
    print(f"# {trial.networks}")
    print(f"# {summary.about_device(config)}")
    print(f"# {summary.about_run(config, task.run_dir, 0, steps)}")
    print(f"# {trial.about_time(steps)}\n")
    print(tomli_w.dumps(to_tree(config)))


if __name__ == "__main__":
    cli.main(fit, "python -m artgan_tf.fit")
