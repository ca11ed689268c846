"""Banners at the foot of the window: what, why, remedy. Never modal, never in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from labapp.errors import LabError, NotGiven, NotNeeded
from labapp.translate import tr
from labapp.ui.parts import Level, button, clear, label, named, row
from labapp.ui.theme import GRID
from labapp.workflow.spoken import spoken

MOST = 3


@dataclass(frozen=True)
class Message:
    """One banner; ``key`` makes a newer message replace an older one on the same matter."""

    what: str
    remedy: str = ""
    level: Level = "warn"
    key: str = ""
    action: str = ""
    act: Callable[[], None] | None = None


def message_of(error: BaseException) -> Message:
    """Return a banner: a `LabError` in its own words, anything else as a bug of ours."""
    if isinstance(error, LabError):
        level: Level = "warn" if isinstance(error, NotGiven) else "bad"
        if isinstance(error, NotNeeded):
            level = "warn" if error.fault else "grey"
        what, remedy = sentence(spoken(error.what)), sentence(spoken(error.remedy))
        return Message(what, remedy, level, key=error.what)
    return Message(
        tr(
            "Something unexpected happened ({name}: {error}).",
            name=type(error).__name__,
            error=error,
        ),
        tr("The recording is not affected. The details are in the folder of logs (page Help)."),
        "bad",
        key=str(error),
    )


class Banners(QWidget):
    """The newest few messages."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "banners", tr("Messages"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.messages: list[Message] = []
        self.hide()

    def show_message(self, message: Message) -> None:
        """Show a message; the oldest goes when there are more than three."""
        key = message.key or message.what
        if any(old == message for old in self.messages):
            return
        kept = [old for old in self.messages if (old.key or old.what) != key]
        self.messages = [*kept, message][-MOST:]
        self._build()

    def dismiss(self, key: str) -> None:
        """Take a message away."""
        kept = [old for old in self.messages if (old.key or old.what) != key]
        if len(kept) != len(self.messages):
            self.messages = kept
            self._build()

    def text(self) -> str:
        """Everything shown, for tests and screen readers."""
        return "\n".join(f"{m.what} {m.remedy}".strip() for m in self.messages)

    def _build(self) -> None:
        clear(self._column)
        for index, message in enumerate(self.messages):
            self._column.addWidget(self._banner(index, message))
        self.setVisible(bool(self.messages))
        self.setAccessibleDescription(self.text())

    def _banner(self, index: int, message: Message) -> QFrame:
        frame = QFrame()
        named(frame, "banner", f"{message.what} {message.remedy}".strip())
        frame.setProperty("level", message.level)
        grid = QGridLayout(frame)
        grid.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        grid.setHorizontalSpacing(2 * GRID)
        what = label(message.what, "what", name=f"banner_{index}_what", wrap=True)
        grid.addWidget(what, 0, 0, 1 if message.remedy else 2, 1)
        grid.setColumnStretch(0, 1)
        if message.remedy:
            remedy = label(message.remedy, name=f"banner_{index}_remedy", wrap=True)
            grid.addWidget(remedy, 1, 0)
        key = message.key or message.what
        away = button(tr("Dismiss"), f"banner_{index}_dismiss", tr("Takes this message away"))
        away.clicked.connect(lambda _=False: self.dismiss(key))
        buttons = row(away)
        if message.action and message.act is not None:
            act = message.act
            do = button(message.action, f"banner_{index}_action", message.action)
            do.clicked.connect(lambda _=False: act())
            buttons.insertWidget(0, do)
        grid.addLayout(buttons, 0, 1, 2, 1)
        return frame


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a stop; nothing stays nothing."""
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?")) else f"{text}."
