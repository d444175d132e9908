"""The server's process: its graceful end, and mistakes on its command line."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from tests.serving.servers import ROOT, Server

ROW = {"label": 0, "seed": 1}
PREDICT = "/v1/models/artgan:predict"


# ---- the end ----------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_answered_before_it_stops(model, number):
    with Server(model / "3", "--window-ms", "1500") as server:
        assert httpx.get(server.url + "/healthz", timeout=60).text == "ok\n"
        _, host, port = re.split("//|:(?=[0-9])", server.url)
        body = json.dumps({"instances": [ROW]}).encode()
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            time.sleep(0.5)  # it waits for others now
            assert server.process.poll() is None
            answer: list[bytes] = []
            reader = threading.Thread(target=lambda: answer.append(connection.recv(65536)))
            reader.start()
            assert server.stop(number) == 0
            reader.join()
        assert answer[0].startswith(b"HTTP/1.1 200")
        assert server.told.endswith("Stopped.\n")
        assert not server.log()


# ---- mistakes ---------------------------------------------------------------------------------
def refused(*arguments):
    command = [sys.executable, "-m", "artgan_tf.serve", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.slow
def test_mistakes_are_one_sentence(model, tmp_path):
    assert "holds no export: python -m artgan_tf.export" in refused(tmp_path)
    (tmp_path / "config.toml").touch()
    assert re.search(r"has no export yet: python -m artgan_tf\.export \S+ makes", refused(tmp_path))
    assert "There is no port 65536" in refused(model, "--port", 65536)
    assert "--poll 0 will not do" in refused(model, "--poll", 0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = f"Cannot listen at 127.0.0.1:{port}: Address already in use."
        assert sentence in refused(model, "--port", port)
