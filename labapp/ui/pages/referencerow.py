"""What 100 % will be in the next recording: one line, and a choice where there is one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from labapp.translate import tr
from labapp.ui.parts import label, named
from labapp.ui.theme import GRID
from labapp.ui.words import readable
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:
    from labapp.workflow.reference_session import NoReference, ReferenceSession


class ReferenceRow(QWidget):
    """Hidden where nobody has recorded maximal contractions of this person lately."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: Path | None = None
        self.line = label("", name="reference_line", wrap=True)
        self.choice = QComboBox()
        self.choice.addItem(tr("Use them"), False)
        self.choice.addItem(tr("This session's own reference"), True)
        named(
            self.choice,
            "reference_choice",
            tr("What 100 % is"),
            tr(
                "Amplitudes, ratios and live bars count from the maximal contractions\n"
                "recorded before, or from the reference contractions of the coming recording."
            ),
        )
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(GRID)
        lines.addWidget(self.line)
        lines.addWidget(self.choice)
        self.hide()

    @property
    def own(self) -> bool:
        """Whether the recording is to be counted from its own reference."""
        return self.shown is not None and bool(self.choice.currentData())

    def forget(self) -> None:
        """Show nothing: it is not known yet, or there is nothing."""
        self.shown = None
        self.hide()

    def show_found(self, found: ReferenceSession) -> None:
        """Offer the references of a session; they are used unless somebody says otherwise."""
        if found.path != self.shown:
            self.choice.setCurrentIndex(0)
        self.shown = found.path
        values = {
            "time": f"{_local(found.frozen.created_utc):%H:%M}",
            "n": round(found.frozen.age_s / 60),
            "muscles": len(found.frozen.usable),
        }
        words = (
            tr("100 %: maximal references of {time} ({n} min ago), {muscles} muscles", **values)
            if found.frozen.maximal
            else tr(
                "100 %: submaximal references of {time} ({n} min ago), {muscles} muscles; they "
                "give no ratios",
                **values,
            )
        )
        self._say(words, found.path)
        self.choice.show()

    def show_refused(self, found: NoReference) -> None:
        """Say why the references of a session are not used."""
        self.shown = None
        why = "; ".join(readable(spoken(reason)) for reason in found.reasons)
        words = tr(
            "100 %: this session's own reference. The maximal references recorded before are not "
            "used: {why}.",
            why=why,
        )
        self._say(words, found.path)
        self.choice.hide()

    def _say(self, words: str, path: Path | None) -> None:
        self.line.setText(words)
        self.line.setAccessibleName(words)
        self.line.setToolTip("" if path is None else path.stem)
        self.show()


def _local(utc: str) -> datetime:
    return datetime.fromisoformat(utc).astimezone()
