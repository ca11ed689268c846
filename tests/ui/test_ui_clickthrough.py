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
from labapp.record.config import ClockConfig
from labapp.record.listing import PortInfo
from labapp.session.facts import reported
from labapp.session.file import open_session
from labapp.trials.protocol import load_protocol
from labapp.trials.resume import PRESS, RUN, start_data
from labapp.trials.run import ProtocolRun
from labapp.ui.choices import simulated_devices
from labapp.ui.opening import Opening
from labapp.ui.recording import LiveRecording
from labapp.ui.work import Work
from labapp.workflow.naming import ensure_folder
from labapp.workflow.record import recorder_config
from labapp.workflow.study_facts import facts_file

SHORT = Path(__file__).parents[1] / "data" / "short_pull.toml"

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
    folder = ensure_folder(window.study_folder)
    facts_file(folder).write_text("[electrodes.RM_R]\nied_mm = 10\n", encoding="utf-8")

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
    assert (
        work.result.headline.accessibleName().replace("\xa0", " ")
        == document["verdict"]["headline"]
    )
    path = work.result.path
    assert path is not None
    with open_session(path) as session:
        assert all(stream.lost == 0 for stream in session.streams.values())
        assert session.participant == "AB-014"
        assert reported(session)["report"]["electrodes"]["RM_R"] == {"ied_mm": 10}
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
    click(window, "show_onsets")
    qtbot.waitUntil(lambda: work.result.onsets.desk is not None, timeout=60_000)
    assert len(work.result.onsets.view.traces) == len(document["repetitions"])
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


def test_simulated_time_stands_still_without_a_window_and_the_run_goes_on(
    qtbot: QtBot, open_window: Open
) -> None:
    opening = open_window(speed=5.0)
    work = start(opening, qtbot)
    recording = work.recording
    assert recording is not None
    events: list[Any] = []
    recording.happened.connect(events.append)
    press(opening.window, work, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "cue" in [event.kind for event in events], timeout=20_000)
    child = recording.recorder._child
    assert child is not None
    # Nothing tells the recorder goodbye: for the run this is what a kill of the window is.
    work.steering.let_go()
    opening.window.close()
    second = open_window(attach=True)
    again = second.work
    assert again is not None
    qtbot.waitUntil(lambda: "where it was" in second.window.banners.text(), timeout=20_000)
    assert again.recording is not None
    later: list[Any] = []
    again.recording.happened.connect(later.append)
    assert again.recording.running
    assert not again.run.begin.isVisible()
    qtbot.waitUntil(lambda: "rest" in [event.kind for event in later], timeout=20_000)
    assert [event.kind for event in events + later if event.kind in ("cue", "hold", "relax")] == [
        "cue",
        "hold",
        "relax",
    ]
    press(second.window, again, Qt.Key.Key_Escape)
    with qtbot.waitSignal(again.stopped, timeout=60_000):
        click(second.window, "finish")
    assert child.wait(20) == 0


