"""The page on many GPUs: what the script makes of the counts, and counts that are the graphs'."""

import re

import pytest

from artgan_tf.preset_files import preset_names
from experiments import scaling
from experiments.counts import counted
from experiments.scaling import Machines, read_counts, step

COSTS = scaling.PAGE.with_name("presets.md")
FACTS = {"generator": 10, "discriminator": 15, "multiplications": 1000, "norms": 2, "channels": 6}
PLAIN = Machines(
    flops=1000, fill=4, machine=2, near=100, far=10, near_latency=0.5, far_latency=2, worth=1.3
)


def test_the_page_is_what_the_script_makes():
    assert scaling.PAGE.read_text() == scaling.page(read_counts(), Machines())


def test_every_preset_is_there_with_the_parameters_of_the_other_page():
    counts = read_counts()
    assert sorted(counts) == sorted(preset_names())
    rows = re.findall(r"^\| `(\S+)` \|.*?\| ([\d,]+), ([\d,]+) \|", COSTS.read_text(), re.M)
    assert len(rows) > 20
    for preset, *parameters in rows:
        numbers = [int(number.replace(",", "")) for number in parameters]
        assert numbers == [counts[preset]["generator"], counts[preset]["discriminator"]]


@pytest.mark.slow
def test_a_preset_is_counted_as_it_stands_there():
    preset = "improved/cifar10-small"
    assert counted(preset) == read_counts()[preset]


def test_one_gpu_talks_to_nobody():
    found = step(FACTS, 10, 1, PLAIN)
    assert (found.batch, found.compute, found.gradients, found.norms) == (10, 20, 0, 0)
    assert found.speed == 0.5


def test_two_and_four_gpus_by_hand():
    """100 bytes of gradients, 120 of 10 sums; within a machine, and beyond, the batch too small."""
    near = step(FACTS, 10, 2, PLAIN)
    assert (near.batch, near.compute) == (10, 10)
    assert (near.gradients, near.norms) == pytest.approx((1 + 1, 1.2 + 5))
    far = step(FACTS, 10, 4, PLAIN)
    assert (far.batch, far.compute) == (12, 8)  # 3 images take as long as 4
    assert (far.gradients, far.norms) == pytest.approx((15 + 8, 18 + 40))


def test_it_stops_where_twice_as_many_gain_too_little():
    assert scaling.last_worth(FACTS, 10, PLAIN) == 1  # 20 s against 17.2 s
    free = Machines(near_latency=0, far_latency=0, near=1e30, far=1e30, fill=1)
    assert scaling.last_worth(FACTS, 64, free) == 64
    assert scaling.last_worth(FACTS, 64, Machines(**vars(free) | {"fill": 16})) == 4
