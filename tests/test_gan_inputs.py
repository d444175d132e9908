"""Inputs of the networks: latents, labels of fakes, and D's images."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf import backend
from artgan_tf.papers import build_gan
from tests.gans import K, N, built, tiny

AUGMENT = ("colour", "translation", "cutout")


def test_priors_of_all_papers(samplers):
    for paper, std in (("improved", 3**-0.5), ("artgan", 1.0), ("critic", 1.0)):
        z = samplers[paper].gan.latents(5000, keras.random.SeedGenerator(0)).numpy()
        assert z.std() == pytest.approx(std, rel=0.02)
        assert (np.abs(z).max() <= 1.0) == (paper == "improved")


def test_augmentation_is_as_strong_in_the_range_of_either_paper():
    """ArtGAN's pixels are in [0, 1], Improved ArtGAN's in [-1, 1]; D gets the same pictures."""
    images = np.random.default_rng(0).integers(0, 256, (N, 16, 16, 3), np.uint8)
    shown = {}
    for paper in ("artgan", "improved"):
        gan = built(paper, discriminator__augment=AUGMENT, discriminator__noise=0.0)
        gan.random.state.assign([7, 0])
        shown[paper] = gan.to_uint8(gan.perturb(gan.from_uint8(images))[1]).numpy().astype(int)
    assert np.abs(shown["artgan"] - shown["improved"]).max() <= 1
    assert np.abs(shown["improved"] - images).max() > 50


def test_fake_labels():
    tiled = built("improved").fake_labels(N)
    np.testing.assert_array_equal(tiled, np.arange(N) % K)
    random = built("improved", train__fake_labels="random").fake_labels(3000).numpy()
    assert np.bincount(random, minlength=K).min() > 900
    many = build_gan(tiny("improved", train__fake_labels="groups", data__classes=40), 40)
    groups = many.fake_labels(100).numpy()
    names, counts = np.unique(groups, return_counts=True)
    assert (len(names), set(counts)) == (20, {5})
    assert (groups.reshape(20, 5) == groups[::5, None]).all()
    assert not np.array_equal(groups, many.fake_labels(100))


class Asked(Exception):
    """Carries the labels of a replica's fakes, which G is asked for."""


@pytest.fixture
def asked(monkeypatch):
    """`asked(gan, n, replicas)`: labels int [n] of the fakes in a train step, over all replicas."""

    def ask(real, y, fake_y):
        raise Asked(fake_y)

    def of_step(gan, n, replicas):
        parts = []
        monkeypatch.setattr(gan, "discriminator_step", ask)
        for index in range(replicas):
            for place in ("artgan_tf.backend", "artgan_tf.backend.tensorflow"):
                monkeypatch.setattr(f"{place}.replica", lambda index=index: (index, replicas))
            monkeypatch.setattr(backend, "replicas", lambda: replicas)
            rows = n // replicas
            with pytest.raises(Asked) as told:
                gan.train_step((np.zeros((rows, 16, 16, 3), np.uint8), np.zeros(rows, np.int32)))
            parts.append(np.array(told.value.args[0]))
        return np.concatenate(parts)

    return of_step


@pytest.mark.parametrize(("classes", "n", "replicas"), [(40, 32, 2), (102, 100, 1)])
def test_more_classes_than_a_batch_holds_come_equally_often(classes, n, replicas, asked):
    gan = build_gan(tiny("improved", data__classes=classes), classes)
    gan.compile()
    counts, steps = np.zeros(classes, int), math.lcm(classes, n) // n
    for step in range(steps):
        gan.step.assign(step)
        counts += np.bincount(asked(gan, n, replicas), minlength=classes)
    np.testing.assert_array_equal(counts, steps * n // classes)


@pytest.mark.parametrize("classes", [27, 40])
def test_replicas_have_the_fake_labels_of_one_device(classes, asked):
    gan = build_gan(tiny("improved", data__classes=classes), classes)
    gan.compile()
    for step in (0, 1, 7):
        gan.step.assign(step)
        whole = asked(gan, 36, 1)
        np.testing.assert_array_equal(asked(gan, 36, 3), whole)
        if classes <= 36:
            np.testing.assert_array_equal(whole, np.arange(36) % classes)  # as published


@pytest.mark.parametrize("paper", ["improved", "artgan", "critic"])
def test_a_seed_means_the_same_latent_inside_and_outside_a_graph(paper, samplers):
    gan = samplers[paper].gan
    eager, other = gan.latents_by_seed([7, 8]).numpy()
    graph = tf.function(gan.latents_by_seed)(tf.constant([7], tf.int64))
    np.testing.assert_array_equal([eager], graph)
    assert not np.array_equal(eager, other)
