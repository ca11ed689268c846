"""Before a test: screening by keys and clicks, and a protocol of one's own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.session.file import open_session
from labapp.trials.protocol import load_protocol
from labapp.ui.opening import Opening
from labapp.workflow.form_filling import ANSWER, REASONS

Open = Callable[..., Opening]


def click(window: QWidget, name: str) -> None:
    every = window.findChildren(QPushButton, name)
    assert every, name
    found = every[-1]
    assert found.isVisible(), f"{name} is not visible"
    assert found.isEnabled(), f"{name} is not enabled"
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def field(window: QWidget, name: str) -> QLineEdit:
    # The newest: an older one of the same name may be on its way out.
    found = window.findChildren(QLineEdit, name)
    assert found, name
    return found[-1]


def test_screening_is_filled_in_and_lies_in_the_session(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window(protocol="screening", speed=60.0)
    window, work = opening.window, opening.work
    assert work is not None
    setup = work.setup
    QTest.keyClicks(setup.participant, "AB-014")
    assert setup.person.screened.text() == "not asked yet"
    click(window, "screening")
    assert window.page == "forms"
    forms = work.preparing.forms
    first = window.findChild(QWidget, "answer_contraindications_reason_1")
    assert first is not None
    QTest.keyClick(first, Qt.Key.Key_2)  # yes
    assert "Do not test: chest pain" in forms.said.text()
    click(window, "forms_back")
    assert setup.person.screened.text() == "do not test"
    # Answers belong to one person: another code begins anew.
    setup.participant.setText("AB-015")
    assert setup.person.screened.text() == "not asked yet"
    assert setup.start.isEnabled()
    click(window, "screening")
    first = window.findChildren(QWidget, "answer_contraindications_reason_1")[-1]
    QTest.keyClick(first, Qt.Key.Key_2)
    click(window, "forms_back")
    assert not setup.start.isEnabled()
    assert setup.hint.text().startswith("Do not test: chest pain")
    click(window, "screening")
    QTest.keyClick(first, Qt.Key.Key_1)  # a mistake, taken back
    click(window, "forms_none")
    pain = field(window, "answer_pain_before")
    pain.setFocus()
    QTest.keyClicks(pain, "12")
    QTest.keyClick(pain, Qt.Key.Key_Return)
    assert "0 to 10" in forms.hint.text()
    pain.clear()
    QTest.keyClicks(pain, "4")
    QTest.keyClick(pain, Qt.Key.Key_Return)
    assert "more than 3" in forms.said.text()
    pain.clear()
    QTest.keyClicks(pain, "2")
    QTest.keyClick(pain, Qt.Key.Key_Return)
    assert "Do not test" not in forms.said.text()
    click(window, "forms_back")
    assert setup.person.screened.text() == "no reason against"
    with qtbot.waitSignal(work.recording_started, timeout=30_000):
        click(window, "start_recording")
    # An answer during the recording goes into it at once; a block with a form leads to it.
    recording = work.recording
    assert recording is not None
    work.run.begin_protocol()
    qtbot.waitUntil(lambda: "A form belongs to this part" in window.banners.text(), timeout=10_000)
    click(window, "banner_0_action")
    assert window.page == "forms"
    assert pain.hasFocus()
    click(window, "answer_dyskinesis_flexion_L_2")
    click(window, "forms_back")
    assert window.page == "run"
    recording.press("stop")
    with qtbot.waitSignal(work.stopped, timeout=60_000):
        work.finish()
    with open_session(recording.out) as session:
        answers = [marker.data for marker in session.markers if marker.kind == ANSWER]
    said = {(a["form"], a["item"], a.get("side", "")): a["value"] for a in answers}
    assert said[REASONS, "reason_7", ""] == "no"
    assert said["pain", "before", ""] == 2.0
    assert said["dyskinesis", "flexion", "L"] == "subtle"
    # The next recording asks again.
    assert setup.person.screened.text() == "not asked yet"


def test_a_protocol_is_duplicated_and_adapted(open_window: Open) -> None:
    opening = open_window()
    window, work = opening.window, opening.work
    assert work is not None
    click(window, "adapt_protocol")
    assert window.page == "adapt"
    page = work.preparing.adapt
    assert page.save.isEnabled()
    assert field(window, "adapt_name").hasFocus() or page.fields["name"].selectedText()
    QTest.keyClicks(field(window, "adapt_name"), "our_pull")
    reps = field(window, "adapt_fast.reps")
    reps.setFocus()
    reps.selectAll()
    QTest.keyClicks(reps, "0")
    assert not page.save.isEnabled()
    assert "Fast pulls" in page.hint.text()
    assert reps.property("level") == "bad"
    reps.selectAll()
    QTest.keyClicks(reps, "12")
    assert page.hint.text() == ""
    assert not reps.property("level")
    click(window, "adapt_save")
    assert window.page == "setup"
    assert work.setup.protocol is not None
    assert work.setup.protocol.id == "our_pull"
    fast = load_protocol("our_pull").block("fast")
    assert fast is not None
    assert fast.reps == 12
