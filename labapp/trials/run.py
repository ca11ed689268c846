"""A protocol in progress: a state machine driven by ``tick(now)``.

It owns no clock, thread, sound or window: whoever drives it says what time it is, and gets back
the events that have become due, each with its *exact* time. A test ticking every millisecond,
a window ticking thirty times a second and a headless run leaping from one event to the next
all receive the same events at the same nanoseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from labapp.trials.protocol import Block, Protocol
from labapp.trials.state import ACTIONS, Action, Dot, RunEvent, RunState

__all__ = ["ACTIONS", "Action", "Dot", "ProtocolRun", "RunEvent", "RunState"]

_NS = 1_000_000_000
_REST = -1


class ProtocolRun:
    """One run of one protocol.

    Parameters
    ----------
    protocol
        What to run.
    seed
        Decides every random foreperiod (keyed by block, repetition and attempt, so that a
        repeated repetition does not move the others).
    start_ns
        Lab time of the first step.
    optional
        Run the optional blocks (practice) too.
    """

    def __init__(
        self, protocol: Protocol, *, seed: int, start_ns: int, optional: bool = False
    ) -> None:
        self.protocol = protocol
        self.seed = seed
        self.start_ns = start_ns
        self.duration_s = protocol.duration_s(optional=optional)
        self._blocks = protocol.blocks_to_run(optional=optional)
        self._block_index = -1
        self._number = 0
        self._attempt = 1
        self._stage = _REST
        self._again = False
        self._began = start_ns
        self._end: int | None = start_ns
        self._now = start_ns
        self._paused_at: int | None = None
        self._paused_ns = 0
        self._markers = 0
        self._finished = False
        self._stopped = False
        self._last_cue: tuple[int, int, int, int] | None = None  # block, number, attempt, time
        self._rejected: set[tuple[int, int, int]] = set()
        self._attempts: dict[tuple[int, int], int] = {}  # latest attempt that got its cue

    def tick(self, now_ns: int) -> list[RunEvent]:
        """Events that have become due up to and including ``now_ns``, in order of time."""
        events: list[RunEvent] = []
        if self._paused_at is None:
            while not self._over and self._end is not None and self._end <= now_ns:
                events += self._leave_stage(self._end)
        self._now = max(self._now, now_ns)
        return events

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

    @property
    def next_ns(self) -> int | None:
        """Lab time of the next change; None while paused, waiting or over."""
        return None if self._over or self._paused_at is not None else self._end

    @property
    def _over(self) -> bool:
        return self._finished or self._stopped

    @property
    def _block(self) -> Block:
        return self._blocks[max(self._block_index, 0)]

    def _leave_stage(self, t: int) -> list[RunEvent]:
        """End the current step or rest at ``t`` and begin what follows."""
        if self._block_index < 0:
            told = [RunEvent("marker", t, {"deviation": d}) for d in self.protocol.deviations]
            return [*told, *self._enter_block(0, t)]
        if self._stage == _REST:
            if self._again:
                self._again = False
                self._attempt += 1
                return self._enter_step(0, t)
            if self._number < self._block.repetitions:
                self._number += 1
                self._attempt = 1
                return self._enter_step(0, t)
            if self._block_index + 1 < len(self._blocks):
                return self._enter_block(self._block_index + 1, t)
            self._finished = True
            self._end = None
            return [RunEvent("finished", t, {})]
        if self._stage + 1 < len(self._block.steps):
            return self._enter_step(self._stage + 1, t)
        return self._enter_rest(t)

    def _enter_block(self, index: int, t: int) -> list[RunEvent]:
        self._block_index = index
        self._number = 1
        self._attempt = 1
        block = self._block
        data = {
            "block": block.name,
            "role": block.role,
            "repetitions": block.repetitions,
            "sets": block.sets,
        }
        return [RunEvent("block", t, data), *self._enter_step(0, t)]

    def _enter_step(self, index: int, t: int) -> list[RunEvent]:
        self._stage = index
        self._begin(t)
        step = self._block.steps[index]
        seconds = step.seconds(self._key(index))
        self._end = None if seconds is None else t + round(seconds * _NS)
        events = []
        if step.mark == "cue":
            self._last_cue = (self._block_index, self._number, self._attempt, t)
            self._attempts[self._block_index, self._number] = self._attempt
            events.append(RunEvent("cue", t, self._where() | self._block.cue_data()))
        elif step.mark:
            events.append(RunEvent(step.mark, t, self._where()))
        if step.tone:
            events.append(RunEvent("tone", t, {"tone": step.tone}))
        return events

    def _enter_rest(self, t: int) -> list[RunEvent]:
        """Rest after a repetition; a repetition to be done again gets the rest within a set."""
        rest = self._block.rest_s if self._again else self._block.rest_after(self._number)
        self._stage = _REST
        self._begin(t)
        self._end = t + round(rest * _NS)
        return [RunEvent("rest", t, self._where() | {"duration_s": rest})]

    def _begin(self, t: int) -> None:
        """Note the first instant of a stage; one entered while paused begins when resumed."""
        self._began = t
        if self._paused_at is not None:
            self._paused_ns += t - self._paused_at
            self._paused_at = t

    def _key(self, step: int) -> tuple[int, ...]:
        """Seed of a random duration: the same for the same place, whatever happened before."""
        place = self.protocol.blocks.index(self._block)
        return self.seed, place, self._number, self._attempt, step

    def _where(self) -> dict[str, Any]:
        """Which repetition an event belongs to; numbers count from 1."""
        return {
            "block": self._block.name,
            "role": self._block.role,
            "repetition": self._number,
            "set": (self._number - 1) // self._block.reps + 1,
            "attempt": self._attempt,
        }

    def _next(self, now: int) -> list[RunEvent]:
        """Go on: ends a rest or a step that waits; never shortens a foreperiod or a pull."""
        if self._paused_at is not None or not (self._stage == _REST or self._end is None):
            return []
        return self._leave_stage(now)

    def _redo(self, now: int) -> list[RunEvent]:
        """Repeat the repetition; the old one is rejected if it had its cue, else only restarted."""
        data = self._where()
        if self._stage == _REST:
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
        if self._last_cue is None or self._last_cue[:3] in self._rejected:
            return []
        index, number, attempt, cue_ns = self._last_cue
        self._rejected.add((index, number, attempt))
        data = {
            "block": self._blocks[index].name,
            "repetition": number,
            "attempt": attempt,
            "cue_ns": cue_ns,
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
        return [RunEvent("resume", now, self._where() | {"paused_s": away / _NS})]

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
        resting = self._stage == _REST
        step = None if resting or not began else block.steps[self._stage]
        hidden = step is not None and step.uniform_s is not None
        now = self._now if self._paused_at is None else self._paused_at
        remaining, progress = None, 0.0
        if self._end is not None and not hidden:
            remaining = max(0.0, (self._end - now) / _NS)
            length = (self._end - self._began) / _NS
            progress = min(max(1.0 - remaining / length, 0.0), 1.0) if length > 0 else 1.0
        done = sum(b.repetitions for b in self._blocks[: max(self._block_index, 0)])
        done += max(self._number - (0 if resting and not self._again else 1), 0)
        total = sum(b.repetitions for b in self._blocks)
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
            dots=self._dots(),
            total_progress=1.0 if self._finished else done / total,
            elapsed_s=max(0.0, (now - self.start_ns - self._paused_ns) / _NS),
            waiting=began and self._end is None and not self._over,
            paused=self._paused_at is not None,
            finished=self._finished,
            stopped=self._stopped,
        )

    def _dots(self) -> tuple[Dot, ...]:
        """One dot a repetition of the current block, by its latest attempt."""
        dots: list[Dot] = []
        active = self._block_index >= 0 and not self._over and self._stage != _REST
        for number in range(1, self._block.repetitions + 1):
            attempt = self._attempts.get((self._block_index, number))
            if active and number == self._number:
                dots.append("now")
            elif attempt is None:
                dots.append("todo")
            elif (self._block_index, number, attempt) in self._rejected:
                dots.append("rejected")
            else:
                dots.append("done")
        return tuple(dots)
