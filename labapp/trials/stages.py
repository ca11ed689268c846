"""The stages of a run in time: steps, rests, beats, each entered at its exact nanosecond.

Whoever drives it says what time it is; `labapp.trials.run` adds the operator's keys and the card.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from labapp.trials.attempts import Attempt, Attempts
from labapp.trials.beats import Beats
from labapp.trials.protocol import Block, Protocol
from labapp.trials.schema import BEGINNINGS, Step
from labapp.trials.state import RunEvent

NS = 1_000_000_000
REST = -1


class Stages:
    """Where a run is, and what comes next; see `labapp.trials.run.ProtocolRun`."""

    def __init__(
        self, protocol: Protocol, *, seed: int, start_ns: int, optional: bool = False
    ) -> None:
        self.protocol = protocol
        self.seed = seed
        self.start_ns = start_ns
        self.duration_s = protocol.duration_s(optional=optional)
        planned = protocol.planned_blocks(seed=seed, optional=optional)
        self._blocks = tuple(one.block for one in planned)
        self._places = tuple(one.place for one in planned)
        self._block_index = -1
        self._number = 0
        self._attempt = 1
        self._stage = REST
        self._again = False
        self._began = start_ns
        self._end: int | None = start_ns
        self._now = start_ns
        self._paused_at: int | None = None
        self._paused_ns = 0
        self._markers = 0
        self._finished = False
        self._stopped = False
        self._attempts = Attempts()
        self._beats = Beats()
        self._breath = ""

    def tick(self, now_ns: int) -> list[RunEvent]:
        """Events that have become due up to and including ``now_ns``, in order of time."""
        events: list[RunEvent] = []
        if self._paused_at is None:
            while not self._over and (due := self.next_ns) is not None and due <= now_ns:
                events += self._leave_stage(due) if due == self._end else self._beat()
        self._now = max(self._now, now_ns)
        return events

    @property
    def next_ns(self) -> int | None:
        """Lab time of the next change; None while paused, waiting or over."""
        if self._over or self._paused_at is not None:
            return None
        beat = self._beats.next_ns
        if self._end is None or beat is None:
            return beat if self._end is None else self._end
        return min(self._end, beat)  # a step that ends on a beat ends first

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Blocks of this run in the order of its seed."""
        return self._blocks

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
        if self._stage == REST:
            if self._again:
                self._again = False
                self._attempt += 1
                return self._enter_step(0, t)
            if self._number < self._block.repetitions:
                self._number += 1
                self._attempt = 1
                return self._enter_step(self._block.first_step(self._number), t)
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
        for name in ("task", "side", "condition"):
            if getattr(block, name):
                data[name] = getattr(block, name)
        return [RunEvent("block", t, data), *self._enter_step(0, t)]

    def _enter_step(self, index: int, t: int) -> list[RunEvent]:
        self._stage = index
        self._begin(t)
        step = self._block.steps[index]
        seconds = step.seconds(self._key(index))
        self._end = None if seconds is None else t + round(seconds * NS)
        events = []
        if step.mark in BEGINNINGS:
            self._attempts.cued(Attempt(self._block_index, self._number, self._attempt, t))
            data = self._where() | self._block.cue_data()
            if self._block.feedback_share is not None:
                data["feedback"] = self._feedback
            events.append(RunEvent(step.mark, t, data))
        elif step.mark:
            events.append(RunEvent(step.mark, t, self._where()))
        if step.tone:
            events.append(RunEvent("tone", t, {"tone": step.tone}))
        if self._block.breath_cue and step.breath != self._breath:
            events.append(RunEvent("breath", t, self._where() | {"breath": step.breath}))
        self._breath = step.breath
        self._start_beats(step, index, t)
        return events

    def _start_beats(self, step: Step, index: int, t: int) -> None:
        """Queue the beats of a repetition at its cue, and those that count in to its set."""
        metronome = self._block.metronome
        if metronome is None or index > self._block.cue_index:
            return
        self._beats.clear()
        if step.mark in BEGINNINGS:
            self._beats.lead(metronome, t)
        elif index == self._block.cue_index - 1 and self._end is not None:
            self._beats.count_in(metronome, t, self._end)

    def _beat(self) -> list[RunEvent]:
        t, number = self._beats.take()
        return [RunEvent("tick", t, self._where() | {"beat": number})]

    @property
    def _feedback(self) -> bool:
        """Whether the live bars are shown in this repetition: the seed decides."""
        share = self._block.feedback_share
        return share is not None and bool(np.random.default_rng(self._key(-1)).random() < share)

    def _enter_rest(self, t: int) -> list[RunEvent]:
        """Rest after a repetition; a repetition to be done again gets the rest within a set."""
        rest = self._block.rest_s if self._again else self._block.rest_after(self._number)
        self._stage = REST
        self._beats.clear()
        self._breath = ""
        self._begin(t)
        self._end = t + round(rest * NS)
        return [RunEvent("rest", t, self._where() | {"duration_s": rest})]

    def _begin(self, t: int) -> None:
        """Note the first instant of a stage; one entered while paused begins when resumed."""
        self._began = t
        if self._paused_at is not None:
            self._paused_ns += t - self._paused_at
            self._paused_at = t

    def _key(self, step: int) -> tuple[int, ...]:
        """Seed of a random duration: the same for the same place, whatever happened before."""
        place = self._places[self._block_index]
        return self.seed, place, self._number, self._attempt, step + 1000 * (step < 0)

    def _where(self) -> dict[str, Any]:
        """Which repetition an event belongs to; numbers count from 1."""
        return {
            "block": self._block.name,
            "role": self._block.role,
            "repetition": self._number,
            "set": (self._number - 1) // self._block.reps + 1,
            "attempt": self._attempt,
        }
