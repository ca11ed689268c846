"""Samples with device time but no counter: the index counts samples, losses follow from time.

The conversion period is learnt (an HX711 set to 80 Hz really runs at 75 to 95), because only
against the true period a step of two periods is a missing sample and one of 1.4 is jitter. A
sample whose time does not go on regularly is held until the following one agrees with it, so
that a damaged time costs that sample only and never shifts the index.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.device.contract import FeedStats
from labapp.model import DeviceEvent, SampleBlock

Ints = NDArray[np.int64]

LATE = 1.6  # periods from which a step means a missing sample
EARLY = 0.2  # periods below which two samples cannot be two conversions
JOINED = 16  # periods: a first sample later than this belongs to a stream already running
LEARN = (8, 32, 128, 512)  # regular steps after which the period is learnt; then every LEARN[-1]


@dataclass(frozen=True, slots=True)
class Stamp:
    """The device's clock: nominal ticks per sample, and where its counter wraps.

    ``from_zero``: it starts with the stream, at 0 with sample 0, so that samples lost before
    the first received one count as lost, up to ``JOINED`` of them.
    """

    period: float
    wrap: int
    from_zero: bool = True


class StampedSamples:
    """Gives indices to the samples of one stream."""

    def __init__(self, clock: Stamp, stats: FeedStats) -> None:
        self._wrap = clock.wrap
        self._joined = JOINED if clock.from_zero else 0
        self._nominal = clock.period
        self._period = clock.period
        self._stats = stats
        self._steps: list[Ints] = []
        self._learnt = 0  # regular steps seen since the start
        self._started = False
        self._ticks = 0  # of the last accepted sample, unwrapped
        self._off = 0.0  # periods by which the last step differed from a whole number
        self._next = 0
        self._held: tuple[int, Ints] | None = None  # (time, row) waiting for the next sample
        self._rows: list[tuple[Ints, Ints]] = []  # accepted, not in a block yet
        self._first = 0  # index of the first of them
        self._out: list[SampleBlock | DeviceEvent] = []

    @property
    def index(self) -> int:
        """Index of the next sample."""
        return self._next

    @property
    def held(self) -> int:
        """Samples waiting for the next one, 0 or 1."""
        return int(self._held is not None)

    def take(self, times: Ints, counts: Ints) -> None:
        """Take samples: device times (n,) as sent (0 .. wrap - 1), counts (n,) or (n, columns)."""
        at = 0
        while at < len(times):
            at += self._regular(times[at:], counts[at:])
            if at < len(times):
                self._irregular(int(times[at]), counts[at : at + 1])
                at += 1

    def take_regular(self, times: Ints, counts: Ints) -> bool:
        """Take samples as `take` does if all follow by one period; False: nothing was taken."""
        before, samples = dict(self.__dict__, _steps=[*self._steps]), self._stats.samples
        if self._rows or self._regular(times, counts) < len(times):
            self.__dict__.update(before, _rows=[])
            self._stats.samples = samples
            return False
        return True

    def say(self, event: DeviceEvent) -> None:
        """Put an event between the samples."""
        self._close_block()
        self._out.append(event)

    def unwrap(self, time: int, within: float) -> int | None:
        """Ticks of a device time near the last sample's, None if further away than ``within``."""
        if not self._started:
            return time
        step = self._step(time, self._ticks)
        return self._ticks + step if abs(step) <= within else None

    def give(self) -> list[SampleBlock | DeviceEvent]:
        """Everything certain so far, in order."""
        self._close_block()
        out, self._out = self._out, []
        return out

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out the held sample too if it is a plausible one."""
        held, self._held = self._held, None
        if held is not None:
            step = self._step(held[0], self._ticks)
            if not self._started or EARLY * self._period <= step <= 100 * self._period:
                self._accept_after_jump(*held)
            else:
                self._stats.bad_frames += 1
        return self.give()

    def _step(self, time: int, since: int) -> int:
        """Ticks from ``since`` to ``time``, the shorter way round."""
        half = self._wrap // 2
        return (time - since + half) % self._wrap - half

    def _regular(self, times: Ints, counts: Ints) -> int:
        """Accept leading samples one period apart; returns how many."""
        taken = 0
        while self._started and self._held is None and taken < len(times):
            goal = next((n for n in LEARN if n > self._learnt), LEARN[-1])
            part = times[taken : taken + goal - self._learnt % goal]
            steps = part.copy()
            steps[1:] -= part[:-1]
            steps[0] -= self._ticks % self._wrap
            steps[steps < -self._wrap // 2] += self._wrap
            regular = (steps >= EARLY * self._period) & (steps < LATE * self._period)
            n = len(part) if regular.all() else int(regular.argmin())
            if n == 0:
                break
            self._accept(self._ticks + np.cumsum(steps[:n]), counts[taken : taken + n], 0)
            self._off = float(steps[n - 1]) / self._period - 1
            self._learn(steps[:n])
            taken += n
        return taken

    def _learn(self, steps: Ints) -> None:
        """Learn the period at fixed numbers of samples, whatever the size of the reads."""
        self._steps.append(steps)
        self._learnt += len(steps)
        if self._learnt in LEARN or self._learnt % LEARN[-1] == 0:
            known = np.concatenate(self._steps)[-LEARN[-1] :]
            self._steps = [known]  # a mean: the steps may be whole milliseconds
            usual = float(np.median(known))
            middle = float(known[np.abs(known - usual) <= usual / 2].mean())
            self._period = min(max(middle, self._nominal / 2), self._nominal * 2)

    def _irregular(self, time: int, count: Ints) -> None:
        """Judge a sample that does not follow the last one by one period."""
        held, self._held = self._held, None
        if held is None:
            self._held = time, count
            return
        early = EARLY * self._period
        after = self._step(time, held[0])
        if not self._started:
            # a first line may be the rest of one: its time is then far off
            certain, before = early <= after < 3.6 * self._period, 0
        else:
            before = self._step(held[0], self._ticks)
            goes_on = early <= after < LATE * self._period
            certain = goes_on or (before >= early and after >= early)
        if not certain:
            self._stats.bad_frames += 1
        elif self._started and before < early:
            self._restart(*held)
        else:
            self._accept_after_jump(*held, after)
        if not self._regular(np.array([time]), count):
            self._held = time, count

    def _accept_after_jump(self, time: int, count: Ints, after: float = math.inf) -> None:
        """Accept a sample some periods after the last one, or the first of all.

        Samples are missing only if the steps before and after agree: a time that is off by less
        than a period makes one step long and its neighbour short, and nothing is missing. Only
        against a learnt period can that be told.
        """
        if self._started:
            ticks = self._ticks + self._step(time, self._ticks)
            periods = (ticks - self._ticks) / self._period
            whole = periods + 2 - LATE
            if self._learnt >= LEARN[0]:
                whole = min(whole, periods + 0.5 + min(self._off, after / self._period - 1))
            missing = max(0, int(whole) - 1)
            self._off = periods - 1 - missing
        else:
            ticks = time
            periods = int(ticks / self._period + 2 - LATE)
            missing = periods if periods <= self._joined else 0
        self._started = True
        self._accept(np.array([ticks]), count, missing)

    def _restart(self, time: int, count: Ints) -> None:
        """Report that the device's clock began anew; ticks go on at the next whole wrap."""
        self.say(DeviceEvent("restart", index=self._next, ticks=time))
        ticks = (self._ticks // self._wrap + 1) * self._wrap + time
        self._accept(np.array([ticks]), count, 0)

    def _accept(self, ticks: Ints, counts: Ints, missing: int) -> None:
        if missing:
            self._close_block()
            self._next += missing
            self._stats.lost += missing
        if not self._rows:
            self._first = self._next
        self._rows.append((ticks, counts))
        self._ticks = int(ticks[-1])
        self._next += len(ticks)
        self._stats.samples += len(ticks)

    def _close_block(self) -> None:
        """Turn the accepted rows into a block of consecutive indices."""
        if self._rows:
            ticks = np.concatenate([row[0] for row in self._rows]).astype(np.int64)
            counts = np.concatenate([row[1] for row in self._rows]).astype(np.int32)
            self._out.append(SampleBlock(self._first, counts.reshape(len(ticks), -1), ticks))
            self._rows = []
