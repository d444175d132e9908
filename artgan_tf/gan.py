"""`GAN`, the `keras.Model` that all models share: the train step and the EMA.

    gan = build_gan(config, num_classes=10)   # from artgan_tf.papers
    gan.compile()                             # the optimizers of the configuration
    gan.fit(dataset)                          # TensorFlow only; (uint8 [N, S, S, 3], int labels)

One `train_step` is one D step followed by one G step (or several, with the CIFAR trick). Real and
fake images, float32 [N, S, S, 3] with labels int32 [N], pass through D as separate batches, so that
batch norm normalizes each separately. `backend.descend` updates a network on the sum of its terms,
and `own_rows` gives each replica its rows of a draw for the whole batch.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from artgan_tf import backend, losses
from artgan_tf.abstract import AbstractGAN
from artgan_tf.augment import augment
from artgan_tf.config import Config
from artgan_tf.frozen.features import FrozenFeatures
from artgan_tf.layers import update_spectral_norm
from artgan_tf.losses import Terms
from artgan_tf.means import Means
from artgan_tf.optimization import make_optimizer
from artgan_tf.step_choices import labels_of_fakes, trick_steps


class GAN(AbstractGAN):
    """G, the EMA of its weights, D, and a train step; a model defines the networks and losses."""

    def __init__(self, config: Config, num_classes: int):
        super().__init__()
        self.config, self.num_classes = config, num_classes
        precision = config.train.precision
        self.dtype_name = backend.fast_precision() if precision == "auto" else precision
        self.generator, self.averaged = self.new_generator(), self.new_generator()
        self.discriminator = self.new_discriminator()
        self.features: FrozenFeatures | None = None  # used in training only, not saved
        self.random = keras.random.SeedGenerator(config.train.seed)
        self.step = self.add_weight(
            name="step", dtype=backend.COUNTER, trainable=False, aggregation="only_first_replica"
        )
        self.strength = None  # strength of augmentation, if adaptive
        if config.discriminator.augment_strength == "adaptive":
            self.strength = self.add_weight(
                name="augment_strength", initializer="zeros", trainable=False
            )
        self._build_networks()
        names = [f"d_{n}" for n in ("loss", *self.discriminator_term_names)]
        names += [f"g_{n}" for n in ("loss", *self.generator_term_names)]
        names += ["g_energy"] * bool(config.train.energy_weight)
        self.train_means = Means(self, "train_means", names)
        held_out = ("accuracy", "reconstruction")[: 1 + config.model.autoencoder]
        self.held_out_means = Means(self, "held_out_means", held_out)

    # ---- one iteration ------------------------------------------------------------------------
    def train_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """Train on images uint8 [N, S, S, 3] and int labels [N]; returns the means so far."""
        real, y = self._prepared(data)
        self._set_learning_rates()
        paired = self.config.train.fake_labels == "real"
        fake_y = y if paired else backend.own_rows(ops.shape(y)[0], self.fake_labels)
        d_terms = self.discriminator_step(real, y, fake_y)
        g_terms = self._generator_steps(real, y, fake_y, d_terms)
        self._update_average()
        self.step.assign_add(1)
        figures = _named("d", d_terms) | _named("g", g_terms)
        return self.train_means.add(backend.mean_of_replicas(figures))

    def discriminator_step(self, real: Any, y: Any, fake_y: Any) -> Terms:
        """Update D once on real images and as many fakes; returns L_D's terms before the update."""
        update_spectral_norm(self.discriminator)
        fake = ops.stop_gradient(self.draw(fake_y))
        return backend.descend(
            self.d_optimizer,
            self.discriminator,
            lambda: self.discriminator_terms(real, y, fake, fake_y),
            self.state,
        )

    def generator_step(self, real: Any, y: Any, fake_y: Any) -> Terms:
        """Update G once, with fresh z; returns L_G's terms before the update."""

        def compute_terms() -> Terms:
            fake = self.draw(fake_y)
            terms = self.generator_terms(real, y, fake, fake_y)
            if weight := self.config.train.energy_weight:
                terms["energy"] = weight * self._energy(real, y, fake, fake_y)
            return terms

        return backend.descend(self.g_optimizer, self.generator, compute_terms, self.state)

    def _generator_steps(self, real: Any, y: Any, fake_y: Any, d_terms: Terms) -> Terms:
        if not self.config.train.cifar_trick:
            return self.generator_step(real, y, fake_y)
        steps = trick_steps(d_terms["real"], d_terms["fake"])
        step = partial(self.generator_step, real, y, fake_y)
        return backend.repeat(steps, step, step(), self.state)

    def draw(self, fake_y: Any) -> Any:
        """Generate float32 images [N, S, S, 3] for labels [N], from fresh z, in training mode."""
        n = ops.shape(fake_y)[0]
        z = backend.own_rows(n, lambda total: self.latents(total, self.random))
        return self.generator(z, self.one_hot(fake_y), training=True)

    def fake_labels(self, n: int) -> Any:
        """Labels of a whole batch of fakes, int32 [n]; with `real`, those of the batch instead."""
        kind = self.config.train.fake_labels
        return labels_of_fakes(kind, n, self.num_classes, self.step, self.random)

    def perturb(self, images: Any) -> tuple[Any, Any]:
        """Augment images [N, S, S, 3] for D; returns them without and with Gaussian noise."""
        options = self.config.discriminator
        clean = augment(images, options.augment, self.random, self.pixel_range, self.strength)
        if not options.noise:
            return clean, clean
        n, *shape = ops.shape(clean)
        noise = backend.own_rows(
            n, lambda total: keras.random.normal((total, *shape), seed=self.random)
        )
        return clean, clean + options.noise * noise

    def _energy(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Any:
        """Energy distance over the whole batch, including pairs of images on two replicas."""
        total = 0.0
        for name in self.config.train.energy_of:
            view = losses.VIEWS[name]
            rows = view(real), y, view(fake), fake_y
            total += losses.energy_distance(*map(backend.rows_of_replicas, rows))
        return total

    def _set_learning_rates(self) -> None:
        drops = ops.convert_to_tensor(self.learning_rate_drops, dtype=backend.COUNTER)
        passed = ops.sum(ops.cast(self.step >= drops, "float32"))
        for optimizer, rate in self.base_rates:
            optimizer.learning_rate = rate * ops.power(0.1, passed)

    def _update_average(self) -> None:
        # The average decays faster at first, so that early pictures do not show initial weights.
        step = ops.cast(self.step, "float32")
        decay = ops.minimum(self.config.train.ema, (1.0 + step) / (10.0 + step))
        for mean, now in zip(self.averaged.weights, self.generator.weights, strict=True):
            mean.assign(now + decay * (mean - now))

    # ---- held-out images ----------------------------------------------------------------------
    def test_step(self, data: tuple[Any, Any]) -> dict[str, Any]:
        """Measure D's accuracy among the K classes and the reconstruction error on held-out images.

        Takes a batch as `train_step` does; returns the means so far.
        """
        real, y = self._prepared(data)
        logits = self.discriminator(real)[0][:, : self.num_classes]
        hits = ops.cast(ops.equal(ops.cast(ops.argmax(logits, axis=-1), "int32"), y), "float32")
        figures = {"accuracy": ops.mean(hits)}
        if self.config.model.autoencoder:
            figures["reconstruction"] = losses.mean_squared_error(self.reconstruct(real), real)
        return self.held_out_means.add(figures, weight=ops.shape(y)[0])

    def compare_step(self, data: tuple[tuple[Any, Any], tuple[Any, Any]]) -> Any:
        """Sum D's realness, in inference mode, of training images, held-out images and fakes.

        `data` is a batch of training and one of held-out images. The fakes have the classes of the
        training images and always the same z; no variable changes. Returns float32 [3, 3]: for each
        kind the sum of `realness`, the sum of its squares, and the number of images.
        """
        (train, y), (held_out, other_y) = map(self._prepared, data)
        z = self.latents_by_seed(np.arange(self.config.train.batch_size))[: ops.shape(y)[0]]
        fake = self.generator(z, self.one_hot(y))
        found = [self.realness(*seen) for seen in ((train, y), (held_out, other_y), (fake, y))]
        powers = (lambda x: x, ops.square, ops.ones_like)
        return ops.stack([ops.stack([ops.sum(power(x)) for power in powers]) for x in found])

    def _prepared(self, batch: tuple[Any, Any]) -> tuple[Any, Any]:
        """A batch's images in the model's range, and its labels as int32."""
        images, y = batch
        return self.from_uint8(images), ops.cast(y, "int32")

    # ---- set-up -------------------------------------------------------------------------------
    def _build_networks(self) -> None:
        size = self.config.data.image_size
        self.build_generator(self.generator)
        self.build_generator(self.averaged)
        self.averaged.trainable = False
        self.discriminator(keras.KerasTensor((1, size, size, 3)))
        for _ in range(5):  # first estimates of the singular values
            update_spectral_norm(self.discriminator)
        self.averaged.set_weights(self.generator.get_weights())
        self.built = True

    def build_generator(self, generator: keras.Model) -> None:
        """Create the weights of a new generator."""
        # JAX would compile each operation on other than symbolic inputs.
        sizes = (self.config.model.z_size, self.num_classes)
        generator(*(keras.KerasTensor((1, size)) for size in sizes))

    def compile(
        self,
        d_optimizer: keras.optimizers.Optimizer | None = None,
        g_optimizer: keras.optimizers.Optimizer | None = None,
        learning_rate_drops: tuple[int, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        """Set both optimizers, by default those of the configuration, and build their state.

        Both learning rates drop to a tenth at the train steps `learning_rate_drops`, by default the
        configuration's; an optimizer with a schedule of its own follows that.
        """
        train = self.config.train
        super().compile(optimizer=None, **kwargs)
        if self.config.discriminator.features != "none":
            self.features = FrozenFeatures(self.config.discriminator.feature_size, self.dtype_name)
        drops = train.lr_drops if learning_rate_drops is None else learning_rate_drops
        self.learning_rate_drops = drops or (2**31 - 1,)  # never
        optimizers = (
            d_optimizer or make_optimizer(train, train.lr_discriminator),
            g_optimizer or make_optimizer(train, train.lr_generator),
        )
        if self.dtype_name == "mixed_float16":
            optimizers = tuple(keras.optimizers.LossScaleOptimizer(o) for o in optimizers)
        self.d_optimizer, self.g_optimizer = optimizers
        self.d_optimizer.build(self.discriminator.trainable_variables)
        self.g_optimizer.build(self.generator.trainable_variables)
        constant = [o for o in optimizers if isinstance(o.learning_rate, keras.Variable)]
        self.base_rates = tuple((o, float(backend.array(o.learning_rate))) for o in constant)

    def reset_metrics(self) -> None:
        """Reset all means, as Keras's `fit` and `evaluate` do between epochs."""
        super().reset_metrics()
        self.train_means.reset()
        self.held_out_means.reset()

    @property
    def state(self) -> list[keras.Variable]:
        """All variables that a step may read or change; available once compiled."""
        optimizers = (self.d_optimizer, self.g_optimizer)
        own = [*self.variables, *(v for o in optimizers for v in o.variables)]
        return own + (self.features.variables if self.features else [])

    @property
    def steps_done(self) -> int:
        """Number of train steps so far."""
        return int(backend.array(self.step))


def _named(prefix: str, terms: Terms) -> Terms:
    """The loss and its terms, under their names in the history."""
    named = {f"{prefix}_{name}": value for name, value in terms.items()}
    return {f"{prefix}_loss": sum(terms.values())} | named
