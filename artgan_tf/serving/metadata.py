"""JSON documents about a model: the states of its versions, its signatures, and facts."""

import json
from collections.abc import Iterable
from typing import Any

from artgan_tf.serving.servable import Servable
from artgan_tf.serving.versions import State

_SIGNATURES = "type.googleapis.com/tensorflow.serving.SignatureDefMap"


def status(states: Iterable[tuple[int, State]]) -> bytes:
    """Return the body of an answer with the states of these versions."""
    found = [
        {
            "version": str(number),
            "state": state.state,
            "status": {"error_code": state.code, "error_message": state.message},
        }
        for number, state in states
    ]
    return _written({"model_version_status": found})


def metadata(servable: Servable) -> bytes:
    """Return the body of an answer with the signatures, in protobuf's JSON format of messages."""
    spec = {"name": servable.name, "signature_name": "", "version": str(servable.version)}
    signatures = {name: _plain(definition) for name, definition in servable.definitions.items()}
    found = {"@type": _SIGNATURES, "signature_def": signatures}
    return _written({"model_spec": spec, "metadata": {"signature_def": found}})


def gallery(servable: Servable | None) -> bytes:
    """Return the facts that the gallery needs to request pictures; TF Serving has no such answer.

    Args:
        servable: the served version; None for an empty list of models.
    """
    return _written({"models": [_shown(servable)] if servable else []})


def _shown(servable: Servable) -> dict[str, Any]:
    facts = servable.facts
    return {
        "name": servable.name,
        "version": str(servable.version),
        "class_names": facts.get("class_names", []),
        "image_size": facts.get("image_size"),
        "magnified": facts.get("magnified", False),
        "signatures": facts.get("signatures") or sorted(servable.definitions),
        "weights": facts.get("weights", ""),
        "accuracy": facts.get("accuracy"),
        "references": facts.get("references", 0),
    }


def _plain(definition: Any) -> dict[str, Any]:
    from google.protobuf import json_format

    return json_format.MessageToDict(
        definition, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _written(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")
