"""Configuration: frozen dataclasses, presets as TOML, overrides by dotted key.

A preset is a TOML file of the sections below; `extends = "other/preset"` inherits its settings.
`resolve("improved/cifar10", {"model.width": 0.5})` returns the `Config` of a run.
"""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from artgan_tf.overrides import merge
from artgan_tf.preset_files import read_preset
from artgan_tf.ranges import (
    Batch,
    Classes,
    Epoch,
    EpochOrZero,
    FeatureSide,
    Fraction,
    Images,
    Latent,
    Megabytes,
    NotNegative,
    Positive,
    Seed,
    Side,
    Step,
    StepOrZero,
    Text,
    Views,
    Width,
)

# Settings raise both, so they are imported from here together with them.
from tfrecords_tools.common.errors import InputError, RunError, meant  # noqa: F401

STRICT = {"extra": "forbid"}


@dataclass(frozen=True)
class Data:
    """Source of the images, and how they are cropped and cached."""

    __pydantic_config__ = STRICT
    spec: Text = "demo"  # demo | tfrecords:DIR | folder:DIR | arrays:FILE.npz | tfds:NAME | a path
    classes: Classes = 0  # expected number of classes; 0 accepts any
    class_names: tuple[str, ...] = ()  # expected, in label order; also for data that numbers them
    train_count: Images = 0  # expected; 0: any. A mismatch is an error for tfds, else warned of
    val_count: Images = 0
    image_size: Side = 64
    crop: Annotated[float, Field(gt=0, le=1)] = 1.0  # crop's side / image's short side
    flip: bool = True
    balanced: bool = False  # draw all classes equally often, regardless of their sizes
    cache_mb: Megabytes = 2048  # memory for decoded uint8 images, in MiB, of each split
    train_split: Text = "train"  # tfrecords and tfds: a split, or a slice such as train[:90%]
    val_split: Text = ""  # empty: the data's own held-out split, if there is one
    val_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1  # held out if there is none (not tfds)
    split_seed: Seed = 0  # of that division (folder, arrays)
    on_corrupt: Literal["stop", "skip"] = "stop"  # on a damaged record (tfrecords)
    on_change: Literal["stop", "accept"] = "stop"  # on resume, if the images have changed


@dataclass(frozen=True)
class ModelOptions:
    """The networks; `artgan_tf.tables` defines the syntax of the layer tables."""

    __pydantic_config__ = STRICT
    paper: Literal["artgan", "improved", "critic"] = "improved"  # critic: not from a paper
    z_size: Latent = 100
    width: Width = 1.0  # multiplies all channel counts, which are rounded to multiples of 8
    autoencoder: bool = True
    magnify: bool = True  # G generates at twice the training size (Improved ArtGAN)
    modulation: tuple[Literal["latent", "class"], ...] = ("latent", "class")  # of critic's G
    skips: bool = True  # every resolution of critic's G contributes to the image
    latent: tuple[str, ...] = ()  # ArtGAN's zNet
    generator: tuple[str, ...] = ()  # ArtGAN's Dec, Improved ArtGAN's G
    encoder: tuple[str, ...] = ()
    classifier: tuple[str, ...] = ()  # ArtGAN's clsNet
    decoder: tuple[str, ...] = ()  # Improved ArtGAN's D decoder


@dataclass(frozen=True)
class DiscriminatorOptions:
    """D's inputs and regularization; only `dropout` and `noise` are from the papers."""

    __pydantic_config__ = STRICT
    dropout: Fraction = 0.2  # before layers marked "d", in the D step only
    noise: NotNegative = 0.05  # std of the Gaussian noise on D's input
    spectral_norm: bool = False
    augment: tuple[Literal["colour", "translation", "cutout"], ...] = ()
    # adaptive: applies each kind to a fraction of the images that grows while D overfits
    augment_strength: Literal["fixed", "adaptive"] = "fixed"
    features: Literal["none", "efficientnet"] = "none"  # frozen network with its own class critics
    feature_size: FeatureSide = 128  # image size for these features, in pixels


