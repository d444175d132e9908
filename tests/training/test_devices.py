"""The devices of a run, and the errors that mean that another worker is gone."""

from types import SimpleNamespace
from typing import Any

import pytest
import tensorflow as tf

from artgan_tf.config import InputError, Train
from artgan_tf.training import devices
from artgan_tf.training.engine import WorkerLost
from artgan_tf.training.tensorflow_engine import TensorFlowEngine

FAULTS = [({"cifar_trick": True}, "cifar_trick"), ({"batch_size": 9}, "does not divide among 2")]


class Mirrored:
    num_replicas_in_sync = 2


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind, kind])
    monkeypatch.setattr(devices, "_mirrored", lambda on_gpus: Mirrored())


def test_auto_has_both_gpus(two_gpus):
    assert isinstance(devices.choose_strategy(Train()), Mirrored)


@pytest.mark.parametrize(("settings", "words"), FAULTS)
def test_auto_falls_back_to_one_device_and_says_so(settings, words, two_gpus, caplog):
    strategy = devices.choose_strategy(Train(**settings))
    assert strategy is tf.distribute.get_strategy()
    (record,) = caplog.records
    assert words in record.message
    assert record.message.endswith("Training on one of 2 devices.")


def test_one_device_needs_no_strategy(monkeypatch):
    """In which the trick's repeated steps could not sum gradients."""
    one = SimpleNamespace(num_replicas_in_sync=1)
    monkeypatch.setattr(devices, "_mirrored", lambda on_gpus: one)
    train = Train(strategy="mirrored", cifar_trick=True)
    assert devices.choose_strategy(train) is tf.distribute.get_strategy()


@pytest.mark.parametrize(("settings", "words"), FAULTS)
def test_an_explicit_strategy_is_refused(settings, words, two_gpus):
    with pytest.raises(InputError, match=words):
        devices.choose_strategy(Train(**settings, strategy="mirrored"))


@pytest.mark.parametrize("error", [tf.errors.AbortedError, tf.errors.UnavailableError])
def test_only_a_cluster_loses_workers(error, tiny, monkeypatch):
    def fail(batch: Any) -> None:
        raise error(None, None, "gone")

    engine = TensorFlowEngine(tiny("improved"))
    engine._train = fail
    with pytest.raises(error):
        engine.train(None)
    monkeypatch.setattr(TensorFlowEngine, "_cluster", True)
    with pytest.raises(WorkerLost):
        engine.train(None)
