"""TFRecord files, compared with TensorFlow's writer and reader, and with every bit flipped."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfrecords_tools.records import Record, count_records, read_records, write_record

PAYLOADS = [b"", b"a", b"\0" * 300, bytes(range(256)) * 500, "ä".encode() * 7]
SMALL = [b"first", b"", b"the third"]
AROUND = 16  # bytes of a record around its data: 8 of length, 4 and 4 of checksums


def written(payloads: list[bytes]) -> bytes:
    file = io.BytesIO()
    for data in payloads:
        assert write_record(file, data) == len(data) + AROUND
    return file.getvalue()


def read(path: Path, content: bytes) -> list[Record]:
    path.write_bytes(content)
    return list(read_records(path))


def starts(payloads: list[bytes]) -> list[int]:
    sizes = [AROUND + len(data) for data in payloads]
    return [sum(sizes[:index]) for index in range(len(sizes))]


def test_ours_are_the_bytes_of_tensorflows_writer(tmp_path: Path) -> None:
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for data in PAYLOADS:
            writer.write(data)
    assert written(PAYLOADS) == (tmp_path / "theirs").read_bytes()
    found = list(read_records(tmp_path / "theirs"))
    expected = zip(starts(PAYLOADS), PAYLOADS, strict=True)
    assert found == [Record(offset, data) for offset, data in expected]


@pytest.mark.parametrize("bit", [0, 4, 7])
def test_a_flipped_bit_costs_its_record_or_all_that_follow(tmp_path: Path, bit: int) -> None:
    """Damage to a length loses all records after it; damage elsewhere loses one record."""
    content = written(SMALL)
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        hit = max(index for index, start in enumerate(starts(SMALL)) if start <= place)
        in_length = place - starts(SMALL)[hit] < 12
        found = read(tmp_path / "damaged", bytes(damaged))
        expected: list[bytes | None] = [*SMALL[:hit], None]
        expected += [] if in_length else SMALL[hit + 1 :]
        assert [record.data for record in found] == expected, place
        assert [bool(record.problem) for record in found] == [data is None for data in expected]
        assert found[hit].offset == starts(SMALL)[hit]
        assert ("length" in found[hit].problem) == in_length
        assert count_records(tmp_path / "damaged") == (hit if in_length else len(SMALL))


def test_a_file_cut_off_anywhere_is_reported(tmp_path: Path) -> None:
    content = written(SMALL)
    for length in range(len(content)):
        whole = sum(end <= length for end in [*starts(SMALL)[1:], len(content)])
        found = read(tmp_path / "cut", content[:length])
        assert [record.data for record in found[:whole]] == SMALL[:whole]
        assert count_records(tmp_path / "cut") == whole
        if length in starts(SMALL):  # between two records, where truncation is invisible
            assert len(found) == whole
        else:
            assert [record.data for record in found[whole:]] == [None]
            assert "ends" in found[-1].problem
            assert found[-1].offset == starts(SMALL)[whole]


def test_an_absurd_length_with_a_sound_checksum_is_not_believed(tmp_path: Path) -> None:
    """Reading it would take a terabyte of memory."""
    header = struct.pack("<QI", 2**40, 0xE46B3DAA)  # with its masked checksum
    found = read(tmp_path / "long", written([b"one"]) + header + b"x")
    assert [record.data for record in found] == [b"one", None]
    assert found[1].problem


def test_random_bytes_are_no_records(tmp_path: Path) -> None:
    assert read(tmp_path / "empty", b"") == []
    for length in (1, 11, 12, 13, 5000):
        (found,) = read(tmp_path / "noise", np.random.default_rng(0).bytes(length))
        assert found.data is None
        assert found.problem
