"""Where a hidden loss happened: every place is weighed by how late it makes the reads.

A counter repair knows that m wraps went missing between two reads; the samples on both sides
are in the file, so the question is between which two of them. For each possible place the reads
before it must have been later, and the reads after it less late, than they seem. With the
lateness of this very recording as the measure, each place gets a likelihood:

* a read whose newest sample is followed by a gap of G (in time) finds that sample between 0 and
  G old, plus its own lateness: probability C(q) - C(q - G), with C the distribution of lateness
  and q the lateness the place implies. (A long loss therefore rather lies between two reads.)
* a jump that the counter shows is the likelier place, the rarer jumps of its size are otherwise;
  one loss in ``modulus`` shows no jump at all.

The place with the highest posterior is taken, and is certain only where nothing else is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.model import Floats

Rows = NDArray[np.int64]

CERTAIN = 0.999
# A second loss that hides a wrap may be this probable before a place counts as uncertain.
_DOUBT = 0.01
# Late reads less probable than this between the levels make a place uncertain.
_STRANGE = 1e-3
# Reads looked at after the last one that surely was before the loss.
_MOST_READS = 60
_REACH_S = 0.6
# Lateness that was never seen yet may still happen: 1 read in N, mostly below some 20 ms.
_TAIL_S = 0.02
_GRID_S = 1e-4
_LONGEST_S = 4.0


@dataclass(frozen=True, slots=True)
class Place:
    """Stored row before which the loss lies; whether it can lie nowhere else.

    ``shown``: the counter shows a jump at that row.
    """

    row: int
    certain: bool
    shown: bool


@dataclass(frozen=True, eq=False)
class Lateness:
    """How late reads are and how often they come, learnt from the recording.

    Attributes
    ----------
    period_s
        Seconds per sample.
    mass
        (n,) probability of a lateness up to multiples of 0.1 ms.
    waiting
        (m,) probability that no read begins within so many samples of a given moment.
    intervals
        (n_reads,) times between reads, s, rising.
    """

    period_s: float
    mass: Floats
    waiting: Floats
    intervals: Floats

    @classmethod
    def learn(cls, late_s: Floats, samples: Rows, period_s: float) -> Lateness:
        """Learn from the lateness (n_reads,) of reads, s, and the samples that each brought.

        The time between reads is told by the samples a read brings, which a loss cannot make
        longer. What was never seen in N reads still has a probability of 1 in N.
        """
        grid = np.arange(0.0, _LONGEST_S, _GRID_S)
        seen = np.searchsorted(np.sort(late_s), grid, side="right") / max(1, len(late_s))
        unseen = 1.0 / (len(late_s) + 1.0)
        tail = 1.0 - 1.0 / (1.0 + grid / _TAIL_S) ** 2
        intervals = np.asarray(np.sort(samples) * period_s, dtype=np.float64)
        steps = np.arange(0.0, min(intervals[-1], _LONGEST_S) + period_s, period_s)
        # Mean of max(interval - step, 0): the integral of what lies beyond each step.
        above = np.searchsorted(intervals, steps, side="right")
        total = np.append(np.cumsum(intervals[::-1])[::-1], 0.0)[above]
        waiting = (total - steps * (len(intervals) - above)) / intervals.sum()
        return cls(period_s, (1.0 - unseen) * seen + unseen * tail, waiting, intervals)

    def log_chance(self, late_s: Floats, gap: Rows) -> Floats:
        """Log probability of reads (n,) that late, whose next sample is ``gap`` (n,) further on."""
        chance = self._within(late_s)
        wide = np.flatnonzero(gap > 1)
        if len(wide):
            most = max(0, int(late_s[wide].max() / self.period_s)) + 2
            steps = np.arange(1, max(1, min(int(gap.max()), len(self.waiting), most)))
            more = self._within(late_s[wide, None] - steps * self.period_s)
            more *= (steps < gap[wide, None]) * self.waiting[steps]
            chance[wide] += more.sum(axis=1)
        return np.asarray(np.log(chance + 1e-12))

    def log_unbroken(self, interval_s: Floats) -> Floats:
        """Log probability (n,) of times that long between two reads, with nothing between."""
        longer = len(self.intervals) - np.searchsorted(self.intervals, interval_s - _GRID_S)
        return np.asarray(np.log((longer + 1.0) / (len(self.intervals) + 1.0)))

    def log_beyond(self, late_s: Floats) -> Floats:
        """Log probability of reads (n,) that late or later."""
        return np.asarray(np.log(1.0 - self._up_to(late_s) + 1e-12))

    def _within(self, late_s: Floats) -> Floats:
        """Probability of a lateness between ``late_s`` and one period less."""
        return self._up_to(late_s) - self._up_to(late_s - self.period_s)

    def _up_to(self, late_s: Floats) -> Floats:
        # The envelope is known to a few tenths of a millisecond: that early is not too early.
        place = np.rint(late_s / _GRID_S).astype(np.int64) + 5
        inside = np.clip(place, 0, len(self.mass) - 1)
        return np.asarray(np.where(place < 0, 0.0, self.mass[inside]))


@dataclass(frozen=True, eq=False)
class Jumps:
    """Jumps that the counter shows: stored row, samples counted as lost, how usual that is.

    ``usual`` (n,) is the probability per row of another jump of the same size.
    """

    row: Rows
    size: Rows
    usual: Floats

    @classmethod
    def learn(cls, row: Rows, size: Rows, rows: int) -> Jumps:
        """Count sizes over a whole recording of ``rows`` samples."""
        _, number, count = np.unique(size, return_inverse=True, return_counts=True)
        return cls(row, size, (count[number] - 0.5) / max(1, rows))


def place_loss(
    late_s: Floats,
    rows: Rows,
    stamps_s: Floats,
    last: int,
    samples: int,
    jumps: Jumps,
    lateness: Lateness,
    *,
    first: int,
    hiding: float,
) -> Place:
    """Weigh every place where ``samples`` may have been lost.

    Parameters
    ----------
    late_s
        (n_reads,) lateness of each read against the level before the loss, s.
    rows, stamps_s
        (n_reads,) samples received up to and including each read, and its host time, s.
    last
        Last read that surely came before the loss.
    samples
        Whole wraps that are missing.
    first
        Last read at the old level: between it and the new level there may be two losses.
    hiding
        Probability per row of a loss that hides wraps and shows a jump of a certain size.
    """
    stop = int(np.searchsorted(stamps_s, stamps_s[last] + _REACH_S, side="right"))
    stop = min(max(stop, last + 2), last + _MOST_READS, len(rows))
    reads = slice(last, stop)
    edge = rows[reads]
    inside = np.flatnonzero((jumps.row >= edge[0]) & (jumps.row < edge[-1]))
    jump_row = jumps.row[inside]
    # Time from the newest sample of each read to the next one, as the counter shows it.
    gap = np.ones(len(edge), np.int64)
    at_edge = np.searchsorted(edge, jump_row)
    on_edge = edge[np.minimum(at_edge, len(edge) - 1)] == jump_row
    gap[at_edge[on_edge]] += jumps.size[inside[on_edge]]
    late = late_s[reads]
    before = lateness.log_chance(late, gap)
    split = lateness.log_chance(late, gap + samples)
    # The level itself moves by up to a sample with the waits in front of a USB timer: all reads
    # after the loss may be earlier by that much.
    hidden = late - samples * lateness.period_s
    followed = np.logaddexp(
        *(
            _sum_after(lateness.log_chance(hidden + early, gap))
            for early in (0.0, lateness.period_s)
        )
    )
    # Loss before the newest sample of read i + 1: reads 0..i came before. At the edge between
    # the two, read i found a sample that was getting old; else nothing was read in all the time.
    either = np.cumsum(before)[:-1] + followed[1:]
    between = either - before[:-1] + split[:-1]
    within = either + lateness.log_unbroken(np.diff(stamps_s[reads]))
    # Places: each shown jump, each read's edge and inner rows where no jump is shown.
    shown = np.where(on_edge, between[np.minimum(at_edge, len(between) - 1)],
                     within[np.minimum(at_edge, len(within)) - 1])  # fmt: skip
    shown = shown - np.log(jumps.usual[inside])
    free = np.ones(len(edge) - 1, np.bool_)
    free[at_edge[on_edge]] = False
    edges = np.where(free, between, -np.inf)
    inner = np.diff(edge) - 1.0 - np.bincount(at_edge[~on_edge] - 1, minlength=len(edge) - 1)
    inners = np.where(inner > 0, within + np.log(np.maximum(inner, 1.0)), -np.inf)
    scores = np.concatenate([shown, edges, inners])
    weight = np.exp(scores - scores.max())
    share = weight / weight.sum()
    best = int(np.argmax(weight))
    certain = bool(share[best] >= CERTAIN)
    # Reads far above the old level, well before the place: rather another loss than late reads.
    early = lateness.log_beyond(late_s[first + 1 : last])
    on_time = bool(early.sum() >= np.log(_STRANGE))
    if best < len(shown):
        row = int(jump_row[best])
        alone = _alone(row, jumps, rows, first, last, hiding)
        return Place(row, certain and alone and on_time, True)
    best -= len(shown)
    if best < len(edges):
        return Place(int(edge[best]), certain and on_time, False)
    best -= len(edges)
    middle = (int(edge[best]) + int(edge[best + 1]) + 1) // 2
    return Place(middle, certain and on_time and inner[best] <= 1, False)


def _sum_after(log_chance: Floats) -> Floats:
    """Sum (n,) of each element and all that follow."""
    return np.asarray(np.cumsum(log_chance[::-1])[::-1])


def _alone(row: int, jumps: Jumps, rows: Rows, first: int, last: int, hiding: float) -> bool:
    """Whether no other jump among the same reads may hide a part of the wraps."""
    end = rows[min(last + 2, len(rows) - 1)]
    others = (jumps.row >= rows[first]) & (jumps.row < end) & (jumps.row != row)
    return bool(np.sum(hiding / jumps.usual[others]) <= _DOUBT)
