"""Kind and unit of each channel of a stream, given and corrected on the page Set up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsl_streams import answer_at_once
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from labapp.ui.opening import Opening
from labapp.ui.pages.channelunits import ChannelUnits
from labapp.ui.pages.setup import SetupPage
from labapp.workflow.study_settings import StudyDevice, StudySettings, load_study, save_study

Open = Callable[..., Opening]
PORT, OTHER = "lsl://EMG", "lsl://Force"
SAID: dict[str, dict[str, Any]] = {
    PORT: {
        "channels": 4,
        "names": ["a", "b", "cell", "x"],
        "units": ["uV", "", "", ""],
        "said_units": ["microvolts", "", "", ""],
        "said_types": ["EMG", "EMG", "Load cell", ""],
        "unit": "",
    },
    OTHER: {
        "channels": 1,
        "names": ["f"],
        "units": ["N"],
        "said_units": ["newtons"],
        "said_types": ["Force"],
        "unit": "",
    },
}


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two streams that answer at once; nothing else is connected."""
    answer_at_once(monkeypatch, SAID)


def ticked(qtbot: QtBot, opening: Opening) -> SetupPage:
    """Find the streams and tick the first."""
    assert opening.work is not None
    setup = opening.work.setup
    setup.serial.click()
    QTest.keyClicks(setup.participant, "AB-014")
    setup.devices.streams.click()
    qtbot.waitUntil(lambda: setup.ports.rowCount() == 2, timeout=5_000)
    assert setup.devices.channels.isHidden()
    tick(setup, 0)
    qtbot.waitUntil(lambda: not setup.ports.unanswered(), timeout=5_000)
    return setup


def tick(setup: SetupPage, row: int, state: Qt.CheckState = Qt.CheckState.Checked) -> None:
    item = setup.ports.item(row, 0)
    assert item is not None
    item.setCheckState(state)


def field(setup: SetupPage, name: str) -> QComboBox:
    what, at = name.split("_")
    found = setup.devices.channels.table.cellWidget(int(at), 2 if what == "measures" else 3)
    assert isinstance(found, QComboBox)
    assert found.objectName() == name
    return found


def type_in(setup: SetupPage, name: str, words: str) -> None:
    """Choose as one does without a mouse: the first letters."""
    combo = field(setup, name)
    combo.setFocus()
    QTest.keyClicks(combo, words)
    assert combo.currentText().startswith(words)


def go_to_study(opening: Opening, folder: Path) -> None:
    assert opening.work is not None
    opening.work.settings.study.setText(str(folder))
    opening.work.settings.study.editingFinished.emit()


def shown(table: ChannelUnits) -> list[tuple[str, ...]]:
    """What a person reads, row by row."""
    rows = []
    for at in range(table.table.rowCount()):
        items = [table.table.item(at, column) for column in (0, 1)]
        combos = [table.table.cellWidget(at, column) for column in (2, 3)]
        words = [item.text() for item in items if item is not None]
        rows.append((*words, *(c.currentText() for c in combos if isinstance(c, QComboBox))))
    return rows


def units(setup: SetupPage) -> list[list[str]]:
    return [device.settings["units"] for device in setup.montage.devices()]


