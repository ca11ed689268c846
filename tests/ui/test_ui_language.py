"""The window in German: every page speaks it, nothing is cut, what is stored stays."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from labapp.translate import FOLDER, speak, tr
from labapp.trials.protocol import load_protocol
from labapp.trials.run import ProtocolRun
from labapp.ui import language
from labapp.ui.language import chosen_language
from labapp.ui.numberbox import NumberBox
from labapp.ui.opening import Opening
from labapp.ui.pages.card import breath_words
from labapp.ui.participant import ParticipantDisplay
from labapp.ui.preferences import load_preferences
from labapp.ui.words import unbroken
from labapp.workflow.protocol_words import instructions, shown

Open = Callable[..., Opening]
PAGES = ("setup", "check", "run", "result", "library", "settings", "help")


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")


def english_left(root: QWidget) -> list[str]:
    """Texts of widgets that the catalogue could have translated."""
    words = gettext.translation("labapp", FOLDER, languages=["de"])
    shown = []
    for widget in root.findChildren(QWidget):
        shown += [widget.accessibleName(), widget.toolTip()]
        if isinstance(widget, QLabel | QAbstractButton):
            shown.append(widget.text())
        if isinstance(widget, QComboBox):
            shown += [widget.itemText(i) for i in range(widget.count())]
    return sorted({text for text in shown if text and words.gettext(text) != text})


def test_every_page_speaks_german_and_nothing_is_cut(
    qtbot: QtBot, open_window: Open, document: dict[str, Any], tmp_path: Any
) -> None:
    opening = open_window(language="de")
    window, work = opening.window, opening.work
    assert work is not None
    window.resize(1280, 800)
    work.result.set_document(document, tmp_path / "AB-014_isometric_pull.h5")
    for name in PAGES:
        window.go(name)
        QTest.qWait(1)
        page = window.pages[name]
        assert english_left(page) == [], name
        if hasattr(page, "scroller"):
            assert page.body.minimumSizeHint().width() <= page.scroller.viewport().width(), name
        cut = [
            w.objectName()
            for w in page.findChildren(QAbstractButton)
            if w.isVisible() and w.width() < w.sizeHint().width() - 1
        ]
        assert not cut, name
    assert english_left(window) == []
    assert window.rail.buttons["settings"].text() == "Optionen"


def test_the_settings_page_chooses_from_the_next_start_on(open_window: Open) -> None:
    work = open_window().work
    assert work is not None
    box = work.settings.language
    assert [box.itemData(i) for i in range(box.count())] == ["system", "en", "de"]
    box.setCurrentIndex(box.findData("de"))
    assert load_preferences().language == "de"
    assert "next start" in work.settings.language_note.text()
    assert tr("Help") == "Help"


@pytest.mark.parametrize(
    ("wish", "computer", "spoken"),
    [
        ("de", ("en",), "de"),
        ("en", ("de", "en"), "en"),
        ("system", ("de", "en"), "de"),
        ("system", ("fr", "de"), "de"),
        ("system", ("C",), "en"),
        ("xx", ("de",), "de"),
    ],
)
def test_the_language_is_the_wish_else_the_computers(
    monkeypatch: pytest.MonkeyPatch, wish: str, computer: tuple[str, ...], spoken: str
) -> None:
    monkeypatch.setattr(language, "system_languages", lambda: computer)
    assert chosen_language(wish) == spoken


def test_the_participant_reads_the_protocol_in_german(qtbot: QtBot, look: Any) -> None:
    protocol = load_protocol("isometric_pull")
    run = ProtocolRun(protocol, seed=1, start_ns=0)
    run.tick(4_000_000_000)
    parent = QWidget()
    qtbot.addWidget(parent)
    display = ParticipantDisplay(look, parent)
    speak("de")
    display.show_moment(shown(run.state, protocol))
    assert display.accessibleDescription() == "Über zwei Sekunden aufbauen."
    assert breath_words(run.state.breath) == "Ausatmen"
    assert run.state.text == "Build up over two seconds."
    assert shown(run.state, protocol).step == "aufbauen"
    assert instructions(protocol)[0].startswith("Sie ziehen an einem Griff")
    speak("en")
    assert shown(run.state, protocol) == run.state


def test_numbers_take_comma_and_point(qtbot: QtBot) -> None:
    for typed in ("2,5", "2.5"):
        box = NumberBox()
        qtbot.addWidget(box)
        box.setRange(0, 1000)
        box.setDecimals(1)
        box.selectAll()
        QTest.keyClicks(box, typed)
        assert box.value() == 2.5
        assert box.text() == "2.5"


def test_intervals_do_not_break() -> None:
    assert unbroken("95-%-Intervall 9 bis 27") == "95\u2011%\u2011Intervall 9\u00a0bis\u00a027"
