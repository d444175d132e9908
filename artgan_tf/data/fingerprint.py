"""Fingerprints of a source's image names, counts and labels, to detect changed data on resume."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from artgan_tf.data.source import Source, Split, Streamed

# Split -> class -> number of images and hash of their keys in order. A streamed split is a single
# group, because its labels are unknown until it is read. Earlier versions hashed names with the
# folder's spelling instead, of which only the numbers are compared.
Fingerprint = Mapping[str, Mapping[str, Mapping[str, Any]]]
ALL = "all classes"
SHOWN = 3  # differences named in a sentence


def fingerprint(source: Source) -> Fingerprint:
    """Fingerprint of an opened source; reads no image."""
    splits = {"train": source.train, "held-out": source.val}
    return {name: _groups(split, source.class_names) for name, split in splits.items()}


def changes(before: Fingerprint, now: Fingerprint) -> str:
    """Describes the differences as part of a sentence; empty if there are none."""
    told = []
    for split in now:
        old, new = before.get(split, {}), now[split]
        for group in {**old, **new}:
            pair = [of.get(group, {}) for of in (new, old)]
            counts = [each.get("images", 0) for each in pair]
            keys = {each["keys"] for each in pair if "keys" in each}
            if counts[0] != counts[1]:
                told.append(f"{counts[0]} {split} images of {group}, not {counts[1]}")
            elif len(keys) > 1:
                told.append(f"different {split} images of {group}")
    more = [f"{len(told) - SHOWN} more changes"] if len(told) > SHOWN else []
    return ", ".join(told[:SHOWN] + more)


def _groups(split: Split, class_names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    if isinstance(split, Streamed):
        return {ALL: _group([split.identity], split.count)}
    names, key = defaultdict(list), split.key or split.name
    for index, label in enumerate(split.labels.tolist()):
        names[class_names[label]].append(key(index))
    return {group: _group(members, len(members)) for group, members in names.items()}


def _group(names: list[str], count: int) -> dict[str, Any]:
    text = "\0".join(names).encode("utf-8", "surrogateescape")
    return {"images": count, "keys": hashlib.sha256(text).hexdigest()}
