"""The server's limits on time and size, and that it refuses at once."""

import gzip
import io
import socket
import struct
import time
import tracemalloc
import zlib
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from artgan_tf.serving import json_tensors, json_text, limits
from artgan_tf.serving.app import Settings
from artgan_tf.serving.json_tensors import Spec
from artgan_tf.serving.limits import Limits
from artgan_tf.serving.refusals import Refused
from tests.serving.servers import running

SECONDS = 0.5
MANY = 200


# ---- time -------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def url():
    """URL of a server without a version and with a very short timeout."""
    none: Any = SimpleNamespace(name="artgan", number=0, served=None, states=list, get=lambda *a: 0)
    with running(none, Settings(Limits(body=10_000, seconds=SECONDS))) as url:
        yield url


def connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=20)


def test_connections_that_do_not_ask_are_closed(url):
    half = [b"", b"POST /v1/models/artgan:predict HTTP/1.1\r\nHost: x\r\n"]
    opened = [connected(url) for _ in range(MANY)]
    for number, connection in enumerate(opened):
        connection.sendall(half[number % 2])
    for connection in opened:
        with connection:
            assert connection.recv(1000) == b""


def test_a_second_request_has_as_much_time_as_the_first(url):
    whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(url) as connection:
        for _ in range(2):
            connection.sendall(whole[:20])
            time.sleep(SECONDS * 0.6)
            connection.sendall(whole[20:])
            answer = b""
            while not answer.endswith(b"available\n"):
                answer += connection.recv(1000)
        connection.sendall(whole[:20])
        assert connection.recv(1000) == b""


def test_a_body_that_does_not_come_is_not_waited_for(url):
    head = b"POST /v1/models/artgan:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    with connected(url) as connection:
        connection.sendall(head)
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"The request took more than 0.5 seconds to arrive." in answer


# ---- size -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"1" * 20_000, {}),
        ([b"1" * 5_000] * 4, {}),  # without a Content-Length
        (gzip.compress(b"1" * 20_000), {"Content-Encoding": "gzip"}),
    ],
    ids=["plain", "chunked", "packed"],
)
def test_bodies_are_as_large_unpacked_as_they_may_be(url, content, headers):
    sent = iter(content) if isinstance(content, list) else content
    response = httpx.post(f"{url}/v1/models/artgan:predict", content=sent, headers=headers)
    assert response.status_code == 413
    sentence = "The request is too large: this server takes 10000 bytes."
    assert response.json() == {"error": sentence}
    assert httpx.get(f"{url}/healthz").status_code == 503  # it has no version


@pytest.mark.parametrize("part", [b"1", b'{"":[[]]}'])
def test_a_document_of_very_many_values_is_refused_unread(part):
    many = (part + b",") * (15_000_000 // (len(part) + 1))
    body = b'{"instances": [' + many + part + b"]}"
    tracemalloc.start()
    with pytest.raises(Refused) as refused:
        json_text.parse(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.status == 413
    assert peak < 2**20


def test_as_many_values_as_large_requests_have_are_read():
    z = ",".join(["0.25"] * 4096)
    rows = ",".join([f'{{"z": [{z}], "label": 1}}'] * 128)
    specs = {"z": Spec("float", (None, 4096)), "label": Spec("int32", (None,))}
    found = json_tensors.tensors(json_text.parse(b'{"instances": [%s]}' % rows.encode()), specs)
    assert found["z"].shape == (128, 4096)
    assert (found["z"] == np.float32(0.25)).all()


# ---- pictures ---------------------------------------------------------------------------------
def png(width: int, height: int) -> bytes:
    """Return a PNG that says it has this size."""
    content = encoded("PNG", SMALL)
    head = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
    return content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:]


def encoded(kind: str, *frames: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, append_images=frames[1:], **options)
    return buffer.getvalue()


SMALL = Image.new("RGB", (40, 30))
BLINKING = [Image.new("L", (100, 100), 12 * number) for number in range(20)]


def check(*pictures: bytes, most: int = 100_000) -> None:
    limits.check_pictures({"image_bytes": np.array([*pictures], object)}, most)


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        ([png(100_000, 1)], "a line, not a picture"),
        ([png(1, 1000)], "a line, not a picture"),
        ([png(20_000, 20_000)], "too many pixels"),
        ([png(400, 400)], "160000 pixels: this server takes 100000"),
        ([encoded("PNG", SMALL)] * 84, "100800 pixels"),
        ([encoded("JPEG", Image.new("L", (2000, 1000)))], "2000000 pixels"),
        ([encoded("BMP", Image.new("L", (2000, 1000)))], "2000000 pixels"),
        ([encoded("GIF", *BLINKING, save_all=True)], "200000 pixels"),
        ([b"no picture"], "no image in a known format"),
        ([b""], "no image in a known format"),
        ([encoded("TIFF", SMALL)], "no image in a known format"),
    ],
)
def test_pictures_that_are_not_decoded(pictures, words):
    with pytest.raises(Refused, match=words) as refused:
        check(*pictures)
    assert refused.value.status == 400


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_pictures_that_are(kind):
    check(*[encoded(kind, SMALL)] * 83)
    limits.check_pictures({"image_bytes": np.array([1]), "other": np.array([b"x"], object)}, 1)
