"""The registry: drivers by name, a user's own file, files that cannot be used."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

import labapp.drivers
from labapp import device, paths
from labapp.errors import LabError


@pytest.fixture
def user_drivers(tmp_path, monkeypatch):
    """A user's driver folder on the search path, and no trace of it afterwards."""
    before = set(sys.modules)
    monkeypatch.setattr(labapp.drivers, "__path__", [*labapp.drivers.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("labapp.drivers."):
            del sys.modules[name]
            vars(labapp.drivers).pop(name.rpartition(".")[2], None)
    importlib.invalidate_caches()


def write_copy(folder: Path, name: str, *, sheet: bool = True) -> None:
    source = (paths.bundled("drivers") / "labbox.py").read_text("utf-8")
    (folder / f"{name}.py").write_text(
        source.replace('name = "labbox"', f'name = "{name}"'), "utf-8"
    )
    if sheet:
        page = (paths.bundled("hardware") / "labbox" / "sheet.toml").read_text("utf-8")
        (folder / f"{name}.toml").write_text(page, "utf-8")


def test_drivers_are_listed_with_sheet_channels_and_source():
    infos = {info.name: info for info in device.list_drivers()}
    assert infos["bitalino"].sheet.onset_capable == "yes"
    assert infos["chronojump"].sheet.onset_capable == "no"
    assert "not valid for RFD/EMD" in infos["chronojump"].sheet.onset_reason
    assert infos["chronojump"].sheet.clock == "rc"
    assert [channel.name for channel in infos["bitalino"].channels] == ["A1", "A2", "A3", "A4", "D"]
    assert infos["labbox"].rate == 2000.0
    assert infos["labbox"].source.endswith("labbox.py")


def test_a_users_driver_file_works_unchanged(user_drivers):
    write_copy(user_drivers, "mybox")
    assert "mybox" in [info.name for info in device.list_drivers()]
    driver = device.get_driver("mybox")
    codec = driver.codec(device.parse_settings(driver, {"channels": 2}))
    assert len(codec.channels) == 2
    assert device.sheet("mybox").title.startswith("labbox")


def test_files_that_cannot_be_used_are_reported_and_the_others_go_on(user_drivers):
    texts = {
        "syntax": "def",
        "raises": "raise RuntimeError('no such thing')",
        "leaves": "import sys; sys.exit(3)",
        "empty": "",
        "misnamed": (paths.bundled("drivers") / "labbox.py").read_text("utf-8"),
        "_private": "raise RuntimeError",
    }
    for name, text in texts.items():
        (user_drivers / f"{name}.py").write_text(text, "utf-8")
    write_copy(user_drivers, "sheetless", sheet=False)
    write_copy(user_drivers, "badsheet")
    (user_drivers / "badsheet.toml").write_text('title = "x"\ncolour = 3\n', "utf-8")
    broken = device.broken_drivers()
    assert set(broken) == {*texts, "sheetless", "badsheet"} - {"_private"}
    assert "no such thing" in broken["raises"]
    assert "SyntaxError" in broken["syntax"]
    assert "SystemExit" in broken["leaves"]
    assert "sheetless" in broken["sheetless"]
    assert "badsheet.toml" in broken["badsheet"]
    assert all("\n" not in text for text in broken.values())
    assert {info.name for info in device.list_drivers()} >= {"bitalino", "chronojump", "labbox"}
    with pytest.raises(LabError, match="no such thing"):
        device.get_driver("raises")


@pytest.mark.parametrize("name", ["nix", "", "../bitalino", "os.path", "bitalino.py", "_private"])
def test_an_unknown_driver_is_one_line_with_the_known_ones(name):
    with pytest.raises(LabError, match=r"one of .*bitalino, .*labbox"):
        device.get_driver(name)
    with pytest.raises(LabError):
        device.sheet(name)


@pytest.mark.parametrize("wrong", [{"rate": "fast"}, {"colour": 1}, {"inputs": 3}])
def test_wrong_settings_are_one_line_with_the_known_ones(wrong):
    with pytest.raises(LabError, match="the settings are inputs, rate"):
        device.parse_settings(device.get_driver("bitalino"), wrong)


def test_settings_left_out_are_the_usual_ones():
    chosen = device.parse_settings(device.get_driver("bitalino"), {})
    assert chosen.inputs == (1, 2, 3, 4)
    assert chosen.rate == 1000


@pytest.mark.parametrize(
    ("name", "changes", "capable"),
    [
        ("bitalino", {}, "yes"),
        ("bitalino", {"rate": 100}, "no"),
        ("chronojump", {}, "no"),
        ("labbox", {"rate": 1000.0}, "yes"),
        ("labbox", {"rate": 500.0}, "marginal"),
        ("labbox", {"rate": 250.0}, "no"),
    ],
)
def test_onset_capability_depends_on_the_chosen_rate(name, changes, capable):
    chosen = device.parse_settings(device.get_driver(name), changes)
    found, reason = device.onset_capability(name, chosen)
    assert found == capable
    assert reason
