"""Real images of the classes that a trained model generates."""

from dataclasses import replace

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Source
from artgan_tf.data.spec import open_source


def real_data(data: Data, spec: str | None) -> Data:
    """Settings for real images: the run's own data, or those that another SPEC names."""
    if not spec:
        return data
    # The preset's expectations, and the names of its splits, hold for its own data only.
    own = Data(spec=spec)
    expected = ("classes", "class_names", "train_count", "val_count", "train_split", "val_split")
    return replace(data, spec=spec, **{name: getattr(own, name) for name in expected})


def real_source(data: Data, class_names: tuple[str, ...]) -> Source:
    """Open real images of the classes that a model generates; raises InputError for others."""
    return with_class_names(open_source(data), class_names)


def with_class_names(source: Source, class_names: tuple[str, ...]) -> Source:
    """The source with the model's class names; raises InputError if its classes differ."""
    if source.class_names == tuple(map(str, range(len(class_names)))):  # as in some TFDS sets
        return replace(source, class_names=class_names)
    if source.class_names != class_names:
        raise InputError(
            f"{source.spec} has the classes {', '.join(source.class_names)}, but the model paints "
            f"{', '.join(class_names)}: give --data with the same classes."
        )
    return source
