"""The load cell: calibrated in the window with keys and clicks, and its tare on the page Check."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp import paths
from labapp.ui.opening import Opening
from labapp.workflow.calibration_file import find_calibration, load_calibration

Open = Callable[..., Opening]


def click(window: QWidget, name: str) -> None:
    found = window.findChild(QPushButton, name)
    assert found is not None, name
    assert found.isVisible(), f"{name} is not visible"
    assert found.isEnabled(), f"{name} is not enabled"
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def test_a_cell_is_calibrated_step_by_step_and_saved(
    qtbot: QtBot, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = open_window(speed=60.0)
    window, work = opening.window, opening.work
    assert work is not None
    click(window, "calibrate")
    assert window.page == "calibrate"
    assert work.calibrating is not None
    guiding, page = work.calibrating, work.calibrating.page
    masses = page.choice.masses
    masses.setFocus()
    masses.selectAll()
    QTest.keyClicks(masses, "10")
    assert not page.begin.isEnabled()
    assert "give two or more" in page.hint.text()
    QTest.keyClicks(masses, ", 20")
    page.choice.cycles.setCurrentIndex(page.choice.cycles.findData(1))
    click(window, "calibrate_begin")
    assert page.now.text() == "Leave the cell empty."
    # Given up, it keeps nothing.
    click(window, "calibrate_stop")
    assert page.state == "choose"
    assert not (paths.home() / "calibrations").exists()
    click(window, "calibrate_begin")
    # A load that moves: the reading is refused in words, and the step stays.
    with monkeypatch.context() as patch:
        patch.setattr(guiding, "_counts", lambda cell: np.linspace(0, 5000, 400))
        click(window, "calibrate_take")
    assert page.hint.text() == "Not taken: still moves."
    assert guiding.guide is not None
    assert guiding.guide.readings == []
    for number in range(6):
        qtbot.waitUntil(lambda: page.light.text() == "steady", timeout=10_000)
        assert page.take.hasFocus()
        QTest.keyClick(page.take, Qt.Key.Key_Space)
        if number == 1:
            assert page.now.text() == "Hang 20 kg on the cell."
            click(window, "calibrate_undo")
            assert page.now.text() == "Hang 10 kg on the cell."
            qtbot.waitUntil(lambda: page.light.text() == "steady", timeout=10_000)
            QTest.keyClick(page.take, Qt.Key.Key_Space)
    assert page.state == "result"
    assert "1 cycles, 3 are usual" in page.told.findChild(QWidget, "calibrate_verdict").toolTip()
    assert "20 kg" in page.chart.accessibleDescription()
    assert not page.chart.grab().isNull()
    with qtbot.waitSignal(guiding.calibrated) as saved:
        click(window, "calibrate_save")
    made = load_calibration(saved.args[0])
    assert made.masses_kg == (0, 10, 20)
    assert len(made.readings) == 6
    assert find_calibration("chronojump", "simulated", "force") == saved.args[0]
    assert saved.args[0].parent == paths.home() / "calibrations"
    click(window, "calibrate_back")
    assert window.page == "setup"
    work.setup.set_recording(True)
    work.setup.calibrate_wanted.emit()
    assert "A recording is running" in page.hint.text()
    assert not page.begin.isEnabled()


def test_the_tare_is_taken_and_kept_in_the_recording(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window(speed=20.0)
    window, work = opening.window, opening.work
    assert work is not None
    QTest.keyClicks(work.setup.participant, "AB-014")
    with qtbot.waitSignal(work.recording_started, timeout=30_000):
        click(window, "start_recording")
    assert work.recording is not None
    window.go("check")
    tare = work.check.tare
    qtbot.waitUntil(lambda: tare.value.text().endswith(" N"), timeout=10_000)
    source = work.recording.source
    qtbot.waitUntil(lambda: source.newest("force") > 400, timeout=20_000)
    click(window, "take_tare")
    assert len(tare.tares) == 1
    assert tare.tares[0].level == "good"
    # What is true in the simulated lab: 3 N of baseline, 0.15 N of noise.
    assert tare.tares[0].tare.value == pytest.approx(3.0, abs=0.1)
    assert tare.tares[0].tare.sd == pytest.approx(0.15, rel=0.25)
    window.activateWindow()
    QTest.keyClick(work.check, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: len(tare.tares) == 2, timeout=5_000)
