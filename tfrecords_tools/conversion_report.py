"""Reports what a conversion did: `report.json` for programs, a table for people."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tfrecords_tools.examples import Collection
from tfrecords_tools.lists import Listing
from tfrecords_tools.metadata import VERSION
from tfrecords_tools.plan import Plan
from tfrecords_tools.shards import ShardReport

SHOWN = 10  # lines of each kind in the table; report.json has all of them


def make_report(
    plan: Plan, collection: Collection, shards: Sequence[ShardReport]
) -> dict[str, Any]:
    """Return everything that is known about the result, independent of the number of workers."""
    splits = dict.fromkeys(shard.split for shard in shards)
    listing = collection.listing
    return {
        "name": plan.name,
        "version": VERSION,
        "plan": plan.identity,
        "classes": list(collection.class_names),
        "splits": {split: _split(split, plan, collection, shards) for split in splits},
        "skipped": [
            {"path": path, "split": shard.split, "reason": reason}
            for shard in shards
            for path, reason in shard.skipped
        ],
        "listing": asdict(listing) if listing else None,
        "shards": [asdict(shard) for shard in shards],
    }


def _split(
    split: str, plan: Plan, collection: Collection, shards: Sequence[ShardReport]
) -> dict[str, Any]:
    own = [shard for shard in shards if shard.split == split]
    labels = sum((Counter(shard.labels) for shard in own), Counter[str]())
    sizes = [size for shard in own for size in (shard.smallest, shard.largest) if size]
    return {
        "images": sum(len(s.examples) for s in plan.shards if s.split == split),
        "records": sum(shard.records for shard in own),
        "skipped": sum(len(shard.skipped) for shard in own),
        "shards": len(own),
        "bytes": sum(shard.bytes for shard in own),
        "smallest": min(sizes, key=math.prod, default=None),
        "largest": max(sizes, key=math.prod, default=None),
        "classes": {name: labels[str(i)] for i, name in enumerate(collection.class_names)},
    }


def table(report: dict[str, Any]) -> str:
    """Return the report as a table in plain text."""
    splits = report["splits"]
    lines = [_row("", *splits)]
    for key in ("images", "skipped", "records", "shards"):
        lines.append(_row(key, *(f"{split[key]:,}" for split in splits.values())))
    lines.append(_row("MB", *(f"{split['bytes'] / 1e6:.1f}" for split in splits.values())))
    lines.append("")
    for name in report["classes"]:
        lines.append(_row(name, *(f"{split['classes'][name]:,}" for split in splits.values())))
    if report["listing"]:
        lines += ["", *listing_lines(Listing(**report["listing"]))]
    reasons = [f"{bad['path']}: {bad['reason']}" for bad in report["skipped"]]
    lines += _some("unreadable", reasons)
    if reasons:
        lines.append("  left out; once they are mended, convert again with --overwrite")
    return "\n".join(lines) + "\n"


def listing_lines(listing: Listing) -> list[str]:
    """Return the table of what happened to the rows of the lists, line by line."""
    splits = list(listing.rows)
    rows = {
        "rows": listing.rows,
        "repeated": Counter(split for split, _ in listing.repeated),
        "conflicting labels": listing.dropped_rows,
        "missing": Counter(split for split, _ in listing.missing),
    }
    lines = [_row("lists", *splits)]
    lines += [_row(name, *(f"{n.get(s, 0):,}" for s in splits)) for name, n in rows.items()]
    lines.append(", ".join(f"{count:,} {how}" for how, count in listing.matched.items()) + " names")
    dropped = [f"{path}: labels {' and '.join(each)}" for path, each in listing.dropped.items()]
    return lines + _some("dropped", dropped) + _some("missing", [p for _, p in listing.missing])


def _some(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  and {len(lines) - SHOWN:,} more, see report.json"] if len(lines) > SHOWN else []
    shown = (line.encode("utf-8", "replace").decode() for line in lines[:SHOWN])
    return ["", f"{title} ({len(lines):,})", *(f"  {line}" for line in shown), *more]


def _row(name: str, *values: str) -> str:
    return f"{name:<24}" + "".join(f"{value:>12}" for value in values)
