"""Small building blocks of every page: labels, buttons, chips and cards, each with a name."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QUndoStack
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from labapp.translate import tr
from labapp.ui.theme import GRID

Level = Literal["good", "warn", "bad", "grey"]
L = TypeVar("L", bound=QBoxLayout)
REDO: Final = "Ctrl+Shift+Z"
"""Keys of Redo on every desktop, whatever it has for it."""


def named(widget: QWidget, name: str, spoken: str = "", tip: str = "") -> None:
    """Give a widget its object name, the name a screen reader says, and a tooltip."""
    widget.setObjectName(name)
    if spoken:
        widget.setAccessibleName(spoken)
    if tip:
        widget.setToolTip(tip)


def label(text: str, role: str = "", *, name: str = "", wrap: bool = False) -> QLabel:
    """Return a text; ``role`` chooses its size and colour in the style sheet."""
    widget = QLabel(text)
    widget.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        widget.setProperty("role", role)
    if name:
        named(widget, name, text)
    widget.setWordWrap(wrap)
    if wrap:
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        widget.setSizePolicy(policy)
    return widget


def button(text: str, name: str, tip: str, *, role: str = "") -> QPushButton:
    """Return a push button; ``role`` ``"primary"`` is the one next step of a page."""
    widget = QPushButton(text)
    named(widget, name, text.replace("&", ""), tip)
    if role:
        widget.setProperty("role", role)
    widget.setCursor(Qt.CursorShape.PointingHandCursor)
    return widget


def allow(widget: QWidget, on: bool, why: str = "") -> None:
    """Enable or disable; while it is disabled, its tooltip tells why, too."""
    widget.setEnabled(on)
    tip = widget.property("tip")
    if tip is None:
        tip = widget.toolTip()
        widget.setProperty("tip", tip)
    widget.setToolTip(tip if on or not why else f"{tip}\n{why}")


def undo_buttons(
    stack: QUndoStack, name: str, tip: str, page: QWidget | None = None
) -> tuple[QPushButton, QPushButton]:
    """Return the buttons Undo and Redo of a stack; ``tip`` says what Undo takes back.

    Their keys work wherever the focus is on ``page``; without one they are somebody else's to do.
    """
    undo = button(tr("Undo"), f"undo_{name}", tip)
    redo = button(tr("Redo"), f"redo_{name}", tr("Makes it again"))
    undone, redone = tr("Nothing to take back yet."), tr("Nothing was taken back.")
    for one, keys, slot, able, why in (
        (undo, QKeySequence.StandardKey.Undo, stack.undo, stack.canUndoChanged, undone),
        (redo, REDO, stack.redo, stack.canRedoChanged, redone),
    ):
        sequence = QKeySequence(keys)
        one.setToolTip(f"{one.toolTip()} ({sequence.toString()})")
        one.clicked.connect(slot)
        allow(one, False, why)
        able.connect(partial(allow, one, why=why))
        if page is not None:
            shortcut = QShortcut(sequence, page)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)
    return undo, redo


def chip(text: str, level: Level, name: str, tip: str = "") -> QLabel:
    """Return a short fact on a tinted ground; the word says it, the colour only helps."""
    widget = label(text, "chip", name=name)
    widget.setProperty("level", level)
    if tip:
        widget.setToolTip(tip)
    return widget


def set_level(widget: QWidget, level: str) -> None:
    """Change the tint of a chip or banner."""
    if widget.property("level") != level:
        widget.setProperty("level", level)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_role(widget: QWidget, role: str) -> None:
    """Change the size and weight of a label."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        if isinstance(widget, QLabel):  # a style sheet's padding comes with the first polish only
            box = QFrame.Shape.StyledPanel if role == "chip" else QFrame.Shape.NoFrame
            widget.setFrameShape(box)


class Card(QFrame):
    """A titled surface with a column of contents."""

    def __init__(self, title: str, name: str, note: str = "") -> None:
        super().__init__()
        # The style sheet knows cards by this name; the given one is for tests and readers.
        self.setObjectName("card")
        self.setProperty("name", name)
        self.setAccessibleName(title)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        self.column.setSpacing(GRID)
        self.title = label(title, "title", name=f"{name}_title")
        self.note = label(note, "faint", name=f"{name}_note", wrap=True)
        self.column.addWidget(self.title)
        self.column.addWidget(self.note)
        self.title.setVisible(bool(title))
        self.note.setVisible(bool(note))


def fact(word: str, level: Level, text: str, name: str, tip: str) -> QWidget:
    """Return a chip with one word and the sentence that goes with it."""
    holder = QWidget()
    named(holder, name, f"{word}: {text}", tip)
    line = QGridLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setHorizontalSpacing(GRID)
    mark = chip(word, level, f"{name}_word")
    words = label(text, wrap=True, name=f"{name}_text")
    line.addWidget(mark, 0, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(words, 0, 1)
    line.setColumnStretch(1, 1)
    return holder


def row(*things: QWidget | int | None, spacing: int = GRID) -> QHBoxLayout:
    """Return a horizontal line of widgets; an int is a fixed space, None takes what is left."""
    return _fill(QHBoxLayout(), things, spacing)


def column(*things: QWidget | int | None, spacing: int = GRID) -> QVBoxLayout:
    """Return a vertical line of widgets; an int is a fixed space, None takes what is left."""
    return _fill(QVBoxLayout(), things, spacing)


def clear(layout: QLayout) -> None:
    """Remove and delete every widget of a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)


def _fill(layout: L, things: tuple[QWidget | int | None, ...], spacing: int) -> L:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for thing in things:
        if thing is None:
            layout.addStretch(1)
        elif isinstance(thing, int):
            layout.addSpacing(thing)
        else:
            layout.addWidget(thing)
    return layout
