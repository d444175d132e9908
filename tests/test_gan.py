"""The train step: gradient routing, precision, XLA, seeds, the options."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf.config import InputError, resolve
from artgan_tf.optimization import make_optimizer
from artgan_tf.papers import build_gan
from artgan_tf.step_choices import trick_steps
from tests.gans import K, N, batch, built, moved, tiny, values

ALL_ON = {
    "discriminator__dropout": 0.2,
    "discriminator__noise": 0.1,
    "discriminator__augment": ["colour", "translation", "cutout"],
    "discriminator__spectral_norm": True,
    "train__energy_weight": 3.0,
    "train__energy_of": ["colours", "shapes"],
}
PENALTY = {"train__gradient_penalty": 0.3, "train__penalty_every": 2}


@pytest.mark.parametrize(
    ("paper", "spectral_norm"), [("improved", False), ("artgan", False), ("critic", True)]
)
def test_each_step_moves_its_own_network_only(paper, spectral_norm):
    gan = built(paper, discriminator__spectral_norm=spectral_norm)
    images, y = batch()
    real, fake_y = gan.from_uint8(images), gan.fake_labels(N)
    g, d = values(gan.generator), values(gan.discriminator)
    gan.discriminator_step(real, y, fake_y)
    assert not any(moved(g, gan.generator))
    assert all(moved(d, gan.discriminator))
    g, d = values(gan.generator), values(gan.discriminator)
    gan.generator_step(real, y, fake_y)
    assert not any(moved(d, gan.discriminator))
    assert all(moved(g, gan.generator))


def test_reconstruction_of_paper_a_trains_dec_alone():
    gan = built("artgan")
    images, y = batch()
    real, fake_y = gan.from_uint8(images), gan.fake_labels(N)
    with tf.GradientTape() as tape:
        fake = gan.draw(fake_y)
        loss = gan.generator_terms(real, y, fake, fake_y)["reconstruction"]
    generator, discriminator = gan.generator, gan.discriminator
    z_net = [v for block in generator.latent for v in block.trainable_variables]
    dec = [v for b in (*generator.decoder, generator.paint) for v in b.trainable_variables]
    groups = (z_net, discriminator.trainable_variables, dec)
    none_z, none_d, found = tape.gradient(loss, [[v.value for v in group] for group in groups])
    assert all(g is None for g in none_z)
    assert all(g is None for g in none_d)
    assert all(g is not None and np.abs(g).max() > 0 for g in found)


def test_gradient_of_paper_b_flows_through_both_sides_of_the_reconstruction_of_fakes():
    gan = built("improved", discriminator__noise=0.0)
    z, y = gan.latents(N, gan.random), gan.one_hot(gan.fake_labels(N))
    with tf.GradientTape(persistent=True) as tape:
        fake = gan.generator(z, y, training=True)
        decoded = gan.discriminator.decode(gan.discriminator(fake, training=True)[1], training=True)
        sides = {
            "both": tf.reduce_mean((decoded - fake) ** 2),
            "target": tf.reduce_mean((tf.stop_gradient(decoded) - fake) ** 2),
            "decoded": tf.reduce_mean((decoded - tf.stop_gradient(fake)) ** 2),
        }
    kernel = gan.generator.project.inner.kernel.value
    gradients = {name: tape.gradient(loss, kernel).numpy() for name, loss in sides.items()}
    with tf.GradientTape() as tape:
        fake = gan.generator(z, y, training=True)
        term = gan.generator_terms(None, None, fake, gan.fake_labels(N))["reconstruction"]
    ours = tape.gradient(term, kernel).numpy()
    np.testing.assert_allclose(2 * ours, gradients["both"], rtol=1e-3, atol=1e-7)
    assert np.abs(gradients["target"]).max() > 1e-5
    assert np.abs(gradients["decoded"]).max() > 1e-7


@pytest.mark.parametrize("paper", ["improved", "artgan", "critic"])
def test_dropout_is_off_in_the_generator_step_and_noise_stays_on(paper):
    gan = built(paper, discriminator__dropout=0.9, discriminator__noise=0.0)
    fake_y, (images, y) = gan.fake_labels(N), batch()
    real, fake = gan.from_uint8(images), gan.draw(fake_y)

    def loss_of_g(gan):
        return float(sum(gan.generator_terms(real, y, fake, fake_y).values()))

    assert loss_of_g(gan) == loss_of_g(gan)
    noisy = built(paper, discriminator__noise=0.5)
    assert loss_of_g(noisy) != loss_of_g(noisy)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paper", "precision", "changes"),
    [
        ("improved", "mixed_float16", {}),
        ("artgan", "mixed_float16", {}),
        ("critic", "mixed_bfloat16", PENALTY | {"discriminator__augment": []}),
    ],
)
def test_steps_run_in_every_precision_with_all_options_on(paper, precision, changes):
    """The critic's in XLA, as on a GPU; test_augment.py compiles the augmentations."""
    gan = built(paper, train__precision=precision, **ALL_ON | changes)
    step = tf.function(gan.train_step, jit_compile=paper == "critic")
    before = values(gan.generator)
    for seed in range(3):
        logs = step(batch(seed))
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert any(moved(before, gan.generator))
    assert all(v.dtype == "float32" for v in gan.trainable_variables)
    if precision == "mixed_float16":
        assert isinstance(gan.d_optimizer, keras.optimizers.LossScaleOptimizer)
        assert isinstance(gan.g_optimizer, keras.optimizers.LossScaleOptimizer)


