"""The step Synchronise, clicked through as a technician does, on the simulated lab."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.ui.opening import Opening

Open = Callable[..., Opening]


def click(window: QWidget, name: str) -> None:
    found = window.findChild(QPushButton, name)
    assert found is not None, name
    assert found.isVisible(), f"{name} is not visible"
    assert found.isEnabled(), f"{name} is not enabled"
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def words(qtbot: QtBot, window: QWidget, name: str) -> str:
    """Text of the widget of that name once it is to be seen (an older one may be going)."""

    def seen() -> list[QWidget]:
        return [one for one in window.findChildren(QWidget, name) if one.isVisible()]

    qtbot.waitUntil(lambda: len(seen()) == 1, timeout=5_000)
    (found,) = seen()
    return found.text() if isinstance(found, QLabel) else found.accessibleName()


def test_a_pair_is_verified_from_set_up_and_back(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window(scenario="sync_pulses", speed=60.0)
    window, work = opening.window, opening.work
    assert work is not None
    click(window, "synchronise")
    assert window.page == "sync"
    assert "I1" in words(qtbot, window, "step1_line0")
    assert "RCA" in words(qtbot, window, "step1_line1")
    assert words(qtbot, window, "sync_verdict_word") == "not measured"
    with qtbot.waitSignal(work.syncing.found, timeout=30_000):
        click(window, "sync_start")
        assert not work.sync.way.isEnabled()
        qtbot.waitUntil(lambda: "pulses run" in work.sync.now.text(), timeout=10_000)
    assert words(qtbot, window, "sync_verdict").startswith("verified: ±\u00a00.")
    assert "pulses" in words(qtbot, window, "sync_verdict")
    assert "resolves ≥" in words(qtbot, window, "sync_resolves")
    # The trigger input does not pass the load cell's filter, and the page says so.
    assert "± 12.5 ms" in words(qtbot, window, "sync_note0")
    finding = work.sync.finding
    assert finding is not None
    assert finding.result.pulses > 10
    click(window, "sync_back")
    assert window.page == "setup"
    click(window, "synchronise")
    assert work.sync.finding is finding


def test_a_refusal_says_what_to_do(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window(scenario="demo", speed=60.0)
    window, work = opening.window, opening.work
    assert work is not None
    click(window, "synchronise")
    with qtbot.waitSignal(work.syncing.found, timeout=30_000):
        click(window, "sync_start")
        qtbot.waitUntil(lambda: "pulses run" in work.sync.now.text(), timeout=10_000)
        click(window, "sync_stop")
    assert words(qtbot, window, "sync_verdict") == "not verified: emg saw 0 pulses, 4 are needed"
    assert words(qtbot, window, "sync_remedy").startswith("Check the wire")


def test_what_is_missing_is_said(open_window: Open) -> None:
    opening = open_window(scenario="demo")
    window, work = opening.window, opening.work
    assert work is not None
    click(window, "synchronise")
    work.sync.way.setCurrentIndex(work.sync.way.findData("copy"))
    assert not work.sync.start.isEnabled()
    assert "copy of the force" in work.sync.hint.text()
    work.sync.set_devices(work.setup.montage.devices()[:1])
    assert "two devices" in work.sync.hint.text()
    click(window, "sync_back")
    work.setup.serial.setChecked(True)  # no device is ticked: there is nothing to relate
    assert not work.setup.sync.isVisible()
