"""The top of the result page: the verdict in one large sentence, and what was left out for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout

from labapp.report.words import not_applicable
from labapp.translate import phrase, tr
from labapp.ui.flow import FlowLayout
from labapp.ui.glossary import explained
from labapp.ui.parts import Card, Level, chip, clear, label, row, set_level, set_role
from labapp.ui.theme import GRID
from labapp.ui.words import VERDICTS, breakable, readable
from labapp.workflow.headline_words import INSTEAD, verdict_told
from labapp.workflow.protocol_words import listed
from labapp.workflow.spoken import spoken

_STATE_LEVEL: dict[str, Level] = {
    "first": "good",
    "second": "good",
    "simultaneous": "good",
    "undecided": "grey",
    "not interpretable": "grey",
}
_INSTEAD: dict[str, tuple[str, Level]] = {
    "measured": (phrase("Measured"), "good"),
    "in part": (phrase("Measured in part"), "grey"),
    "undecided": (phrase("Cannot tell"), "grey"),
    "nothing": (phrase("Nothing measured"), "grey"),
}
"""Words for what a session yielded that was asked for no order."""
LARGEST = 96  # characters of a headline that two lines of the largest type hold


class VerdictCard(Card):
    """State, headline and reasons; below them repetitions that were excluded afterwards."""

    def __init__(self) -> None:
        super().__init__("", "verdict_card")
        self.state = chip("", "grey", "verdict_state", tr("State of the verdict"))
        self.source = label("", "faint", name="result_source", wrap=True)
        self.headline = label("", "hero", name="headline", wrap=True)
        self.headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.reasons = FlowLayout(GRID)
        self._width = 0
        self._protocol = ""
        self.excluded = QVBoxLayout()
        self.excluded.setSpacing(GRID // 2)
        whose = row(self.state, self.source, spacing=2 * GRID)
        whose.setAlignment(self.state, Qt.AlignmentFlag.AlignTop)
        whose.setStretch(1, 1)
        self.column.addLayout(whose)
        self.column.addWidget(self.headline)
        self.column.addLayout(self.reasons)
        self.column.addLayout(self.excluded)

    def fit(self, width: int) -> None:
        """Break the words of a reason that is wider than a page of this width (pixels)."""
        self._width = width
        room = width - 5 * self.column.contentsMargins().left()
        for place in range(self.reasons.count()):
            item = self.reasons.itemAt(place)
            one = item.widget() if item is not None else None
            if isinstance(one, QLabel):
                one.setWordWrap(False)
                one.setWordWrap(one.sizeHint().width() > room > 0)

    def show_document(self, document: Mapping[str, Any], path: Path) -> None:
        """Show whose verdict it is, what it says, and what was left out for it."""
        name = document.get("participant") or tr("no participant")
        protocol = listed(document["protocol"]) if document.get("protocol") else tr("no protocol")
        self.source.setText(f"{name} · {protocol} · {breakable(path.name)}")
        self.source.setToolTip(str(path))
        self._protocol = str(document.get("protocol") or "")
        self._show_verdict(document["verdict"], applies=not not_applicable(document))
        self.fit(self._width)
        self._show_excluded(document.get("excluded"))

    def _show_verdict(self, verdict: Mapping[str, Any], *, applies: bool) -> None:
        state, headline = str(verdict["state"]), verdict_told(verdict, self._protocol)
        self.headline.setText(readable(headline))
        self.headline.setAccessibleName(readable(headline))
        self.headline.setToolTip(explained(str(verdict["headline"])))
        set_role(self.headline, "hero" if len(headline) <= LARGEST else "verdict")
        level = _STATE_LEVEL.get(state, "grey")
        said = tr(VERDICTS.get(state, state)) if applies else tr("Not applicable")
        instead = verdict.get(INSTEAD)
        if instead is not None:
            words, level = _INSTEAD[instead["state"]]
            said = tr(words)
        self.state.setText(said)
        self.state.setAccessibleName(tr("Verdict: {state}", state=self.state.text()))
        set_level(self.state, level)
        clear(self.reasons)
        # A headline that gives a reason itself need not be followed by the same words.
        reasons = verdict["reasons"] if instead is None else instead["reasons"]
        reasons = [r for r in reasons if str(r) not in str(verdict["headline"])]
        for index, reason in enumerate(reasons):
            tip = explained(str(reason))
            shade: Level = level if instead is None else "grey"  # what is missing is not green
            self.reasons.addWidget(
                chip(readable(spoken(str(reason))), shade, f"reason_{index}", tip)
            )
        if verdict.get("n_needed"):
            words = tr("about {n} repetitions would decide it", n=verdict["n_needed"])
            tip = tr("Estimated from the spread of the lags so far; an order is not promised.")
            self.reasons.addWidget(chip(words, "grey", "n_needed", tip))

    def _show_excluded(self, part: Mapping[str, Any] | None) -> None:
        """Say how many were excluded afterwards, by whom, when, why, and the verdict before."""
        clear(self.excluded)
        if not part:
            return
        tip = tr("Rejected by a person after the recording. Click its row below to take it back.")
        words = tr(
            "{n} of {of} repetitions excluded afterwards by hand", n=part["n"], of=part["of"]
        )
        self.excluded.addLayout(row(chip(words, "warn", "excluded_count", tip), None))
        told = [_excluded_words(one) for one in part["repetitions"]]
        if part["taken_back"]:
            told.append(tr("Exclusions that were taken back: {n}", n=part["taken_back"]))
        for index, line in enumerate(told):
            self.excluded.addWidget(label(line, "soft", name=f"excluded_{index}", wrap=True))
        before = verdict_told(part["as_recorded"]["verdict"], self._protocol)
        words = tr("As recorded, with all of them: {headline}", headline=readable(before))
        self.excluded.addWidget(label(words, name="verdict_as_recorded", wrap=True))


def _excluded_words(one: Mapping[str, Any]) -> str:
    words = tr(
        "{name}: {why} ({operator}, {when} UTC)",
        name=f"{one['block']} {one['number']}".strip(),
        why=one["reason"],
        operator=one["operator"],
        when=str(one["utc"])[:16].replace("T", " "),
    )
    return words + tr(", judged blind") if one["blind"] else words
