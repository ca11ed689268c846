"""The card of the signal quality: what is unusable or doubtful, and what passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from labapp.translate import tr
from labapp.ui.glossary import explained
from labapp.ui.parts import Card, clear, fact, label
from labapp.ui.theme import GRID
from labapp.ui.words import muscle_short, readable
from labapp.workflow.spoken import spoken

_CHECK_ORDER = {"bad": 0, "warn": 1, "good": 2}


class QualityCard(Card):
    """Shows the quality findings of an analysis document."""

    def __init__(self) -> None:
        super().__init__(tr("Signal quality"), "quality_card")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID)
        self.column.addLayout(self._rows)
        self.column.addStretch(1)

    def show_findings(self, quality: Sequence[Mapping[str, Any]]) -> None:
        """Show the worst first; the same finding on several channels is one line."""
        clear(self._rows)
        findings = sorted(quality, key=lambda f: _CHECK_ORDER.get(f["level"], 3))
        good = [f for f in findings if f["level"] == "good"]
        words = {"bad": tr("unusable"), "warn": tr("doubtful")}
        poor: dict[tuple[str, str, str], list[str]] = {}
        for f in findings:
            if f["level"] != "good":
                key = (str(f["level"]), str(f["check"]), str(f["text"]))
                poor.setdefault(key, []).append(muscle_short(str(f["channel"])))
        for index, ((grade, check, text), channels) in enumerate(poor.items()):
            self._rows.addWidget(
                fact(
                    words.get(grade, grade),
                    "bad" if grade == "bad" else "warn",
                    f"{', '.join(channels)}: {readable(spoken(text))}",
                    f"finding_{index}",
                    "\n".join(filter(None, (tr("Check: {check}", check=check), explained(text)))),
                )
            )
        if good:
            tip = "\n".join(readable(spoken(str(f["text"]))) for f in good)
            text = tr("{good} of {findings} checks passed", good=len(good), findings=len(findings))
            self._rows.addWidget(fact(tr("good"), "good", text, "findings_good", tip))
        if not findings:
            self._rows.addWidget(label(tr("No quality checks in this analysis."), "soft"))
