"""One recording as the window drives it: the recorder, the protocol's run, and their clocks.

The samples never pass here: the recorder process writes them, the live view reads the ring.
What is sent to the recorder goes through one thread of its own, in order, so that a recorder
that is slow to answer never stops the window.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from labapp.record.client import Recorder
from labapp.record.config import ClockConfig
from labapp.trials.protocol import Block, Protocol
from labapp.trials.resume import PRESS, RUN, Resumed, start_data
from labapp.trials.run import Action, ProtocolRun, RunEvent, RunState
from labapp.ui.ringsource import RingSource
from labapp.workflow.live_source import away
from labapp.workflow.record import LEAD_IN_S, LOOK_AHEAD_S, finish_recording
from labapp.workflow.resume import pressed

NS = 1_000_000_000
TICK_MS = 10
STATUS_MS = 500
SHOW_S = 0.032
LONGEST_STEP_S = 0.1
STOP_TIMEOUT_S = 30.0


class LiveRecording(QObject):
    """Drives a protocol over a running recorder and watches the recorder's health.

    Signals: `status_changed` (the recorder's status), `run_changed` (`RunState`), `happened`
    (`RunEvent`), `over` (the protocol has ended), `troubled` (an error from the recorder),
    `died` (the recorder process is gone).
    """

    status_changed = Signal(dict)
    run_changed = Signal(object)
    happened = Signal(object)
    over = Signal()
    troubled = Signal(object)
    died = Signal()
    _answered = Signal(object)
    _failed = Signal(object)
    _stepped_to = Signal()

    def __init__(
        self,
        recorder: Recorder,
        folder: Path,
        out: Path,
        *,
        clock: ClockConfig,
        protocol: Protocol | None,
        optional: bool,
        simulated: bool,
        seed: int,
        references: Sequence[dict[str, Any]] = (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.recorder = recorder
        self.folder = folder
        self.out = out
        self.protocol = protocol
        self.optional = optional
        self.seed = seed
        self.references = list(references)  # what the live view took in, and any window before
        self.run: ProtocolRun | None = None
        self.status: dict[str, Any] = {}
        status = recorder.status()
        self.origin_ns = int(status["origin_ns"])
        self._stepped = clock.kind == "stepped"
        self._speed = clock.speed
        self._ahead_ns = round(LOOK_AHEAD_S * NS) if simulated and not self._stepped else 0
        # Lab time ordered from a stepped clock, and whether the order is still under way.
        self._ordered_ns = int(status["now_ns"])
        self._stepping = False
        self._wall = time.perf_counter()
        self._dead = False
        self._ended = False
        self._asked = False
        self._shown: tuple[object, ...] = ()
        self._shown_at = 0.0
        self.source = RingSource(folder, self.origin_ns)
        self._orders = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder-orders")
        self._answered.connect(self._take_status)
        self._failed.connect(self._take_failure)
        self._stepped_to.connect(self._step_done)
        self._tick = QTimer(self)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._on_tick)
        self._watch = QTimer(self)
        self._watch.setInterval(STATUS_MS)
        self._watch.timeout.connect(self._ask_status)
        self._watch.start()
        if self._stepped:
            self._tick.start()
        self._ask_status()

    # ------------------------------------------------------------------ protocol

    @property
    def running(self) -> bool:
        """A protocol is in progress."""
        return self.run is not None and not self.run.state.over

    def now_ns(self) -> int:
        """Lab time; of a stepped clock, the time it was last told to go to."""
        return self._ordered_ns if self._stepped else self.recorder.now_ns()

    def begin(self) -> None:
        """Start the protocol a moment from now."""
        if self.protocol is None or self.run is not None:
            return
        start = self.now_ns() + round(LEAD_IN_S * NS)
        self.run = ProtocolRun(
            self.protocol, seed=self.seed, start_ns=start, optional=self.optional
        )
        # What it takes to go on where we are, should this window die.
        data = start_data(self.run, optional=self.optional)
        self._order(partial(self.recorder.mark, RUN, data, self.now_ns()))
        self._tick.start()
        self.run_changed.emit(self.run.state)

    def take_up(self, resumed: Resumed) -> None:
        """Go on with a run that another window had begun."""
        self.run = resumed.run
        for note in pressed(resumed):
            self._order(partial(self.recorder.mark, note.kind, note.data, note.t_ns))
        self._take_events(list(resumed.events))
        if not self.run.state.over:
            self._tick.start()
        self._show_run()

    def mark(self, kind: str, data: dict[str, Any]) -> float:
        """Write a marker a moment from now; returns its time, s since the recording began."""
        when = self.now_ns() + self._ahead_ns
        self._order(partial(self.recorder.mark, kind, data, when))
        return self.seconds(when)

    def press(self, action: Action) -> None:
        """Do what the operator asks; a marker works without a protocol too."""
        now = self.now_ns()
        if self.run is None or self.run.state.over:
            if action == "marker":
                self._take_events([RunEvent("marker", now, {})])
            return
        self._order(partial(self.recorder.mark, PRESS, {"action": action}, now))
        self._take_events(self.run.press(action, now))
        self._show_run()

    def _on_tick(self) -> None:
        if self._stepped and not self._order_step():
            return
        if self.run is not None and not self.run.state.over:
            self._take_events(self.run.tick(self.now_ns() + self._ahead_ns))
            self._show_run()
        if self._stepped and not self._ended:
            # After the marks: a cue is in the recording before lab time reaches it.
            self._order(partial(self.recorder.advance, self._ordered_ns), self._note_step)

    def _order_step(self) -> bool:
        """Choose how far a stepped clock goes next; False while the last step is under way."""
        now = time.perf_counter()
        if self._stepping:
            return False
        wall, self._wall = min(now - self._wall, LONGEST_STEP_S), now
        target = self._ordered_ns + round(wall * self._speed * NS)
        if self.run is not None and self.run.next_ns is not None:
            target = min(target, max(self.run.next_ns, self._ordered_ns))
        self._ordered_ns = target
        self._stepping = True
        return True

    def _note_step(self, _: Any) -> None:
        self._stepped_to.emit()

    def _step_done(self) -> None:
        self._stepping = False
        if self._tick.isActive() and time.perf_counter() - self._wall > TICK_MS / 1e3:
            self._on_tick()  # the lab is slower than asked for: go on at once

    def _show_run(self) -> None:
        """Tell how the run stands: changes at once, a step that passes 30 times a second."""
        if self.run is None:
            return
        state: RunState = self.run.state
        what = (state.step, state.dots, state.beat, state.paused, state.over, state.waiting)
        now = time.perf_counter()
        if what != self._shown or now - self._shown_at >= SHOW_S:
            self._shown, self._shown_at = what, now
            self.run_changed.emit(state)
        if state.over and not self._ended:
            self._ended = True
            self._tick.stop()
            self.over.emit()

    def _take_events(self, events: list[RunEvent]) -> None:
        for event in events:
            self._order(partial(self.recorder.mark, event.kind, event.data, event.t_ns))
            self.happened.emit(event)

    def block(self, name: object) -> Block | None:
        """Block of the protocol by its name; None without a protocol, or for no block of it."""
        return self.protocol.block(str(name)) if self.protocol is not None and name else None

    @property
    def lab_s(self) -> Callable[[], float] | None:
        """Tells the lab time since the start of the recording; None where it goes in steps."""
        return None if self._stepped else lambda: self.seconds(self.recorder.now_ns())

    def seconds(self, t_ns: int) -> float:
        """Lab time as seconds since the start of the recording."""
        return (t_ns - self.origin_ns) / NS

    # ------------------------------------------------------------------ the recorder

    @property
    def away(self) -> frozenset[str]:
        """Devices that give no samples now."""
        return away(self.status)

    def _order(self, order: Callable[[], Any], answer: Callable[[Any], None] | None = None) -> None:
        def end(future: Future[Any]) -> None:
            if future.cancelled():
                return
            error = future.exception()
            if error is not None:
                self._failed.emit(error)
            elif answer is not None:
                answer(future.result())

        self._orders.submit(order).add_done_callback(end)

    def _ask_status(self) -> None:
        if self._asked or self._dead:
            return
        self._asked = True
        self._order(self.recorder.status, self._answered.emit)

    def _take_status(self, status: dict[str, Any]) -> None:
        self._asked = False
        self.status = status
        self.status_changed.emit(status)

    def _take_failure(self, error: BaseException) -> None:
        self._asked = False
        if self._dead:
            return
        if not self.recorder.alive:
            self._dead = True
            self.quiet()
            self.died.emit()
        else:
            self.troubled.emit(error)

    # ------------------------------------------------------------------ ending

    def quiet(self) -> None:
        """Stop every timer; the recorder itself goes on."""
        self._tick.stop()
        self._watch.stop()

    def finish(self, progress: Callable[[str, float], None]) -> Path:
        """Stop the recorder and build the verified session; runs in a worker thread."""
        progress("stopping the recorder", 0.0)
        self._orders.shutdown(wait=True)
        if self.recorder.alive:
            self._lead_out()
            self.recorder.stop(STOP_TIMEOUT_S)
        progress("building the session", 0.1)
        return finish_recording(
            self.folder, self.out, progress=lambda what, share: progress(what, 0.1 + 0.9 * share)
        )

    def _lead_out(self) -> None:
        """Record a moment more than the protocol, so that filters find their feet."""
        lead_ns = round(LEAD_IN_S * NS)
        if self._stepped:
            self.recorder.advance(self._ordered_ns + lead_ns)
        elif self.run is not None:
            threading.Event().wait(LEAD_IN_S)

    def release(self) -> None:
        """Let go of the ring and the thread; leaves the recorder running if it is."""
        self.quiet()
        self._orders.shutdown(wait=True, cancel_futures=True)
        self.source.close()