@pytest.mark.slow
def test_seeds_change_the_latents_under_xla_and_steps_draw_fresh_ones():
    drawn = []
    for seed in (1, 2):
        gan = built("improved", train__seed=seed)
        draw = tf.function(lambda gan=gan: gan.latents(4, gan.random), jit_compile=True)
        drawn += [draw().numpy().tobytes() for _ in range(2)]
    assert len(set(drawn)) == 4


@pytest.mark.slow
def test_learning_rates_the_trick_and_the_average_step_by_step(monkeypatch):
    monkeypatch.setattr("artgan_tf.gan.trick_steps", lambda *_: tf.constant(3))
    gan = built("improved", train__lr_drops=[2], train__cifar_trick=True, train__ema=0.5)
    draw, drawn = gan.latents, []

    def recorded(*arguments):
        z = draw(*arguments)
        tf.numpy_function(lambda value: drawn.append(value.tobytes()), [z], [], stateful=True)
        return z

    monkeypatch.setattr(gan, "latents", recorded)
    step = tf.function(gan.train_step)
    for done, rate in enumerate((2e-4, 2e-4, 2e-5, 2e-5), 1):
        before = [v.numpy().copy() for v in gan.averaged.weights]
        step(batch())
        assert int(gan.d_optimizer.iterations) == done
        assert int(gan.g_optimizer.iterations) == 3 * done
        for optimizer in (gan.d_optimizer, gan.g_optimizer):
            assert float(optimizer.learning_rate) == pytest.approx(rate)
        assert len(set(drawn)) == len(drawn) == 4 * done  # D's draw, and three of G's
        decay = min(0.5, done / (9 + done))  # faster at first
        for mean, old, now in zip(gan.averaged.weights, before, gan.generator.weights, strict=True):
            np.testing.assert_allclose(mean, decay * old + (1 - decay) * now.numpy(), atol=1e-6)
    assert any("moving" in v.path for v in gan.averaged.weights)  # statistics too


def test_an_optimizer_with_a_schedule_follows_it():
    """The other one falls at the configuration's steps."""
    gan = build_gan(tiny("improved", train__precision="mixed_float16", train__lr_drops=[1]), K)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=1, decay_rate=0.5)
    gan.compile(d_optimizer=keras.optimizers.SGD(schedule))
    for _ in range(2):
        gan.train_step(batch())
    done = int(gan.d_optimizer.inner_optimizer.iterations)
    assert float(gan.d_optimizer.learning_rate) == pytest.approx(0.01 * 0.5**done)
    assert float(gan.g_optimizer.learning_rate) == pytest.approx(2e-5)


@pytest.mark.parametrize(
    ("preset", "start"), [("improved/wikiart-style", 1), ("artgan/cifar10", 0)]
)
def test_rmsprop_is_as_published(preset, start):
    """TF1 (Improved) starts the mean square at ones, PyTorch (ArtGAN) at zeros; NumPy float64."""
    train = resolve(preset).train
    optimizer = make_optimizer(train, train.lr_generator)
    weight = keras.Variable(np.zeros(3))
    optimizer.build([weight])
    expected, square = np.zeros(3), np.full(3, float(start))
    for gradient in np.random.default_rng(0).normal(0, [1.0, 0.1, 1e-3], (20, 3)):
        optimizer.apply([tf.constant(gradient, tf.float32)])
        square = train.rho * square + (1.0 - train.rho) * gradient**2
        expected -= train.lr_generator * gradient / np.sqrt(square + 1e-10)
        np.testing.assert_allclose(weight.numpy(), expected, rtol=1e-4)


def test_the_cifar_trick_takes_one_three_or_five_generator_steps():
    cases = {0.9: 1, 0.67001: 1, 0.67: 3, 0.5: 3, 0.3: 5, 0.1: 5}
    for t, steps in cases.items():
        assert int(trick_steps(tf.constant(t), tf.constant(t))) == steps


def test_held_out_accuracy_counts_images_not_batches_and_never_answers_fake():
    gan = built("artgan")
    gan.discriminator.logits.bias.assign([0.0, 0.0, 5.0, 50.0])  # FAKE would always be largest
    images, _ = batch()
    parts = [(images[:4], tf.fill([4], 2)), (images[4:5], tf.fill([1], 0))]
    for part in parts:
        logs = gan.test_step(part)
    assert float(logs["accuracy"]) == pytest.approx(0.8)


def test_codes_of_enc_and_znet_must_agree():
    with pytest.raises(InputError, match=r"model.encoder ends at 8:8 but model.latent at"):
        built("artgan", model__encoder=["64/2 4x4"])
