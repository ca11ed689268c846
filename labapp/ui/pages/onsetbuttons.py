"""The line below the traces: undo, redo, and what can be said of an onset and of a whole pull."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labapp.translate import tr
from labapp.ui.flow import FlowLayout
from labapp.ui.parts import allow, button
from labapp.ui.theme import GRID

if TYPE_CHECKING:  # brings SciPy and HDF5: not on the start-up path
    from labapp.workflow.onset_desk import OnsetDesk


class OnsetButtons:
    """Buttons of the card of the onsets; `line` holds them."""

    def __init__(self) -> None:
        self.undo = button(tr("Undo"), "undo_onset", tr("Take back the last edit (Ctrl+Z)"))
        self.redo = button(tr("Redo"), "redo_onset", tr("Edit again (Ctrl+Shift+Z)"))
        self.confirm = button(
            tr("Right as it is"), "confirm_onset", tr("Journal that this onset is right (Enter)")
        )
        self.remove = button(
            tr("No onset"), "remove_onset", tr("Journal that this trace has no onset (Delete)")
        )
        self.judge = button(tr("Reject pull"), "judge_pull", " ")
        self.line = FlowLayout(GRID)
        for one in (self.undo, self.redo, self.confirm, self.remove, self.judge):
            self.line.addWidget(one)

    def show_desk(self, desk: OnsetDesk) -> None:
        """Offer what can be done now."""
        lane = desk.lane
        some = bool(desk.hand.done) or desk.pending is not None
        allow(self.undo, some, tr("Off now: nothing was edited yet."))
        allow(self.redo, bool(desk.hand.undone), tr("Off now: no edit was taken back."))
        there = lane is not None and lane.time_s is not None
        allow(self.confirm, there, tr("Off now: this trace has no onset."))
        rejected = desk.pull in desk.hand.rejected
        self.judge.setText(tr("Accept pull again") if rejected else tr("Reject pull"))
        self.judge.setAccessibleName(self.judge.text())
        self.judge.setToolTip(
            tr("Let this pull count again (X)")
            if rejected
            else tr("Exclude this pull from the result, for the reason above (X)")
        )
        self.judge.setEnabled(desk.pull is not None)
