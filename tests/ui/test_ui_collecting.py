"""Widgets in unreachable cycles are deleted in the window's thread."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from labapp.ui.collecting import Collecting


@pytest.fixture
def usual_limits() -> Iterator[None]:
    """Python's limits: those of the tests are far apart."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


class Looped(QWidget):
    """Holds itself, as a widget does whose slot is a function that knows it."""

    def __init__(self) -> None:
        super().__init__()
        self.me = self


@pytest.fixture
def window() -> Iterator[QObject]:
    window = QObject()
    yield window
    window.deleteLater()


def busy_thread() -> list[list[int]]:
    """Make what Python's own collection would look through, in another thread."""
    kept: list[list[int]] = []
    thread = threading.Thread(target=lambda: kept.extend([1] for _ in range(20_000)))
    thread.start()
    thread.join()
    assert len(kept) == 20_000
    return kept


@pytest.mark.usefixtures("usual_limits")
def test_a_widget_is_not_deleted_by_another_thread(qtbot: QtBot, window: QObject) -> None:
    Collecting(window, lambda: False)
    died: list[int] = []
    one = Looped()
    weakref.finalize(one, lambda: died.append(threading.get_ident()))
    del one
    kept = busy_thread()
    assert died == []
    qtbot.waitUntil(lambda: bool(died), timeout=5_000)
    assert died == [threading.get_ident()]
    assert kept


def test_when_the_window_is_gone_python_collects_again(qtbot: QtBot) -> None:
    assert gc.isenabled()
    window = QObject()
    Collecting(window, lambda: False)
    assert not gc.isenabled()
    with qtbot.waitSignal(window.destroyed):
        window.deleteLater()
    assert gc.isenabled()


@pytest.mark.usefixtures("usual_limits")
def test_what_is_there_when_a_recording_begins_is_set_aside(
    window: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str | int] = []
    for name in ("freeze", "unfreeze"):
        monkeypatch.setattr(gc, name, lambda name=name: done.append(name))
    monkeypatch.setattr(gc, "get_freeze_count", lambda: 0)
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 0))
    monkeypatch.setattr(gc, "collect", lambda generation=2: done.append(generation))
    recording = [False]
    one = Collecting(window, lambda: recording[0])
    for recording[0] in (False, True, True, False, False):
        one.look()
    assert done == [2, "freeze", "unfreeze"]
    monkeypatch.setattr(gc, "get_count", lambda: (701, 11, 11))
    monkeypatch.setattr("labapp.ui.collecting.FULL_S", 1e9)
    one.look()
    monkeypatch.setattr("labapp.ui.collecting.FULL_S", 0.0)
    one.look()
    assert done[3:] == [1, 2]  # a full one at most once a minute, the next younger instead
    monkeypatch.undo()


@pytest.mark.usefixtures("usual_limits")
def test_what_comes_in_a_recording_is_collected_in_it(
    qtbot: QtBot, window: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labapp.ui.collecting.FULL_S", 0.0)
    gc.set_threshold(700, 1, 1)  # else it takes a dozen seconds to be due
    Collecting(window, lambda: True)
    died: list[int] = []
    one = Looped()
    weakref.finalize(one, lambda: died.append(1))
    gc.collect(0)
    gc.collect(1)  # it is of the oldest generation now
    del one
    kept = []

    def go_on() -> bool:
        kept.append(busy_thread())
        return bool(died)

    qtbot.waitUntil(go_on, timeout=20_000)


def test_what_others_have_set_aside_stays_so(
    window: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gc, "get_freeze_count", lambda: 5)
    recording = [True]
    one = Collecting(window, lambda: recording[0])
    for name in ("freeze", "unfreeze"):
        monkeypatch.setattr(gc, name, lambda name=name: pytest.fail(name))
    one.look()
    recording[0] = False
    one.look()