def test_a_pull_that_lost_its_window_is_done_again(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    protocol = load_protocol(SHORT)
    study = tmp_path / "study"
    study.mkdir()
    out = study / "AB-014_short_pull.h5"
    config = recorder_config(
        out,
        simulated_devices(),
        clock=ClockConfig("scaled", 5.0),
        scenario="rhomboid_leads_30ms",
        seed=1,
        participant="AB-014",
        protocol=protocol,
    )
    recorder = Recorder.start(config)
    child = recorder._child
    assert child is not None
    try:
        run = ProtocolRun(protocol, seed=1, start_ns=recorder.now_ns() + 10**9)
        recorder.mark(RUN, start_data(run, optional=False), recorder.now_ns())
        while run.state.step != "build up":
            for event in run.tick(run.next_ns or 0):
                recorder.mark(event.kind, event.data, event.t_ns)
        hold = run.next_ns
        assert hold is not None
        qtbot.waitUntil(lambda: recorder.now_ns() > hold + 10**9, timeout=20_000)
    finally:
        recorder.close()
    opening = open_window(attach=True)
    work = opening.work
    assert work is not None
    qtbot.waitUntil(
        lambda: "done again: P goes on" in opening.window.banners.text(), timeout=20_000
    )
    assert work.recording is not None
    assert work.recording.run is not None
    assert work.recording.run.state.paused
    assert work.run.text.text() == "Pause. Breathe."
    later: list[Any] = []
    work.recording.happened.connect(later.append)
    press(opening.window, work, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: "cue" in [event.kind for event in later], timeout=20_000)
    cue = next(event for event in later if event.kind == "cue")
    assert (cue.data["repetition"], cue.data["attempt"]) == (1, 2)
    assert "P goes on" not in opening.window.banners.text()  # it does
    press(opening.window, work, Qt.Key.Key_Escape)
    with qtbot.waitSignal(work.stopped, timeout=60_000):
        click(opening.window, "finish")
    assert child.wait(20) == 0
    with open_session(out) as session:
        assert [rep["rejected"] for rep in session.repetitions] == [True, False]
        assert all(stream.lost == 0 for stream in session.streams.values())
        keys = [marker.data["action"] for marker in session.markers if marker.kind == PRESS]
    # What the window pressed for the operator who was not there is in the file as well.
    assert keys == ["pause", "redo", "pause", "stop"]


def test_signal_check_before_the_test(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window(speed=20.0)
    window = opening.window
    work = start(opening, qtbot)
    recording = work.recording
    assert recording is not None
    click(window, "run_to_check")
    assert window.page == "check"
    click(window, "start_check")
    assert not work.check.start.isEnabled()
    qtbot.waitUntil(lambda: "Pull gently" in work.check.text.text(), timeout=20_000)
    qtbot.waitUntil(lambda: bool(work.check.checks), timeout=20_000)
    assert [one.muscle for one in work.check.checks] == ["RM_R", "UT_R", "MT_R", "LT_R"]
    assert {one.level for one in work.check.checks} <= {"good", "warn"}
    assert "of 4 channels" in work.check.text.text() or "All 4" in work.check.text.text()
    assert work.check.start.text() == "Repeat the check"
    click(window, "check_to_run")
    press(window, work, Qt.Key.Key_Space)
    window.go("check")
    assert not work.check.start.isEnabled()
    window.go("run")
    press(window, work, Qt.Key.Key_Escape)
    out = recording.out
    with qtbot.waitSignal(work.stopped, timeout=60_000):
        click(window, "finish")
    with open_session(out) as session:
        kept = [marker.data for marker in session.markers if marker.kind == "check"]
    assert [data.get("step") for data in kept] == ["rest", "contract", None]
    assert set(kept[-1]["channels"]) == {"RM_R", "UT_R", "MT_R", "LT_R"}


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


def test_a_note_that_tells_who_it_is_stops_nobody_but_the_note(open_window: Open) -> None:
    opening = open_window()
    work = opening.work
    assert work is not None
    setup = work.setup
    setup.participant.setText("AB-014")
    assert setup.start.isEnabled()
    QTest.keyClicks(setup.person.remark, "jane@example.org")
    assert not setup.start.isEnabled()
    assert "e-mail address" in setup.hint.text()
    assert setup.person.warning.isVisible()
    setup.person.remark.setText("skin abraded twice, 4.5 kOhm")
    assert setup.start.isEnabled()
    assert not setup.person.warning.isVisible()
    setup.person.side.setCurrentIndex(2)
    chosen = setup.choice()
    assert chosen is not None
    assert chosen.person.dominant == "left"
    assert chosen.person.consent is None  # the simulated person signs nothing


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
    assert setup.lying.none.isVisible()
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
    assert setup.hint.text().startswith("Missing: consent.")
    assert setup.choice() is None
    setup.person.consent.click()
    assert setup.hint.text() == ""
    chosen = setup.choice()
    assert chosen is not None
    assert chosen.person.consent is True
    assert [device.driver for device in chosen.devices] == ["chronojump", "bitalino"]
    assert chosen.clock.kind == "real"
    assert setup.ports.item(2, 0).flags() == Qt.ItemFlag.NoItemFlags
    assert "minicom" in setup.ports.item(2, 2).text()
