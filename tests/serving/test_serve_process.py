"""The server's process: graceful shutdown, and mistakes on its command line."""

import json
import re
import signal
import socket
import time

import httpx
import pytest

from artgan_tf import cli
from artgan_tf.config import InputError
from artgan_tf.serve import serve
from artgan_tf.serving.address import bound
from tests.serving.servers import Server

ROW = {"label": 0, "seed": 1}
PREDICT = "/v1/models/artgan:predict"


# ---- shutdown ---------------------------------------------------------------------------------
@pytest.mark.slow
def test_it_begins_with_the_gallery_and_ends_with_all_answers(model, tmp_path, monkeypatch):
    """At Ctrl-C; test_readme_walk.py ends one by SIGTERM."""
    monkeypatch.setenv("BROWSER", f"sh -c 'echo %s > {tmp_path / 'opened'}'")
    with Server(model / "3", "--open") as server:
        assert server.told.startswith(f"  gallery   {server.url}/\n  ask       curl ")
        assert httpx.get(server.url + "/healthz", timeout=60).text == "ok\n"
        assert (tmp_path / "opened").read_text() == f"{server.url}/\n"
        _, host, port = re.split("//|:(?=[0-9])", server.url)
        body = json.dumps({"instances": [ROW]}).encode()
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.5)
            server.process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            assert server.process.poll() is None
            connection.sendall(body[10:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert server.ended() == 0
        assert server.told.endswith("Stopped.\n")
        assert not server.log()


# ---- mistakes ---------------------------------------------------------------------------------
@pytest.fixture
def refused(monkeypatch, capsys):
    """A function that returns the error for a command line, refused before TensorFlow starts."""
    monkeypatch.setattr(cli, "start_tensorflow", lambda: pytest.fail("TensorFlow starts"))

    def told(*arguments):
        with pytest.raises(SystemExit) as exit_:
            cli.main(serve, "serve", [*map(str, arguments)])
        assert exit_.value.code == 2
        (sentence,) = capsys.readouterr().err.splitlines()
        return sentence

    return told


def test_mistakes_are_one_sentence(refused, tmp_path):
    assert "There is no run" in refused(tmp_path)
    (tmp_path / "config.toml").touch()
    assert "There is no port 65536" in refused(tmp_path, "--port", 65536)
    assert "--poll 0 is invalid" in refused(tmp_path, "--poll", 0)
    assert "--timeout -1 is invalid" in refused(tmp_path, "--timeout", -1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = f"Port {port} of 127.0.0.1 is taken: choose another with --port"
        assert sentence in refused(tmp_path, "--port", port)
    assert "choose --host and --port" in refused(tmp_path, "--host", "203.0.113.1")


def test_the_port_is_kept_while_a_run_is_exported(tmp_path, monkeypatch, capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def export(run, options):
        with pytest.raises(InputError, match=f"^Port {port} of 127.0.0.1 is taken"):
            bound("127.0.0.1", port)
        with socket.create_connection(("127.0.0.1", port), timeout=20):  # a client can connect
            raise InputError("enough")

    monkeypatch.setattr("artgan_tf.serving.saved_model.export_run", export)
    (tmp_path / "config.toml").touch()
    with pytest.raises(InputError, match="enough"):
        serve(tmp_path, port=port)
    assert f"exporting first, to {tmp_path / 'export'}, a minute or two" in capsys.readouterr().err
