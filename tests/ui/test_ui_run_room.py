"""The pages Run and Check where room is short, small numbers, and words of a protocol."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.translate import speak
from labapp.trials.protocol import load_protocol
from labapp.ui.numberbox import NumberBox
from labapp.ui.pages.keypad import KeyPad
from labapp.ui.pages.lights import value_words
from labapp.ui.pages.loadspanel import LoadsPanel
from labapp.workflow.progression import Proposal


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")


def test_the_keys_stay_on_one_line(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    pad = KeyPad(page)
    pad.resize(3000, 60)
    page.show()
    stop = pad.findChild(QPushButton, "do_stop")
    first = pad.findChild(QPushButton, "do_next")
    assert stop is not None
    assert first is not None
    assert stop.text() == "STOP  ·  Esc"
    pad.resize(pad.sizeHint().width() - 1, 60)
    assert stop.text() == "STOP"
    assert "Esc" in stop.toolTip()
    assert stop.accessibleName() == "STOP  ·  Esc"
    qtbot.waitUntil(lambda: stop.geometry().top() == first.geometry().top())


def test_a_small_share_is_never_told_as_none() -> None:
    assert value_words("clipping", 0.42) == "0.42 %"
    assert value_words("loss", 0.41) == "0.41 %"
    assert value_words("clipping", 0.0) == "0 %"
    assert value_words("clipping", 4.2) == "4 %"
    assert value_words("line", 0.4) == "0 %"


def test_a_number_keeps_off_the_border(qtbot: QtBot) -> None:
    box = NumberBox()
    qtbot.addWidget(box)
    assert box.lineEdit().textMargins().left() == box.fontMetrics().averageCharWidth()


def test_loads_are_named_in_the_words_of_the_protocol(qtbot: QtBot) -> None:
    speak("de")
    panel = LoadsPanel()
    qtbot.addWidget(panel)
    panel._protocol = load_protocol("single_arm_row")
    block = panel._protocol.block("left")
    assert block is not None
    start = block.load.start
    panel.show_proposals(
        [Proposal("left", "Rows, left arm", None, "kg", False, (f"first load: {start}",))]
    )
    words = [one.text() for one in panel.findChildren(QLabel)]
    assert "Last, Rudern, linker Arm" in words
    assert any("erste Last: 60 % des 8RM der schwächeren Seite" in one for one in words)
