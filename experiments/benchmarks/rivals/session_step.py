"""A contestant structured like the public ArtGAN code: one graph, two `Session.run` per step.

That code builds both networks from plain layers in one TensorFlow 1 graph.  A run of D's optimizer
is fed float pictures and labels and fetches losses; a run of G's optimizer evaluates the generator
again and fetches its pictures.  It does not average G's weights.
"""

from itertools import cycle
from typing import Any
from unittest.mock import patch

import numpy as np

from artgan_tf.config import Config, Train
from experiments.benchmarks.contestants import (
    CLASSES,
    Batch,
    Contestant,
    clocked,
    fresh_gan,
    quiet,
)
from experiments.benchmarks.measuring import Run


class SessionStep:
    """The graph and its session.

    Args:
        gan: GAN with the initial weights.
        draws: take fake labels and z from the batch instead of drawing them in the graph.
    """

    def __init__(self, config: Config, batch: Batch, gan: Any, draws: bool):
        import tensorflow as tf

        self.batch, v1 = batch, tf.compat.v1
        weights = [*gan.generator.get_weights(), *gan.discriminator.get_weights()]
        with v1.Graph().as_default() as graph:
            self._build(config, draws)
            initialise = v1.global_variables_initializer()
            self.session = v1.Session(graph=graph)
            self.session.run(initialise)
            mine = [*self.gan.generator.weights, *self.gan.discriminator.weights]
            for variable, value in zip(mine, weights, strict=True):
                variable.value.load(value, self.session)
            self._zero_averages()

    def _build(self, config: Config, draws: bool) -> None:
        import tensorflow as tf

        v1, size = tf.compat.v1, config.data.image_size
        self.images = v1.placeholder(tf.float32, (len(self.batch.labels), size, size, 3))
        self.labels = v1.placeholder(tf.int32, (len(self.batch.labels),))
        self.gan = networks(config)
        self.optimizers: list[tuple[Any, list[Any]]] = []
        zs = cycle((self.batch.z, self.batch.fresh))
        given = (lambda n, seed: tf.constant(next(zs))) if draws else self.gan.latents
        with patch.object(self.gan, "latents", given):
            self._runs(config.train, tf.constant(self.batch.fake_labels))

    def _runs(self, train: Train, fake_labels: Any) -> None:
        gan = self.gan
        fake = gan.draw(fake_labels)
        loss = sum(gan.discriminator_terms(self.images, self.labels, fake, fake_labels).values())
        self.of_d = [loss, *self._updates(train, loss, gan.discriminator, train.lr_discriminator)]
        before = len(self._assignments())
        fake = gan.draw(fake_labels)
        loss = sum(gan.generator_terms(self.images, self.labels, fake, fake_labels).values())
        updates = self._updates(train, loss, gan.generator, train.lr_generator, before)
        self.of_g = [loss, *updates, fake]

    def _updates(
        self, train: Train, loss: Any, network: Any, rate: float, before: int = 0
    ) -> list[Any]:
        averages = self._assignments()[before:]  # updates of batch norm
        optimizer, variables = optimizer_of(train, rate), network.trainable_variables
        self.optimizers.append((optimizer, variables))
        return [*averages, optimizer.minimize(loss, var_list=[v.value for v in variables])]

    def _assignments(self) -> list[Any]:
        import tensorflow as tf

        initial = {v.initializer for v in tf.compat.v1.global_variables()}
        operations = tf.compat.v1.get_default_graph().get_operations()
        return [o for o in operations if o.type == "AssignVariableOp" and o not in initial]

    def _zero_averages(self) -> None:
        """Start RMSProp's averages at zero as Keras does; TensorFlow 1 starts them at one."""
        for optimizer, variables in self.optimizers:
            for variable in variables:
                slot = optimizer.get_slot(variable.value, "rms")
                if slot is not None:
                    slot.load(np.zeros(slot.shape, np.float32), self.session)

    def run(self) -> tuple[float, float]:
        """Run a step; returns its losses."""
        low, high = self.gan.pixel_range
        pictures = self.batch.images.astype(np.float32) * ((high - low) / 255.0) + low
        feed = {self.images: pictures, self.labels: self.batch.labels}
        d_loss, *_ = self.session.run(self.of_d, feed)
        g_loss, *_ = self.session.run(self.of_g, feed)
        return float(d_loss), float(g_loss)


def networks(config: Config) -> Any:
    """The configuration's GAN without the parts that a TensorFlow 1 graph cannot hold."""
    import tensorflow as tf

    from artgan_tf import papers

    kind = papers.ArtGAN if config.model.paper == "artgan" else papers.ImprovedArtGAN
    size = config.data.image_size

    def build(self: Any) -> None:
        self.generator(tf.zeros((1, config.model.z_size)), tf.zeros((1, CLASSES)))
        self.discriminator(tf.zeros((1, size, size, 3)))
        self.built = True

    return type("Networks", (kind,), {"_build_networks": build})(config, CLASSES)


def optimizer_of(train: Train, rate: float) -> Any:
    """TensorFlow 1's optimizer."""
    import tensorflow as tf

    v1 = tf.compat.v1.train
    if train.optimizer == "adam":
        return v1.AdamOptimizer(rate, train.beta1)
    return v1.RMSPropOptimizer(rate, train.rho)


def session_step(config: Config, batch: Batch) -> Contestant:
    """The contestant, with the layers currently in place."""
    losses = SessionStep(quiet(config), batch, fresh_gan(quiet(config)), draws=True).run()
    step = SessionStep(config, batch, fresh_gan(config), draws=False)

    def take() -> Run:
        return clocked(step.run)

    return Contestant(take, losses)
