"""Real images of the classes that a trained model paints."""

from dataclasses import replace

from artgan_tf.config import Data, InputError
from artgan_tf.data.source import Source
from artgan_tf.data.spec import open_source


def real_data(data: Data, spec: str | None) -> Data:
    """What is expected of real images: of a run's own, or of others that a SPEC names."""
    if not spec:  # what the preset expects of its own data, nobody expects of other data
        return data
    return replace(data, spec=spec, classes=0, class_names=(), train_count=0, val_count=0)


def real_source(data: Data, painted: tuple[str, ...]) -> Source:
    """Real images of the classes that a model paints; InputError where they are of others."""
    return painted_alike(open_source(data), painted)


def painted_alike(source: Source, painted: tuple[str, ...]) -> Source:
    """A source by the names that a model paints; InputError where it has other classes."""
    if source.class_names == tuple(map(str, range(len(painted)))):  # as some TFDS sets have them
        return replace(source, class_names=painted)
    if source.class_names != painted:
        raise InputError(
            f"{source.spec} has the classes {', '.join(source.class_names)}, but the model paints "
            f"{', '.join(painted)}: name --data of the same classes."
        )
    return source
