"""The cache of features: found by content, never wrong, never incomplete, resumed."""

import errno
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from artgan_tf.config import InputError, RunError, default_cache
from artgan_tf.evaluation import features as module
from artgan_tf.evaluation.features import Features
from artgan_tf.evaluation.images import Images
from artgan_tf.metrics.extractor import Extracted, Extractor
from artgan_tf.metrics.extractors import open_extractor
from tests.evaluation.material import Counted, images, peak

Opened = Callable[..., Features]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """`opened(extractor)`: features as in a new process, with chunks of 20 images."""
    monkeypatch.setattr(module, "CHUNK", 20)
    made = 0

    def build(extractor: Extractor) -> Features:
        nonlocal made
        made += 1
        (work := tmp_path / f"work {made}").mkdir()
        return Features(extractor, tmp_path / "cache", work)

    return build


def assert_right(found: Extracted, of: Images) -> None:
    np.testing.assert_allclose(found.features, Counted.features(of.pixels), rtol=1e-6)
    assert found.logits is not None
    np.testing.assert_array_equal(found.logits, Counted.logits(of.pixels))


def stored(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# ---- hits and misses ----------------------------------------------------------------------------
def test_the_same_content_is_computed_once(opened):
    counted, some = Counted(), images(50)
    first = opened(counted.extractor)
    assert_right(first.of(some, "some"), some)
    first.of(some, "some again")
    equal = Images(some.pixels.copy(), some.labels)
    for same in (equal, some.first(40)):  # 40 are whole chunks
        assert_right(opened(counted.extractor).of(same, "the same pixels"), same)
    assert counted.images == 50


def test_other_content_weights_protocol_or_network_are_computed(opened):
    counted, some = Counted(), images(20)
    known = counted.extractor
    opened(known).of(some, "some")
    changed = some.pixels.copy()
    changed[13, 0, 0, 0] ^= 1
    for pixels in (changed, some.pixels[::-1], some.pixels.reshape(20, 4, 16, 3)):
        other = Images(pixels, some.labels)
        assert_right(opened(known).of(other, "other"), other)
    for network in (replace(known, sha256="abd"), replace(known, name="countee")):
        opened(network).of(some, "some")
    opened(replace(known, protocol="upside down")).of(some, "some")
    assert counted.images == 20 * (1 + 3 + 3)


def test_neither_chunks_nor_batches_show(opened, monkeypatch):
    some = images(47)
    for chunk, batch in ((1, 1), (7, 32), (20, 6), (250, 10), (47, 47)):
        monkeypatch.setattr(module, "CHUNK", chunk)
        assert_right(opened(Counted(f"{chunk} {batch}", batch).extractor).of(some, "some"), some)


def test_what_has_no_weights_leaves_the_cache_empty(opened, tmp_path):
    some = images(50)
    found = opened(open_extractor("pixels")).of(some, "some")
    np.testing.assert_array_equal(found.features, some.pixels.reshape(50, -1) / np.float32(255))
    assert found.logits is None
    assert not (tmp_path / "cache").exists()


# ---- forgetting ---------------------------------------------------------------------------------
def test_features_of_generated_images_are_forgotten_and_those_of_real_ones_kept(opened, tmp_path):
    counted, real, fake = Counted(), images(50), images(50, seed=1)
    features = opened(counted.extractor)
    features.of(real, "real")
    before = stored(tmp_path)
    for part in (fake, fake.first(30)):
        assert_right(features.of(part, "generated", keep=False), part)
    assert len(stored(tmp_path)) > len(before)
    features.forget()
    assert stored(tmp_path) == before
    assert_right(features.of(real, "real"), real)
    assert counted.images == 50 + 50 + 10  # the last 10 of 30 images are a separate chunk
    assert_right(features.of(fake, "generated", keep=False), fake)


def test_an_interrupted_evaluation_goes_on_where_it_stopped_or_is_forgotten(opened, tmp_path):
    counted, fake = Counted(), images(100)
    counted.fail_after = 70
    stopped = opened(counted.extractor)
    with pytest.raises(KeyboardInterrupt):
        stopped.of(fake, "generated", keep=False)
    assert counted.images == 70
    counted.fail_after = 10**9
    again = opened(counted.extractor)
    assert_right(again.of(fake, "generated", keep=False), fake)
    assert counted.images == 70 + 100 - 60  # three chunks of 20 were complete
    for features in (stopped, again):
        features.forget()
    assert stored(tmp_path) == []


# ---- damage -------------------------------------------------------------------------------------
def test_no_damage_of_a_kept_file_gives_wrong_features(opened, tmp_path):
    counted, some = Counted(), images(3)
    opened(counted.extractor).of(some, "some")
    (path,) = stored(tmp_path / "cache")
    whole = path.read_bytes()
    flipped = (
        whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        for place in range(0, len(whole), 41)
    )
    for damaged in (*flipped, b"", whole[:97], whole[:-1], whole + whole[:50], b"garbage"):
        path.write_bytes(damaged)
        assert_right(opened(counted.extractor).of(some, "some"), some)
    before = counted.images
    opened(counted.extractor).of(some, "some")
    assert counted.images == before  # it was written anew


def test_a_file_of_features_alone_is_not_taken_where_there_should_be_logits(opened, tmp_path):
    counted, some = Counted(), images(20)
    opened(counted.extractor).of(some, "some")
    (path,) = stored(tmp_path / "cache")
    np.savez(path, features=Counted.features(some.pixels))
    assert_right(opened(counted.extractor).of(some, "some"), some)


def test_a_full_disk_is_a_failed_run_and_leaves_no_half_written_file(opened, tmp_path, monkeypatch):
    counted = Counted()
    opened(counted.extractor).of(images(20), "some")
    (whole,) = stored(tmp_path / "cache")
    whole.unlink()

    def savez(path: Path, **arrays: np.ndarray) -> None:
        path.write_bytes(b"half")
        assert not whole.exists()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", savez)
    with pytest.raises(RunError, match=r"the disk is full; name another folder with ARTGAN_CACHE"):
        opened(counted.extractor).of(images(20), "some")
    assert stored(tmp_path / "cache") == []


def test_a_cache_that_cannot_be_made_is_a_mistake(opened, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match=r"cannot be made: .*ARTGAN_CACHE\.$"):
        opened(Counted().extractor).of(images(20), "some")


# ---- memory and place ---------------------------------------------------------------------------
def test_memory_does_not_grow_with_the_number_of_images(opened):
    taken = []
    for count in (200, 2000):  # their features take 1 and 10 MB
        pixels = np.zeros((count, 20, 21, 3), np.uint8)
        some, features = Images(pixels, np.zeros(count, np.int32)), opened(open_extractor("pixels"))
        taken.append(peak(partial(features.of, some, "some")))
    assert taken[1] < taken[0] + 0.5e6


def test_default_cache(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    monkeypatch.setenv("ARTGAN_CACHE", "/a/b")
    assert default_cache() == Path("/a/b")
    monkeypatch.delenv("ARTGAN_CACHE")
    assert default_cache() == Path("/x/artgan")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path("/home/me/.cache/artgan")
