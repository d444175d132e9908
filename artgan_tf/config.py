"""Configuration: frozen dataclasses, presets as TOML, overrides by dotted key.

A preset is a TOML file whose tables are the sections below; `extends = "other/preset"` starts from
another one.
`resolve("improved/cifar10", {"model.width": 0.5})` gives the `Config` of a run.
An unknown key or a value out of range raises `InputError` with one sentence.
"""

import dataclasses
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

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
from tfrecords_tools.common.errors import InputError, RunError, meant  # noqa: F401

STRICT = {"extra": "forbid"}


@dataclass(frozen=True)
class Data:
    """Where the images come from and how they are cut."""

    __pydantic_config__ = STRICT
    spec: Text = "demo"  # demo | tfrecords:DIR | folder:DIR | arrays:FILE.npz | tfds:NAME | a path
    classes: Classes = 0  # what the preset expects; 0 takes whatever the data has
    class_names: tuple[str, ...] = ()  # in order; data that only numbers its classes gets them
    train_count: Images = 0  # examples expected; another count is refused of tfds, else told
    val_count: Images = 0
    image_size: Side = 64
    crop: Annotated[float, Field(gt=0, le=1)] = 1.0  # side of the random crop / short side
    flip: bool = True
    balanced: bool = False  # classes drawn evenly, whatever their sizes
    cache_mb: Megabytes = 2048  # budget for decoded uint8 images in memory
    train_split: Text = "train"  # tfrecords and tfds; a name or a part such as train[:90%]
    val_split: Text = ""  # empty: the held-out split there is
    val_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.1  # where the data has no held-out split
    split_seed: Seed = 0
    on_corrupt: Literal["stop", "skip"] = "stop"  # a damaged record of tfrecords
    on_change: Literal["stop", "accept"] = "stop"  # on resume, images that are not those it had


@dataclass(frozen=True)
class ModelOptions:
    """The networks; `artgan_tf.tables` has the tables' grammar."""

    __pydantic_config__ = STRICT
    paper: Literal["artgan", "improved", "critic"] = "improved"  # critic: this project's own
    z_size: Latent = 100
    width: Width = 1.0  # multiplies every channel count, rounded to 8
    autoencoder: bool = True
    magnify: bool = True  # G draws at twice the training size (Improved ArtGAN)
    modulation: tuple[Literal["latent", "class"], ...] = ("latent", "class")  # critic's G
    skips: bool = True  # every size of critic's G adds to the picture
    critic: Literal["global", "local"] = "global"  # on all of D's codes, or at each of their places
    latent: tuple[str, ...] = ()  # ArtGAN's zNet
    generator: tuple[str, ...] = ()  # ArtGAN's Dec, Improved ArtGAN's G
    encoder: tuple[str, ...] = ()
    classifier: tuple[str, ...] = ()  # ArtGAN's clsNet
    decoder: tuple[str, ...] = ()  # Improved ArtGAN's D decoder


@dataclass(frozen=True)
class DiscriminatorOptions:
    """Regularization of D; all but `dropout` and `noise` is beyond the papers."""

    __pydantic_config__ = STRICT
    dropout: Fraction = 0.2  # before the layers marked "d", in the D step only
    noise: NotNegative = 0.05  # std of the Gaussian noise on D's input
    noise_decay_steps: StepOrZero = 0  # 0 keeps the noise, else it falls linearly to 0
    spectral_norm: bool = False
    label_smoothing: Fraction = 0.0
    augment: tuple[Literal["colour", "translation", "cutout"], ...] = ()
    # adaptive: each kind to a share of the images that grows while D learns images by heart
    augment_strength: Literal["fixed", "adaptive"] = "fixed"
    features: Literal["none", "efficientnet"] = "none"  # frozen, with class critics of their own
    feature_size: FeatureSide = 128  # what their images are enlarged to


