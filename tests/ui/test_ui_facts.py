"""The form of the study's facts: filled in by keys alone, saved at once, read again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.ui.look import Look
from labapp.ui.opening import Opening
from labapp.ui.pages.facts import FactsPage
from labapp.ui.pages.factscard import ElectrodesCard
from labapp.ui.preparing import Preparing
from labapp.workflow.devices import PULLING, choose_devices
from labapp.workflow.facts_draft import FactsDraft
from labapp.workflow.facts_preview import coming
from labapp.workflow.study_facts import facts_file, study_facts

Open = Callable[..., Opening]


@pytest.fixture
def page(qtbot: QtBot, look: Look, tmp_path: Path) -> FactsPage:
    made = FactsPage(look)
    qtbot.addWidget(made)
    made.resize(1200, 760)
    what = coming(choose_devices(list(PULLING)))
    made.set_draft(FactsDraft(facts_file(tmp_path), what.muscles), what)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.entered()
    return made


def electrodes(page: FactsPage) -> ElectrodesCard:
    return next(card for card in page.cards if isinstance(card, ElectrodesCard))


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def keys(text: str, then: Qt.Key = Qt.Key.Key_Tab) -> None:
    QTest.keyClicks(focused(), text)
    QTest.keyClick(focused(), then)


def test_it_is_filled_in_by_keys_alone(page: FactsPage, tmp_path: Path) -> None:
    assert focused().objectName() == "fact_participant_age"
    assert page.hint.text() == "Still missing for the methods paragraph: 24."
    keys("25 to 29")
    keys("f")
    assert page.hint.text() == "Still missing for the methods paragraph: 22."
    assert study_facts(tmp_path, ()) == {"participant": {"age": "25 to 29", "sex": "f"}}
    while focused().objectName() != "facts_electrodes":
        keys("")
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    assert page.findChild(QWidget, "facts_whose").text().startswith("Only of rhomboid major, right")
    while focused().objectName() != "fact_electrodes_ied_mm":
        keys("")
    note = electrodes(page).rows["ied_mm"].note
    QTest.keyClicks(focused(), "-8")
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert note.text() == "-8 is out of range. More than 0, up to 200 mm."
    assert page.hint.text() == "Not saved: 1. Correct what is marked."
    assert electrodes(page).list.item(1).text() == "RM right: to correct"
    assert "electrodes" not in study_facts(tmp_path, ("RM_R",))
    # Done leads back to what is wrong, and leaves once nothing is.
    left: list[bool] = []
    page.back_wanted.connect(lambda: left.append(True))
    electrodes(page).list.setCurrentRow(0)
    page.done.click()
    assert not left
    assert focused().objectName() == "fact_electrodes_ied_mm"
    assert electrodes(page).list.currentRow() == 1
    QTest.keyClick(focused(), Qt.Key.Key_Home)
    QTest.keyClick(focused(), Qt.Key.Key_Delete)
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert note.text() == ""
    page.done.click()
    assert left
    assert study_facts(tmp_path, ("RM_R",))["electrodes"] == {"RM_R": {"ied_mm": 8.0}}
    assert "placed 8 and [?] mm apart" in page.view.text.toPlainText()


def test_copying_and_undo_are_saved_too(page: FactsPage, tmp_path: Path) -> None:
    card = electrodes(page)
    assert card.copy.isHidden()
    card.list.setCurrentRow(2)
    card.rows["gel"].focus()
    keys("wet gel")
    choice = card.rows["mode"].input
    assert isinstance(choice, QComboBox)
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Down)
    choice.activated.emit(choice.currentIndex())
    card.copy.click()
    everywhere = {"all": {"gel": "wet gel", "mode": "DD"}}
    assert study_facts(tmp_path, ("UT_R",)) == {"electrodes": everywhere}
    assert card.rows["gel"].note.text() == "as for all"
    assert choice.itemText(0) == "DD"
    QTest.keySequence(page, "Ctrl+Z")
    assert study_facts(tmp_path, ("UT_R",)) == {
        "electrodes": {"UT_R": {"gel": "wet gel", "mode": "DD"}}
    }
    page.undo.click()
    page.undo.click()
    assert study_facts(tmp_path, ("UT_R",)) is None
    assert not page.undo.isEnabled()
    QTest.keySequence(page, "Ctrl+Shift+Z")
    assert study_facts(tmp_path, ("UT_R",)) == {"electrodes": {"UT_R": {"gel": "wet gel"}}}
    assert focused().objectName() == "fact_electrodes_gel"


def test_what_the_text_editor_changed_is_shown(page: FactsPage, tmp_path: Path) -> None:
    facts_file(tmp_path).write_text('[force]\nmodel = "S"\n[weather]\nsun = 1\n', "utf-8")
    QApplication.sendEvent(page, QEvent(QEvent.Type.ActivationChange))
    assert page.draft is not None
    assert page.draft.typed(("force", "model")) == "S"
    assert "weather.sun" in page.unknown.text()
    assert not page.unknown.isHidden()


def test_the_paragraph_stands_where_there_is_room(page: FactsPage) -> None:
    assert page.view.x() > page.scroller.x()
    page.resize(800, 700)
    assert page.body.isAncestorOf(page.view)
    page.resize(1200, 700)
    assert not page.body.isAncestorOf(page.view)


def test_the_button_opens_the_form(
    open_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []

    def open_file(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_file)
    opening = open_window()
    window, work = opening.window, opening.work
    assert work is not None
    preparing: Preparing = work.preparing
    path = facts_file(window.study_folder)
    window.findChild(QPushButton, "facts").click()
    assert window.page == "facts"
    assert not path.exists()
    QTest.keyClicks(focused(), "25 to 29")
    window.go("setup")  # leaving by the rail saves, too
    assert study_facts(window.study_folder, ()) == {"participant": {"age": "25 to 29"}}
    work.setup.lying.facts.click()
    preparing.form.file.click()
    assert opened == [path.as_posix()]
    preparing.form.done.click()
    assert window.page == "setup"
    # A file that is no TOML is told, and can still be opened.
    path.write_text("[participant\n", encoding="utf-8")
    work.setup.lying.facts.click()
    assert window.page == "setup"
    assert "line 1" in window.banners.text()
    window.findChild(QPushButton, "banner_0_action").click()
    assert len(opened) == 2
