"""The server beyond the contract: limits, health, metrics, hot reload under load."""

import re
import shutil
import threading
import time

import httpx
import pytest

from artgan_tf.serving.app import Settings
from artgan_tf.serving.model_dir import find_model
from artgan_tf.serving.versions import FAILED, Versions
from tests.samplers import CLASSES
from tests.serving.servers import running

ROW = {"label": 0, "seed": 1}
MODEL = "/v1/models/artgan"
CLIENT = httpx.Client(timeout=60)


def post(server, document, path=":predict"):
    return CLIENT.post(server + MODEL + path, json=document)


# ---- limits -----------------------------------------------------------------------------------
def test_as_many_instances_as_allowed_and_no_more(server):
    assert len(post(server, {"instances": [ROW] * 64}).json()["predictions"]) == 64
    too_many = [{"instances": [ROW] * 65}, {"inputs": {"label": [0] * 65, "seed": [1] * 65}}]
    for document in too_many:
        response = post(server, document)
        assert response.status_code == 400
        sentence = "65 instances are too many: this server takes 64 a request."
        assert response.json() == {"error": sentence}


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
def test_pictures_are_the_same_alone_and_among_others(server):
    rows = [{"label": seed % 3, "seed": seed} for seed in range(19)]
    alone = [post(server, {"instances": [row]}).json()["predictions"][0] for row in rows]
    assert post(server, {"instances": rows}).json()["predictions"] == alone
    found: dict[int, object] = {}

    def ask(seed):
        found[seed] = post(server, {"instances": [rows[seed]]}).json()["predictions"][0]

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(19)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[seed] for seed in range(19)] == alone


# ---- health, facts and metrics ----------------------------------------------------------------
def test_health_and_the_gallerys_facts(server):
    assert CLIENT.get(server + "/healthz").text == "ok\n"
    response = CLIENT.get(server + "/gallery/models.json")
    (model,) = response.json()["models"]
    assert (model["name"], model["version"], model["image_size"]) == ("artgan", "3", 16)
    assert model["class_names"] == CLASSES
    assert "magnified" in model["signatures"]
    assert (model["accuracy"], model["references"]) == ({"value": 0.75, "count": 1234}, 2)
    assert "config" not in model
    assert "stand-in" in response.headers["server"]


def metrics(server):
    """Return the page of metrics, and its values by name."""
    page = CLIENT.get(server + "/monitoring/prometheus/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    lines = [line.rsplit(" ", 1) for line in page.text.splitlines() if not line.startswith("#")]
    return page.text, {name: float(value) for name, value in lines}


def test_counts(server):
    _, before = metrics(server)
    post(server, {"instances": [ROW, ROW]})
    post(server, {"instances": [{"label": 99, "seed": 1}]})
    post(server, {"signature_name": "made-up", "instances": [ROW]})
    CLIENT.post(server + "/v1/models/made-up:predict", json={"instances": [ROW]})
    page, after = metrics(server)
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
    types = dict(re.findall(r"^# TYPE :tensorflow:serving:(\S+) (\w+)$", page, re.M))
    assert (types["request_count"], types["request_latency"]) == ("counter", "histogram")


# ---- versions ---------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_new_version_takes_over_under_load_and_no_request_fails(exports, tmp_path, capsys):
    name, data = tmp_path / "artgan", "variables/variables.data-00000-of-00001"
    asked, ended, log = list[int](), threading.Event(), list[str]()

    def put(number, damaged=False):
        """Add a version, which appears as a whole; without facts and warm-up it loads at once."""
        extra = shutil.ignore_patterns("assets.extra")
        part = shutil.copytree(exports["artgan"], tmp_path / "part", ignore=extra)
        if damaged:
            (part / data).write_bytes(whole[: len(whole) // 2])
        part.rename(name / str(number))

    def ask():
        while not ended.wait(0.1):
            asked.append(post(server, {"instances": [ROW]}).status_code)

    def states():
        found = CLIENT.get(server + MODEL).json()["model_version_status"]
        return {state["version"]: state["state"] for state in found}

    def told():
        log.append(capsys.readouterr().err)
        return "".join(log)

    def wait_for(condition):
        end = time.monotonic() + 90
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.1)

    whole = (exports["artgan"] / data).read_bytes()
    name.mkdir()
    put(1)
    versions = Versions(find_model(name), every=0.2)
    versions.poll()
    versions.start()
    with running(versions, Settings()) as server:
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        put(2)
        wait_for(lambda: states() == {"2": "AVAILABLE", "1": "END"})
        # A broken version causes a warning and no outage; once repaired, it takes over.
        put(3, damaged=True)
        wait_for(lambda: "does not load" in told())
        assert states() == {"3": "LOADING", "2": "AVAILABLE", "1": "END"}
        for version, code in ((2, 200), (1, 404)):
            answer = post(server, {"instances": [ROW]}, f"/versions/{version}:predict")
            assert answer.status_code == code
        answer = CLIENT.get(f"{server}{MODEL}/versions/3")
        (status,) = answer.json()["model_version_status"]
        assert status["status"] == {"error_code": "INTERNAL", "error_message": FAILED}
        (name / "3" / data).write_bytes(whole)
        wait_for(lambda: states() == {"3": "AVAILABLE", "2": "END", "1": "END"})
        ended.set()
        for thread in threads:
            thread.join()
    versions.stop()
    assert len(asked) > 9
    assert set(asked) == {200}
    assert told().count("does not load") == 1
    assert "Version 3 of artgan is served now." in told()
