"""The window used as a technician uses it, on the simulated lab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.record.client import Recorder
from labapp.record.listing import PortInfo
from labapp.session.file import open_session
from labapp.ui.opening import Opening
from labapp.ui.recording import LiveRecording
from labapp.ui.work import Work

Open = Callable[..., Opening]


def click(window: QWidget, name: str) -> None:
    """Click the button of that name, as a person does: visible and enabled."""
    button = window.findChild(QPushButton, name)
    assert button is not None, name
    assert button.isVisible(), f"{name} is not visible"
    assert button.isEnabled(), f"{name} is not enabled"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def start(opening: Opening, qtbot: QtBot) -> Work:
    """From Set up to a running recording."""
    work = opening.work
    assert work is not None
    work.setup.participant.setFocus()
    QTest.keyClicks(work.setup.participant, "AB-014")
    with qtbot.waitSignal(work.recording_started, timeout=30_000):
        click(opening.window, "start_recording")
    assert opening.window.page == "run"
    return work


def press(window: QWidget, work: Work | None, key: Qt.Key) -> None:
    """Press a key while the page Run is in front."""
    assert work is not None
    window.activateWindow()
    work.run.setFocus()
    QTest.keyClick(work.run, key)


def wait_dot(qtbot: QtBot, work: Work, number: int, dot: str) -> None:
    def there() -> None:
        dots = work.run.dots.dots
        assert len(dots) > number
        assert dots[number] == dot

    qtbot.waitUntil(there, timeout=30_000)


def test_connect_run_verdict_reopen(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window(speed=60.0)
    window = opening.window
    assert opening.work is not None
    kinds: list[str] = []

    def at_once(recording: LiveRecording) -> None:
        # Lab time still stands at 0: the same seed gives the same numbers in every run.
        recording.happened.connect(lambda event: kinds.append(event.kind))
        press(window, opening.work, Qt.Key.Key_Space)

    opening.work.recording_started.connect(at_once)
    work = start(opening, qtbot)
    recording = work.recording
    assert recording is not None
    assert recording.running
    qtbot.waitUntil(lambda: window.topbar.light.on, timeout=10_000)
    assert "on disk" in window.topbar.saving.text()
    with qtbot.waitSignal(recording.over, timeout=90_000):
        pass
    assert kinds.count("cue") == 11
    assert kinds[-1] == "finished"
    assert work.run.traces is not None
    assert work.run.traces.lanes is not None
    with qtbot.waitSignal(work.result_shown, timeout=90_000):
        click(window, "finish")
    assert window.page == "result"
    document = work.result.document
    assert document is not None
    assert document["verdict"]["state"] == "first", document["verdict"]
    assert document["verdict"]["muscle"] == "RM_R"
    lag = document["order"]["pairs"]["RM_R-UT_R"]["lag_ms"]
    assert -40 < lag < -20
    assert work.result.headline.accessibleName() == document["verdict"]["headline"]
    path = work.result.path
    assert path is not None
    with open_session(path) as session:
        assert all(stream.lost == 0 for stream in session.streams.values())
        assert session.participant == "AB-014"
    assert not list(path.parent.glob("*.recording"))
    with qtbot.waitSignal(work.report_written, timeout=60_000) as written:
        work.shelf.report("html")
    assert Path(written.args[0]).read_text(encoding="utf-8").lower().startswith("<!doctype html")
    # Reopen from the library.
    work.result.document = None
    window.go("library")
    qtbot.waitUntil(lambda: len(work.library.entries) == 1, timeout=10_000)
    assert work.library.entries[0].state == "first"
    with qtbot.waitSignal(work.result_shown, timeout=60_000):
        click(window, "open_session")
    assert work.result.document == document
    window.go("library")
    click(window, "check_session")
    qtbot.waitUntil(lambda: work.library.findings.isVisible(), timeout=20_000)
    assert "nothing wrong" in work.library.findings.title.text()


def test_keys_reject_redo_pause_marker_stop(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window(speed=20.0)
    window = opening.window
    work = start(opening, qtbot)
    recording = work.recording
    assert recording is not None
    events: list[Any] = []
    recording.happened.connect(events.append)
    press(window, work, Qt.Key.Key_M)
    assert [event.kind for event in events] == ["marker"]
    press(window, work, Qt.Key.Key_Space)
    wait_dot(qtbot, work, 0, "done")
    press(window, work, Qt.Key.Key_X)
    wait_dot(qtbot, work, 0, "rejected")
    qtbot.waitUntil(lambda: work.run.dots.dots[1] == "now", timeout=30_000)
    press(window, work, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: work.run.text.text().startswith("Pause"), timeout=5_000)
    press(window, work, Qt.Key.Key_P)
    # A redo after the cue rejects the repetition; before it, the repetition just starts again.
    qtbot.waitUntil(lambda: [event.kind for event in events].count("cue") == 2, timeout=30_000)
    press(window, work, Qt.Key.Key_Backspace)
    assert "redo" in [event.kind for event in events]
    press(window, work, Qt.Key.Key_Escape)
    assert [event.kind for event in events][-1] == "stop"
    assert work.run.text.text() == "Stopped."
    assert work.run.finish.isVisible()
    # A stopped file is saved all the same, and says why there is no verdict.
    with qtbot.waitSignal(work.stopped, timeout=60_000):
        click(window, "finish")
    assert work.recording is None
    sessions = list(window.preferences.study_folder.glob("*.h5"))
    assert len(sessions) == 1
    with open_session(sessions[0]) as session:
        kinds = [marker.kind for marker in session.markers]
    for kind in ("marker", "reject", "pause", "resume", "redo", "stop"):
        assert kind in kinds


def test_closing_leaves_the_recorder_running_and_the_next_window_finds_it(
    qtbot: QtBot, open_window: Open
) -> None:
    opening = open_window(speed=1.0)
    work = start(opening, qtbot)
    recording = work.recording
    assert recording is not None
    child = recording.recorder._child
    folder = recording.folder
    opening.window.close()
    assert opening.window.isVisible()
    assert "goes on" in opening.window.banners.text()
    opening.window.close()
    assert not opening.window.isVisible()
    assert work.recording is None
    seen = Recorder.attach(folder)
    assert seen.alive
    seen.close()
    second = open_window(attach=True)
    assert second.work is not None
    again = second.work
    qtbot.waitUntil(lambda: again.recording is not None, timeout=20_000)
    assert "went on" in second.window.banners.text()
    assert second.window.page == "run"
    before = again.recording.source.newest("emg")
    qtbot.waitUntil(lambda: again.recording.source.newest("emg") > before + 200, timeout=10_000)
    with qtbot.waitSignal(again.stopped, timeout=60_000):
        click(second.window, "finish")
    assert child is not None
    assert child.wait(20) == 0
    assert len(list(folder.parent.glob("*.h5"))) == 1


def test_what_cannot_be_opened_is_a_banner(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    opening = open_window()
    work = opening.work
    assert work is not None
    text = tmp_path / "notes.h5"
    text.write_text("this is no session\n", encoding="utf-8")
    work.open(text)
    qtbot.waitUntil(lambda: bool(opening.window.banners.messages), timeout=10_000)
    assert "notes.h5" in opening.window.banners.text()
    assert opening.window.banners.messages[0].level == "bad"
    click(opening.window, "banner_0_dismiss")
    assert not opening.window.banners.isVisible()
    work.open(tmp_path / "missing.h5")
    qtbot.waitUntil(lambda: "missing.h5" in opening.window.banners.text(), timeout=10_000)


def test_dead_recorder_is_told_and_recovered(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window(speed=1.0)
    work = start(opening, qtbot)
    recording = work.recording
    assert recording is not None
    qtbot.waitUntil(lambda: recording.source.newest("emg") > 500, timeout=10_000)
    child = recording.recorder._child
    assert child is not None
    child.kill()
    child.wait()
    qtbot.waitUntil(lambda: work.recording is None, timeout=20_000)
    assert "What it wrote is safe" in opening.window.banners.text()
    click(opening.window, "banner_0_action")
    study = opening.window.preferences.study_folder
    qtbot.waitUntil(lambda: len(list(study.glob("*.h5"))) == 1, timeout=30_000)
    qtbot.waitUntil(lambda: not opening.window.jobs._open, timeout=60_000)


def test_set_up_says_what_is_missing(open_window: Open) -> None:
    opening = open_window()
    work = opening.work
    assert work is not None
    for participant, words in (
        ("", "participant code"),
        ("John Smith", "not a pseudonym"),
        ("AB-014", ""),
    ):
        work.setup.participant.setText(participant)
        assert work.setup.start.isEnabled() == (not words)
        assert words in work.setup.hint.text()


def test_ports_say_what_is_missing(open_window: Open) -> None:
    opening = open_window()
    setup = opening.work.setup if opening.work is not None else None
    assert setup is not None
    setup.ports_wanted.disconnect()  # these ports, not those of the machine
    setup.participant.setText("AB-014")
    setup.serial.setChecked(True)
    setup.set_ports(())
    assert "Tick a port" in setup.hint.text()
    assert setup.no_channels.isVisible()
    usb = PortInfo("COM3", "force", "0403:6015", "A1", "chronojump", (), "ok", None, 16)
    radio = PortInfo("COM4", "n/a", None, None, None, (), "ok", None, None)
    busy = PortInfo("COM5", "n/a", None, None, None, (), "in use", "minicom", None)
    setup.set_ports((usb, radio, busy))
    for line in (0, 1):
        item = setup.ports.item(line, 0)
        assert item is not None
        item.setCheckState(Qt.CheckState.Checked)
    assert setup.hint.text() == "Choose the driver for COM4."
    combo = opening.window.findChild(QComboBox, "driver_1")
    assert combo is not None
    combo.setCurrentIndex(combo.findData("bitalino"))
    assert setup.hint.text() == ""
    chosen = setup.choice()
    assert chosen is not None
    assert [device.driver for device in chosen.devices] == ["chronojump", "bitalino"]
    assert chosen.clock.kind == "real"
    assert setup.ports.item(2, 0).flags() == Qt.ItemFlag.NoItemFlags
    assert "minicom" in setup.ports.item(2, 2).text()
