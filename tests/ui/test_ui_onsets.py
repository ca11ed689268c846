"""Onsets set by hand in the window, with a real mouse and real keys."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from labapp.session.file import write_results
from labapp.translate import speak
from labapp.ui.look import Look
from labapp.ui.pages.result import ResultPage
from labapp.workflow.onset_edits import OnsetEdits
from labapp.workflow.onset_journal import journal_path
from labapp.workflow.pull_traces import PullTraces, Trace

DATA = Path(__file__).parents[1] / "data"
DOCUMENT = json.loads((DATA / "analysis_12_pulls.json").read_text(encoding="utf-8"))
LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def traces() -> dict[int, PullTraces]:
    """A burst at every onset, with a gap in one channel."""
    rng = np.random.default_rng(1)
    found = {}
    for rep in DOCUMENT["repetitions"]:
        times = rep["cue_s"] + np.arange(-0.5, 1.6, 0.001)
        emg = {}
        for muscle, onset in rep["onsets"].items():
            values = rng.normal(size=len(times)) * np.where(times > onset["time_s"], 8e-5, 4e-6)
            values[40:60] = np.nan
            emg[muscle] = Trace(times, values)
        found[rep["index"]] = PullTraces(rep["cue_s"], emg, Trace(times, np.zeros(len(times))))
    return found


@pytest.fixture
def page(qtbot: QtBot, look: Look, tmp_path: Path) -> ResultPage:
    path = tmp_path / "AB-014.h5"
    shutil.copy(DATA / "session_1_0.h5", path)
    write_results(path, "analysis", DOCUMENT)
    made = ResultPage(look)
    qtbot.addWidget(made)
    made.resize(1180, 760)
    made.show()
    made.set_document(DOCUMENT, path)
    made.traces_wanted.connect(lambda: made.show_traces(path, traces()))
    QTest.mouseClick(made.look_at, LEFT)
    made.onsets.operator.setText("OP-001")
    return made


def lines(page: ResultPage, rater: str = "A") -> list[dict[str, Any]]:
    """What the journal of a rater says."""
    assert page.path is not None
    path = journal_path(page.path, rater)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def spot(page: ResultPage, lane: int, time_s: float) -> QPoint:
    """Point of the view at a moment of a trace."""
    view = page.onsets.view
    return QPoint(round(view.x_of(time_s)), round(view.lane_rect(lane).center().y()))


def drag(page: ResultPage, lane: int, to_s: float) -> None:
    view, desk = page.onsets.view, page.onsets.desk
    assert desk is not None
    time = desk.lanes()[lane].time_s
    assert time is not None
    QTest.mousePress(view, LEFT, NO, spot(page, lane, time))
    QTest.mouseMove(view, spot(page, lane, (time + to_s) / 2))
    QTest.mouseMove(view, spot(page, lane, to_s))
    assert lines(page) == []  # not before the button is let go
    QTest.mouseRelease(view, LEFT, NO, spot(page, lane, to_s))


def test_an_onset_is_dragged_undone_and_redone(page: ResultPage) -> None:
    card, desk = page.onsets, page.onsets.desk
    assert desk is not None
    automatic = desk.lanes()[1].time_s
    assert automatic is not None
    page.grab()
    drag(page, 1, automatic + 0.030)
    (line,) = lines(page)
    # One pixel of this view is less than a millisecond and a half.
    assert line["new_s"] == pytest.approx(automatic + 0.030, abs=0.0015)
    assert (line["channel"], line["original_s"]) == ("UT_R", automatic)
    assert (line["operator"], line["rater"], line["blind"]) == ("OP-001", "A", False)
    assert card.share.text() == "edited 1 of 48 onsets (2 %)"
    assert "With rater A's onsets" in card.verdict.text()
    assert page.headline.text().startswith("Rhomboid major before upper trapezius by 29")
    assert list(page.raster.marks) == [(3, "UT_R")]
    QTest.keyClick(card.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert card.share.text() == "edited 0 of 48 onsets (0 %)"
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(card.view, Qt.Key.Key_Z, both)
    assert card.share.text() == "edited 1 of 48 onsets (2 %)"
    assert [one["what"] for one in lines(page)] == ["edit", "undo", "redo"]


def test_the_result_of_a_rater_tells_the_protocols_words_in_the_language(page: ResultPage) -> None:
    desk = page.onsets.desk
    assert desk is not None
    verdict = {
        **DOCUMENT["verdict"],
        "headline": "Sway speed: eyes open 12.3 mm/s (1 trial: no interval).",
        "instead": {"state": "measured", "reasons": [], "names": ["eyes open"]},
    }
    order = {**DOCUMENT["order"], "asked": False}
    told = {"protocol": "quiet_standing", "order": order, "verdict": verdict}
    desk.document = {**desk.document, **told}
    speak("de")
    try:
        time = desk.lanes()[1].time_s
        assert time is not None
        drag(page, 1, time + 0.030)
    finally:
        speak("en")
    assert ": Augen offen 12.3" in page.onsets.verdict.text()


def test_keys_move_the_chosen_onset(page: ResultPage, qtbot: QtBot) -> None:
    card, desk = page.onsets, page.onsets.desk
    assert desk is not None
    view = card.view
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Down)
    automatic = desk.lanes()[2].time_s
    assert automatic is not None
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert lines(page) == []
    with qtbot.waitSignal(card.edited):  # the keys rest
        pass
    (line,) = lines(page)
    assert line["channel"] == "MT_R"
    assert line["new_s"] == pytest.approx(automatic + 0.004, abs=2e-6)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_PageDown)  # leaving a pull journals at once
    assert len(lines(page)) == 2
    assert card.where.text() == "Pull 2 of 12 · fast 2"
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert [one["new_s"] is None for one in lines(page)[2:]] == [False, True]
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.is_close
    page.grab()


def test_nothing_is_written_without_an_operator(page: ResultPage, qtbot: QtBot) -> None:
    page.onsets.operator.clear()
    desk = page.onsets.desk
    assert desk is not None
    with qtbot.waitSignal(page.problem) as caught:
        drag(page, 0, (desk.lanes()[0].time_s or 0.0) + 0.02)
    assert "the operator is missing" in str(caught.args[0])
    assert lines(page) == []


def test_a_blind_rater_sees_no_names_and_no_results(page: ResultPage) -> None:
    card = page.onsets
    card.rater.setText("B")
    card.rater.editingFinished.emit()
    QTest.mouseClick(card.blind, LEFT, NO, QPoint(8, card.blind.height() // 2))
    desk = card.desk
    assert desk is not None
    assert desk.blind
    assert not page.verdict.isVisible()
    assert not page.charts.isVisible()
    assert not page.report.isVisible()
    assert card.where.text() == "Pull 1 of 12"
    assert [card.view.name_of(lane) for lane in desk.lanes()] == [
        f"Trace {n}" for n in (1, 2, 3, 4)
    ]
    page.grab()
    at = spot(page, 3, desk.zero_s + 0.2)
    QTest.mousePress(card.view, LEFT, NO, at)
    QTest.mouseRelease(card.view, LEFT, NO, at)
    (line,) = lines(page, "B")
    assert line["blind"] is True
    assert line["channel"] == desk.lanes()[3].muscle
    assert line["new_s"] == pytest.approx(desk.zero_s + 0.2, abs=0.0015)
    assert card.share.text() == "marked 1 of 48 traces"
    assert page.path is not None
    page.set_document(DOCUMENT, page.path)  # another session comes to the front
    assert page.verdict.isVisible()
    assert not card.blind.isChecked()
    QTest.mouseClick(page.look_at, LEFT)
    assert page.onsets.desk is not None
    assert not page.onsets.desk.blind


def test_two_raters_are_compared_below_the_verdict(page: ResultPage) -> None:
    assert page.path is not None
    edits = OnsetEdits(page.path, DOCUMENT)
    for rep in DOCUMENT["repetitions"][:4]:
        key, time = (rep["index"], "UT_R"), rep["onsets"]["UT_R"]["time_s"]
        edits.set("A", "OP-001", key, time)
        edits.set("B", "OP-002", key, time + 0.012)
    page.onsets.rater.setText("B")
    page.onsets.rater.editingFinished.emit()
    words = page.onsets.agreed.text().replace("\u00a0", " ").replace("\u2212", "-")
    assert words.startswith("Raters A and B, 4 onsets set by both: ICC ")
    assert words.endswith(
        "B minus A +12.0 ms, limits of agreement +12.0 to +12.0 ms; 0 % within 10 ms."
    )
    assert page.onsets.share.text() == "edited 4 of 48 onsets (8 %)"


def test_a_row_of_the_raster_opens_its_pull(page: ResultPage) -> None:
    look = page.look
    row = QPoint(200, look.px(28) + int(4.5 * look.px(26)))
    QTest.mouseClick(page.raster, LEFT, NO, row)
    assert page.onsets.where.text() == "Pull 5 of 12 · fast 5"
