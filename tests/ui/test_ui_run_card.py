"""The card of the page Run: guides, questions, loads, targets, and the keys of a presenter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.errors import LabError
from labapp.trials.protocol import Protocol, load_protocol
from labapp.trials.run import ProtocolRun, RunEvent
from labapp.ui.asking import Asking
from labapp.ui.guides import Moment, bars_words, force_words, kinds
from labapp.ui.look import Look
from labapp.ui.pages.keypad import KeyPad
from labapp.ui.pages.largewords import LargeWords
from labapp.ui.pages.loadspanel import LoadsPanel
from labapp.ui.pages.remarkrow import RemarkRow
from labapp.ui.pages.runcard import RunCard
from labapp.workflow.biofeedback import BarsNow
from labapp.workflow.live_force import ForceNow
from labapp.workflow.progression import Proposal

NS = 1_000_000_000
BARS = BarsNow((("UT_R", 22.0), ("LT_R", 28.0)), ("UT_R", "LT_R"), 0.79, 0.8, (), 180.0)


class Recording(QObject):
    """What asks and is asked: events out, markers in."""

    happened = Signal(object)

    def __init__(self, protocol: Protocol) -> None:
        super().__init__()
        self.protocol = protocol
        self.marks: list[tuple[str, dict[str, Any]]] = []

    def block(self, name: str) -> Any:
        return self.protocol.block(name)

    def mark(self, kind: str, data: dict[str, Any]) -> float:
        self.marks.append((kind, data))
        return 0.0


@pytest.fixture
def page(qtbot: QtBot, look: Look) -> QWidget:
    one = QWidget()
    qtbot.addWidget(one)
    one.resize(500, 700)
    one.show()
    qtbot.waitExposed(one)
    return one


def at(protocol: Protocol, block: str, step: str) -> Any:
    """State of a run at the first such step of a block."""
    run = ProtocolRun(protocol, seed=1, start_ns=0)
    while run.state.block != block or run.state.step != step:
        run.tick(run.next_ns or 0)
    return run.state


@pytest.mark.parametrize(
    ("key", "action"),
    [
        (Qt.Key.Key_PageDown, "next"),
        (Qt.Key.Key_PageUp, "redo"),
        (Qt.Key.Key_F5, "next"),
        (Qt.Key.Key_B, "pause"),
        (Qt.Key.Key_Period, "marker"),
        (Qt.Key.Key_X, "reject"),
        (Qt.Key.Key_Escape, "stop"),
    ],
)
def test_a_presenter_and_a_pedal_do_what_the_keyboard_does(
    qtbot: QtBot, page: QWidget, key: Qt.Key, action: str
) -> None:
    pad = KeyPad(page)
    page.activateWindow()
    page.setFocus()
    with qtbot.waitSignal(pad.pressed, timeout=2000) as pressed:
        QTest.keyClick(page, key)
    assert pressed.args == [action]


def test_a_rejection_is_asked_for_its_reason_until_the_next_cue(
    qtbot: QtBot, page: QWidget
) -> None:
    recording, row = Recording(load_protocol("isometric_pull")), RemarkRow(page)
    asking = Asking(recording, row, page)  # type: ignore[arg-type]
    where = {"block": "fast", "repetition": 2, "attempt": 1, "cue_ns": 7 * NS}
    recording.happened.emit(RunEvent("reject", 8 * NS, where))
    assert row.question == "reason"
    page.activateWindow()
    page.setFocus()
    QTest.keyClick(page, Qt.Key.Key_1)
    assert recording.marks == [("reason", {**where, "reason": "tense before the cue"})]
    assert row.question is None
    QTest.keyClick(page, Qt.Key.Key_2)  # nothing is asked any more
    recording.happened.emit(RunEvent("reject", 9 * NS, where))
    recording.happened.emit(RunEvent("cue", 12 * NS, where))
    assert row.question is None
    assert len(recording.marks) == 1
    asking.close()


def test_a_set_with_a_load_is_asked_for_its_effort(qtbot: QtBot, page: QWidget) -> None:
    recording, row = Recording(load_protocol("seated_cable_row_slow")), RemarkRow(page)
    asking = Asking(recording, row, page)  # type: ignore[arg-type]
    for number in range(1, 9):
        assert row.question is None
        data = {"block": "work", "repetition": number, "set": 1}
        recording.happened.emit(RunEvent("rest", number * NS, data))
    assert row.question == "effort"
    button = page.findChild(QPushButton, "effort_7")
    assert button is not None
    button.click()
    assert recording.marks == [("effort", {"block": "work", "set": 1, "cr10": 7.0})]
    recording.happened.emit(
        RunEvent("rest", 99 * NS, {"block": "reference", "repetition": 3, "set": 1})
    )
    assert row.question is None
    asking.close()


def test_a_proposed_load_is_noted_as_it_stands_or_as_it_was_changed(
    qtbot: QtBot, look: Look
) -> None:
    panel = LoadsPanel()
    qtbot.addWidget(panel)
    panel.show_proposals(
        [
            Proposal("work", "Slow rows", 52.5, "kg", more=True, reasons=("all met",)),
            Proposal("other", "Others", None, "band", more=False, reasons=("first load",)),
        ]
    )
    assert panel.chosen() == [{"block": "work", "value": 52.5, "unit": "kg", "proposed": 52.5}]
    panel._rows[0][1].setValue(50.0)
    panel._rows[1][1].setValue(2.0)
    assert [one["value"] for one in panel.chosen()] == [50.0, 2.0]
    panel.show_proposals(())
    assert panel.chosen() == []
    assert panel.isHidden()


def test_why_no_load_is_proposed_is_said_and_logged(
    qtbot: QtBot, look: Look, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    def broken(*_: object) -> None:
        raise LabError("the drive is gone", "plug it in")

    monkeypatch.setattr("labapp.ui.pages.loadspanel.proposals", broken)
    panel = LoadsPanel()
    qtbot.addWidget(panel)
    panel.look_up(tmp_path, "AB-014", load_protocol("seated_cable_row_slow"))
    qtbot.waitUntil(lambda: not panel.isHidden(), timeout=5_000)
    line = panel.findChild(QLabel, "loads_missing")
    assert line is not None
    assert line.text() == "No load is proposed. The drive is gone."
    assert "the drive is gone" in caplog.text
    panel.show_proposals(())
    assert panel.isHidden()
    panel.close_look_up()


def test_the_card_says_when_not_to_begin_and_when_to_stop(
    qtbot: QtBot, page: QWidget, look: Look
) -> None:
    card = RunCard(look, page)
    qtbot.addWidget(card)
    protocol = load_protocol("single_arm_row")
    card.set_plan(protocol)
    card.show_ready(protocol, optional=False)
    assert protocol.safety.contraindications[0] in card.stops.text()
    assert protocol.instructions[0].text in card.script.text()
    blocks = ProtocolRun(protocol, seed=1, start_ns=0).blocks
    card.set_plan(protocol, blocks)
    state = at(protocol, blocks[-1].name, "pull")
    card.show_state(state, None)
    assert card.stops.text().startswith("Stop at: pain above 3 of 10")
    assert f"Block {len(blocks)} of {len(blocks)}" in card.place.text()
    assert "conditions in turns" in card.place.text()
    assert blocks[0].title in card.place.toolTip()


def test_the_size_of_large_words_is_worked_out_once_for_a_room(
    qtbot: QtBot, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = LargeWords(look, "words")
    qtbot.addWidget(words)
    words.resize(900, 300)
    words.say("Relax completely.")
    assert words.size_px == 40
    hint = words.minimumSizeHint()
    sizes: list[int] = []
    fit = words._fitting
    monkeypatch.setattr(words, "_fitting", lambda: sizes.append(fit()) or sizes[-1])
    for _ in range(5):
        words.say("Relax completely.")
    assert sizes == []
    words.resize(60, 30)
    words.say("Relax completely.")
    assert sizes == [22]
    assert words.property("role") == "verdict"
    assert words.minimumSizeHint() == hint


@pytest.mark.parametrize("height", [360, 480])
def test_what_a_low_window_does_not_hold_scrolls_and_nothing_is_cut_off(
    qtbot: QtBot, page: QWidget, look: Look, height: int
) -> None:
    card = RunCard(look, page)
    qtbot.addWidget(card)
    protocol = load_protocol("back_extension_slow")
    card.set_plan(protocol)
    card.show_ready(protocol, optional=False)
    card.resize(480, height)
    card.show()
    qtbot.waitExposed(card)
    for words in (card.script, card.stops, card.place):
        assert words.height() >= words.heightForWidth(words.width())
    assert card.scroller.verticalScrollBar().maximum() > 0
    assert card.keypad.isHidden()  # Start is the one thing to press


def test_a_key_that_does_nothing_now_says_why(qtbot: QtBot, page: QWidget) -> None:
    pad = KeyPad(page)
    pad.allow("marker")
    stop, marker = (page.findChild(QPushButton, f"do_{one}") for one in ("stop", "marker"))
    assert stop is not None
    assert marker is not None
    assert stop.toolTip().endswith("Off now: no protocol is in progress.")
    assert "Off now" not in marker.toolTip()
    pad.allow("stop")
    assert "Off now" not in stop.toolTip()


def test_guides_are_those_of_the_block(qtbot: QtBot, look: Look) -> None:
    row = load_protocol("seated_cable_row_slow")
    block = row.block("work")
    assert block is not None
    assert kinds(Moment(block, at(row, "work", "pull"))) == ("breath", "beats")
    assert kinds(Moment(block, at(row, "work", "rest"))) == ()
    levels = load_protocol("isometric_pull_levels")
    ramp = levels.block("ramp")
    assert ramp is not None
    state = at(levels, "ramp", "rise")
    assert kinds(Moment(ramp, state)) == ("breath",)  # no force is measured
    assert kinds(Moment(ramp, state, force=ForceNow(10.0, 5.0))) == ("force", "breath")
    bio = load_protocol("scapular_retraction_biofeedback")
    for name, shown in (("baseline", ("beats",)), ("feedback_full", ("bars", "beats"))):
        block = bio.block(name)
        assert block is not None
        assert kinds(Moment(block, at(bio, name, "hold"), bars=BARS)) == shown


def test_guides_say_what_they_show_and_how_old_it_is() -> None:
    assert bars_words(BARS) == "Keep UT : LT right at or below 0.80. Signal of 180 ms ago."
    assert force_words(ForceNow(-3.0, None)).startswith("Force \u22123 N.")
    assert force_words(ForceNow(120.0, 30.0)) == "Force 30 % of the greatest pull (120 N)"


def test_every_guide_is_painted_in_the_card_and_on_the_display(
    qtbot: QtBot, page: QWidget, look: Look
) -> None:
    from labapp.ui.participant import ParticipantSwitch

    card = RunCard(look, page)
    switch = ParticipantSwitch(look)
    for widget in (card, switch):
        qtbot.addWidget(widget)
    switch.display.resize(640, 360)
    cases = [
        ("seated_cable_row_slow", "work", "pull", None, None),
        ("isometric_pull_levels", "ramp", "hold", None, ForceNow(250.0, 58.0)),
        ("scapular_retraction_biofeedback", "feedback_full", "hold", BARS, None),
    ]
    for name, where, step, bars, force in cases:
        protocol = load_protocol(name)
        block = protocol.block(where)
        assert block is not None
        state = at(protocol, where, step)
        plain = Moment(block, state, None, None)
        full = Moment(block, state, bars, force, ((0.0, 1.0), (3.0, 30.0)))
        card.set_plan(protocol, protocol.blocks)
        card.show_state(state, full)
        assert card.guide.kinds
        pictures = []
        for moment in (None, full):
            switch.display.show_moment(state, moment)
            pictures.append(switch.display.grab().toImage())
        assert pictures[0] != pictures[1]
        if kinds(plain) != kinds(full):
            assert card.guide.grab().toImage() is not None
