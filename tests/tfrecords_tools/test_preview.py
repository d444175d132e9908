"""`preview` replaces an existing image only with --overwrite."""

from pathlib import Path

import pytest
from PIL import Image

from tests.tfrecords_tools.conversions import converted, paintings
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.preview import preview


def test_a_picture_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    converted(paintings(tmp_path / "source", 60), tmp_path / "set")
    out = tmp_path / "new" / "sheet.png"
    preview(tmp_path / "set", out=out, columns=2)
    with Image.open(out) as sheet:
        size = sheet.size
    assert f"{out}: {size[0]}x{size[1]}, 2 images" in capsys.readouterr().out
    for columns in (0, -1):
        with pytest.raises(InputError, match=rf"--columns {columns} is invalid: use 1 or more"):
            preview(tmp_path / "set", out=tmp_path / "other.png", columns=columns)
    out.write_bytes(b"a painting of somebody's")
    with pytest.raises(InputError, match=r"already exists: name another --out, or add --over"):
        preview(tmp_path / "set", out=out)
    assert out.read_bytes() == b"a painting of somebody's"
    preview(tmp_path / "set", out=out, overwrite=True)
    with Image.open(out) as sheet:
        sheet.load()
    with pytest.raises(InputError, match=r"--out .*\.odd cannot be written: "):
        preview(tmp_path / "set", out=tmp_path / "sheet.odd")
    assert not list(tmp_path.glob("*odd"))
