"""Banners at the foot of the window: what, why, remedy. Never modal, never in the way.

Where they need more than their share of a low window, or of one with large letters, they scroll.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from labapp.errors import LabError, NotGiven, NotNeeded
from labapp.translate import tr
from labapp.ui.foot import Foot
from labapp.ui.pages.page import PageScroller
from labapp.ui.parts import Level, button, clear, column, label, named
from labapp.ui.theme import GRID
from labapp.ui.words import breakable
from labapp.workflow.spoken import spoken

MOST = 3
GRAVEST_FIRST: tuple[Level, ...] = ("bad", "warn", "good", "grey")


@dataclass(frozen=True)
class Message:
    """One banner; ``key`` makes a newer message replace an older one on the same matter."""

    what: str
    remedy: str = ""
    level: Level = "warn"
    key: str = ""
    action: str = ""
    act: Callable[[], None] | None = None


def gravity(message: Message) -> int:
    """0 is the gravest."""
    return GRAVEST_FIRST.index(message.level)


def room_for(new: Message, messages: list[Message]) -> list[Message]:
    """Leave out the least grave, of these the oldest, until there is room; none above `new`."""
    kept = list(messages)
    while len(kept) >= MOST:
        least = max(gravity(message) for message in kept)
        if least < gravity(new):
            break
        kept.remove(next(message for message in kept if gravity(message) == least))
    return kept


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


class Banners(PageScroller):
    """The newest few messages, the gravest on top; `changed` comes when others are shown."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "banners", tr("Messages"))
        self._room = 0
        self._column = column(spacing=0)
        self._body = QWidget()
        self._body.setLayout(self._column)
        self.setWidget(self._body)
        self.messages: list[Message] = []
        self.hide()

    def fit(self, room: int) -> None:
        """Be as high as the messages are, ``room`` pixels at most."""
        self._room = room
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words need more lines in a narrow window."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Follow the messages when their letters or gaps have become larger."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        high = self._body.heightForWidth(self.width())
        if high > 0:  # not before there is a message, and Qt has shown it
            self.setFixedHeight(min(high, self._room))

    def show_message(self, message: Message) -> None:
        """Show a message; with more than three the least grave goes, of these the oldest.

        Never one that is graver than what is new: three notes do not push out an alarm.
        """
        key = message.key or message.what
        if any(old == message for old in self.messages):
            return
        kept = [old for old in self.messages if (old.key or old.what) != key]
        self.messages = [*room_for(message, kept), message]
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
        aged = enumerate(self.messages)
        for index, message in sorted(aged, key=lambda one: gravity(one[1])):
            self._column.addWidget(self._banner(index, message))
        self.verticalScrollBar().setValue(0)
        self.setVisible(bool(self.messages))
        self.setAccessibleDescription(self.text())
        self.changed.emit()

    def _banner(self, index: int, message: Message) -> QFrame:
        frame = QFrame()
        named(frame, "banner", f"{message.what} {message.remedy}".strip())
        frame.setProperty("level", message.level)
        words, lines = QWidget(), column()
        for name, text, role in (("what", message.what, "what"), ("remedy", message.remedy, "")):
            if text:
                shown = breakable(text)  # names of files may be longer than a line
                lines.addWidget(label(shown, role, name=f"banner_{index}_{name}", wrap=True))
        words.setLayout(lines)
        line = Foot(words, GRID)
        line.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        frame.setLayout(line)
        if message.action and message.act is not None:
            act = message.act
            do = button(message.action, f"banner_{index}_action", message.action)
            do.clicked.connect(lambda _=False: act())
            line.addWidget(do)
        key = message.key or message.what
        away = button(tr("Dismiss"), f"banner_{index}_dismiss", tr("Takes this message away"))
        away.clicked.connect(lambda _=False: self.dismiss(key))
        line.addWidget(away)
        return frame


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a stop; nothing stays nothing."""
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?")) else f"{text}."
