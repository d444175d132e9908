"""Unreadable files are counted and named, and tolerated up to a fraction, or stop a conversion."""

import shutil
from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import (
    below,
    content,
    convert,
    converted,
    paintings,
    records,
    refused,
    report,
    shards,
)

FLAGS = ("--size", 12, "--shards", 4)


def broken(root: Path, count: int) -> list[str]:
    """Truncate the first files; return their names."""
    names = below(root)[:count]
    for name in names:
        (root / name).write_bytes((root / name).read_bytes()[:30])
    return names


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a source, and the data set `set` from it."""
    root = tmp_path_factory.mktemp("intact")
    converted(paintings(root / "source", 60), root / "set", *FLAGS)
    return root


@pytest.fixture
def source(intact: Path, tmp_path: Path) -> Path:
    return shutil.copytree(intact / "source", tmp_path / "source")


def test_skipped_files_are_reported_with_reasons_and_the_remedy(
    source: Path, intact: Path, tmp_path: Path
) -> None:
    names = broken(source, 3)
    done = convert(source, tmp_path / "set", *FLAGS, "--workers", 1)
    assert done.returncode == 0
    made = report(tmp_path / "set")
    assert sorted(bad["path"] for bad in made["skipped"]) == names
    assert all(bad["reason"] for bad in made["skipped"])
    assert sum(split["skipped"] for split in made["splits"].values()) == 3
    stored = [path for path, _, _ in records(shards(tmp_path / "set"))]
    assert sorted([*stored, *names]) == below(source)
    assert all(name in done.stdout for name in names)
    assert "3 skipped" in done.stderr
    assert "convert again with --overwrite" in done.stdout
    for name in names:
        shutil.copy(intact / "source" / name, source / name)
    converted(source, tmp_path / "set", *FLAGS, "--overwrite")
    assert content(tmp_path / "set") == content(intact / "set")


def test_what_stopped_it_is_mended_or_taken_away(
    source: Path, intact: Path, tmp_path: Path
) -> None:
    """Without the file it is another data set."""
    (name,) = broken(source, 1)
    stop = (*FLAGS, "--on-error", "stop")
    for out in (tmp_path / "mended" / "set", tmp_path / "less" / "set"):
        said = refused(source, out, *stop)
        assert name in said
        assert "--on-error skip" in said
        assert not (out / "dataset_info.json").exists()
        assert list(out.glob(".*.tmp")) == []
    (source / name).unlink()
    assert "--overwrite" in refused(source, out, *stop)
    assert converted(source, out, *stop, "--overwrite")["skipped"] == []
    shutil.copy(intact / "source" / name, source / name)
    converted(source, tmp_path / "mended" / "set", *stop)
    assert content(tmp_path / "mended" / "set") == content(intact / "set")


def test_too_many_unreadable_files_are_refused_until_they_are_mended_or_tolerated(
    source: Path, intact: Path, tmp_path: Path
) -> None:
    names = broken(source, 12)
    for out in (tmp_path / "mended" / "set", tmp_path / "tolerated" / "set"):
        for _ in range(3):  # repeating the command must not turn a refusal into a success
            said = refused(source, out, *FLAGS, "--max-bad-fraction", 0.19)
            assert "--max-bad-fraction 0.19: repair them" in said
            assert any(f"{name}: " in said for name in names)  # and why
            assert not (out / "dataset_info.json").exists()
        assert "At least 12 of 60" in said
    made = converted(source, out, *FLAGS, "--max-bad-fraction", 0.2)
    assert len(made["skipped"]) == 12
    assert sum(split["records"] for split in made["splits"].values()) == 48
    for name in names:
        shutil.copy(intact / "source" / name, source / name)
    converted(source, tmp_path / "mended" / "set", *FLAGS)
    assert content(tmp_path / "mended" / "set") == content(intact / "set")


def test_shards_without_any_readable_file_load(source: Path, tmp_path: Path) -> None:
    import tensorflow_datasets as tfds

    broken(source, 45)
    converted(source, tmp_path / "set", *FLAGS, "--shards", 50, "--max-bad-fraction", 1)
    builder = tfds.builder_from_directory(str(tmp_path / "set"))
    found = [
        example["path"].decode()
        for split in builder.info.splits
        for example in builder.as_dataset(split=split).as_numpy_iterator()
    ]
    assert sorted(found) == below(source)[45:]
