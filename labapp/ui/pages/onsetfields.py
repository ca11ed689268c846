"""The line above the traces: who edits, as which rater, blind or not, and why."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from labapp.translate import tr
from labapp.ui.flow import FlowLayout
from labapp.ui.look import Look
from labapp.ui.parts import label, named, row
from labapp.ui.theme import GRID
from labapp.workflow.person import LONGEST_NOTE

LONGEST, BESIDE = 400, 184
"""Width of the field of the reason, and what a page needs beside it; design pixels."""


class OnsetFields:
    """Operator, rater, blindness and reason of the next edit; `line` holds them."""

    def __init__(self, look: Look) -> None:
        self.operator, self.rater, self.reason = QLineEdit(), QLineEdit(), QLineEdit()
        named(
            self.operator,
            "operator",
            tr("Operator"),
            tr("Who edits: a pseudonym of 2-4 capitals, '-' and 3-5 digits"),
        )
        self.operator.setPlaceholderText("OP-001")
        self.operator.setMaxLength(10)
        named(self.rater, "rater", tr("Rater"), tr("Letter of the rater whose edits these are"))
        self.rater.setText("A")
        self.rater.setMaxLength(8)
        named(self.reason, "edit_reason", tr("Reason"), tr("Why; goes with the next edits"))
        self.reason.setPlaceholderText(tr("optional; needed to reject a pull"))
        self.reason.setMaxLength(LONGEST_NOTE)
        self.blind = QCheckBox(tr("Blind"))
        named(
            self.blind,
            "blind",
            tr("Mark blind"),
            tr(
                "Hides names, colours, automatic onsets and results, shuffles the pulls\n"
                "and the traces of each pull. Two raters who mark blind can be compared."
            ),
        )
        self.line = FlowLayout(2 * GRID)
        self.line.addWidget(_pair(tr("Operator"), self.operator))
        self.line.addWidget(_pair(tr("Rater"), self.rater))
        self.line.addWidget(self.blind)
        self.line.addWidget(_pair(tr("Reason"), self.reason))
        self.look = look
        self._room = 0
        look.changed.connect(self._fit)
        self._fit()

    def fit(self, width: int) -> None:
        """Keep the longest field inside a page of this width (pixels)."""
        self._room = width
        self._fit()

    def _fit(self) -> None:
        self.operator.setFixedWidth(self.look.px(104))
        self.rater.setFixedWidth(self.look.px(48))
        widest, beside = self.look.px(LONGEST), self.look.px(BESIDE)
        self.reason.setFixedWidth(min(widest, max(self._room - beside, self.look.px(96))))
        # As high as the fields beside it, so that its words stand on the same line.
        self.blind.setMinimumHeight(self.look.px(32))


def _pair(words: str, field: QLineEdit) -> QWidget:
    """Return a field with its label before it."""
    holder = QWidget()
    holder.setLayout(row(label(words, "soft"), field))
    return holder
