"""Looks at every pull as soon as its samples are there, and at the levels in between.

The arithmetic is that of `labapp.workflow.live_pull` and `live_levels`; it runs off the window's
thread, and nothing of it is stored.

From the last sample that a pull needs to its words on the screen: up to 60 ms of a radio and up to
90 ms until the recorder decodes them, up to 10 ms until they are looked for, some 20 ms of work,
and a frame (`tests/bench/test_pull_latency.py`).
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from labapp.trials.run import RunEvent
from labapp.ui.jobs import Jobs, Progress
from labapp.ui.recording import LiveRecording
from labapp.workflow.resume import REFERENCE

if TYPE_CHECKING:
    from labapp.workflow.given_reference import FrozenReference
    from labapp.workflow.live_levels import LiveLevels

LEVELS_MS = 200
HURRIED_MS = 50
SOON_MS = 10
SOON_S = 0.4
"""So long before a pull is complete its samples are waited for closely ..."""
CLEAR_S = 0.1
"""... and so long before nothing else is begun that it would have to wait for ..."""
STALE_S = 0.5
"""... unless the levels have not been told for so long: the samples may never come."""
REFERENCE_ENDS = frozenset({"relax", "rest", "finished", "stop"})


class LiveLook(QObject):
    """Follows one recording until `close`.

    Signals: `looked` (a `PullLook`), `left_out` (the last pull was rejected), `levels_changed`
    (muscle to `Level`), `failed` (an exception).
    """

    looked = Signal(object)
    left_out = Signal()
    levels_changed = Signal(object)
    failed = Signal(object)

    def __init__(self, recording: LiveRecording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._recording = recording
        self._source = recording.source
        self._jobs = Jobs(self)
        self._jobs.failed.connect(self._on_failure)
        self._levels: LiveLevels | None = None
        self._asked = False
        self._followed = False
        self._levels_s = 0.0
        self._told = 0.0
        self._reference_s: float | None = None
        self._pulls: deque[float] = deque()
        self._references: deque[tuple[float, float]] = deque()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(LEVELS_MS)
        self._timer.timeout.connect(self._poll)
        recording.happened.connect(self._happened)

    def start(self, given: FrozenReference | None = None) -> None:
        """Begin, levels counted from what another session gave.

        Call it once the libraries of the analysis have been loaded.
        """
        from labapp.workflow.live_levels import LiveLevels

        self._levels = LiveLevels(self._source, given=given)
        self._levels.recall(self._recording.references)
        self._timer.start()

    def hurry(self, on: bool) -> None:
        """Tell the levels twenty times a second while a person follows them, else five times."""
        self._followed = on

    @property
    def _levels_ms(self) -> int:
        return HURRIED_MS if self._followed else LEVELS_MS

    def _pace(self, *, soon: bool) -> None:
        """Ask more often while somebody follows the levels, or a pull is about to be complete."""
        wanted = SOON_MS if soon else self._levels_ms
        if self._timer.interval() != wanted:
            self._timer.setInterval(wanted)

    @property
    def newest_s(self) -> float:
        """Time up to which the latest levels reach, s since the recording began."""
        return self._levels_s

    def close(self) -> None:
        """Stop, and wait for what is under way: the ring may be closed afterwards."""
        self._timer.stop()
        self._jobs.finish()

    def _happened(self, event: RunEvent) -> None:
        seconds = self._recording.seconds(event.t_ns)
        if event.kind == "cue":
            self._reference_s = None
            if event.data.get("role") == "reference":
                self._reference_s = seconds
            else:
                self._pulls.append(seconds)
        elif event.kind in REFERENCE_ENDS and self._reference_s is not None:
            self._references.append((self._reference_s, seconds))
            self._reference_s = None
        elif event.kind == "reject":
            cue = self._recording.seconds(event.data["cue_ns"])
            if cue in self._pulls:
                self._pulls.remove(cue)
            if cue == self._reference_s:
                self._reference_s = None
            self._references = deque(one for one in self._references if one[0] != cue)
            self._note(self._levels.leave_out(cue) if self._levels is not None else None)
            self.left_out.emit()

    def _newest_s(self) -> float:
        """Time up to which every device has delivered."""
        return min(
            (
                self._source.start_s(stream.id) + self._source.newest(stream.id) / stream.rate
                for stream in self._source.streams
                if any(channel.kind == "emg" for channel in stream.channels)
            ),
            default=0.0,
        )

    def _poll(self) -> None:
        """Start at most one piece of work; it must not pile up on a slow machine."""
        from labapp.workflow.live_pull import FILTER_S, look_at_pull, ready_s

        levels = self._levels
        if self._asked or levels is None:
            return
        newest = self._newest_s()
        to_go = ready_s(self._pulls[0]) - newest if self._pulls else math.inf
        self._pace(soon=to_go < SOON_S)
        if self._references and newest > self._references[0][1] + FILTER_S:
            cue, end = self._references.popleft()

            self._begin(lambda _: levels.take_reference(cue, end), self._took)
        elif to_go < 0:
            pull = self._pulls.popleft()
            self._begin(lambda _: look_at_pull(self._source, pull), self._show_pull)
        elif self._levels_due(to_go):
            self._levels_s, self._told = newest, time.monotonic()
            away = self._recording.away
            self._begin(lambda _: levels.levels(away), self._show_levels)

    def _levels_due(self, to_go: float) -> bool:
        """Whether it is time for the levels, with a pull complete in ``to_go`` seconds."""
        ago = time.monotonic() - self._told
        return ago > STALE_S or (ago > 0.8e-3 * self._levels_ms and to_go > CLEAR_S)

    def _begin(self, work: Callable[[Progress], Any], done: Callable[[Any], None]) -> None:
        self._asked = True
        self._jobs.start(work, done, shown=False)

    def _done(self) -> None:
        self._asked = False

    def _took(self, data: dict[str, Any]) -> None:
        self._done()
        self._note(data)

    def _note(self, data: dict[str, Any] | None) -> None:
        """Mark what the levels are counted from: the ring forgets it within a minute."""
        if data is not None:
            self._recording.references.append(data)
            self._recording.mark(REFERENCE, data)

    def _show_pull(self, look: Any) -> None:
        self._done()
        self.looked.emit(look)

    def _show_levels(self, levels: Any) -> None:
        self._done()
        self.levels_changed.emit(levels)

    def _on_failure(self, error: object) -> None:
        self._timer.stop()  # a fault that repeats five times a second helps nobody
        self.failed.emit(error)
