"""Measures what the guides of a run show, and writes down what is aimed at."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from labapp.trials.guide import has_target, since_cue_s, target_path
from labapp.trials.run import RunEvent, RunState
from labapp.ui.guides import Moment
from labapp.workflow.biofeedback import TARGET, BarsNow, Biofeedback, side_of
from labapp.workflow.live_force import LiveForce

if TYPE_CHECKING:
    from labapp.ui.livelook import LiveLook
    from labapp.ui.recording import LiveRecording
    from labapp.workflow.live_levels import Level

FORCE_S = 0.03
MOST_TRAIL = 2000


class Guiding(QObject):
    """Follows one recording with a protocol; `aimed` comes when a target is known or changed."""

    aimed = Signal()

    def __init__(self, recording: LiveRecording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._recording = recording
        self.force = LiveForce(recording.source)
        self.bio: Biofeedback | None = None
        self._live: LiveLook | None = None
        self._bars: BarsNow | None = None
        self._trail: list[tuple[float, float]] = []
        self._where: tuple[object, ...] = ()
        self._asked = 0.0
        self._now = None if not self.force.present else self.force.now()
        recording.happened.connect(self._happened)

    def use(self, live: LiveLook) -> None:
        """Draw bars from the levels of a look, where the protocol has them."""
        protocol = self._recording.protocol
        if protocol is None or protocol.feedback is None:
            return
        streams = self._recording.source.streams
        muscles = [c.muscle for s in streams for c in s.channels if c.kind == "emg" and c.muscle]
        side = side_of(protocol.feedback, muscles)
        if side is None:
            return
        self.bio = Biofeedback(protocol.feedback, side)
        self._live = live
        live.levels_changed.connect(self._take_levels)

    def set_target(self, ratio: float) -> None:
        """Aim at another ratio, as the operator says."""
        if self.bio is not None:
            self._recording.mark(TARGET, self.bio.set_target(ratio))
            self.aimed.emit()

    def _happened(self, event: RunEvent) -> None:
        seconds = self._recording.seconds(event.t_ns)
        before = self.force.maximum
        self.force.follow(event, seconds)
        due = self.bio.follow(event, seconds) if self.bio is not None else None
        if due is not None:
            self._recording.mark(due.kind, due.data)
        if due is not None or self.force.maximum != before:
            self.aimed.emit()

    def _take_levels(self, levels: dict[str, Level]) -> None:
        from labapp.workflow.live_levels import LOOK_S

        if self.bio is None or self._live is None:
            return
        newest = self._live.newest_s
        self.bio.take(levels, newest - LOOK_S / 2)
        lab_s = self._recording.lab_s
        # The level is the mean of a quarter of a second: its middle is half of that older.
        age_ms = None if lab_s is None else max(0.0, lab_s() - newest + LOOK_S / 2) * 1e3
        self._bars = self.bio.now(levels, age_ms)

    def moment(self, state: RunState) -> Moment | None:
        """Say what the guides show at a moment of the run."""
        block = self._recording.block(state.block)
        if block is None:
            return None
        if self._live is not None:
            self._live.hurry(state.feedback)
        if has_target(block) and self.force.present:
            self._look_at_force(state)
            self._follow_line(state)
        return Moment(block, state, self._bars, self._now, tuple(self._trail))

    def target_newtons(self, state: RunState) -> float | None:
        """Force to reach in this block, N above the empty cell; None where there is none."""
        block = self._recording.block(state.block)
        if block is None or state.over or not has_target(block) or not self.force.maximum:
            return None
        return 0.01 * self.force.maximum * max(y for _, y in target_path(block))

    def _look_at_force(self, state: RunState) -> None:
        if time.perf_counter() - self._asked >= FORCE_S:
            self._asked = time.perf_counter()
            self._now = self.force.now(self._recording.away)

    def _follow_line(self, state: RunState) -> None:
        """Remember the way of the force along its line, one repetition long."""
        where = (state.block, state.repetition, len([d for d in state.dots if d == "rejected"]))
        if where != self._where:
            self._where = where
            self._trail.clear()
        block = self._recording.block(state.block)
        since = since_cue_s(block, state) if block is not None else None
        percent = self._now.percent if self._now is not None else None
        if block is None or since is None or percent is None or state.paused:
            return
        path = target_path(block)
        if path and since <= path[-1][0] and len(self._trail) < MOST_TRAIL:
            self._trail.append((since, percent))
