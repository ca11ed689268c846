"""What a study remembers: written, read back, and refused where a stranger wrote it."""

import json

import pytest

from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.workflow.study_settings import (
    FILE,
    MOST_BYTES,
    StudySettings,
    key_of,
    load_study,
    recalled,
    remembered,
    save_study,
    with_cells,
)

EMG = DeviceConfig("emg", "bitalino", "COM3", serial="A1", montage={"A1": "RM_L", "A2": "UT_L"})
FORCE = DeviceConfig("force", "chronojump", "COM4", montage={"force": "F_PULL"})
SIMULATED = DeviceConfig("emg", "bitalino", "sim://bitalino", montage={"A1": "RM_R"})


def saved(folder, **changes):
    settings = StudySettings(
        protocol="isometric_pull",
        practice=True,
        source="connected",
        scenario="demo",
        speed=4.0,
        devices=remembered(StudySettings(), [EMG, FORCE], {key_of(FORCE): "CELL-1"}),
    )
    save_study(folder, settings)
    if changes:
        tree = json.loads((folder / FILE).read_text()) | changes
        (folder / FILE).write_text(json.dumps(tree))
    return settings


def test_a_study_comes_back_as_it_was_left(tmp_path):
    assert load_study(tmp_path) is None
    settings = saved(tmp_path)
    assert load_study(tmp_path) == settings
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert [one.cell for one in settings.devices] == ["", "CELL-1"]


def test_a_device_is_known_again_by_its_serial_number_or_its_port(tmp_path):
    settings = saved(tmp_path)
    elsewhere = DeviceConfig("emg", "bitalino", "COM9", serial="A1", montage={"A1": "RM_R"})
    assert recalled(settings, elsewhere).montage == {"A1": "RM_L", "A2": "UT_L"}
    other = DeviceConfig("emg", "bitalino", "COM3", serial="B2", montage={"A1": "RM_R"})
    assert recalled(settings, other) == other
    fewer = DeviceConfig("emg", "bitalino", "COM9", settings={"inputs": [1]}, serial="A1")
    assert recalled(settings, fewer).montage == {"A1": "RM_L"}


def test_no_muscle_is_recalled_for_a_channel_that_gives_newtons_now():
    told = {"channels": 4, "names": ["a", "b", "c", "d"]}
    codes = {"a": "RM_R", "b": "F_PULL", "c": "COPY", "d": "OWN_R"}
    before = DeviceConfig("emg", "lsl", "lsl://x", told | {"units": ["uV"] * 4}, codes)
    settings = StudySettings(devices=remembered(StudySettings(), [before], {}))
    known = {
        unit: recalled(
            settings, DeviceConfig("emg", "lsl", "lsl://x", told | {"units": [unit] * 4})
        )
        for unit in ("uV", "N", "none")
    }
    assert known["uV"].montage == {"a": "RM_R", "c": "COPY", "d": "OWN_R"}
    assert known["N"].montage == {"b": "F_PULL", "c": "COPY", "d": "OWN_R"}
    assert known["none"].montage == {}


def test_what_was_used_before_stays_and_the_last_choice_is_marked():
    first = StudySettings(devices=remembered(StudySettings(), [EMG, FORCE], {}))
    second = StudySettings(devices=remembered(first, [SIMULATED], {}))
    assert [(one.port, one.used) for one in second.devices] == [
        ("sim://bitalino", True), ("COM3", True), ("COM4", True),
    ]  # fmt: skip
    third = StudySettings(devices=remembered(second, [EMG], {}))
    assert [(one.port, one.used) for one in third.devices] == [
        ("COM3", True), ("sim://bitalino", True), ("COM4", False),
    ]  # fmt: skip
    many = StudySettings(devices=first.devices)
    for number in range(50):
        device = DeviceConfig("emg", "bitalino", f"COM{number}")
        many = StudySettings(devices=remembered(many, [device], {}))
    assert len(many.devices) == 32


DEVICE = {"id": "emg", "driver": "bitalino", "port": "COM3"}


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other"},
        {"version": 2},
        {"unknown": 1},
        {"protocol": "../../etc/passwd"},
        {"protocol": "evil.toml"},
        {"scenario": "/etc/x"},
        {"speed": 0},
        {"speed": 1e9},
        {"source": "elsewhere"},
        {"devices": [DEVICE | {"id": "Emg 1"}]},
        {"devices": [DEVICE | {"driver": "../x"}]},
        {"devices": [DEVICE | {"port": ""}]},
        {"devices": [DEVICE | {"port": "COM3\nx"}]},
        {"devices": [DEVICE | {"port": "x" * 301}]},
        {"devices": [DEVICE | {"cell": "a/b"}]},
        {"devices": [DEVICE | {"montage": {"A1": "no code"}}]},
        {"devices": [DEVICE | {"settings": {"x": "y" * 110_000}}]},
        {"devices": [DEVICE] * 33},
    ],
)
def test_a_strangers_file_is_refused_with_its_place_and_a_remedy(tmp_path, changes):
    saved(tmp_path, **changes)
    with pytest.raises(LabError) as caught:
        load_study(tmp_path)
    assert FILE in caught.value.what
    assert "delete it" in caught.value.remedy


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"[" * 5000, b'{"speed": NaN}'])
def test_what_is_no_such_file_is_refused(tmp_path, data):
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(LabError):
        load_study(tmp_path)


def test_a_huge_file_is_not_read(tmp_path):
    (tmp_path / FILE).write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(LabError, match="larger than 200 kB"):
        load_study(tmp_path)


def test_a_cell_that_nobody_calibrated_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("LABAPP_HOME", str(tmp_path))
    cells = {key_of(FORCE): "CELL-1"}
    with pytest.raises(LabError, match="no calibration"):
        with_cells([EMG, FORCE], cells)
    # Another device of the same name has another cell.
    simulated = DeviceConfig("force", "chronojump", "sim://chronojump")
    assert with_cells([EMG, simulated], cells) == (EMG, simulated)
