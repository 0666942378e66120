"""Sweeps and their sheet."""

from pathlib import Path

import pytest
from PIL import Image

from calotype.cli.sweep import Axis, Sweep
from calotype.cli.usage import UsageError
from calotype.sheet import write_sheet


def test_files_are_the_outermost_loop_so_that_each_checkpoint_is_loaded_once():
    sweep = Sweep.over([Axis("seed", (1, 2)), Axis("checkpoint", ("a", "b"), files=True), Axis("cfg", (4, 7, 9))])
    assert [c["checkpoint"] for c in sweep] == ["a"] * 6 + ["b"] * 6
    assert len(list(sweep)) == len(sweep) == 12
    assert sweep.columns == 3


def test_labels_say_only_what_moves():
    sweep = Sweep.over(
        [Axis("seed", (1, 2)), Axis("steps", (20,)), Axis("checkpoint", ({"file": "a"}, "b"), files=True)]
    )
    assert [sweep.label(c) for c in sweep] == [
        "checkpoint a, seed 1",
        "checkpoint a, seed 2",
        "checkpoint b, seed 1",
        "checkpoint b, seed 2",
    ]


def test_a_single_long_axis_is_folded_into_rows():
    assert [Sweep.over([Axis("seed", tuple(range(n)))]).columns for n in (2, 8, 9, 30)] == [2, 8, 3, 6]


def test_nothing_given_is_one_cell_without_a_label():
    assert list(Sweep.over([])) == [{}]
    assert Sweep.over([]).moving == ()


def test_a_sweep_beyond_all_bounds_is_refused():
    with pytest.raises(UsageError, match="1000000 cells"):
        Sweep.over([Axis("a", tuple(range(1000))), Axis("b", tuple(range(1000)))])


def picture(path: Path, size: tuple[int, int], mode: str = "RGB") -> Path:
    Image.new(mode, size, 1 if mode == "1" else tuple([50] * len(mode))).save(path)
    return path


def test_a_sheet_holds_every_cell_in_rows(tmp_path):
    small, large = picture(tmp_path / "a.png", (20, 10)), picture(tmp_path / "b.png", (40, 30), "RGBA")
    write_sheet(tmp_path / "sheet.png", [("seed 1\ncfg 2", small), ("seed 2\ncfg 2", large), ("a failure", None)], 2)
    with Image.open(tmp_path / "sheet.png") as sheet:
        row = (sheet.height - 8) // 2
        assert sheet.width == 8 + 2 * (40 + 8) and row > 30 + 8 + 2 * 9
        assert sheet.getpixel((8 + 20, 8 + 15)) == (50, 50, 50)
        assert sheet.getpixel((8 + 20, 8 + row + 15)) == (224, 224, 224)


def test_a_sheet_of_many_large_pictures_stays_within_bounds(tmp_path):
    one = picture(tmp_path / "a.png", (1024, 1024))
    write_sheet(tmp_path / "sheet.png", [(str(i), one) for i in range(30)], 30)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width < 17_000
        assert sheet.height < 600
