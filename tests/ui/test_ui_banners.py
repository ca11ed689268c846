"""Messages at the foot of the window: read to the last word, however little room there is."""

from __future__ import annotations

import pytest
from layout_faults import layout_faults
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from labapp.ui.banner import Message
from labapp.ui.look import Look
from labapp.ui.preferences import Preferences
from labapp.ui.window import MESSAGES, Window

LONG = Message(
    "The recording goes on when the window closes; cues end.",
    "The window finds it again at the next start. Close again to leave it running, or finish it "
    "on the page Run.",
    "warn",
    action="Close the window",
    act=lambda: None,
)
GRAVE = Message("The recorder has ended unexpectedly.", "What it wrote is safe.", "bad")
LIGHT = Message("A form belongs to this part: effort.", "", "grey", "form", "Fill in", lambda: None)


def settle() -> None:
    for _ in range(6):
        QApplication.processEvents()


def words(window: Window, index: int) -> QLabel:
    """First line of the banner that came as this one; those that were replaced are hidden."""
    every = window.banners.findChildren(QLabel, f"banner_{index}_what")
    return next(one for one in every if one.isVisible())


@pytest.fixture
def window(qtbot: QtBot, look: Look) -> Window:
    frame = Window(look, Preferences())
    qtbot.addWidget(frame)
    frame.resize(1280, 800)
    frame.show()
    return frame


@pytest.mark.parametrize(("scale", "scrolls"), [(1.0, False), (2.0, True), (3.0, True)])
def test_every_word_can_be_read(window: Window, scale: float, *, scrolls: bool) -> None:
    window.look.apply("light", scale)
    for message in (LIGHT, LONG, GRAVE):
        window.say(message)
    settle()
    banners, bar = window.banners, window.banners.verticalScrollBar()
    assert layout_faults(banners) == []
    assert banners.height() <= MESSAGES * window.height()
    assert (bar.maximum() > 0) == scrolls
    assert banners.horizontalScrollBar().maximum() == 0
    below = banners.viewport().rect().bottom()
    ends = [
        one.mapTo(banners.viewport(), QPoint(0, one.height() - 1)).y() - bar.maximum()
        for kind in (QLabel, QPushButton)
        for one in banners.findChildren(kind)
        if one.isVisible()
    ]
    assert max(ends) <= below  # scrolled to its end, there is nothing left below
    assert words(window, 1).mapTo(banners, QPoint(0, 0)).x() == round(16 * scale)


def test_the_gravest_is_on_top_and_stays_there(window: Window) -> None:
    window.look.apply("light", 3.0)
    for message in (LIGHT, LONG):
        window.say(message)
    settle()
    bar = window.banners.verticalScrollBar()
    bar.setValue(bar.maximum())
    window.say(GRAVE)
    settle()
    tops = [words(window, index).mapTo(window, QPoint()).y() for index in (2, 1, 0)]
    assert tops == sorted(set(tops))
    assert bar.value() == 0
    assert window.banners.text().startswith("A form")  # names go by age


def test_the_height_follows_messages_window_and_letters(window: Window) -> None:
    banners = window.banners
    window.say(LONG)
    settle()
    one = banners.height()
    window.say(GRAVE)
    settle()
    assert banners.height() > one
    banners.dismiss(GRAVE.what)
    settle()
    assert banners.height() == one
    window.look.apply("light", 2.0)
    settle()
    assert banners.height() > one
    window.look.apply("light", 3.0)
    window.resize(1280, 640)
    settle()
    assert banners.height() == round(MESSAGES * 640)
    window.look.apply("light", 1.0)
    window.resize(1280, 800)
    settle()
    assert banners.height() == one
    banners.dismiss(LONG.what)
    assert banners.isHidden()


def test_notes_do_not_push_out_an_alarm(window: Window) -> None:
    notes = [Message(f"Note {n}.", "", "grey") for n in range(4)]
    window.say(GRAVE)
    for note in notes:
        window.say(note)
    assert window.banners.messages == [GRAVE, *notes[2:]]
    alarms = [Message(f"Alarm {n}.", "", "bad") for n in range(3)]
    for alarm in alarms:
        window.say(alarm)
    assert window.banners.messages == alarms
    for note in notes:  # each of them is seen, none costs an alarm
        window.say(note)
        assert window.banners.messages == [*alarms, note]
    window.say(GRAVE)
    assert window.banners.messages == [*alarms[1:], GRAVE]
