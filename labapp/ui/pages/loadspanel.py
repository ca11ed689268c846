"""The loads of a run: proposed from the sessions before, accepted or changed by the operator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QGridLayout, QWidget

from labapp.translate import tr
from labapp.trials.protocol import Protocol
from labapp.trials.remarks import load_data
from labapp.ui.banner import message_of
from labapp.ui.jobs import Jobs, Progress
from labapp.ui.logs import LOGGER
from labapp.ui.numberbox import NumberBox
from labapp.ui.parts import clear, label, named
from labapp.ui.theme import GRID
from labapp.workflow.progression import Proposal, proposals
from labapp.workflow.protocol_words import told
from labapp.workflow.spoken import spoken

MOST_LOAD = 1000.0


class LoadsPanel(QWidget):
    """One line a block whose load may grow; hidden where a protocol has none."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "loads", tr("Loads of this test"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setColumnStretch(2, 1)
        self._jobs = Jobs(self)
        self._jobs.failed.connect(self._not_read)
        self._rows: list[tuple[Proposal, NumberBox]] = []
        self._protocol: Protocol | None = None
        self.hide()

    def look_up(self, folder: Path, participant: str, protocol: Protocol | None) -> None:
        """Read the participant's earlier sessions, and show what they propose."""
        self._protocol = protocol
        self.show_proposals(())
        if protocol is None:
            return

        def job(_: Progress) -> tuple[Proposal, ...]:
            return proposals(folder, participant, protocol)

        self._jobs.start(job, self.show_proposals, shown=False)

    def _not_read(self, error: BaseException) -> None:
        """Say why no load is proposed; it is no reason not to record."""
        LOGGER.error("earlier sessions were not read", exc_info=error)
        self.show_proposals(())
        words = tr("No load is proposed. {why}", why=message_of(error).what)
        self._grid.addWidget(label(words, "missing", name="loads_missing", wrap=True), 0, 0, 1, 3)
        self.show()

    def show_proposals(self, found: Sequence[Proposal]) -> None:
        """Show these, ready to be changed."""
        clear(self._grid)
        self._rows = []
        for line, one in enumerate(found):
            called = told(self._protocol, one.title)
            title = label(tr("Load, {block}", block=called), name=f"load_{one.block}_title")
            spin = NumberBox()
            spin.setRange(0.0, MOST_LOAD)
            spin.setDecimals(1)
            spin.setSingleStep(0.5)
            spin.setSpecialValueText(tr("not noted"))
            spin.setSuffix(f" {one.unit}")
            spin.setValue(one.value or 0.0)
            tip = tr("The load that is used, in {unit}. It is noted at the start.", unit=one.unit)
            named(spin, f"load_{one.block}", title.text(), tip)
            self._grid.addWidget(title, 2 * line, 0)
            self._grid.addWidget(spin, 2 * line, 1)
            why = label(_why(one, self._protocol), "faint", name=f"load_{one.block}_why", wrap=True)
            self._grid.addWidget(why, 2 * line + 1, 0, 1, 3)
            self._rows.append((one, spin))
        self.setVisible(bool(found))

    def chosen(self) -> list[dict[str, Any]]:
        """Return data of the markers of the loads that are used; what is 0 is not noted."""
        return [
            load_data(one.block, spin.value(), one.unit, proposed=one.value)
            for one, spin in self._rows
            if spin.value() > 0
        ]

    def close_look_up(self) -> None:
        """Wait for what is being read."""
        self._jobs.finish()


def _said(reason: str, protocol: Protocol | None) -> str:
    """Return a reason in the language in use; what it quotes is in the words of the protocol."""
    head, _, quoted = reason.partition(": ")
    if head == "first load":
        return tr("first load: {what}", what=told(protocol, quoted))
    return spoken(reason)


def _why(one: Proposal, protocol: Protocol | None) -> str:
    reasons = "; ".join(_said(reason, protocol) for reason in one.reasons)
    if one.more:
        return tr("Proposed, more than last time: {reasons}.", reasons=reasons)
    if one.value is not None:
        return tr("Proposed, as last time: {reasons}.", reasons=reasons)
    return tr("Not known yet: {reasons}.", reasons=reasons)
