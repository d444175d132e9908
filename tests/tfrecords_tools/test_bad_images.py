"""Unreadable files are counted and named, and tolerated up to a fraction, or stop a conversion."""

from pathlib import Path

import pytest

from tests.tfrecords_tools.conversions import (
    below,
    content,
    convert,
    converted,
    paintings,
    records,
    report,
    sentence,
    shards,
)

SIZE = ("--size", 12)


def broken(root: Path, count: int, share: float = 0.5) -> list[str]:
    """Truncate the first files; return their names."""
    names = below(root)[:count]
    for name in names:
        (root / name).write_bytes((root / name).read_bytes()[: int(60 * share)])
    return names


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return paintings(tmp_path / "source", 60)


def undisturbed(tmp_path: Path, *flags: object) -> dict[str, bytes]:
    """Return the content of a data set of this name, converted from the intact files only."""
    intact = paintings(tmp_path / "intact", 60)
    converted(intact, tmp_path / "other" / "set", *SIZE, *flags)
    return content(tmp_path / "other" / "set")


def test_skipped_files_are_reported_with_reasons(source: Path, tmp_path: Path) -> None:
    names = broken(source, 3)
    done = convert(source, tmp_path / "set", *SIZE, "--shards", 4)
    assert done.returncode == 0
    made = report(tmp_path / "set")
    assert sorted(bad["path"] for bad in made["skipped"]) == names
    assert all(bad["reason"] for bad in made["skipped"])
    assert sum(split["skipped"] for split in made["splits"].values()) == 3
    stored = [path for path, _, _ in records(shards(tmp_path / "set"))]
    assert sorted([*stored, *names]) == below(source)
    for name in names:
        assert name in done.stdout
    assert "3 skipped" in done.stderr


def test_stop_names_the_file_and_goes_on_once_it_is_mended(source: Path, tmp_path: Path) -> None:
    good = (source / below(source)[0]).read_bytes()
    (name,) = broken(source, 1)
    flags = (*SIZE, "--shards", 6, "--on-error", "stop")
    said = sentence(convert(source, tmp_path / "set", *flags))
    assert name in said
    assert "--on-error skip" in said
    assert not (tmp_path / "set" / "dataset_info.json").exists()
    assert list((tmp_path / "set").glob(".*.tmp")) == []
    (source / name).write_bytes(good)
    converted(source, tmp_path / "set", *flags)
    assert content(tmp_path / "set") == undisturbed(tmp_path, "--shards", 6)


def test_without_the_file_that_stopped_it_it_is_another_data_set(
    source: Path, tmp_path: Path
) -> None:
    (name,) = broken(source, 1)
    flags = (*SIZE, "--shards", 6, "--on-error", "stop")
    sentence(convert(source, tmp_path / "set", *flags))
    (source / name).unlink()
    done = convert(source, tmp_path / "set", *flags)
    assert "--overwrite" in sentence(done)
    assert len(converted(source, tmp_path / "set", *flags, "--overwrite")["skipped"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("shard_count", [1, 5])
def test_too_many_unreadable_files_are_refused_each_time(
    source: Path, tmp_path: Path, shard_count: int
) -> None:
    broken(source, 7)
    flags = (*SIZE, "--shards", shard_count, "--max-bad-fraction", 0.1)
    for _ in range(3):  # repeating the command must not turn a refusal into a success
        said = sentence(convert(source, tmp_path / "set", *flags))
        assert "of 60" in said
        assert "--max-bad-fraction 0.1" in said
        assert not (tmp_path / "set" / "dataset_info.json").exists()


def test_just_few_enough_unreadable_files_are_tolerated(source: Path, tmp_path: Path) -> None:
    broken(source, 6)
    made = converted(source, tmp_path / "set", *SIZE, "--max-bad-fraction", 0.1)
    assert len(made["skipped"]) == 6


def test_a_refused_fraction_names_a_file_and_its_reason(source: Path, tmp_path: Path) -> None:
    names = broken(source, 12)
    said = sentence(convert(source, tmp_path / "set", *SIZE, "--shards", 4))
    (named,) = (name for name in names if name in said)
    assert f"{named}: " in said  # and why
    counted = int(said.split(" of 60")[0].split()[-1])
    assert 3 < counted <= 12  # more than a twentieth


def test_a_refused_fraction_goes_on_once_the_files_are_mended(source: Path, tmp_path: Path) -> None:
    good = {name: (source / name).read_bytes() for name in below(source)[:12]}
    broken(source, 12)
    assert "repair them" in sentence(convert(source, tmp_path / "set", *SIZE, "--shards", 4))
    for name, data in good.items():
        (source / name).write_bytes(data)
    converted(source, tmp_path / "set", *SIZE, "--shards", 4)
    assert content(tmp_path / "set") == undisturbed(tmp_path, "--shards", 4)


def test_a_refused_fraction_goes_on_once_it_is_raised(source: Path, tmp_path: Path) -> None:
    broken(source, 12)
    sentence(convert(source, tmp_path / "set", *SIZE, "--shards", 4))
    raised = ("--max-bad-fraction", 0.2)
    made = converted(source, tmp_path / "set", *SIZE, "--shards", 4, *raised)
    assert len(made["skipped"]) == 12
    assert made["splits"]["train"]["records"] + made["splits"]["val"]["records"] == 48


def test_shards_without_any_readable_file_load(source: Path, tmp_path: Path) -> None:
    import tensorflow_datasets as tfds

    broken(source, 45)
    converted(source, tmp_path / "set", *SIZE, "--shards", 50, "--max-bad-fraction", 1)
    builder = tfds.builder_from_directory(str(tmp_path / "set"))
    found = [
        example["path"].decode()
        for split in builder.info.splits
        for example in builder.as_dataset(split=split).as_numpy_iterator()
    ]
    assert sorted(found) == below(source)[45:]
