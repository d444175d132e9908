"""`serve` beyond the contract: limits, health, metrics, hot reload under load."""

import re
import shutil
import threading
import time

import httpx
import pytest

from tests.serving.servers import Server

ROW = {"label": 0, "seed": 1}
PREDICT = "/v1/models/artgan:predict"


def post(server, document, **options):
    return httpx.post(server.url + PREDICT, json=document, timeout=60, **options)


# ---- limits -----------------------------------------------------------------------------------
def test_as_many_instances_as_allowed_and_no_more(server):
    assert len(post(server, {"instances": [ROW] * 64}).json()["predictions"]) == 64
    too_many = [{"instances": [ROW] * 65}, {"inputs": {"label": [0] * 65, "seed": [1] * 65}}]
    for document in too_many:
        response = post(server, document)
        assert response.status_code == 400
        sentence = "65 instances are too many: this server takes 64 a request."
        assert response.json() == {"error": sentence}


@pytest.mark.parametrize("chunked", [False, True])
def test_large_bodies_are_refused(server, chunked):
    body = b'{"instances": "' + b"x" * 2**20 + b'"}'
    content = (body[i : i + 65536] for i in range(0, len(body), 65536)) if chunked else body
    response = httpx.post(server.url + PREDICT, content=content, timeout=60)
    assert response.status_code == 413
    sentence = "The request is too large: this server takes 1048576 bytes."
    assert response.json() == {"error": sentence}
    assert post(server, {"instances": [ROW]}).status_code == 200


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [{"label": "x" * 5000, "seed": 1}]},
        {"instances": [{"x" * 5000: 0}]},
        {"instances": [ROW], "signature_name": "x" * 5000},
        ["x"] * 5000,
    ],
)
def test_errors_quote_no_more_than_anyone_reads(server, document):
    response = post(server, document)
    assert response.status_code == 400
    assert 20 < len(response.json()["error"]) < 300


# ---- same pictures ----------------------------------------------------------------------------
@pytest.mark.slow
def test_pictures_are_the_same_alone_and_among_others(server):
    seeds = list(range(23))
    rows = [{"label": seed % 3, "seed": seed} for seed in seeds]
    alone = [post(server, {"instances": [row]}).json()["predictions"][0] for row in rows]
    assert post(server, {"instances": rows}).json()["predictions"] == alone
    found: dict[int, object] = {}

    def ask(seed):
        found[seed] = post(server, {"instances": [rows[seed]]}).json()["predictions"][0]

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in seeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[seed] for seed in seeds] == alone


# ---- health, facts and metrics ----------------------------------------------------------------
def test_health_and_the_gallerys_facts(server):
    assert server.url.startswith("http://127.0.0.1:")
    assert httpx.get(server.url + "/healthz").text == "ok\n"
    response = httpx.get(server.url + "/gallery/models.json")
    (model,) = response.json()["models"]
    assert (model["name"], model["version"], model["image_size"]) == ("artgan", "3", 16)
    assert model["class_names"] == ["rings", 'waves & "quotes"', "Éclair"]
    assert "magnified" in model["signatures"]
    assert (model["accuracy"], model["references"]) == ({"value": 0.75, "count": 1234}, 2)
    assert "config" not in model
    assert "stand-in" in response.headers["server"]
    assert "access-control-allow-origin" not in response.headers


def counts(server):
    page = httpx.get(server.url + "/monitoring/prometheus/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in page.text.splitlines())
        if not name.startswith("#")
    }


