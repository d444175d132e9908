"""The Dockerfile, compose.yaml and deploy/ agree with each other and with the program."""

import inspect
import json
import re
import tomllib
from itertools import chain

import pytest
from google.protobuf import text_format
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tensorflow_serving.config import model_server_config_pb2

from artgan_tf.config import resolve
from artgan_tf.serve import serve
from artgan_tf.serving import app, monitoring
from artgan_tf.serving.batching import Rules
from artgan_tf.serving.model_dir import ModelDir
from artgan_tf.serving.versions import Versions
from artgan_tf.sizing import default_run_dir
from tests.deploy import files
from tests.deploy.files import DEPLOY, ROOT, SERVICES, default, instructions, parsed

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TRAIN = SERVICES["train"]["entrypoint"][2]
KSERVE = files.INFERENCE["spec"]["predictor"]


def requirements() -> dict[str, Requirement]:
    """The requirements of the program and of the presets that it recommends, by name."""
    texts = (ROOT / f"requirements{extra}.txt" for extra in ("", "-features"))
    lines = [line for text in texts for line in text.read_text(encoding="utf-8").splitlines()]
    found = [Requirement(line.partition("#")[0]) for line in lines if line.partition("#")[0]]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def model_config():
    """The only model in models.config."""
    text = (DEPLOY / "models.config").read_text(encoding="utf-8")
    found = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (config,) = found.model_config_list.config
    return config


def gallery() -> dict[str, str]:
    """Options of the gallery's `artgan serve`."""
    return parsed(SERVICES["gallery"]["command"])


def port_of_serve() -> int:
    return inspect.signature(serve).parameters["port"].default


# ---- the image ----------------------------------------------------------------------------------
def test_the_image_runs_the_script_as_nobody_in_particular():
    (entrypoint,) = instructions("ENTRYPOINT")
    assert json.loads(entrypoint) == list(PROJECT["project"]["scripts"])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", instructions("USER")[-1])
    assert instructions("EXPOSE") == [str(port_of_serve())]


def test_the_dockerfile_finds_the_requirements_that_it_treats_apart():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (replaced,) = re.findall(r"s/(\^.*?)/\$\{TENSORFLOW\}", files.DOCKERFILE)
    assert len(re.findall(replaced, text, re.M)) == 1
    (apart,) = set(re.findall(r"grep (?:-v )?'(\S+)'", files.DOCKERFILE))
    assert len(re.findall(apart, text, re.M)) == 1
    assert files.DOCKERFILE.count("requirements-features.txt") == 2  # copied and installed


def test_every_requirement_is_pinned_to_a_version_that_it_allows():
    text = (DEPLOY / "constraints.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([^#\s]+)==(\S+)$", text, re.M))
    pins = {canonicalize_name(name): version for name, version in pins.items()}
    for name, requirement in requirements().items():
        assert requirement.specifier.contains(pins.get(name, "none")), requirement
    assert pins["tensorflow-cpu"] == pins["tensorflow"]


def test_what_the_build_needs_goes_to_the_engine():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    hatch, project = PROJECT["tool"]["hatch"], PROJECT["project"]
    wheel = hatch["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], *project["license-files"]}
    hook = hatch["metadata"]["hooks"]["requirements_txt"]
    needed |= {project["readme"], *hook["files"], *chain(*hook["optional-dependencies"].values())}
    needed |= {"pyproject.toml", "deploy/constraints.txt"}
    assert let_in == needed
    assert all((ROOT / path).exists() for path in let_in)


# ---- the services -------------------------------------------------------------------------------
def test_train_writes_the_model_that_the_others_read():
    run = default_run_dir(resolve(default(SERVICES["train"]["command"])))
    verbs = re.findall(r"^(?:.*\|\| )?artgan (.*)$", TRAIN, re.M)
    assert verbs[0] == 'fit "$$@"'
    export = parsed(verbs[1])
    assert export["run"] == f"/{run}"
    config = model_config()
    assert config.base_path == f"{export['out']}/{config.name}" == gallery()["model"]
    assert f"test -d {config.base_path} ||" in TRAIN
    assert config.name == run.name


def test_ports_of_the_gallery():
    port = int(gallery()["port"])
    assert port == port_of_serve()
    ((host, _, inside),) = (each.split(":") for each in SERVICES["gallery"]["ports"])
    assert (host, int(inside)) == ("127.0.0.1", port)
    assert gallery()["host"] == "0.0.0.0"
    url = re.search(r"http://127.0.0.1:(\d+)(/\w+)", SERVICES["gallery"]["healthcheck"]["test"][-1])
    assert url
    routes = app.build_app(Versions(ModelDir("demo", dict), 1), app.Settings()).routes
    assert int(url[1]) == port
    assert url[2] in {getattr(route, "path", "") for route in routes}


def test_tensorflow_serving_is_as_old_as_the_tensorflow_that_exports():
    image, _, tag = SERVICES["serving"]["image"].partition(":")
    assert image == "tensorflow/serving"
    assert requirements()["tensorflow"].specifier.contains(tag)
    assert KSERVE["model"]["runtimeVersion"] == tag


# ---- TensorFlow Serving's files ---------------------------------------------------------------
def test_batches_are_those_of_our_own_server():
    text, rules = (DEPLOY / "batching.config").read_text(encoding="utf-8"), Rules()
    found = {
        name: int(number) for name, number in re.findall(r"^(\w+) { value: (\d+) }", text, re.M)
    }
    assert found["max_batch_size"] == rules.rows
    assert found["batch_timeout_micros"] == rules.window * 1e6
    assert found["num_batch_threads"] == rules.workers
    assert found["max_batch_size"] * found["max_enqueued_batches"] >= rules.waiting
    sizes = re.findall(r"^allowed_batch_sizes: (\d+)", text, re.M)
    assert sizes == [str(size) for size in (1, 2, 4, 8, 16) if size <= rules.rows]
    assert "--enable_batching" in SERVICES["serving"]["command"]


def test_metrics_have_the_same_path_everywhere():
    assert f'path: "{monitoring.PATH}"' in (DEPLOY / "monitoring.config").read_text("utf-8")


# ---- the pages ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", files.PAGES)
def test_docker_lines_are_understood(name):
    lines = re.findall(r"^docker (?:run|compose run) .*$", files.PAGES[name], re.M)
    assert lines
    for line in lines:
        service = re.search(r"docker compose run --rm (?:--entrypoint (\w+) )?(train) (.*)", line)
        if not service:
            assert parsed(line.partition(" artgan ")[2])
        elif service[1] != "mv":
            assert parsed(service[3] if service[1] else f"fit {service[3]}")
