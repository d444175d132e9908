"""The server's process: graceful shutdown, and mistakes on its command line."""

import json
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


# ---- shutdown ---------------------------------------------------------------------------------
@pytest.mark.slow
def test_it_begins_with_the_gallery_and_ends_with_all_answers(exports, tmp_path, monkeypatch):
    """At Ctrl-C; test_readme_walk.py ends one by SIGTERM."""
    monkeypatch.setenv("BROWSER", f"sh -c 'echo %s > {tmp_path / 'opened'}'")
    origin = "http://page.example"
    options = ["--poll", "0.5", "--batch", "4", "--window-ms", "1", "--max-instances", "2"]
    options += ["--max-body-mb", "1", "--max-megapixels", "1", "--timeout", "60"]
    with Server(exports["artgan"], "--open", "--cors", origin, *options) as server:
        assert server.told.startswith(f"  gallery   {server.url}/\n  ask       curl ")
        answer = httpx.get(server.url + "/healthz", timeout=60, headers={"Origin": origin})
        assert answer.text == "ok\n"
        assert answer.headers["access-control-allow-origin"] == origin
        assert (tmp_path / "opened").read_text() == f"{server.url}/\n"
        predict, row = "/v1/models/artgan:predict", {"label": 0, "seed": 1}
        document = {"instances": [row] * 3}
        answer = httpx.post(server.url + predict, json=document, timeout=60)
        assert "this server takes 2 a request" in answer.json()["error"]
        body = json.dumps({"instances": [row]}).encode()
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            head = f"POST {predict} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.5)
            server.process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            assert server.process.poll() is None
            connection.sendall(body[10:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert server.ended() == (0, "")
        assert server.told.endswith("Stopped.\n")


# ---- mistakes ---------------------------------------------------------------------------------
def test_mistakes_are_one_sentence_before_tensorflow_starts(tmp_path, monkeypatch, capsys):
    def refused(*options):
        with pytest.raises(SystemExit) as exit_:
            cli.main(serve, "serve", [str(tmp_path), *map(str, options)])
        assert exit_.value.code == 2
        (sentence,) = capsys.readouterr().err.splitlines()
        return sentence

    monkeypatch.setattr(cli, "start_tensorflow", lambda: pytest.fail("TensorFlow starts"))
    assert "There is no run" in refused()
    (tmp_path / "config.toml").touch()
    assert "There is no port 65536" in refused("--port", 65536)
    assert "--poll 0 is invalid" in refused("--poll", 0)
    assert "--timeout -1 is invalid" in refused("--timeout", -1)
    for option in ("--poll", "--window-ms", "--max-body-mb", "--max-megapixels", "--timeout"):
        assert f"{option} inf is invalid" in refused(option, "inf")
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        sentence = f"Port {port} of 127.0.0.1 is taken: choose another with --port"
        assert sentence in refused("--port", port)
    assert "choose --host and --port" in refused("--host", "203.0.113.1")


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