@dataclass(frozen=True)
class Train:
    """Optimization."""

    __pydantic_config__ = STRICT
    steps: StepOrZero = 50_000  # 0: train for `epochs` instead
    epochs: EpochOrZero = 0
    batch_size: Batch = 100
    seed: Seed = 0
    optimizer: Literal["adam", "rmsprop"] = "adam"
    lr_discriminator: Positive = 2e-4
    lr_generator: Positive = 2e-4
    beta1: Fraction = 0.5  # Adam
    beta2: Fraction = 0.999
    rho: Fraction = 0.9  # RMSProp
    accumulator: NotNegative = 0.0  # RMSProp's initial mean square; 1 in TF1
    lr_drops: tuple[Step, ...] = ()  # steps at which both learning rates are divided by 10
    lr_drop_epochs: tuple[Epoch, ...] = ()  # the same, in epochs (ArtGAN)
    # labels of the fakes. tiled: all classes in turn; random; groups: batch/5 classes, 5 images
    # each; real: the labels of the real batch
    fake_labels: Literal["tiled", "random", "groups", "real"] = "tiled"
    cifar_trick: bool = False  # 1, 3 or 5 G steps, depending on D's last realness loss
    # of the class critics
    adversarial_loss: Literal["non-saturating", "hinge", "relativistic"] = "non-saturating"
    # gamma in gamma / 2 E|grad c_y|^2, on the real and fake inputs of a class critic; 0: off
    gradient_penalty: NotNegative = 0.0
    penalty_every: Step = 4  # steps between penalties, each weighted by this number
    # weight of the energy distance between real and fake images in L_G; not from the papers
    energy_weight: NotNegative = 0.0
    energy_of: Views = ("colours",)  # views (losses.VIEWS) whose distances are summed
    ema: Fraction = 0.999  # decay of G's averaged weights and BN statistics, for sampling
    # auto: mixed_bfloat16 if the device computes bfloat16 natively, else float32
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    xla: Literal["auto", "on", "off"] = "auto"  # TensorFlow only; auto: on if there is a GPU
    strategy: Literal["auto", "one", "mirrored", "multiworker"] = "auto"
    on_collapse: Literal["warn", "stop"] = "warn"
    init: Text = ""  # directory of the run to take the initial weights from
    init_checkpoint: Literal["latest", "best"] | Step = "latest"  # of that run


@dataclass(frozen=True)
class Log:
    """Logging intervals, in steps, and metrics, which may change on resume."""

    __pydantic_config__ = STRICT
    history_every: Step = 50
    sample_every: Step = 500
    validate_every: Step = 1000
    checkpoint_every: Step = 500
    metrics: tuple[str, ...] = ()  # such as kid_1k_val; the first selects the best checkpoint
    metrics_every: Step = 5000
    extractor: Text = ""  # network whose features the metrics compare


@dataclass(frozen=True)
class Config:
    """Everything that defines a run."""

    __pydantic_config__ = STRICT
    preset: Text = "demo"
    data: Data = field(default_factory=Data)
    model: ModelOptions = field(default_factory=ModelOptions)
    discriminator: DiscriminatorOptions = field(default_factory=DiscriminatorOptions)
    train: Train = field(default_factory=Train)
    log: Log = field(default_factory=Log)


def resolve(preset: str, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration of a preset (a name or a TOML file's path), with values by dotted key.

    `train.epochs` without `train.steps` replaces the preset's steps. Raises InputError for an
    unknown preset or key, or a value out of range.
    """
    tree = read_preset(preset)
    tree["preset"] = Path(preset).stem if preset.endswith(".toml") else preset
    over: dict[str, Any] = {}
    for key, value in (overrides or {}).items():
        _put(over, key, value)
    return from_tree(merge(tree, over))


def from_tree(tree: Mapping[str, Any]) -> Config:
    """A validated `Config` from nested dictionaries as read from TOML; raises InputError."""
    try:
        return TypeAdapter(Config).validate_python(tree)
    except ValidationError as error:
        raise InputError(_sentence(error.errors())) from None


def to_tree(config: Config) -> dict[str, Any]:
    """Nested dictionaries of plain values, ready for TOML."""
    return dataclasses.asdict(config)


def flat(config: Config) -> dict[str, Any]:
    """The configuration as one dictionary with dotted keys."""
    tree = to_tree(config)
    pairs = {"preset": tree.pop("preset")}
    for section, values in tree.items():
        pairs |= {f"{section}.{key}": value for key, value in values.items()}
    return pairs


def runs_root() -> Path:
    """Default folder for runs: the environment variable ARTGAN_RUNS, or `runs`."""
    return Path(os.environ.get("ARTGAN_RUNS", "runs"))


def default_cache() -> Path:
    """Folder for downloads: `ARTGAN_CACHE`, or `artgan` in the user's cache folder."""
    if given := os.environ.get("ARTGAN_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "artgan"


def _put(tree: dict[str, Any], key: str, value: Any) -> None:
    section, _, name = key.partition(".")
    if section not in _allowed("") or not name:
        raise InputError(f"Unknown setting {key!r}: use section.key with one of {_allowed('')}.")
    tree.setdefault(section, {})[name] = value


def _allowed(section: str) -> list[str]:
    """Names of a section's settings; of the sections if there is no such section."""
    tree = to_tree(Config())
    del tree["preset"]
    return list(tree.get(section, tree))


def _sentence(errors: Any) -> str:
    """The error sentence for the first setting that pydantic refuses."""
    error = errors[0]
    key = _key(error)
    if error["type"] == "unexpected_keyword_argument":
        allowed = _allowed(str(error["loc"][0]) if len(error["loc"]) > 1 else "")
        hint = meant(str(error["loc"][-1]), allowed)
        return f"Unknown setting {key!r}{hint}; allowed here: {', '.join(allowed)}."
    reasons = [each["msg"] for each in errors if _key(each) == key]  # one of each kind allowed
    told = " or ".join(reason[0].lower() + reason[1:] for reason in dict.fromkeys(reasons))
    return f"{key} = {error['input']!r} is invalid: {told}."


def _key(error: Any) -> str:
    """The dotted key that an error is about, without the branch of a union that pydantic adds."""
    section, *rest = error["loc"]
    return ".".join(map(str, (section, *rest[:1], *(x for x in rest[1:] if isinstance(x, int)))))
