"""Batches depend on (seed, step) alone: order, crops and flips, as the pixels show.

Pixel (row, column) of example i is (i, row, column), so a batch shows which crops it contains.
"""

import io
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from artgan_tf.config import Data, InputError
from artgan_tf.data.decoding import decode_any
from artgan_tf.data.pipeline import Part, _permuted, held_out_batches, training_batches
from artgan_tf.data.source import Indexed, Split, short_side, streamed
from tests.data.streams import assert_same, indices

COUNT, BATCH = 23, 5
KINDS = ["in memory", "uncached", "streamed", "streamed, in memory"]
LABELS = np.arange(COUNT, dtype=np.int32) % 4


def settings(kind: str = "in memory", **changes: Any) -> Data:
    cache_mb = 8 if "in memory" in kind else 0
    return Data(**({"image_size": 8, "crop": 0.8, "cache_mb": cache_mb} | changes))


def picture(index: int, data: Data) -> np.ndarray:
    """Examples alternate between square, wide and tall."""
    side = short_side(data)
    height, width = [(side, side), (side, side + 6), (side + 3, side)][index % 3]
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([np.full_like(rows, index), rows, columns], axis=-1)


def split_of(kind: str, data: Data, labels: np.ndarray = LABELS) -> Split:
    if not kind.startswith("streamed"):
        return Indexed(labels, lambda i: picture(i, data))
    files = [png(picture(i, data)) for i in range(len(labels))]
    examples = tf.data.Dataset.from_tensor_slices({"image": files, "label": labels.astype(int)})
    return streamed(examples, decode_any("a stream", short_side(data), 40))


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def stream(kind: str, steps: int, seed: int = 3, start: int = 0, **changes: Any) -> list[Any]:
    data = settings(kind, **changes)
    batches = training_batches(split_of(kind, data), data, BATCH, seed, start)
    return list(batches.take(steps).as_numpy_iterator())


# ---- order -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_from_step_k_goes_on_where_one_from_0_would_be(kind: str) -> None:
    whole = stream(kind, 16)  # three epochs and a half
    for start in (1, 4, 5, 11):
        assert_same(stream(kind, 16 - start, start=start), whole[start:])


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_comes_once_an_epoch_in_ever_new_order(kind: str) -> None:
    batches = stream(kind, COUNT)  # as many steps as examples: BATCH epochs
    found = indices(batches)
    epochs = [tuple(found[start : start + COUNT]) for start in range(0, len(found), COUNT)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(COUNT))
    assert len(set(epochs)) == len(epochs) == BATCH
    for images, labels in batches:
        np.testing.assert_array_equal(labels, LABELS[images[:, 0, 0, 0]])


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_gives_other_epochs(kind: str) -> None:
    orders = [tuple(indices(stream(kind, COUNT, seed=seed))) for seed in (0, 1)]
    epochs = [order[start : start + COUNT] for order in orders for start in range(0, 115, COUNT)]
    assert len(set(epochs)) == 10  # no two epochs of any seeds have the same order


@pytest.mark.parametrize("kind", KINDS)
def test_the_global_seed_does_not_matter(kind: str) -> None:
    streams = []
    for global_seed in (0, 77):
        tf.random.set_seed(global_seed)
        streams.append(stream(kind, 6, seed=0))
    assert_same(*streams)


def test_the_order_is_the_one_that_runs_were_begun_with() -> None:
    first, second = indices(stream("in memory", 2))[:BATCH], indices(stream("uncached", 2))[BATCH:]
    assert first + second == [9, 0, 4, 7, 3, 14, 18, 13, 21, 2]
    balanced = indices(stream("in memory", 2, balanced=True))
    assert balanced == [10, 12, 11, 9, 1, 4, 2, 3, 15, 17]


def test_places_are_permuted_together_as_one_by_one() -> None:
    index, count = tf.range(40, dtype=tf.int64) % 10, tf.repeat(tf.constant([10, 25], tf.int64), 20)
    epoch = tf.range(40, dtype=tf.int64) // 7
    found = _permuted(index, count, seed=5, stream=3, epoch=epoch).numpy()
    for place in range(40):
        key = tf.stack([tf.constant(3 + 5 * 1_000_003, tf.int64), epoch[place]])
        one = tf.random.experimental.index_shuffle(index[place], key, count[place] - 1)
        assert found[place] == one.numpy()


def test_cached_and_uncached_images_give_the_same_batches() -> None:
    assert_same(stream("in memory", 12), stream("uncached", 12))
    held_out = []
    for kind in KINDS:
        data = settings(kind)
        batches = held_out_batches(split_of(kind, data), data, BATCH)
        held_out.append(list(batches.as_numpy_iterator()))
    for other in held_out[1:]:
        assert_same(held_out[0], other)


@pytest.mark.parametrize("kind", ["in memory", "uncached"])
def test_balanced_classes_come_equally_often_whatever_their_sizes(kind: str) -> None:
    labels = np.repeat(np.arange(3), (1, 11, 11)).astype(np.int32)
    data = settings(kind, balanced=True)

    def balanced(steps: int, start: int = 0) -> list[Any]:
        batches = training_batches(split_of(kind, data, labels), data, BATCH, 3, start)
        return list(batches.take(steps).as_numpy_iterator())

    whole = balanced(12)
    drawn = np.concatenate([part for _, part in whole]).reshape(-1, 3)
    assert [sorted(turn) for turn in drawn.tolist()] == [[0, 1, 2]] * 20
    assert len({tuple(turn) for turn in drawn.tolist()}) > 2
    found = indices(whole)
    assert found.count(0) == 20
    orders = [[i - start for i in found if start <= i < start + 11] for start in (1, 12)]
    for order in orders:  # the members of a class take turns too
        assert sorted(order[:11]) == list(range(11))
    assert orders[0] != orders[1]
    assert_same(balanced(5, start=7), whole[7:])


