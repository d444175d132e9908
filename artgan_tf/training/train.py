"""`train(config, run_dir)`: trains a configuration in a run's directory."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

import keras

from artgan_tf.config import Config, InputError, Train
from artgan_tf.data.fingerprint import fingerprint
from artgan_tf.data.source import Source
from artgan_tf.data.spec import open_source
from artgan_tf.gan import GAN
from artgan_tf.hardware import cores
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoints import Checkpoints, choose
from artgan_tf.runs.directory import RunDirectory, sample_grids
from artgan_tf.runs.networks import load_networks
from artgan_tf.runs.pretrained import locate
from artgan_tf.runs.steps import latest_step
from artgan_tf.sampler import Sampler
from artgan_tf.training.engine import Engine, open_engine, telling_memory
from artgan_tf.training.expectation import Clock
from artgan_tf.training.health import Health
from artgan_tf.training.logger import RunLogger
from artgan_tf.training.loop import Interruption, Loop
from artgan_tf.training.overfitting import Overfitting
from artgan_tf.training.schedule import schedule
from artgan_tf.training.summary import lines
from artgan_tf.training.watch import Watch
from tfrecords_tools.classes import some

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """What a call of `train` did: the last step done, of how many, and whether it did any."""

    run_dir: Path
    step: int
    steps: int
    trained: bool

    @property
    def finished(self) -> bool:
        """Whether the last step is done."""
        return self.step >= self.steps

    @property
    def picture(self) -> Path | None:
        """The newest grid of samples at training size."""
        return next(reversed(sample_grids(self.run_dir / "samples").values()), None)


class Stopped(KeyboardInterrupt):
    """Ctrl-C ended a training, whose state is saved; `trained` is what it did.

    A script that ignored it would go on with a half-trained model.
    """

    def __init__(self, trained: Trained):
        self.trained = trained
        super().__init__(f"step {trained.step} of {trained.steps}; the same call goes on there")


def train(
    config: Config,
    run_dir: Path | str,
    fresh: bool = False,
    source: Source | None = None,
    tell: Tell = lambda line: None,
) -> Trained:
    """Train a configuration in a directory; the same call resumes a run that was stopped.

    Args:
        config: from `artgan_tf.config.resolve`.
        run_dir: created, or resumed if it holds a run with the same settings.
        fresh: move an existing directory aside and start from step 0.
        source: the configuration's data, if already open.
        tell: prints lines for the user: a summary before the first step, then the expected time.

    Raises InputError for a mistake in settings, data or directory, RunError if it cannot go on,
    and Stopped, a KeyboardInterrupt, after Ctrl-C; SIGTERM makes it return early.
    """
    engine = open_engine(config)  # a cluster allows no computation before this
    run = RunDirectory(run_dir)
    source = source or open_source(config.data)
    if not source.val.count:  # of a source made by hand
        raise InputError(f"{source.spec} has no held-out images: give it some to validate with.")
    steps, drops = schedule(config, source.train.count)
    if not fresh:
        run.check(config, source.class_names, fingerprint(source))
    done = 0 if fresh else latest_step(run.checkpoints)
    if done >= steps:
        done = choose(run.checkpoints, "latest", lambda saved: None).step  # skips a damaged one
    if done >= steps:
        return Trained(run.path, done, steps, trained=False)
    held = run.held() if engine.writes else nullcontext(ExitStack())
    with telling_memory(config), Interruption() as interruption, held as hold:
        reached = _train(
            config, engine, run, source, (steps, drops), hold, fresh, interruption, tell
        )
    result = Trained(run.path, reached, steps, trained=True)
    if interruption.by_hand and not result.finished:
        raise Stopped(result)
    return result


def _train(
    config: Config,
    engine: Engine,
    run: RunDirectory,
    source: Source,
    plan: tuple[int, tuple[int, ...]],
    hold: ExitStack,
    fresh: bool,
    interruption: Interruption,
    tell: Tell,
) -> int:
    """Build everything before writing, so that a mistake leaves no half-made run behind."""
    train, (steps, drops) = config.train, plan
    keras.utils.set_random_seed(train.seed)
    with engine.scope():
        gan = build_gan(config, len(source.class_names))
        gan.compile(learning_rate_drops=drops)
    checkpoints = Checkpoints(gan, run.checkpoints)
    done = 0 if fresh else checkpoints.restore()
    if train.init and not done:
        _initialise(gan, train, source.class_names)
    images, found = fingerprint(source), source.train.count + source.val.count
    source = engine.keep(source)
    batches, watch = engine.batches(source.train, done), Watch(config, source)
    if engine.writes:
        run.begin(config, source.class_names, images, hold, fresh)
        checkpoints.set_aside()
        run.cut_history(done)
        _tell_of_cores(run.note_cores(cores()), done)
        for line in lines(config, gan, source, found, run.path, steps):
            tell(line)
    engine.compile(gan)
    sampler = Sampler(gan, source.class_names, settled=False)  # refreshed before every grid
    Loop(
        config=config,
        gan=gan,
        engine=engine,
        batches=batches,
        held_out=engine.held_out(source.val),
        checkpoints=checkpoints,
        logger=RunLogger(run, sampler, done),
        watch=watch,
        overfitting=Overfitting(gan, engine, source),
        health=Health(config, checkpoints, engine.settle),
        interruption=interruption,
        steps=steps,
        clock=_clock(run),
        tell=tell if engine.writes else lambda line: None,
    ).run()
    return gan.steps_done


def _clock(run: RunDirectory) -> Clock:
    """A clock that goes on from the run's history."""
    rows = run.history()
    return Clock({n: max((r.get(n, 0.0) for r in rows), default=0.0) for n in Clock().totals})


def _tell_of_cores(before: int, done: int) -> None:
    """Warn if the number of cores has changed: it changes the order in which numbers are summed."""
    if done and before and before != cores():
        warnings.warn(
            f"This run was computed on {before} cores and continues on {cores()}: it is no longer "
            f"the same bit for bit; its losses may differ by up to a thousandth.",
            stacklevel=2,
        )


def _initialise(gan: GAN, train: Train, names: Sequence[str]) -> None:
    """Load the weights to start from; warn if those of a class are none, or another class's."""
    run = RunDirectory(locate(train.init))
    partly = load_networks(gan, run.checkpoints, train.init_checkpoint).partly
    if partly:
        warnings.warn(
            f"{train.init} has another number of classes: the weights of classes start anew (in "
            f"{len(partly)} arrays).",
            stacklevel=2,
        )
    elif (theirs := run.class_names()) != list(names):
        warnings.warn(
            f"{train.init} has other classes ({some(theirs)}): each of {some(names)} starts from "
            f"the weights of the one in its place.",
            stacklevel=2,
        )
