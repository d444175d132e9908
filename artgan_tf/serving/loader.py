"""Runs an export with TensorFlow's C++ loader, as TF Serving does, without Keras or this package.

    python loader.py VERSION_DIR REQUESTS.npz OUT.npz

The module is self-contained and runs as a script in a separate process, because Python's own loader
accepts exports that fail their first request in TF Serving. REQUESTS holds arrays named
`signature/input`. OUT receives `signature/output`, or `signature/error` for a signature that
failed.
"""

import sys
from collections import defaultdict
from typing import Any

import numpy as np


def main(version: str, requests: str, out: str) -> None:
    """Load the export, run each signature that has a request, and save the outputs."""
    for name in ("keras", "artgan_tf"):  # importing them fails from here on
        sys.modules[name] = None  # type: ignore[assignment]
    import tensorflow.compat.v1 as tf

    tf.disable_eager_execution()
    with tf.Session(graph=tf.Graph()) as session:
        meta = tf.saved_model.loader.load(session, ["serve"], version)
        with np.load(requests) as given:
            answers = {
                f"{signature}/{key}": value
                for signature, inputs in _by_signature(given).items()
                for key, value in _run(session, meta.signature_def[signature], inputs).items()
            }
    np.savez(out, **answers)


def _by_signature(given: Any) -> dict[str, dict[str, Any]]:
    requests: dict[str, dict[str, Any]] = defaultdict(dict)
    for key in given:
        signature, _, name = key.partition("/")
        requests[signature][name] = given[key]
    return requests


def _run(session: Any, signature: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    feed = {signature.inputs[name].name: value for name, value in inputs.items()}
    fetch = {name: tensor.name for name, tensor in signature.outputs.items()}
    try:
        found = session.run(fetch, feed)
    except Exception as error:  # any failure that TF Serving would report to the client
        return {"error": np.array(str(error).split("\n")[0])}
    # np.savez cannot store objects. "S" drops trailing zeros, which neither PNGs nor names have.
    return {k: v.astype("S") if v.dtype == object else v for k, v in found.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
