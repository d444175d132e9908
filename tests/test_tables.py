"""The layer tables' grammar: the meaning of a row, and a clear sentence for an invalid one."""

from collections.abc import Callable

import pytest

from artgan_tf.config import InputError
from artgan_tf.tables import Layer, Stage, check_growth, parse_layers, parse_stages, scale


def test_stages() -> None:
    found = parse_stages(("4:1024", "8:512", "128:32"), 1.0)
    assert found == [Stage(4, 1024), Stage(8, 512), Stage(128, 32)]
    assert parse_stages((), 1.0) == []


@pytest.mark.parametrize(
    ("row", "layer"),
    [
        ("96/1", Layer(96, 1, 3, False)),
        ("256/1 1x1", Layer(256, 1, 1, False)),
        ("d 512/2 4x4", Layer(512, 2, 4, True)),
        ("8/1 11x11", Layer(8, 1, 11, False)),
    ],
)
def test_layers(row: str, layer: Layer) -> None:
    assert parse_layers((row,), 1.0) == [layer]


def test_width_changes_channels_only() -> None:
    assert parse_stages(("16:128",), 0.5) == [Stage(16, 64)]
    assert parse_layers(("d 192/2 4x4",), 0.25) == [Layer(48, 2, 4, True)]


STAGES = ["", "16", "16:", ":128", "16:128:3", "16/128", "16 : 128", "-8:64", "0:64", "8:0"]
LAYERS = ["", "96", "96/", "/2", "96:2", "96/2 3", "96/2 3x5", "96/2 3x33", "d96/2", "x 96/2"]
LAYERS += ["96/2 ", "D 96/2", "96.5/2", "d 96/2 3x3 d", "0/1", "96/0", "96/1 0x0", "d 96/0 3x3"]


@pytest.mark.parametrize(
    ("parse", "grammar", "row"),
    [(parse_stages, "size:channels", row) for row in STAGES]
    + [(parse_layers, "channels/stride", row) for row in LAYERS],
)
def test_a_wrong_row_is_named(parse: Callable[..., object], grammar: str, row: str) -> None:
    right = {parse_stages: "8:256", parse_layers: "96/1"}[parse]
    with pytest.raises(InputError) as error:
        parse((right, row), 1.0)
    assert repr(row) in str(error.value)
    assert grammar in str(error.value)


@pytest.mark.parametrize(
    ("channels", "width", "scaled"),
    [
        (512, 1.0, 512),
        (96, 0.5, 48),
        (96, 0.25, 24),
        (96, 0.1, 8),  # 9.6
        (100, 1.0, 104),  # 12.5 times 8: halves round up
        (20, 1.0, 24),  # 2.5 times 8: up too, while Python's round() would go down
        (99, 1.0, 96),
        (64, 0.4, 24),  # 25.6
        (32, 0.01, 8),  # never below 8
        (64, 1.5, 96),
    ],
)
def test_scale_rounds_to_eights(channels: int, width: float, scaled: int) -> None:
    assert scale(channels, width) == scaled


@pytest.mark.parametrize("sizes", [(), (4,), (8,), (8, 16, 16, 32), (4, 4, 8), (8, 16, 16, 16, 32)])
def test_sizes_that_stay_or_double_pass(sizes: tuple[int, ...]) -> None:
    check_growth("generator", [Stage(size, 8) for size in sizes], 4)


@pytest.mark.parametrize(
    ("sizes", "wrong", "before"),
    [((16,), 16, 4), ((8, 32), 32, 8), ((8, 4), 4, 8), ((8, 16, 24), 24, 16), ((2,), 2, 4)],
)
def test_other_sizes_are_named(sizes: tuple[int, ...], wrong: int, before: int) -> None:
    with pytest.raises(InputError) as error:
        check_growth("decoder", [Stage(size, 40) for size in sizes], 4)
    assert f"{wrong}:40" in str(error.value)
    assert f"size {before} in model.decoder" in str(error.value)


@pytest.mark.parametrize(
    ("sizes", "last"), [((8,), "at 8"), ((8, 16, 32), "at 32"), ((), "nowhere")]
)
def test_another_last_size_is_named(sizes: tuple[int, ...], last: str) -> None:
    stages = [Stage(size, 8) for size in sizes]
    with pytest.raises(InputError) as error:
        check_growth("decoder", stages, 4, 16, 64)
    assert "model.decoder should end at size 16 or 64 " in str(error.value)
    assert str(error.value).endswith(f"ends {last}.")


@pytest.mark.parametrize(
    ("end", "instead"), [(48, "32 or 64"), (63, "32 or 64"), (65, "64 or 128"), (2, "4 or 8")]
)
def test_a_size_that_no_doubling_reaches_is_refused_with_those_beside_it(end: int, instead: str):
    with pytest.raises(InputError, match=rf"cannot end at size {end}, .* needs {instead}\.$"):
        check_growth("generator", [Stage(8, 8), Stage(16, 8)], 4, end)
    check_growth("decoder", [Stage(12, 8), Stage(24, 8)], 6, 48, 24)