def test_units_are_given_by_key_taken_back_and_remembered(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    for name in ("study", "other"):
        (tmp_path / name).mkdir()
    plain = StudyDevice("emg", "lsl", PORT, settings=SAID[PORT], used=True)
    save_study(tmp_path / "other", StudySettings(source="connected", devices=(plain,)))
    opening = open_window()
    setup = ticked(qtbot, opening)
    table = setup.devices.channels
    assert shown(table) == [
        ("a", "EMG, microvolts", "EMG", "µV"),
        ("b", "EMG, no unit", "EMG", "choose…"),
        ("cell", "Load cell, no unit", "Force", "choose…"),
        ("x", "nothing", "choose…", "choose…"),
    ]
    assert "lsl://EMG does not say its unit" in setup.hint.text()
    assert table.problem.text() == "lsl://EMG, b, cell: choose the unit."
    type_in(setup, "unit_1", "m")
    assert table.problem.text() == "lsl://EMG, cell: choose the unit."
    type_in(setup, "unit_2", "N")
    assert "x: choose what is measured, and its unit" in table.problem.text()
    assert setup.montage.devices() == ()
    type_in(setup, "measures_3", "O")
    assert table.problem.isHidden()
    assert units(setup) == [["uV", "mV", "N", "none"]]
    assert setup.montage.codes() == ("", "", "")
    # The keys of the table are for the table, and those of the montage for the montage.
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    combo = setup.montage.cellWidget(0, 1)
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(combo.findData("RM_R"))
    last = field(setup, "measures_3")
    last.setFocus()
    QTest.keyClick(last, Qt.Key.Key_Z, control)
    assert shown(table)[3] == ("x", "nothing", "choose…", "choose…")
    assert setup.montage.devices() == ()
    QTest.keyClick(last, Qt.Key.Key_Z, control | shift)
    assert units(setup) == [["uV", "mV", "N", "none"]]
    assert setup.montage.codes() == ("RM_R", "", "")
    assert last.hasFocus()
    # Another stream beside it takes nothing back, and stands below.
    tick(setup, 1)
    qtbot.waitUntil(lambda: len(shown(table)) == 5, timeout=5_000)
    assert shown(table)[4] == ("lsl://Force f", "Force, newtons", "Force", "N")
    assert units(setup) == [["uV", "mV", "N", "none"], ["N"]]
    undo = setup.findChild(QPushButton, "undo_channels")
    assert undo is not None
    undo.click()
    assert units(setup) == [["N"]]
    table.redo.click()
    # Another study that has the same stream knows nothing of it; this one does.
    tick(setup, 1, Qt.CheckState.Unchecked)
    type_in(setup, "unit_1", "V")
    assert undo.isEnabled()
    go_to_study(opening, tmp_path / "other")
    assert shown(table)[1] == ("b", "EMG, no unit", "EMG", "choose…")
    assert not undo.isEnabled()
    go_to_study(opening, tmp_path / "study")
    kept = load_study(tmp_path / "study")
    assert kept is not None
    device = kept.device("lsl", None, PORT)
    assert device is not None
    assert device.settings["units"] == ["uV", "V", "N", "none"]
    qtbot.waitUntil(lambda: units(setup) == [["uV", "V", "N", "none"]], timeout=5_000)
    assert setup.montage.codes()[0] == "RM_R"
    assert not undo.isEnabled()


def test_a_unit_that_is_none_of_its_kind_is_refused_in_one_line(
    qtbot: QtBot, open_window: Open
) -> None:
    opening = open_window()
    setup = ticked(qtbot, opening)
    table = setup.devices.channels
    one_for_all = setup.ports.cellWidget(0, 1)
    assert isinstance(one_for_all, QComboBox)
    one_for_all.setCurrentIndex(one_for_all.findData("lsl:uV"))
    # The load cell says what it is: nobody calls it microvolts by calling the rest so.
    line = "lsl://EMG, cell: µV is no unit of force. Choose N, mN, kN, kgf, gf, lbf or ozf."
    assert (table.problem.text(), setup.hint.text()) == (line, line)
    assert not setup.start.isEnabled()
    assert setup.montage.devices() == ()
    offered = field(setup, "unit_2")
    assert [offered.itemText(at) for at in range(offered.count())] == [
        "choose…", "N", "mN", "kN", "kgf", "gf", "lbf", "ozf",
    ]  # fmt: skip
    type_in(setup, "unit_2", "kg")
    assert units(setup) == [["uV", "", "kgf", ""]]
    assert setup.montage.devices()[0].settings["unit"] == "uV"
    type_in(setup, "measures_0", "F")
    assert "lsl://EMG, a: µV is no unit of force." in setup.hint.text()
    QTest.keyClick(field(setup, "measures_0"), Qt.Key.Key_Down)
    assert units(setup) == [["none", "", "kgf", ""]]
    assert not field(setup, "unit_0").isEnabled()  # bare numbers have none
    # The wheel scrolls; it must not change a choice that it passes over.
    combo = field(setup, "measures_1")
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(combo.mapToGlobal(QPoint(5, 5))),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(combo, turn)
    assert combo.currentText() == "EMG"
    # Asked again, it keeps what was corrected; what the description now says otherwise, not.
    setup.devices.streams.click()
    qtbot.waitUntil(lambda: units(setup) == [["none", "", "kgf", ""]], timeout=5_000)
    now = SAID[PORT] | {"units": ["mV", "", "", ""], "said_units": ["millivolts", "", "", ""]}
    setup.ports.describe(PORT, now)
    assert units(setup) == [["mV", "", "kgf", ""]]
    # Nothing is left of it where nothing is ticked.
    tick(setup, 0, Qt.CheckState.Unchecked)
    assert table.isHidden()