def test_counts(server):
    before = counts(server)
    post(server, {"instances": [ROW, ROW]})
    post(server, {"instances": [{"label": 99, "seed": 1}]})
    post(server, {"signature_name": "made-up", "instances": [ROW]})
    httpx.post(server.url + "/v1/models/made-up:predict", json={"instances": [ROW]})
    after = counts(server)
    more = {key: value - before.get(key, 0) for key, value in after.items()}
    count = ':tensorflow:serving:request_count{model_name="%s",status="%s"}'
    assert more[count % ("artgan", "OK")] == 1
    assert more[count % ("artgan", "INVALID_ARGUMENT")] == 2
    assert more[count % ("", "NOT_FOUND")] == 1
    assert not [key for key in after if "made-up" in key]
    latency = ':tensorflow:serving:request_latency_count{API="predict",entrypoint="REST"'
    assert more[latency + ',model_name="artgan"}'] == 1  # only successful requests are timed
    rows = ':tensorflow:serving:batching:processed_batch_size_%s{model_name="artgan"}'
    assert (more[rows % "count"], more[rows % "sum"]) == (2, 3)
    assert after[':artgan:serving:model_version{model_name="artgan"}'] == 3
    page = httpx.get(server.url + "/monitoring/prometheus/metrics").text
    types = dict(re.findall(r"^# TYPE :tensorflow:serving:(\S+) (\w+)$", page, re.M))
    assert (types["request_count"], types["request_latency"]) == ("counter", "histogram")


# ---- versions ---------------------------------------------------------------------------------
def states(server):
    found = httpx.get(server.url + "/v1/models/artgan", timeout=60).json()
    return {s["version"]: s["state"] for s in found["model_version_status"]}


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_a_new_version_takes_over_under_load_and_no_request_fails(exports, tmp_path):
    name = tmp_path / "artgan"
    shutil.copytree(exports["improved"], name / "1")
    failures, asked, ended = list[str](), list[int](), threading.Event()

    def ask():
        with httpx.Client(timeout=60) as client:
            while not ended.is_set():
                answer = client.post(server.url + PREDICT, json={"instances": [ROW]})
                asked.append(answer.status_code)
                if answer.status_code != 200:
                    failures.append(answer.text)
                ended.wait(0.02)  # frequent enough for constant load

    with Server(name, "--poll", "0.2", "--cors", "http://page.example") as server:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        shutil.copytree(exports["artgan"], name / "part-2")
        (name / "part-2").rename(name / "2")
        wait_for(lambda: states(server) == {"2": "AVAILABLE", "1": "END"})
        # A broken version causes a warning and no outage; once repaired, it takes over.
        shutil.copytree(exports["improved"], name / "part-3")
        data = name / "part-3" / "variables" / "variables.data-00000-of-00001"
        whole = data.read_bytes()
        data.write_bytes(whole[: len(whole) // 2])
        (name / "part-3").rename(name / "3")
        wait_for(lambda: "does not load" in server.log())
        assert states(server) == {"3": "LOADING", "2": "AVAILABLE", "1": "END"}
        pinned = server.url + "/v1/models/artgan/versions/{}:predict"
        assert httpx.post(pinned.format(2), json={"instances": [ROW]}).status_code == 200
        gone = httpx.post(pinned.format(1), json={"instances": [ROW]})
        assert gone.status_code == 404
        told = httpx.get(server.url + "/v1/models/artgan/versions/3").json()
        (status,) = told["model_version_status"]
        assert status["status"] == {
            "error_code": "INTERNAL",
            "error_message": "This version does not load; the server's log tells why.",
        }
        (name / "3" / "variables" / data.name).write_bytes(whole)
        wait_for(lambda: states(server) == {"3": "AVAILABLE", "2": "END", "1": "END"})
        ended.set()
        for thread in threads:
            thread.join()
        cors = httpx.get(server.url + "/healthz", headers={"Origin": "http://page.example"})
        assert cors.headers["access-control-allow-origin"] == "http://page.example"
        other = httpx.get(server.url + "/healthz", headers={"Origin": "http://other.example"})
        assert "access-control-allow-origin" not in other.headers
    assert not failures
    assert len(asked) > 20
    assert server.log().count("does not load") == 1
    assert "Version 3 of artgan is served now." in server.log()
