"""What tells whether a source still has the images that it had: their names, counts and labels."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from artgan_tf.data.source import Source, Split, Streamed

# Split -> class -> how many images it has, and the hash of their names in order.  Of a split that
# is streamed the labels are not known before it is read: there all images are one group.
Fingerprint = Mapping[str, Mapping[str, Mapping[str, Any]]]
ALL = "all classes"
SHOWN = 3  # differences in a sentence


def fingerprint(source: Source) -> Fingerprint:
    """Of a source as it has been opened; no image is read."""
    splits = {"train": source.train, "held-out": source.val}
    return {name: _groups(split, source.class_names) for name, split in splits.items()}


def changes(before: Fingerprint, now: Fingerprint) -> str:
    """What has become different, as a part of a sentence; empty where nothing has."""
    told = []
    for split in now:
        old, new = before.get(split, {}), now[split]
        for group in {**old, **new}:
            counts = [of.get(group, {}).get("images", 0) for of in (new, old)]
            if counts[0] != counts[1]:
                told.append(f"{counts[0]} {split} images of {group}, not {counts[1]}")
            elif new.get(group) != old.get(group):
                told.append(f"other {split} images of {group}")
    more = [f"{len(told) - SHOWN} more changes"] if len(told) > SHOWN else []
    return ", ".join(told[:SHOWN] + more)


def _groups(split: Split, class_names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    if isinstance(split, Streamed):
        return {ALL: _group([split.identity], split.count)}
    names = defaultdict(list)
    for index, label in enumerate(split.labels.tolist()):
        names[class_names[label]].append(split.name(index))
    return {group: _group(members, len(members)) for group, members in names.items()}


def _group(names: list[str], count: int) -> dict[str, Any]:
    text = "\0".join(names).encode("utf-8", "surrogateescape")
    return {"images": count, "names": hashlib.sha256(text).hexdigest()}
