"""One short question about what just happened, answered with one key or click, or passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from labapp.translate import phrase, tr
from labapp.trials.remarks import REASONS
from labapp.ui.flow import FlowLayout
from labapp.ui.parts import button, label, named, set_level
from labapp.ui.theme import GRID

Question = Literal["reason", "effort"]
WORDS = (
    phrase("tense before the cue"),
    phrase("not as asked"),
    phrase("moved or slipped"),
    phrase("signal disturbed"),
    phrase("pain or discomfort"),
)
"""`REASONS`, for the catalogue."""


class RemarkRow(QWidget):
    """Hidden until it asks; `answered` carries the question and the number of the answer."""

    answered = Signal(str, int)

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        named(self, "remarks", tr("Question about the repetition"))
        self.question: Question | None = None
        self.text = label("", name="remark_text", wrap=True)
        self._line = FlowLayout(GRID // 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.text)
        column.addLayout(self._line)
        self.buttons: list[QPushButton] = []
        self._keys = [self._key(digit, page) for digit in range(10)]
        self.hide()

    def _key(self, digit: int, page: QWidget) -> QShortcut:
        shortcut = QShortcut(QKeySequence(str(digit)), page)
        shortcut.setAutoRepeat(False)
        shortcut.setEnabled(False)
        shortcut.activated.connect(lambda: self._press(digit))
        return shortcut

    def ask_reason(self) -> None:
        """Ask why a repetition is left out; keys 1 to 5."""
        texts = [f"{number} {tr(words)}" for number, words in enumerate(REASONS, 1)]
        self._ask("reason", tr("Why is it left out?"), texts)

    def ask_effort(self, number: int) -> None:
        """Ask how hard a set felt; keys 0 to 9."""
        words = tr("How hard was set {n}? 0 nothing, 10 the hardest", n=number)
        self._ask("effort", words, [str(one) for one in range(11)])

    def _ask(self, question: Question, words: str, texts: list[str]) -> None:
        self.close_question()
        self.question = question
        self.text.setText(words)
        self.text.setAccessibleName(words)
        for index, text in enumerate(texts):
            one = button(text, f"{question}_{index}", words)
            one.setProperty("role", "chip")
            set_level(one, "grey")
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            one.clicked.connect(self._give(index))
            self._line.addWidget(one)
            self.buttons.append(one)
        for digit, key in enumerate(self._keys):
            key.setEnabled(digit < len(texts) if question == "effort" else 1 <= digit <= len(texts))
        self.show()

    def _give(self, index: int) -> Callable[[], None]:
        return lambda: self._answer(index)

    def _press(self, digit: int) -> None:
        self._answer(digit - 1 if self.question == "reason" else digit)

    def _answer(self, index: int) -> None:
        question = self.question
        if question is not None:
            self.close_question()
            self.answered.emit(question, index)

    def close_question(self) -> None:
        """Ask nothing any more."""
        self.question = None
        for key in self._keys:
            key.setEnabled(False)
        buttons, self.buttons = self.buttons, []
        for one in buttons:
            self._line.removeWidget(one)
            one.hide()
            one.deleteLater()
        self.hide()
