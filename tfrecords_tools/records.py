"""Reads and writes TFRecord files: length, checksum of the length, data, checksum of the data."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import google_crc32c

HEADER, FOOTER = struct.Struct("<QI"), struct.Struct("<I")
GZIP = b"\x1f\x8b\x08"  # first bytes of a gzip file
LONGEST = 2**31  # bytes; a larger length is taken for damage


class Record(NamedTuple):
    """A record of a file, or a damaged part of it; after a damaged length, none can be found."""

    offset: int  # where it begins in the file, in bytes
    data: bytes | None  # None if it is damaged
    problem: str = ""  # what is wrong with it; empty if nothing is


def write_record(file: BinaryIO, data: bytes) -> int:
    """Append a record; return its size in the file, in bytes."""
    length = len(data).to_bytes(8, "little")
    file.write(length + FOOTER.pack(_masked(length)) + data + FOOTER.pack(_masked(data)))
    return HEADER.size + len(data) + FOOTER.size


def read_records(path: Path) -> Iterator[Record]:
    """Yield every record of a file, intact or not."""
    with path.open("rb") as file:
        while header := file.read(HEADER.size):
            offset, data, length = file.tell() - len(header), b"", 0
            if len(header) == HEADER.size:
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
    """Count the records of a file by their lengths alone, up to its end or a damaged length."""
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
    """Return whether a file as a whole is gzipped; False if it does not exist."""
    try:
        with path.open("rb") as file:
            start = file.read(HEADER.size)
        # A record of one particular length begins with the same bytes.
        return start.startswith(GZIP) and HEADER.unpack(start)[1] != _masked(start[:8])
    except (OSError, struct.error):
        return False


def _masked(data: bytes) -> int:
    """Return the masked CRC-32C, which remains sound for data that contain checksums."""
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
