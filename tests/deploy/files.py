"""Parsed contents of the Dockerfile, compose.yaml and deploy/."""

import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import tyro
import yaml
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)

from artgan_tf.__main__ import VERBS
from tfrecords_tools.common.cli import CONFIG

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
_, INFERENCE = yaml.safe_load_all((DEPLOY / "kserve.yaml").read_text(encoding="utf-8"))
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("docs/docker.md", "deploy/README.md")
}


def instructions(name: str) -> list[str]:
    """Arguments of each instruction of this name in the Dockerfile, in order."""
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.M)


def default(variable: str) -> str:
    """Default text of `${NAME:-text}`; other text is unchanged."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", variable)


def parsed(command: str) -> dict[str, str]:
    """Options of `artgan VERB ...`, which the verb must know."""
    verb, *rest = shlex.split(command)
    assert verb in VERBS
    function = getattr(importlib.import_module(f"artgan_tf.{verb}"), verb)
    parser = tyro.extras.get_parser(function, prog=verb, config=CONFIG)
    found = vars(parser.parse_args(rest))
    return {name: " ".join(words) for name, words in found.items() if isinstance(words, list)}


def flags(words: list[str]) -> dict[str, str]:
    """Parse `--name=value` and `--name`, like TensorFlow Serving."""
    assert all(re.fullmatch(r"--\w+(=\S+)?", word) for word in words)
    return dict(word[2:].partition("=")[::2] for word in words)


def published(service: str) -> dict[int, int]:
    """Host port for each container port, checked to be local to the host."""
    found = [port.split(":") for port in SERVICES[service]["ports"]]
    assert all(host == "127.0.0.1" for host, _, _ in found)
    return {int(inside): int(outside) for _, outside, inside in found}


# ---- text of protocol buffers without a package -------------------------------------------------
def batching() -> Any:
    """batching.config as TensorFlow Serving's BatchingParameters."""
    wrapped = "google.protobuf.Int64Value"
    names = ["max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads"]
    fields = [_field(name, number, wrapped) for number, name in enumerate(names, 1)]
    sizes = _field("allowed_batch_sizes", 6)
    sizes.label = sizes.LABEL_REPEATED
    return _read("batching.config", {"BatchingParameters": [*fields, sizes]})


def monitoring() -> Any:
    """monitoring.config as TensorFlow Serving's MonitoringConfig."""
    enable, path = _field("enable", 1), _field("path", 2)
    enable.type, path.type = enable.TYPE_BOOL, path.TYPE_STRING
    config = [_field("prometheus_config", 1, "artgan.test.PrometheusConfig")]
    messages = {"MonitoringConfig": config, "PrometheusConfig": [enable, path]}
    return _read("monitoring.config", messages)


Field: Any = descriptor_pb2.FieldDescriptorProto


def _field(name: str, number: int, message: str = "") -> Any:
    kind = Field.TYPE_MESSAGE if message else Field.TYPE_INT64
    field = Field(name=name, number=number, type=kind, label=Field.LABEL_OPTIONAL)
    if message:
        field.type_name = f".{message}"
    return field


def _read(name: str, messages: dict[str, list[Any]]) -> Any:
    """Parse a file of deploy/ as the first of these messages."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(
        name=name, package="artgan.test", syntax="proto3", dependency=[wrappers_pb2.DESCRIPTOR.name]
    )
    for message, fields in messages.items():
        file.message_type.add(name=message, field=fields)
    pool.Add(file)
    kind = message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"artgan.test.{next(iter(messages))}")
    )
    return text_format.Parse((DEPLOY / name).read_text(encoding="utf-8"), kind())
