"""Writes a run's TensorBoard file, only when asked to and without a thread.

tensorboardX's own thread dies for good on a full disk, and loses events when the process is killed.
"""

import socket
import struct
import time
from pathlib import Path

import numpy as np
from tensorboardX import summary
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.record_writer import masked_crc32c

from tfrecords_tools.common import files


class Events:
    """Collects points and images, and writes them to a file in `folder` on `flush`.

    The run resumes from step `start`; TensorBoard then drops later steps of older files.
    """

    def __init__(self, folder: Path, start: int):
        # Without the step, two starts within a second would share a file.
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{start:08d}"
        self.file, self._waiting = folder / name, b""
        self._add(Event(file_version="brain.Event:2"))
        self._add(Event(session_log=SessionLog(status=SessionLog.START)), start + 1)

    def scalar(self, name: str, value: float, step: int) -> None:
        """Add a point to a curve."""
        self._add(Event(summary=summary.scalar(name, value)), step)

    def image(self, name: str, pixels: np.ndarray, step: int) -> None:
        """Add an image, uint8 [H, W, 3]."""
        self._add(Event(summary=summary.image(name, pixels, dataformats="HWC")), step)

    def flush(self) -> None:
        """Write what has been collected; on NotWritten the next call tries again."""
        with files.telling(self.file):
            self.file.parent.mkdir(exist_ok=True)
        files.append(self.file, self._waiting)
        self._waiting = b""

    def _add(self, event: Event, step: int = 0) -> None:
        event.wall_time, event.step = time.time(), step
        data = event.SerializeToString()
        length = struct.pack("<Q", len(data))
        parts = (length, _checksum(length), data, _checksum(data))  # the format of a TFRecord
        self._waiting += b"".join(parts)


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))
