"""Asks the operator what a key cannot say: why a repetition goes, how hard a set was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from labapp.translate import tr
from labapp.trials.remarks import EFFORT, REASON, REASONS, effort_data, reason_data
from labapp.trials.run import RunEvent
from labapp.workflow.progression import grows

if TYPE_CHECKING:
    from labapp.ui.pages.remarkrow import RemarkRow
    from labapp.ui.recording import LiveRecording


class Asking(QObject):
    """Follows one recording; the answers become its markers. `noted` says so in words."""

    noted = Signal(str)

    def __init__(self, recording: LiveRecording, row: RemarkRow, parent: QObject) -> None:
        super().__init__(parent)
        self._recording, self._row = recording, row
        self._rejected: dict[str, Any] = {}
        self._set_done = ("", 0)
        recording.happened.connect(self._happened)
        row.answered.connect(self._answer)

    def close(self) -> None:
        """Ask nothing any more."""
        self._row.answered.disconnect(self._answer)
        self._row.close_question()

    def _happened(self, event: RunEvent) -> None:
        if event.kind == "reject":
            self._rejected = event.data
            self.noted.emit(tr("The last repetition is left out of the analysis; it stays stored."))
            self._row.ask_reason()
        elif event.kind == "cue" and self._row.question == "reason":
            self._row.close_question()
        elif event.kind == "rest":
            name, number = str(event.data["block"]), int(event.data["repetition"])
            block = self._recording.block(name)
            if block is not None and grows(block) and number % block.reps == 0:
                self._set_done = (name, int(event.data["set"]))
                self._row.ask_effort(self._set_done[1])

    def _answer(self, question: str, answer: int) -> None:
        if question == "reason" and self._rejected:
            self._recording.mark(REASON, reason_data(self._rejected, REASONS[answer]))
            self.noted.emit(tr("Left out: {reason}.", reason=tr(REASONS[answer])))
        elif question == "effort" and self._set_done[0]:
            self._recording.mark(EFFORT, effort_data(*self._set_done, float(answer)))
            self.noted.emit(tr("Effort {n} of 10 is noted.", n=answer))
