"""Devices come and go, and every study remembers its own: the page Set up, as it is used."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.errors import LabError
from labapp.record import listing
from labapp.record.listing import PortInfo
from labapp.ui import finding
from labapp.ui.opening import Opening
from labapp.ui.pages.ports import PortsTable
from labapp.workflow.study_settings import (
    FILE,
    StudyDevice,
    StudySettings,
    load_study,
    save_study,
)

Open = Callable[..., Opening]


def click(window: QWidget, name: str) -> None:
    found = window.findChild(QPushButton, name)
    assert found is not None, name
    assert found.isVisible(), f"{name} is not visible"
    assert found.isEnabled(), f"{name} is not enabled"
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def tick(ports: PortsTable, row: int) -> None:
    """Click the tick of a row."""
    item = ports.item(row, 0)
    assert item is not None
    box = ports.visualItemRect(item)
    where = QPoint(box.left() + 20, box.center().y())
    QTest.mouseClick(ports.viewport(), Qt.MouseButton.LeftButton, pos=where)


def muscle(window: QWidget, name: str, code: str) -> None:
    combo = window.findChild(QComboBox, f"muscle_{name}")
    assert combo is not None
    combo.setCurrentIndex(combo.findData(code))


def test_undo_and_redo_of_the_montage_by_key_and_what_a_resize_does(
    qtbot: QtBot, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = open_window()
    window, work = opening.window, opening.work
    assert work is not None
    table = work.setup.montage
    usual = table.codes()
    with qtbot.waitActive(window):
        window.activateWindow()
    muscle(window, "emg_A1", "RM_L")
    # One drop moves two channels: what lay there becomes free; both come back together.
    work.setup.back.dropped.emit(2, "UT_R")
    moved = table.codes()
    assert moved[:4] == ("RM_L", "", "UT_R", "LT_R")
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(work.setup, Qt.Key.Key_Z, control)
    assert table.codes() == ("RM_L", *usual[1:])
    QTest.keyClick(work.setup, Qt.Key.Key_Z, control)
    assert table.codes() == usual
    assert not window.findChild(QPushButton, "undo_montage").isEnabled()
    QTest.keyClick(work.setup, Qt.Key.Key_Z, control | shift)
    click(window, "redo_montage")
    assert table.codes() == moved
    assert table.devices()[0].montage == {"A1": "RM_L", "A3": "UT_R", "A4": "LT_R"}
    # A resize shows or hides the back, and looks at nothing else again.
    asked: list[str] = []
    monkeypatch.setattr(work.setup, "missing", lambda: asked.append("x") or "")
    window.resize(1500, 900)
    QTest.qWait(1)
    assert work.setup.back.isVisible()
    window.resize(1120, 640)
    QTest.qWait(1)
    assert not work.setup.back.isVisible()
    # Where the halves of the page stand below each other, there is room for it again.
    window.resize(960, 640)
    QTest.qWait(1)
    assert work.setup.back.isVisible()
    assert asked == []


def test_each_study_has_its_own_choices(open_window: Open, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    opening = open_window(study=str(one))
    window, work = opening.window, opening.work
    assert work is not None
    muscle(window, "emg_A1", "RM_L")
    work.setup.test.choose("quiet_standing", practice=False)
    work.settings.study.setText(str(other))
    work.settings.study.editingFinished.emit()
    assert work.setup.person.study.text() == "Study: other"
    muscle(window, "emg_A1", "LD_R")
    work.setup.test.choose("mvic_scapular", practice=False)
    work.settings.study.setText(str(one))
    work.settings.study.editingFinished.emit()
    assert work.setup.montage.codes()[0] == "RM_L"
    assert work.setup.protocols.currentData() == "quiet_standing"
    # A stranger's file is a banner and nothing else.
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / FILE).write_text('{"protocol": "../../../etc/passwd"}')
    work.settings.study.setText(str(shared))
    work.settings.study.editingFinished.emit()
    assert "is no name" in window.banners.text()
    assert work.setup.protocols.currentData() == "quiet_standing"
    kept = load_study(other)
    assert kept is not None
    assert kept.protocol == "mvic_scapular"
    assert kept.devices[0].montage["A1"] == "LD_R"


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals need POSIX")
def test_a_device_appears_vanishes_and_comes_back_while_the_page_is_open(
    qtbot: QtBot, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labapp.simulate.pseudoterminal import open_pair

    plugged = [open_pair()]

    def comports() -> list[Any]:
        return [
            SimpleNamespace(device=pair.path, description="EMG box", vid=1, pid=2,
                            serial_number="S1")
            for pair in plugged
            if Path(pair.path).exists()
        ]  # fmt: skip

    monkeypatch.setattr(listing.serial_tools, "comports", comports)
    monkeypatch.setattr(listing, "_holders", lambda names: {})
    opening = open_window()
    window, work = opening.window, opening.work
    assert work is not None
    setup = work.setup
    setup._plugs.setInterval(50)
    try:
        QTest.mouseClick(setup.serial, Qt.MouseButton.LeftButton, pos=QPoint(12, 12))
        path = plugged[0].path
        qtbot.waitUntil(lambda: setup.ports.item(0, 0).text() == path, timeout=5_000)
        tick(setup.ports, 0)
        combo = setup.ports.cellWidget(0, 1)
        assert isinstance(combo, QComboBox)
        combo.setCurrentIndex(combo.findData("bitalino"))
        muscle(window, "emg_A1", "RM_L")
        assert setup.montage.devices()[0].port == path
        plugged.pop().close()
        qtbot.waitUntil(lambda: setup.montage.devices() == (), timeout=5_000)
        assert "No serial port found" in setup.ports.item(0, 0).text()
        assert "Missing: a device" in setup.hint.text() or "participant" in setup.hint.text()
        # Plugged in again, perhaps under another name: ticked, its driver and muscles as before.
        plugged.append(open_pair())
        qtbot.waitUntil(lambda: len(setup.montage.devices()) == 1, timeout=5_000)
        (back,) = setup.montage.devices()
        assert (back.port, back.driver) == (plugged[0].path, "bitalino")
        assert back.montage["A1"] == "RM_L"
    finally:
        for pair in plugged:
            pair.close()
        setup._plugs.stop()


def test_streams_and_boards_stand_beside_serial_ports(
    qtbot: QtBot, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def address(port: str, driver: str) -> PortInfo:
        return PortInfo(port, "EMG, 2 channels", None, None, driver, (driver,), "ok", None, None)

    bare = {"channels": 2, "rate": 1000.0, "names": ["a", "b"], "units": ["", ""], "unit": ""}
    asked: list[str] = []

    def settings_of(port: str) -> dict[str, Any]:
        asked.append(port)
        if port.startswith("brainflow"):
            raise LabError("BrainFlow is not installed", "pip install labapp[brainflow]")
        return dict(bare)

    def missing() -> list[PortInfo]:
        raise LabError("the LSL library is not installed", "pip install labapp[lsl]")

    monkeypatch.setattr(finding, "list_ports", lambda: [])
    monkeypatch.setattr(finding, "lsl_ports", lambda: [address("lsl://EMG", "lsl")])
    monkeypatch.setattr(finding, "settings_of", settings_of)
    opening = open_window()
    window, work = opening.window, opening.work
    assert work is not None
    setup = work.setup
    QTest.mouseClick(setup.serial, Qt.MouseButton.LeftButton, pos=QPoint(12, 12))
    with monkeypatch.context() as patch:
        patch.setattr(finding, "lsl_ports", missing)
        click(window, "search_streams")
        qtbot.waitUntil(lambda: "not installed" in setup.devices.note.text(), timeout=5_000)
    click(window, "search_streams")
    qtbot.waitUntil(lambda: setup.ports.item(0, 0).text() == "lsl://EMG", timeout=5_000)
    tick(setup.ports, 0)
    qtbot.waitUntil(lambda: asked == ["lsl://EMG"] and not setup.ports.unanswered(), timeout=5_000)
    setup.participant.setText("AB-014")
    assert "lsl://EMG does not say its unit" in setup.hint.text()
    combo = setup.ports.cellWidget(0, 1)
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(combo.findData("lsl:uV"))
    (device,) = setup.montage.devices()
    assert device.settings == bare | {"unit": "uV"}
    assert setup.montage.codes() == ("", "")
    typed = window.findChild(QLineEdit, "address")
    assert typed is not None
    typed.setFocus()
    QTest.keyClicks(typed, "brainflow")
    QTest.keyClick(typed, Qt.Key.Key_Return)
    assert "is no address" in setup.devices.note.text()
    typed.clear()
    QTest.keyClicks(typed, "brainflow://synthetic")
    QTest.keyClick(typed, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "pip install" in setup.devices.note.text(), timeout=5_000)
    # Its tick goes, the other device stays.
    assert [device.driver for device in setup.montage.devices()] == ["lsl"]
    # Looked for again, or ticked anew: a program may send otherwise by now.
    muscle(window, "emg_a", "RM_R")
    asked.clear()
    click(window, "search_streams")
    qtbot.waitUntil(lambda: asked == ["lsl://EMG"] and not setup.ports.unanswered(), timeout=5_000)
    assert setup.montage.codes() == ("RM_R", "")
    bare["channels"], bare["names"], bare["units"] = 1, ["a"], ["none"]
    tick(setup.ports, 0)
    assert setup.montage.devices() == ()
    tick(setup.ports, 0)
    qtbot.waitUntil(lambda: len(asked) == 2 and not setup.ports.unanswered(), timeout=5_000)
    # It says what it is, and that is no voltage: nobody can call it microvolts.
    assert "does not say its unit" not in setup.hint.text()
    assert setup.montage.codes() == ()


def test_a_study_asks_its_streams_again_when_it_is_opened(
    qtbot: QtBot, open_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = {"channels": 1, "rate": 1000.0, "names": ["a"], "units": [""], "unit": ""}
    asked: list[str] = []

    def settings_of(port: str) -> dict[str, Any]:
        asked.append(port)
        return dict(known)

    monkeypatch.setattr(finding, "list_ports", lambda: [])
    monkeypatch.setattr(finding, "settings_of", settings_of)
    (tmp_path / "study").mkdir()
    settings = StudySettings(
        source="connected",
        devices=(
            StudyDevice(
                "emg",
                "lsl",
                "lsl://EMG",
                used=True,
                montage={"a": "RM_R"},
                settings=known | {"unit": "mV"},
            ),
        ),
    )
    save_study(tmp_path / "study", settings)
    opening = open_window()
    assert opening.work is not None
    setup = opening.work.setup
    qtbot.waitUntil(lambda: len(setup.montage.devices()) == 1, timeout=5_000)
    assert asked == ["lsl://EMG"]
    (device,) = setup.montage.devices()
    assert device.montage == {"a": "RM_R"}
    assert device.settings == known | {"unit": "mV"}  # as the person said once
