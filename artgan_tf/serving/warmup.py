"""Warm-up requests, which TF Serving runs before it reports a version as available."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import tensorflow as tf

from artgan_tf.serving.json_tensors import Arrays

FILE = "tf_serving_warmup_requests"


def write_warmup(folder: Path, requests: Mapping[str, Arrays]) -> None:
    """Write a request per signature to `assets.extra`, so that no user waits for graph set-up."""
    from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for signature, inputs in requests.items():
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(signature_name=signature),
                inputs={name: tf.make_tensor_proto(value) for name, value in inputs.items()},
            )
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


def read_warmup(folder: Path) -> Iterator[tuple[str, Arrays]]:
    """Yield signature and inputs of each request in `assets.extra`, which may have none."""
    from tensorflow_serving.apis import prediction_log_pb2

    file = folder / FILE
    if not file.is_file():
        return
    for record in tf.data.TFRecordDataset(str(file)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        yield request.model_spec.signature_name, inputs