@dataclass(frozen=True)
class Train:
    """Optimisation."""

    __pydantic_config__ = STRICT
    steps: StepOrZero = 50_000  # 0: `epochs` count
    epochs: EpochOrZero = 0
    batch_size: Batch = 100
    seed: Seed = 0
    optimizer: Literal["adam", "rmsprop"] = "adam"
    lr_discriminator: Positive = 2e-4
    lr_generator: Positive = 2e-4
    beta1: Fraction = 0.5  # Adam
    beta2: Fraction = 0.999
    rho: Fraction = 0.9  # RMSProp
    accumulator: NotNegative = 0.0  # RMSProp's mean square before the first step; TF1's is 1
    lr_drops: tuple[Step, ...] = ()  # steps at which both learning rates fall to a tenth
    lr_drop_epochs: tuple[Epoch, ...] = ()  # the same in epochs (ArtGAN)
    # groups: batch/5 classes x 5; real: those of the real batch
    fake_labels: Literal["tiled", "random", "groups", "real"] = "tiled"
    cifar_trick: bool = False  # 1, 3 or 5 G steps by the last D step's realness loss
    critic: Literal["non-saturating", "hinge", "relativistic"] = "non-saturating"  # its loss
    # gamma of gamma / 2 E|grad c_y|^2 on what a class critic is shown, real and fake; 0: none
    gradient_penalty: NotNegative = 0.0
    penalty_every: Step = 4  # steps; it then counts as many times
    energy_weight: NotNegative = 0.0  # of the energy distance between real and fake, beyond B
    energy_of: Views = ("colours",)  # what it compares, added up
    ema: Fraction = 0.999  # of G's weights and BN statistics, for sampling
    # auto: mixed_bfloat16 where the device multiplies it fast, else float32
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    xla: Literal["auto", "on", "off"] = "auto"  # TensorFlow's; auto: on a GPU, not on a CPU
    strategy: Literal["auto", "one", "mirrored", "multiworker"] = "auto"
    on_collapse: Literal["warn", "stop"] = "warn"
    init: Text = ""  # a run directory whose weights are the start
    init_checkpoint: Literal["latest", "best"] | Step = "latest"  # of that run


@dataclass(frozen=True)
class Log:
    """Intervals, in steps, and metrics; these and `train.steps` may change on resume."""

    __pydantic_config__ = STRICT
    history_every: Step = 50
    sample_every: Step = 500
    validate_every: Step = 1000
    checkpoint_every: Step = 500
    metrics: tuple[str, ...] = ()  # such as kid_1k_val; the first one says which checkpoint is best
    metrics_every: Step = 5000
    extractor: Text = ""  # whose features they compare


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
    """The configuration of `preset` (a name or the path of a TOML file) with dotted overrides."""
    tree = read_preset(preset)
    tree["preset"] = Path(preset).stem if preset.endswith(".toml") else preset
    for key, value in (overrides or {}).items():
        _put(tree, key, value)
    return from_tree(tree)


def from_tree(tree: Mapping[str, Any]) -> Config:
    """A validated `Config` from nested dictionaries, as TOML gives them."""
    try:
        return TypeAdapter(Config).validate_python(tree)
    except ValidationError as error:
        raise InputError(_sentence(error.errors()[0])) from None


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


def parse_overrides(assignments: Iterable[str]) -> dict[str, Any]:
    """`section.key=value` strings as a dictionary; values are TOML, anything else is a string."""
    overrides = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise InputError(f"--set takes section.key=value, not {assignment!r}.")
        try:
            overrides[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            overrides[key.strip()] = text
    return overrides


def runs_root() -> Path:
    """Where runs live that are not told otherwise: `runs`, or what ARTGAN_RUNS names."""
    return Path(os.environ.get("ARTGAN_RUNS", "runs"))


def default_cache() -> Path:
    """`ARTGAN_CACHE`, or `artgan` in the user's folder for caches."""
    if given := os.environ.get("ARTGAN_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "artgan"


def _put(tree: dict[str, Any], key: str, value: Any) -> None:
    section, _, name = key.partition(".")
    if section not in _allowed("") or not name:
        raise InputError(f"Unknown setting {key!r}: use section.key with one of {_allowed('')}.")
    settings = tree.setdefault(section, {})
    if not isinstance(settings, dict):
        raise InputError(f"{section} = {settings!r} should be a table of settings.")
    settings[name] = value


def _allowed(section: str) -> list[str]:
    fields = {f.name: f.type for f in dataclasses.fields(Config) if f.name != "preset"}
    kind = fields.get(section)
    if kind is None:
        return list(fields)
    assert isinstance(kind, type)
    return [f.name for f in dataclasses.fields(kind)]


def _sentence(error: Any) -> str:
    """One sentence from pydantic's first complaint."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "unexpected_keyword_argument":
        allowed = _allowed(str(error["loc"][0]) if len(error["loc"]) > 1 else "")
        hint = meant(str(error["loc"][-1]), allowed)
        return f"Unknown setting {key!r}{hint}; allowed here: {', '.join(allowed)}."
    return f"{key} = {error['input']!r} will not do: {error['msg'][0].lower()}{error['msg'][1:]}."
