"""SLURM's variables, converted to TF_CONFIG."""

import pytest

from artgan_tf.config import InputError
from artgan_tf.training.slurm import expand_counts, expand_nodes, tf_config


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("login", ["login"]),
        ("127.0.0.1", ["127.0.0.1"]),
        ("n[9-10]", ["n9", "n10"]),
        ("n[08-10,12],gpu3", ["n08", "n09", "n10", "n12", "gpu3"]),
        ("a,b[1,3].site", ["a", "b1.site", "b3.site"]),
        ("r[1-2]n[01-02]", ["r1n01", "r1n02", "r2n01", "r2n02"]),
    ],
)
def test_nodes(text, hosts):
    assert expand_nodes(text) == hosts


@pytest.mark.parametrize(
    ("text", "counts"), [("4", [4]), ("2(x3),1", [2, 2, 2, 1]), ("1,2", [1, 2])]
)
def test_tasks_a_node(text, counts):
    assert expand_counts(text) == counts


def variables(rank: int, **others: str) -> dict[str, str]:
    step = {"STEP_NODELIST": "n[9-10]", "STEP_TASKS_PER_NODE": "1(x2)", "JOB_ID": "1230042"}
    return {f"SLURM_{key}": value for key, value in (step | others).items()} | {
        "SLURM_PROCID": str(rank)
    }


def test_a_node_has_its_own_address_whatever_the_order_of_words():
    for rank in (0, 1):
        assert tf_config(variables(rank)) == {
            "cluster": {"worker": ["n9:20042", "n10:20042"]},
            "task": {"type": "worker", "index": rank},
        }


def test_tasks_of_a_node_have_ports_of_their_own():
    found = tf_config(variables(2, STEP_TASKS_PER_NODE="2,1", SLURM_DISTRIBUTION="block:cyclic"))
    assert found
    assert found["cluster"]["worker"] == ["n9:20042", "n9:20043", "n10:20042"]


def test_without_a_step_there_is_nothing():
    assert tf_config({}) is None
    assert tf_config(variables(0, STEP_NODELIST="")) is None


@pytest.mark.parametrize(
    ("rank", "others", "word"),
    [
        (2, {}, "task 2 of"),
        (0, {"STEP_TASKS_PER_NODE": "1"}, "do not fit"),
        (0, {"STEP_TASKS_PER_NODE": "2(x2)", "DISTRIBUTION": "cyclic"}, "--distribution"),
    ],
)
def test_what_does_not_fit_is_refused(rank, others, word):
    with pytest.raises(InputError, match=word):
        tf_config(variables(rank, **others))
