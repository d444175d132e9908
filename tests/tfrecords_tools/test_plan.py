"""Splits, order and shards do not depend on the order in which the file system lists files."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfrecords_tools.common.errors import InputError
from tfrecords_tools.examples import Collection, Example, hold_out
from tfrecords_tools.options import Options
from tfrecords_tools.plan import Plan, make_plan

COUNTS = {"a": 40, "b": 7, "c": 1, "d": 26}
NAMES = tuple(COUNTS)
READ, OUT = Path("source").joinpath, Path("some/My Set-2")


def members(name: str, count: int, split: str = "all") -> list[Example]:
    label = NAMES.index(name)
    return [Example(split, f"{split}/{name}/{number:04d}.jpg", label) for number in range(count)]


ALL = [example for name, count in COUNTS.items() for example in members(name, count)]


def plan_of(examples: list[Example], **options: Any) -> Plan:
    return make_plan(Collection(NAMES, examples, READ), Options(Path("source"), OUT, **options))


def keys(plan: Plan, split: str) -> list[str]:
    return [e.key for shard in plan.shards if shard.split == split for e in shard.examples]


def held(examples: list[Example], fraction: float = 0.1, seed: int = 0) -> set[str]:
    return {e.key for e in hold_out(examples, fraction, seed) if e.split == "val"}


def by_class(names: set[str]) -> Counter[str]:
    return Counter(name.split("/")[1] for name in names)


# ---- splits ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fraction", "expected"),
    [
        (0.1, {"a": 4, "b": 1, "d": 3}),  # 26: 2.6, rounded
        (0.2, {"a": 8, "b": 1, "d": 5}),
        (0.34, {"a": 14, "b": 2, "d": 9}),
        (0.99, {"a": 39, "b": 6, "d": 25}),  # one of each stays
        (0.0, {}),
    ],
)
def test_each_class_gives_its_share(fraction: float, expected: dict[str, int]) -> None:
    plan = plan_of(ALL, val_fraction=fraction)
    assert by_class(set(keys(plan, "val"))) == expected
    assert sorted([*keys(plan, "train"), *keys(plan, "val")]) == sorted(e.key for e in ALL)


def test_nothing_depends_on_the_order_of_the_listing() -> None:
    random, plan = np.random.default_rng(0), plan_of(ALL)
    assert keys(plan, "val") == keys(plan_of(ALL, val_fraction=0.1), "val") != []
    for _ in range(5):
        shuffled = [ALL[index] for index in random.permutation(len(ALL))]
        assert plan_of(shuffled) == plan


def test_the_division_of_a_class_does_not_depend_on_the_others() -> None:
    own = {name for name in held(ALL) if name.startswith("all/a/")}
    assert len(own) == 4
    assert held(members("a", 40)) == own
    renumbered = [example._replace(label=1) for example in members("a", 40)]
    assert held(renumbered + members("d", 90)) >= own


def test_the_division_is_seeded() -> None:
    divisions = [held(ALL, 0.3, seed) for seed in range(6)]
    assert held(ALL, 0.3, 0) == divisions[0]
    assert len({frozenset(division) for division in divisions}) == 6
    together = set[str]().union(*(held(members("a", 40), 0.5, seed) for seed in range(40)))
    assert len(together) == 40  # no image is always in training


def test_held_out_images_come_from_all_over_the_class() -> None:
    places = [int(name[-8:-4]) for name in held(members("a", 4000), 0.25)]
    counts = np.histogram(places, bins=8, range=(0, 4000))[0]
    assert len(places) == 1000
    assert ((counts > 80) & (counts < 170)).all()  # 125 expected, deviation 10


def test_classes_too_small_to_give_any_are_refused() -> None:
    with pytest.raises(InputError, match=r"8 images in classes of at most 4"):
        hold_out(members("a", 4) + members("b", 4), 0.1, 0)


def test_a_source_with_a_split_to_hold_out_is_not_divided() -> None:
    examples = members("a", 9, "train") + members("a", 3, "test") + members("b", 2, "val")
    plan = plan_of(examples)
    assert [len(keys(plan, split)) for split in ("train", "val", "test")] == [9, 2, 3]
    with pytest.raises(InputError, match="--val-fraction"):
        plan_of(examples, val_fraction=0.2)


# ---- order -----------------------------------------------------------------------------------
def test_images_lie_in_the_order_of_a_hash_of_their_names_and_a_limit_keeps_the_first() -> None:
    whole = plan_of(ALL)
    found = keys(whole, "train")
    assert found == sorted(found, key=lambda key: hashlib.sha256(f"0:{key}".encode()).digest())
    assert found != sorted(found)
    for limit in (1, 30, 1000):
        some = plan_of(ALL, limit=limit)
        for split in ("train", "val"):
            assert keys(some, split) == keys(whole, split)[:limit]


# ---- shards ----------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 3, 64, 5000])
def test_shards_differ_by_at_most_one_image(count: int) -> None:
    plan = plan_of(ALL, shards=count)
    sizes = [len(shard.examples) for shard in plan.shards if shard.split == "train"]
    assert len(sizes) == min(count, 66)
    assert sum(sizes) == 66
    assert max(sizes) - min(sizes) <= 1
    assert keys(plan, "train") == keys(plan_of(ALL, shards=1), "train")


@pytest.mark.parametrize(
    ("images", "options", "most"),
    [
        *((1000, {}, 512), (5000, {}, 512), (2000, {"encoding": "raw", "size": 1024}, 40)),
        (3000, {"encoding": "raw", "size": 512, "crop": "center"}, 171),
    ],
)
def test_shards_are_as_large_as_needed(images: int, options: dict[str, Any], most: int) -> None:
    plan = plan_of(members("a", images, "train") + members("a", 1, "val"), **options)
    sizes = [len(shard.examples) for shard in plan.shards if shard.split == "train"]
    assert max(sizes) <= most
    assert min(sizes) * 2 > min(most, images) * 0.9  # and not many small ones
    if options:
        assert max(sizes) * 3 * options["size"] ** 2 <= 2**27 * 1.01  # bytes


def test_files_are_named_as_tensorflow_datasets_expects() -> None:
    files = [shard.file for shard in plan_of(ALL, shards=2).shards]
    numbers = [f"{split}.tfrecord-{i:05d}-of-00002" for split in ("train", "val") for i in (0, 1)]
    assert files == [f"my_set_2-{number}" for number in numbers]


# ---- identity --------------------------------------------------------------------------------
def test_what_changes_the_bytes_changes_the_identity() -> None:
    settings: list[dict[str, Any]] = [
        *({}, {"size": 65}, {"crop": "center"}, {"encoding": "png"}, {"quality": 94}),
        *({"shards": 3}, {"val_fraction": 0.2}, {"seed": 1}, {"limit": 9}),
    ]
    collections = [
        Collection(NAMES, ALL[1:], READ),
        Collection(NAMES, [ALL[0]._replace(label=3), *ALL[1:]], READ),
        Collection(NAMES, [ALL[0]._replace(key="all/a/x.jpg"), *ALL[1:]], READ),
        Collection(("a", "b", "c", "e"), ALL, READ),
        Collection(NAMES, ALL, READ, hashes={"list.csv": "0"}),
    ]
    plans = [plan_of(ALL, **options) for options in settings]
    plans += [make_plan(each, Options(Path("source"), OUT)) for each in collections]
    assert len({str(plan.identity) for plan in plans}) == len(plans)


def test_what_does_not_change_the_bytes_does_not_change_the_identity() -> None:
    others: dict[str, Any] = {"workers": 3, "on_error": "stop", "max_bad_fraction": 1.0}
    beam: dict[str, Any] = {"runner": "beam", "beam_options": ("--a",)}
    moved = Collection(NAMES, ALL, Path("elsewhere").joinpath)
    elsewhere = Options(Path("elsewhere"), Path("other/My Set-2"))
    plans = [plan_of(ALL, **others), plan_of(ALL, **beam), make_plan(moved, elsewhere)]
    assert [plan.identity for plan in plans] == [plan_of(ALL).identity] * 3
    lists = ("train=here/a.csv", "train=there/a.csv", "train=here/b.csv")
    here, there, third = (plan_of(ALL, labels=(path,)).identity for path in lists)
    assert here == there != third
