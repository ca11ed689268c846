"""A repetition rejected on the result page with keys, and accepted again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from twelve_pulls import twelve_pulls

from labapp.session.file import write_results
from labapp.ui.look import Look
from labapp.ui.opening import Opening
from labapp.ui.pages.result import ResultPage
from labapp.ui.sessions import look_at
from labapp.workflow.analysing import analyse
from labapp.workflow.onset_edits import OnsetEdits
from labapp.workflow.pull_traces import pull_traces
from labapp.workflow.stored import up_to_date

Open = Callable[..., Opening]
LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def said(page: ResultPage, name: str) -> str:
    """Text of a label of the verdict card; empty where there is none."""
    found = [one.text() for one in page.verdict.findChildren(QLabel, name) if one.isVisible()]
    return "".join(found)


def choose_pull(page: ResultPage, number: int) -> None:
    """Click a row of the raster, as pulls are chosen."""
    at = page.look.px(28) + round((number - 0.5) * page.look.px(26))
    QTest.mouseClick(page.raster, LEFT, NO, QPoint(page.look.px(200), at))


def test_keys_reject_a_pull_and_take_it_back(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    path = twelve_pulls(tmp_path / "AB-014.h5")
    work = open_window().work
    assert work is not None
    with qtbot.waitSignal(work.shelf.shown, timeout=20_000):
        work.shelf.open(path)
    page, card = work.result, work.result.onsets
    assert page.headline.text().startswith("Cannot tell")
    left, right = (one.mapTo(page, QPoint()).x() for one in (page.raster_card, page.forest_card))
    assert left < right  # side by side from the first moment
    choose_pull(page, 5)
    qtbot.waitUntil(lambda: card.desk is not None, timeout=20_000)
    assert card.where.text() == "Pull 5 of 12 · fast 5"
    with qtbot.waitSignal(page.problem):
        QTest.keyClick(card.view, Qt.Key.Key_X)  # nobody has signed
    card.operator.setText("OP-001")
    QTest.keyClicks(card.reason, "electrode loose")
    card.view.setFocus()
    with qtbot.waitSignal(card.judged):
        QTest.keyClick(card.view, Qt.Key.Key_X)
    assert card.where.text() == "Pull 5 of 12 · fast 5 · rejected: electrode loose"
    assert card.judge.text() == "Accept pull again"
    assert card.reason.text() == ""
    qtbot.waitUntil(lambda: bool(said(page, "excluded_count")), timeout=20_000)
    assert said(page, "excluded_count") == "1 of 12 repetitions excluded afterwards by hand"
    assert said(page, "excluded_0").startswith("fast 5: electrode loose (OP-001, 20")
    assert said(page, "verdict_as_recorded").startswith("As recorded, with all of them: Cannot")
    assert page.headline.text().startswith("Rhomboid major before upper trapezius")
    assert page.raster.excluded == {4}
    assert card.desk is not None
    assert card.desk.pull == 4
    page.grab()
    QTest.keyClick(card.view, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: not said(page, "excluded_count"), timeout=20_000)
    assert page.headline.text().startswith("Cannot tell")
    assert card.judge.text() == "Reject pull"
    both = CONTROL | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(card.view, Qt.Key.Key_Z, both)
    assert card.judge.text() == "Accept pull again"
    QTest.keyClick(card.view, Qt.Key.Key_X)  # before the result of the other key has come
    assert card.judge.text() == "Reject pull"
    with qtbot.waitSignal(
        work.window.jobs.busy_changed, timeout=20_000, check_params_cb=lambda busy: not busy
    ):
        pass
    assert not said(page, "excluded_count")
    assert card.share.text() == "edited 0 of 24 onsets (0 %)"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return analyse(twelve_pulls(tmp_path_factory.mktemp("made") / "AB-014.h5"))


def test_the_library_tells_of_exclusions(tmp_path: Path, recorded: dict[str, Any]) -> None:
    path = twelve_pulls(tmp_path / "AB-014.h5")
    write_results(path, "analysis", recorded)
    edits = OnsetEdits(path, recorded)
    assert look_at(path).excluded == ""
    edits.reject("A", "OP-001", 4, "electrode loose")
    assert look_at(path).excluded == "as recorded; 1 excluded by hand since then"
    write_results(path, "analysis", {**recorded, "excluded": {"n": 1, "of": 12}})
    assert look_at(path).excluded == "1 of 12 repetitions excluded afterwards by hand"
    write_results(path, "analysis", {"schema": "another/1"})
    assert look_at(path).excluded == ""


@pytest.fixture
def page(qtbot: QtBot, look: Look, tmp_path: Path, recorded: dict[str, Any]) -> ResultPage:
    """Page of a session in which OP-001 has excluded pull 5."""
    path = twelve_pulls(tmp_path / "AB-014.h5")
    OnsetEdits(path, recorded).reject("A", "OP-001", 4, "electrode loose")
    document = up_to_date(recorded, path)
    made = ResultPage(look)
    qtbot.addWidget(made)
    made.resize(1180, 760)
    made.show()
    made.set_document(document, path)
    made.show_traces(path, pull_traces(path, document))
    return made


def test_a_blind_rater_sees_no_exclusion_and_rejects_in_silence(
    page: ResultPage, qtbot: QtBot
) -> None:
    card = page.onsets
    asked: list[None] = []
    page.recount_wanted.connect(lambda: asked.append(None))
    card.rater.setText("B")
    card.rater.editingFinished.emit()
    QTest.mouseClick(card.blind, LEFT, NO, QPoint(8, card.blind.height() // 2))
    desk = card.desk
    assert desk is not None
    assert not page.verdict.isVisible()
    desk.show(4)
    card.again()
    assert "rejected" not in card.where.text()
    assert card.judge.text() == "Reject pull"
    card.operator.setText("OP-002")
    card.reason.setText("one trace is flat")
    QTest.keyClick(card.view, Qt.Key.Key_X)
    assert card.where.text().endswith("of 12 · rejected: one trace is flat")
    assert card.share.text() == "marked 0 of 24 traces"
    assert asked == []
    with qtbot.waitSignal(page.recount_wanted):
        QTest.mouseClick(card.blind, LEFT, NO, QPoint(8, card.blind.height() // 2))
    assert page.verdict.isVisible()
    assert page.document is not None
    assert page.path is not None
    page.show_again(up_to_date(page.document, page.path), page.path)
    qtbot.waitUntil(lambda: said(page, "excluded_1").endswith("UTC), judged blind"))
    page.show_again(page.document, page.path.with_name("other.h5"))  # no longer in front
    assert page.path.name == "AB-014.h5"
