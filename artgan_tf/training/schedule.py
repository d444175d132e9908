"""Computes the length of a training in steps."""

from artgan_tf.config import Config, InputError


def schedule(config: Config, count: int) -> tuple[int, tuple[int, ...]]:
    """Number of steps, and the steps at which the learning rates drop, for `count` training images.

    Raises InputError if there are no steps, or fewer images than a batch has.
    """
    train = config.train
    if not train.steps and not train.epochs:
        raise InputError("train.steps and train.epochs are both 0: set one of them.")
    per_epoch = count / train.batch_size
    steps = train.steps or round(train.epochs * per_epoch)
    if count < train.batch_size:
        raise InputError(
            f"{config.data.spec} has {count} training images, fewer than a batch of "
            f"{train.batch_size}: add images or lower --batch-size."
        )
    return steps, train.lr_drops + tuple(round(e * per_epoch) for e in train.lr_drop_epochs)
