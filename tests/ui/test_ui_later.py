"""What the window is to do later is still there when it is done."""

from __future__ import annotations

import gc
import weakref

import pytest
from pytestqt.qtbot import QtBot

from labapp.ui.look import Look
from labapp.ui.preferences import Preferences
from labapp.ui.window import Window


class Caller:
    """Something that nobody but the window knows."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def call(self) -> None:
        self.told.append("called")


@pytest.mark.parametrize("ms", [0, 1])
def test_whoever_is_called_later_lives_until_then_and_no_longer(
    qtbot: QtBot, look: Look, ms: int
) -> None:
    window = Window(look, Preferences())
    qtbot.addWidget(window)
    told: list[str] = []
    caller = Caller(told)
    kept = weakref.ref(caller)
    window.later(caller.call, ms)
    del caller
    gc.collect()
    assert kept() is not None
    qtbot.waitUntil(lambda: bool(told), timeout=5_000)
    gc.collect()
    assert told == ["called"]
    assert kept() is None


def test_a_window_that_is_gone_calls_nobody(qtbot: QtBot, look: Look) -> None:
    window = Window(look, Preferences())
    told: list[str] = []
    window.later(Caller(told).call, 1)
    window.deleteLater()
    del window
    qtbot.wait(20)
    assert told == []
