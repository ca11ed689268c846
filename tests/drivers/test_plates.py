"""Plate sheets: the shipped one, one's own, and ones that are no plate."""

from __future__ import annotations

import pytest

from labapp import load
from labapp.analysis.plate import centre_of_pressure
from labapp.device.plates import Plate, read_plate
from labapp.errors import LabError
from labapp.paths import bundled


def sheet():
    return (bundled("hardware") / "plates" / "four_cells.toml").read_text("utf-8")


def test_the_shipped_sheet_is_a_plate():
    plate = read_plate("four_cells")
    assert [cell.channel for cell in plate.cells] == ["F1", "F2", "F3", "F4"]
    got = centre_of_pressure([[0, 0, 0, 100.0]], plate.positions, threshold=plate.threshold_n)
    assert (got.x[0], got.y[0]) == pytest.approx((0.2, -0.15))


def test_ones_own_sheet_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("LABAPP_HOME", str(tmp_path))
    folder = tmp_path / "hardware" / "plates"
    folder.mkdir(parents=True)
    (folder / "four_cells.toml").write_text(sheet().replace("0.200", "0.250"), "utf-8")
    assert read_plate("four_cells").cells[1].x_m == 0.25


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"F2"', '"F1"'),
        ("x_m = 0.200\ny_m = 0.150", "x_m = -0.100\ny_m = 0.100"),
        ("y_m = 0.150", "y_m = inf"),
        ("threshold_n = 20.0", "threshold_n = 0.0"),
        ("title =", "colour ="),
    ],
)
def test_a_wrong_sheet_is_refused(old, new):
    text = sheet()
    assert old in text
    with pytest.raises(LabError):
        load.parse_toml(text.replace(old, new, 1), Plate, name="plate")


@pytest.mark.parametrize("name", ["nix", "../four_cells", ""])
def test_an_unknown_plate_is_one_line(name):
    with pytest.raises(LabError):
        read_plate(name)
