"""The TFRecord format: length, checksum of the length, data, checksum of the data."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import google_crc32c

HEADER, FOOTER = struct.Struct("<QI"), struct.Struct("<I")
GZIP = b"\x1f\x8b\x08"  # how it begins
LONGEST = 2**31  # bytes; more cannot be a length


class Record(NamedTuple):
    """A record of a file, or a damaged place in it.

    Args:
        offset: where it begins, in bytes.
        data: its content; None where that is damaged.
        problem: what is wrong; after the length itself is damaged nothing more can be found.
    """

    offset: int
    data: bytes | None
    problem: str = ""


def write_record(file: BinaryIO, data: bytes) -> int:
    """Append a record; returns the bytes it takes in the file."""
    length = len(data).to_bytes(8, "little")
    file.write(length + FOOTER.pack(_masked(length)) + data + FOOTER.pack(_masked(data)))
    return HEADER.size + len(data) + FOOTER.size


def read_records(path: Path) -> Iterator[Record]:
    """Every record of a file, intact or not."""
    with path.open("rb") as file:
        while header := file.read(HEADER.size):
            offset = file.tell() - len(header)
            if len(header) < HEADER.size:
                yield Record(offset, None, "it ends within a record")
                return
            length, checksum = HEADER.unpack(header)
            if checksum != _masked(header[:8]) or length > LONGEST:
                yield Record(offset, None, "a damaged length, what follows is lost")
                return
            data = file.read(length + FOOTER.size)
            if len(data) < length + FOOTER.size:
                yield Record(offset, None, "it ends within a record")
                return
            intact = FOOTER.unpack(data[length:])[0] == _masked(data[:length])
            yield Record(offset, data[:length] if intact else None, "" if intact else "damaged")


def count_records(path: Path) -> int:
    """How many records a file has, by their lengths alone: up to its end or a damaged length."""
    count, end, size = 0, 0, path.stat().st_size
    with path.open("rb", buffering=0) as file:
        while end + HEADER.size + FOOTER.size <= size:
            file.seek(end)
            header = file.read(HEADER.size)
            length, checksum = HEADER.unpack(header)
            end += HEADER.size + length + FOOTER.size
            if checksum != _masked(header[:8]) or end > size:
                break
            count += 1
    return count


def is_compressed(path: Path) -> bool:
    """Whether a file is gzipped as a whole; False where there is none."""
    try:
        with path.open("rb") as file:
            start = file.read(HEADER.size)
        # A record of just that length begins so, too.
        return start.startswith(GZIP) and HEADER.unpack(start)[1] != _masked(start[:8])
    except (OSError, struct.error):
        return False


def _masked(data: bytes) -> int:
    """CRC-32C, rotated and shifted so that a checksum of checksums stays sound."""
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