def test_balanced_is_refused_for_what_is_streamed() -> None:
    data = settings("streamed", balanced=True)
    with pytest.raises(InputError, match=r"^data\.balanced needs .* raise data\.cache_mb.*\.$"):
        training_batches(split_of("streamed", data), data, BATCH, 0)


# ---- several workers -------------------------------------------------------------------------
def of_workers(kind: str, count: int, steps: int, batch_size: int = 6, start: int = 0) -> list[Any]:
    """Batches of each worker."""
    data = settings(kind)
    split = split_of(kind, data)
    parts = [Part(index, count) for index in range(count)]
    streams = [training_batches(split, data, batch_size, 3, start, part) for part in parts]
    return [list(stream.take(steps).as_numpy_iterator()) for stream in streams]


@pytest.mark.parametrize("kind", ["in memory", "uncached"])
@pytest.mark.parametrize("start", [0, 3])
def test_workers_have_the_rows_of_one_workers_batches(kind: str, start: int) -> None:
    (whole,) = of_workers(kind, 1, 5, start=start)
    for count in (2, 3):
        workers = zip(*of_workers(kind, count, 5, start=start), strict=True)
        joined = [tuple(map(np.concatenate, zip(*step, strict=True))) for step in workers]
        assert_same(joined, whole)


def test_workers_that_read_streams_have_examples_of_their_own() -> None:
    seen = [set(indices(batches)) for batches in of_workers("streamed", 2, 8)]
    assert not seen[0] & seen[1]
    assert seen[0] | seen[1] == set(range(len(LABELS)))


def test_each_worker_that_reads_streams_mirrors_half_of_its_pictures() -> None:
    data = settings("streamed")
    split = split_of("streamed", data)
    for index in range(2):
        part = Part(index, 2)
        plain = training_batches(split, settings("streamed", flip=False), 12, 3, part=part)
        mirrored = training_batches(split, data, 12, 3, part=part)
        pairs = zip(plain.take(3), mirrored.take(3), strict=True)
        for (images, _), (others, _) in pairs:
            turned = [not np.array_equal(*pair) for pair in zip(images, others, strict=True)]
            assert turned == [True] * 3 + [False] * 3


# ---- cropping --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("size", "crop", "side"), [(8, 0.8, 10), (14, 0.875, 16), (64, 0.875, 73), (8, 1.0, 8)]
)
def test_crops_are_windows_all_over_the_image(size: int, crop: float, side: int) -> None:
    changes: dict[str, Any] = {"image_size": size, "crop": crop, "flip": False}
    data = settings(**changes)
    assert short_side(data) == side
    seen: dict[tuple[int, ...], set[tuple[int, int]]] = defaultdict(set)
    for images, _ in stream("in memory", 120, **changes):
        for image in images:
            index, top, left = image[0, 0].tolist()
            whole = picture(index, data)
            np.testing.assert_array_equal(image, whole[top : top + size, left : left + size])
            seen[whole.shape].add((top, left))
    assert len(seen) == 3
    for (height, width, _), corners in seen.items():
        tops, lefts = zip(*corners, strict=True)
        assert set(tops) == set(range(height - size + 1))  # every position occurs
        assert set(lefts) == set(range(width - size + 1))
        assert len(corners) > len(set(tops)) * len(set(lefts)) / 2  # in both directions


def test_half_of_the_images_are_flipped() -> None:
    flips = []
    pairs = zip(stream("in memory", 80), stream("in memory", 80, flip=False), strict=True)
    for (images, _), (references, _) in pairs:
        for image, reference in zip(images, references, strict=True):
            flipped = bool(image[0, 0, 2] > image[0, 1, 2])
            np.testing.assert_array_equal(image[:, ::-1] if flipped else image, reference)
            flips.append((flipped, int(reference[0, 0, 1])))
    assert sum(flipped for flipped, _ in flips) == 200  # of 80 batches of 5
    assert {(flipped, top) for flipped in (True, False) for top in range(3)} <= set(flips)


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_examples_come_once_in_order_and_from_the_centre(kind: str) -> None:
    data = settings(kind)
    batches = list(held_out_batches(split_of(kind, data), data, BATCH).as_numpy_iterator())
    assert [len(labels) for _, labels in batches] == [5, 5, 5, 5, 3]
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in batches]), LABELS)
    for index, image in enumerate(np.concatenate([images for images, _ in batches])):
        height, width = picture(index, data).shape[:2]
        top, left = (height - 8) // 2, (width - 8) // 2
        window = picture(index, data)[top : top + 8, left : left + 8]
        np.testing.assert_array_equal(image, window)


@pytest.mark.parametrize("kind", KINDS)
def test_types_and_static_shapes(kind: str) -> None:
    data = settings(kind)
    split = split_of(kind, data)
    for batches, size in (
        (training_batches(split, data, BATCH, 0), BATCH),
        (held_out_batches(split, data, BATCH), None),
    ):
        assert batches.element_spec == (
            tf.TensorSpec((size, 8, 8, 3), tf.uint8),
            tf.TensorSpec((size,), tf.int32),
        )
