"""This project's own model: a modulated generator, and a critic for each class in D.

Images are in [-1, 1] and z is normal; tables, convolutions and initial weights are those of
Improved ArtGAN.
"""

from typing import Any

import keras
from keras import ops

from artgan_tf import backend, layers, losses
from artgan_tf.config import Config, ModelOptions
from artgan_tf.frozen.features import map_sizes
from artgan_tf.losses import Terms
from artgan_tf.models import improved
from artgan_tf.models.artgan import NormalPrior
from artgan_tf.models.feature_critics import FeatureCritics
from artgan_tf.models.generator import Generator
from artgan_tf.tables import check_growth, parse_stages, scale


# ---- networks ---------------------------------------------------------------------------------
class ModulatedBlock(keras.layers.Layer):
    """Weights -> batch norm, scaled and shifted by the style -> leaky ReLU.

    The style modulates the weights' C' output `channels`; 0 for no modulation.
    Call: x [N, H, W, C], style [N, S] -> [N, H', W', C'].
    """

    def __init__(self, weights: keras.layers.Layer, channels: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.inner, dtype = weights, self.dtype_policy
        self.norm = layers.batch_norm(improved.NORM, dtype)
        settings: Any = {"kernel_initializer": improved.normal(), "dtype": dtype}
        self.modulate = keras.layers.Dense(2 * channels, **settings) if channels else None

    def call(self, x: Any, style: Any, training: bool = False) -> Any:
        x = self.norm(self.inner(x), training=training)
        if self.modulate is not None:
            scale, shift = ops.split(self.modulate(style)[:, None, None, :], 2, axis=-1)
            x = x * (1.0 + scale) + shift
        return ops.leaky_relu(x, negative_slope=improved.SLOPE)


# This name is stored in files written by `save`, so it must not change.
@keras.saving.register_keras_serializable("artgan_tf.critic", "Generator")
class ModulatedGenerator(Generator):
    """z and classes -> images in [-1, 1].

    z and the class (`model.modulation` says which) scale and shift every batch norm but the first,
    as in BigGAN. Each size adds to the image, which is enlarged from size to size, as in StyleGAN2;
    without `model.skips` only the last one draws. `model.generator` ends at the size of the images.
    """

    def __init__(
        self, options: ModelOptions, image_size: int, dtype: Any = "float32", **kwargs: Any
    ):
        super().__init__(options, image_size, dtype, **kwargs)
        stages = parse_stages(options.generator, options.width)
        check_growth("generator", stages, 4, image_size)
        self.modulation = options.modulation
        self.project = improved.first_layer(options.width, dtype)
        self.blocks, self.paints, sizes = [], [], [4, *(stage.size for stage in stages)]
        for before, stage, after in zip(sizes, stages, [*sizes[2:], None], strict=False):
            inner = improved.growing_convolution(stage.channels, stage.size != before, dtype)
            moved = stage.channels if self.modulation else 0
            self.blocks.append(ModulatedBlock(inner, moved, dtype=dtype))
            paints = after is None or (options.skips and after != stage.size)
            self.paints.append(improved.convolution(3, dtype=dtype) if paints else None)

    def call(self, z: Any, classes: Any, training: bool = False) -> Any:
        # Scale the one-hot class to the average length of z, so that both weigh the same.
        classes = classes * z.shape[-1] ** 0.5
        parts = {"latent": z, "class": classes}
        chosen = [part for name, part in parts.items() if name in self.modulation]  # z first
        style = ops.concatenate(chosen, axis=-1) if chosen else z
        x = self.project(ops.concatenate([z, classes], axis=-1), training=training)
        x = ops.reshape(x, (-1, 4, 4, x.shape[-1] // 16))
        picture: Any = None
        for block, paint in zip(self.blocks, self.paints, strict=True):
            x = block(x, style, training=training)
            if paint is None:
                continue
            painted = ops.cast(paint(x), "float32")
            if picture is not None:
                size = painted.shape[1:3]
                painted = painted + ops.image.resize(picture, size, interpolation="bilinear")
            picture = painted
        return ops.tanh(picture)


class ClassCriticDiscriminator(improved.ImprovedDiscriminator):
    """Improved ArtGAN's categorical autoencoder with a critic for each class on its codes.

    `feature_critics(maps)` does for mixed maps of frozen features what `critic` does for codes; it
    is None without features.
    """

    def __init__(self, config: Config, classes: int, dtype: Any = "float32"):
        super().__init__(config, classes, dtype)
        options = config.discriminator
        self.head = improved.dense(classes, options.spectral_norm, dtype="float32")
        self.feature_critics: FeatureCritics | None = None
        if options.features != "none":
            sizes = map_sizes(options.feature_size)
            channels = scale(128, config.model.width)
            self.feature_critics = FeatureCritics(classes, channels, sizes, dtype=dtype)

    def build(self, images_shape: tuple[int | None, ...]) -> None:
        super().build(images_shape)
        _, codes = self.call(keras.KerasTensor((1, *images_shape[1:])))
        self.critic(codes)
        if self.feature_critics is not None:
            self.feature_critics(self.feature_critics.examples())

    def critic(self, codes: Any) -> Any:
        """c_k of codes, the realness of an image as one of class k, float32 [N, 1, 1, K]."""
        return self.head(self.flatten(codes))[:, None, None, :]


# ---- losses -----------------------------------------------------------------------------------
def discriminator_loss(real: Any, fake: Any, kind: str = "non-saturating") -> Terms:
    """A critic's part of L_D: c_y [N, H, W] of real images, and of as many fakes of these classes.

    `non-saturating` softplus(-c(x)) + softplus(c(s)) (Goodfellow et al., 2014), `hinge`
    relu(1 - c(x)) + relu(1 + c(s)) (Lim and Ye, 2017), or `relativistic` softplus(-(c(x) - c(s)))
    over pairs (Jolicoeur-Martineau, 2019).
    """
    if kind == "relativistic":
        return {"real": ops.mean(ops.softplus(fake - real))}
    loss = ops.softplus if kind == "non-saturating" else lambda x: ops.relu(1.0 + x)
    return {"real": ops.mean(loss(-real)), "fake": ops.mean(loss(fake))}


def generator_loss(real: Any, fake: Any, kind: str = "non-saturating") -> Terms:
    """A critic's part of L_G; arguments as for `discriminator_loss`.

    `non-saturating` softplus(-c(s)), `hinge` -c(s), `relativistic` softplus(-(c(s) - c(x))).
    """
    if kind == "hinge":
        return {"adversarial": -ops.mean(fake)}
    margin = fake - real if kind == "relativistic" else fake
    return {"adversarial": ops.mean(ops.softplus(-margin))}


# ---- the model --------------------------------------------------------------------------------
class ClassCriticGAN(NormalPrior, improved.ImprovedArtGAN):
    """This project's own model: Improved ArtGAN's D with a critic for each class, a modulated G.

    Improved ArtGAN rewards G for images typical of a class: its class term equals a softmax over
    the classes and "fake". Here D learns classes and reconstruction from real images only, G from
    the critic of the requested class, which compares real images of the class with fakes of it:

        L_D = CE(o(x), y) + sum_j D_j + 0.5 MSE(r(x), x) + the gradient penalty
        L_G = sum_j A_j + energy_weight * sum_v energy_distance of the view v

    D_j is `discriminator_loss` and A_j `generator_loss` of critic j, of the kind that
    `train.adversarial_loss` names, averaged over images and places: j is the critic on D's codes,
    and those on the frozen features if there are any.
    """

    title, source = "Improved ArtGAN with class critics", "this project's own"
    generator_class, discriminator_class = ModulatedGenerator, ClassCriticDiscriminator

    @property
    def discriminator_term_names(self) -> tuple[str, ...]:
        relativistic = self.config.train.adversarial_loss == "relativistic"
        adversarial = ("real",) if relativistic else ("real", "fake")
        reconstruction = ("reconstruction",) * self.config.model.autoencoder
        penalty = ("penalty",) * bool(self.config.train.gradient_penalty)
        return ("class", *adversarial, *reconstruction, *penalty)

    @property
    def generator_term_names(self) -> tuple[str, ...]:
        return ("adversarial",)

    def discriminator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """CE(o(x), y) + `discriminator_loss` of all critics + 0.5 MSE(r(x), x) + the penalty."""
        clean, noisy = self.perturb(real)
        logits, codes, real_critics, of_real = self._pass(noisy, y)
        _, _, fake_critics, of_fake = self._pass(self.perturb(fake)[1], fake_y)
        terms = {"class": losses.cross_entropy(logits, y)}
        terms |= self._adversarial(discriminator_loss, real_critics, fake_critics)
        terms |= self._reconstruction(clean, codes)
        if gamma := self.config.train.gradient_penalty:
            # R1 and R2 as in R3GAN, in every n-th step with n times the weight.
            weight = 0.5 * gamma * self.config.train.penalty_every
            terms["penalty"] = weight * sum(map(losses.gradient_penalty, (*of_real, *of_fake)))
        return terms

    def generator_terms(self, real: Any, y: Any, fake: Any, fake_y: Any) -> Terms:
        """`generator_loss` of all critics; `GAN.generator_step` adds the energy term.

        Only the relativistic loss looks at real images.
        """

        def seen(images: Any, labels: Any) -> list[Any]:
            noisy = self.perturb(images)[1]
            _, codes = self.discriminator(noisy, training=True)
            return self._critics(noisy, codes, labels)

        of_fake = seen(fake, fake_y)
        relativistic = self.config.train.adversarial_loss == "relativistic"
        of_real = seen(real, y) if relativistic else of_fake  # which the other losses do not use
        return self._adversarial(generator_loss, of_real, of_fake)

    def _pass(self, noisy: Any, y: Any) -> tuple[Any, Any, list[Any], list[Any]]:
        """D's logits, codes and critics in the D step, and a gradient if it is to be penalized.

        Critics on frozen features, shallow and spectrally normalized, are not penalized, as in
        projected GANs (Sauer et al., 2021).
        """

        def own(x: Any) -> tuple[Any, tuple[Any, Any]]:
            logits, codes = self.discriminator(x, training=True, dropout=True)
            critic = self._of_class(self.discriminator.critic(codes), y)
            return ops.sum(ops.mean(critic, axis=(1, 2))), (logits, codes)

        train = self.config.train
        gradients: list[Any] = []
        if train.gradient_penalty:
            due = ops.equal(self.step % train.penalty_every, 0)
            (logits, codes), *gradients = backend.with_gradient(own, noisy, due, self.state)
        else:
            _, (logits, codes) = own(noisy)
        return logits, codes, self._critics(noisy, codes, y), gradients

    def _critics(self, noisy: Any, codes: Any, labels: Any, training: bool = True) -> list[Any]:
        """c_y of each critic, [N, H, W]: the one on D's codes, then those on frozen features."""
        maps = [self.discriminator.critic(codes)]
        if self.features is not None:
            maps += self.discriminator.feature_critics(self.features(noisy), training=training)
        return [self._of_class(x, labels) for x in maps]

    def _of_class(self, critics: Any, labels: Any) -> Any:
        return ops.einsum("nhwk,nk->nhw", critics, self.one_hot(labels))

    def _adversarial(self, loss: Any, real: list[Any], fake: list[Any]) -> Terms:
        """Sum the terms of all critics."""
        kind = self.config.train.adversarial_loss
        terms = [loss(*pair, kind) for pair in zip(real, fake, strict=True)]
        return {name: sum(t[name] for t in terms) for name in terms[0]}

    def realness(self, images: Any, labels: Any) -> Any:
        _, codes = self.discriminator(images)
        critics = self._critics(images, codes, labels, training=False)
        return sum(ops.mean(critic, axis=(1, 2)) for critic in critics)

    def judge(self, images: Any) -> tuple[Any, Any]:
        logits, codes = self.discriminator(images)
        scores = ops.softmax(logits)
        critics = ops.mean(self.discriminator.critic(codes), axis=(1, 2))
        return scores, ops.sigmoid(ops.sum(scores * critics, axis=1))
