"""Warm-up requests, which TF Serving runs before it reports a version as available."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from artgan_tf.sampler import Sampler
from artgan_tf.serving import check

FILE = "tf_serving_warmup_requests"


def write_warmup(folder: Path, sampler: Sampler, functions: dict[str, Any]) -> None:
    """Write one request per signature, so that the first user does not wait for graph set-up.

    Args:
        folder: the export's `assets.extra`.
        sampler: the exported sampler.
        functions: the exported functions by signature name.
    """
    from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

    arrays = check.requests(sampler)
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for signature in functions:
            of_signature = {
                key.partition("/")[2]: value
                for key, value in arrays.items()
                if key.startswith(f"{signature}/")
            }
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(signature_name=signature),
                inputs={name: tf.make_tensor_proto(value) for name, value in of_signature.items()},
            )
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


def read_warmup(folder: Path) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yield the signature name and the input arrays of each warm-up request.

    Args:
        folder: the export's `assets.extra`; without warm-up requests, nothing is yielded.
    """
    from tensorflow_serving.apis import prediction_log_pb2

    file = folder / FILE
    if not file.is_file():
        return
    for record in tf.data.TFRecordDataset(str(file)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        yield request.model_spec.signature_name, inputs
