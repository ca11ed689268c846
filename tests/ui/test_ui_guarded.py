"""An exception in what Qt calls is told, and the window stays."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from labapp.ui.flow import FlowLayout
from labapp.ui.guarded import INSTEAD, MARK, guard
from labapp.ui.opening import Opening

Open = Callable[..., Opening]


def overrides() -> Iterator[tuple[type, str, FunctionType]]:
    """What the loaded classes of the window override of Qt, as far as the names tell."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("labapp.ui."):
            continue
        for kind in list(vars(module).values()):
            if isinstance(kind, type) and kind.__module__ == name and hasattr(kind, "metaObject"):
                for word, function in vars(kind).items():
                    if isinstance(function, FunctionType) and (
                        word in INSTEAD or word.endswith("Event")
                    ):
                        yield kind, word, function


def test_every_override_of_an_open_window_is_guarded(open_window: Open) -> None:
    opening = open_window()
    assert opening.work is not None
    assert opening.work.preparing is not None
    found = {f"{kind.__name__}.{word}": function for kind, word, function in overrides()}
    assert {"FlowLayout.setGeometry", "Chart.paintEvent", "Window.closeEvent"} <= set(found)
    assert [name for name, function in found.items() if not hasattr(function, MARK)] == []


def test_what_raises_between_others_is_told_once_and_takes_nothing_along(qtbot: QtBot) -> None:
    class Broken(QWidget):
        def sizeHint(self) -> QSize:
            raise NameError("half edited")

    class Sound(QWidget):
        def sizeHint(self) -> QSize:
            return QSize(5, 5)

        def resizeEvent(self, event: QResizeEvent) -> None:
            super().resizeEvent(event)

        def hasHeightForWidth(self) -> bool:
            return False

    guard(Broken)
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    column.addWidget(Broken())
    column.addWidget(Sound())

    def references() -> dict[str, int]:
        return {
            name: sys.getrefcount(one)
            for name, one in vars(Sound).items()
            if isinstance(one, FunctionType)
        }

    before = references()
    assert len(before) == 3
    with qtbot.captureExceptions() as caught:
        page.show()
        page.hide()
    assert references() == before
    assert [str(error) for _, error, _ in caught] == ["half edited"]


def test_a_window_with_a_broken_layout_opens_and_says_so(
    qtbot: QtBot, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def place(self: Any, rect: QRect, *, move: bool) -> int:
        raise NameError(f"half edited {move}")

    monkeypatch.setattr(FlowLayout, "_place", place)
    with qtbot.captureExceptions() as caught:
        opening = open_window()
        for page in opening.window.pages:
            opening.window.go(page)
            qtbot.wait(1)
    assert opening.is_ready
    assert {type(error) for _, error, _ in caught} == {NameError}
    assert {str(error) for _, error, _ in caught} <= {"half edited True", "half edited False"}
