"""Mutated images to classify: each becomes a picture or a refusal, soon.

They go through the decoding of an export's signatures `classify` and `reconstruct`.
"""

import io
import os
import random
import time
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from experiments.faults.suite import Case, Failed

IMAGES, SIDE, SECONDS = 200, 32, 20
KINDS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90}, "PNG": {}, "GIF": {}, "BMP": {},
    "WEBP": {}, "TIFF": {},  # TensorFlow cannot read TIFF
}  # fmt: skip
MODES = ("RGB", "L", "P", "RGBA", "1", "CMYK", "I;16")
Harm = Callable[[random.Random, bytes], bytes]


def cases(work: Path) -> Iterable[Case]:
    for number in range(IMAGES):
        harm = HARMS[number % len(HARMS)]
        kind = list(KINDS)[number // len(HARMS) % len(KINDS)]
        yield Case(f"{number:03} {kind} {harm.__name__}", partial(_try, number, kind, harm))


def _try(number: int, kind: str, harm: Harm) -> str:
    import tensorflow as tf

    draw = random.Random(number)
    content = harm(draw, _encoded(draw, kind))
    begun = time.monotonic()
    try:
        pixels = _decoder()(tf.constant([content])).numpy()
    except tf.errors.InvalidArgumentError as error:  # the server's 400
        found = f"refused: {error.message.strip().splitlines()[0][:120]}"
    except Exception as error:
        raise Failed(f"{type(error).__name__}: {str(error).splitlines()[0]}") from None
    else:
        if pixels.shape != (1, SIDE, SIDE, 3) or pixels.dtype != np.uint8:
            raise Failed(f"{pixels.dtype} {pixels.shape} came of it")
        found = "a picture"
    if (took := time.monotonic() - begun) > SECONDS:
        raise Failed(f"it took {took:.0f} s: {found}")
    return found


@cache
def _decoder() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    from artgan_tf.serving import pictures

    decode = partial(pictures.decode, side=SIDE, size=SIDE)
    spec = tf.TensorSpec((SIDE, SIDE, 3), tf.uint8)
    return tf.function(
        lambda encoded: tf.map_fn(decode, encoded, fn_output_signature=spec),
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )


def _encoded(draw: random.Random, kind: str) -> bytes:
    """An odd picture, converted to what the format supports."""
    width, height = draw.randint(1, 300), draw.randint(1, 300)
    pixels = np.random.default_rng(draw.randrange(2**32)).integers(0, 256, (height, width, 3))
    picture = Image.fromarray(pixels.astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = draw.randint(0, 9)
    for mode in (draw.choice(MODES), "RGB"):
        file = io.BytesIO()
        try:
            grey = picture.convert("L") if mode == "I;16" else picture
            grey.convert(mode).save(file, kind, exif=exif, **KINDS[kind])
        except (OSError, ValueError, KeyError):
            continue
        return file.getvalue()
    raise AssertionError(f"{kind} holds no RGB")


# ---- harms -----------------------------------------------------------------------------------
def none_at_all(draw: random.Random, content: bytes) -> bytes:
    return content


def flipped_bits(draw: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.randint(1, 40)):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def flipped_bits_of_its_head(draw: random.Random, content: bytes) -> bytes:
    return flipped_bits(draw, content[:60]) + content[60:]


def cut_off(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content))]


def a_start_and_noise(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randint(2, 40)] + draw.randbytes(draw.randint(0, 2000))


def bytes_missing(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + content[at + draw.randint(1, 50) :]


def a_piece_twice(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + content[max(0, at - draw.randint(1, 500)) :]


def zeros_in_it(draw: random.Random, content: bytes) -> bytes:
    at, count = draw.randrange(len(content)), draw.randint(1, 64)
    return content[:at] + bytes(count) + content[at + count :]


HARMS: tuple[Harm, ...] = (
    none_at_all, flipped_bits, flipped_bits_of_its_head, cut_off, a_start_and_noise, bytes_missing,
    a_piece_twice, zeros_in_it,
)  # fmt: skip
