"""A protocol in progress: a state machine driven by ``tick(now)``.

It owns no clock, thread, sound or window: whoever drives it says what time it is, and gets back
the events that have become due, each with its *exact* time. A test ticking every millisecond,
a window ticking thirty times a second and a headless run leaping from one event to the next
all receive the same events at the same nanoseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from labapp.trials.stages import NS, REST, Stages
from labapp.trials.state import ACTIONS, Action, Dot, RunEvent, RunState

__all__ = ["ACTIONS", "Action", "Dot", "ProtocolRun", "RunEvent", "RunState"]


class ProtocolRun(Stages):
    """One run of one protocol.

    Parameters
    ----------
    protocol
        What to run.
    seed
        Decides the order of the blocks and every random foreperiod (keyed by block, repetition
        and attempt, so that a repeated repetition does not move the others).
    start_ns
        Lab time of the first step.
    optional
        Run the optional blocks (practice) too.
    """

    def press(self, action: Action, now_ns: int) -> list[RunEvent]:
        """Do what the operator asks at ``now_ns``; also returns what was due before it."""
        events = self.tick(now_ns)
        now = self._now
        act: Callable[[int], list[RunEvent]] = {
            "next": self._next,
            "redo": self._redo,
            "reject": self._reject,
            "pause": self._pause,
            "marker": self._marker,
            "stop": self._stop,
        }[action]
        if not self._over and self._block_index >= 0:
            events += act(now)
        elif action == "stop" and not self._over:
            events += self._stop(now)
        return events

    def _next(self, now: int) -> list[RunEvent]:
        """Go on: ends a rest or a step that waits; never shortens a foreperiod or a pull."""
        if self._paused_at is not None or not (self._stage == REST or self._end is None):
            return []
        return self._leave_stage(now)

    def _redo(self, now: int) -> list[RunEvent]:
        """Repeat the repetition; the old one is rejected if it had its cue, else only restarted."""
        data = self._where()
        if self._stage == REST:
            self._again = True
            return [*self._reject(now), RunEvent("redo", now, data)]
        if self._stage < self._block.cue_index:
            self._attempt += 1
            return [RunEvent("restart", now, data), *self._enter_step(0, now)]
        self._again = True
        events = [*self._reject(now), RunEvent("redo", now, data)]
        if not any(step.mark == "relax" for step in self._block.steps[: self._stage + 1]):
            events.append(RunEvent("relax", now, data))
        return [*events, *self._enter_rest(now)]

    def _reject(self, now: int) -> list[RunEvent]:
        """Mark the latest repetition that had its cue as not to be analysed."""
        last = self._attempts.reject()
        if last is None:
            return []
        data = {
            "block": self._blocks[last.block].name,
            "repetition": last.number,
            "attempt": last.attempt,
            "cue_ns": last.cue_ns,
        }
        return [RunEvent("reject", now, data)]

    def _pause(self, now: int) -> list[RunEvent]:
        """Stop the protocol's clock, or let it go on."""
        if self._paused_at is None:
            self._paused_at = now
            return [RunEvent("pause", now, self._where())]
        away = now - self._paused_at
        self._paused_at = None
        self._paused_ns += away
        self._began += away
        if self._end is not None:
            self._end += away
        self._beats.shift(away)
        return [RunEvent("resume", now, self._where() | {"paused_s": away / NS})]

    def _marker(self, now: int) -> list[RunEvent]:
        self._markers += 1
        return [RunEvent("marker", now, self._where() | {"number": self._markers})]

    def _stop(self, now: int) -> list[RunEvent]:
        self._stopped = True
        self._end = None
        return [RunEvent("stop", now, {"reason": "operator"})]

    @property
    def state(self) -> RunState:
        """The run as of the latest tick or press."""
        block = self._block
        began = self._block_index >= 0
        resting = self._stage == REST
        step = None if resting or not began else block.steps[self._stage]
        hidden = step is not None and step.uniform_s is not None
        now = self._now if self._paused_at is None else self._paused_at
        remaining, progress = None, 0.0
        if self._end is not None and not hidden:
            remaining = max(0.0, (self._end - now) / NS)
            length = (self._end - self._began) / NS
            progress = min(max(1.0 - remaining / length, 0.0), 1.0) if length > 0 else 1.0
        done = sum(b.repetitions for b in self._blocks[: max(self._block_index, 0)])
        done += max(self._number - (0 if resting and not self._again else 1), 0)
        total = sum(b.repetitions for b in self._blocks)
        shown = began and not resting
        text = step.text if step is not None else ("Rest." if began else block.instruction)
        if self._over:
            text = "Finished. Thank you." if self._finished else "Stopped."
        return RunState(
            block=block.name,
            title=block.title,
            repetition=max(self._number, 1),
            of=block.repetitions,
            set=(max(self._number, 1) - 1) // block.reps + 1,
            sets=block.sets,
            step=step.name if step is not None else ("rest" if began else "start"),
            steps=tuple(s.name for s in block.steps),
            phase=step.phase if step is not None else "rest",
            text=text,
            instruction=block.instruction,
            breath=step.breath if step is not None else "free",
            progress=progress,
            remaining_s=remaining,
            countdown=math.ceil(remaining) if resting and remaining is not None else None,
            dots=self._attempts.dots(
                self._block_index,
                block.repetitions,
                self._number if shown and not self._over else None,
            ),
            total_progress=1.0 if self._finished else done / total,
            elapsed_s=max(0.0, (now - self.start_ns - self._paused_ns) / NS),
            waiting=began and self._end is None and not self._over,
            paused=self._paused_at is not None,
            finished=self._finished,
            stopped=self._stopped,
            beat=self._beats.number,
            feedback=shown and self._feedback,
            target_percent=step.target_percent if step is not None else None,
            form=block.form if began else "",
        )
