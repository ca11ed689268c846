"""Repair of small wire counters: whole wraps that a loss swallowed.

A counter that wraps every ``modulus`` samples hides losses of a multiple of it. The codec
unwraps minimally, so each hidden wrap leaves the index too small, and from there on every
read seems to arrive one wrap later: the lower envelope of

    r = stamp - index / rate

steps up by a whole number of wraps and stays there. Late reads also raise r, but never for
all reads over seconds. The same test serves an 8-bit packet counter (256 packets) and
BITalino's 4-bit frame counter (16 ms at 1 kHz), whose wrap is shorter than a USB clump: there
every read, not only those after a long silence, is a place where a wrap may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.model import Floats
from labapp.timing.kind import stretch_slopes
from labapp.timing.offline import fit_map
from labapp.timing.placing import Jumps, Lateness, place_loss

_BEFORE_S = 10.0
_AFTER_S = 3.6
_MIN_READS = 5
_FRACTION = 0.25
_SETTLE_S = 0.6
_BIN_S = 0.02
_STRETCH_S = 60.0
_ROUGH_S = 3.0
_FINE_S = 10.0
_AGREED_S = 2e-3
_LEARN_READS = 200_000
_TOLERANCE = 2000e-6
# Samples that come this much faster than they are made were waiting somewhere ...
_FASTER = 1.5
# ... and were made during the silence before, if they fill as much of it.
_FILLED = 0.25

Reason = Literal["", "place", "no visible jump", "not a whole wrap", "too few reads", "still late"]

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repair:
    """One correction: samples from stored row ``row`` on get ``add`` added to their index.

    ``uncertain`` says that the place (or, with ``add`` 0, the number) could not be told from
    the stamps; `reason` says why, in words for the session's notes.
    """

    row: int
    add: int
    step_s: float
    uncertain: bool
    reason: Reason


def repair(
    newest: ArrayLike,
    rows: ArrayLike,
    stamps_s: ArrayLike,
    jump_rows: ArrayLike,
    jump_sizes: ArrayLike,
    *,
    rate: float,
    modulus: int,
) -> tuple[Repair, ...]:
    """Find the wraps that minimal unwrapping missed.

    Parameters
    ----------
    newest
        (n_reads,) provisional index of the newest complete sample at each read, rising.
    rows
        (n_reads,) samples received up to and including each read.
    stamps_s
        (n_reads,) host time of each read, s.
    jump_rows, jump_sizes
        (n_jumps,) stored row before which the codec saw a jump of the index, and the number
        of samples it counted as lost there.
    rate
        Nominal rate, Hz.
    modulus
        Samples per wrap.

    Returns
    -------
    tuple of Repair
        In the order of their rows.

    Notes
    -----
    The slope is nominal at first; a second pass takes the slope of the repaired data, because
    a clock error of some hundred ppm moves the envelope by milliseconds within a window.
    """
    n = np.asarray(newest, dtype=np.int64)
    row = np.asarray(rows, dtype=np.int64)
    t = np.asarray(stamps_s, dtype=np.float64)
    jumps = (np.asarray(jump_rows, dtype=np.int64), np.asarray(jump_sizes, dtype=np.int64))
    if len(n) < 2 * _MIN_READS:
        return ()
    period = _usual_period(n, t, 1.0 / rate, _ROUGH_S)
    shown = Jumps.learn(*jumps, int(row[-1]))
    found, level = _scan(n, row, t, shown, period, modulus, None)
    hiding = (len(found) + 1.0) / (row[-1] * modulus)
    # All steps are gone from `level`, so its slope is the clock's error alone.
    straight = np.maximum.accumulate(level + n * period)
    fitted = fit_map(n, straight, rate)
    period = _usual_period(n, straight, 1.0 / rate, _FINE_S)
    every = slice(None, None, len(n) // _LEARN_READS + 1)
    late = straight[every] - fitted.time(n[every])
    lateness = Lateness.learn(late, np.diff(row, prepend=0)[every], period)
    found, _ = _scan(n, row, t, shown, period, modulus, (lateness, hiding))
    return tuple(found)


def _scan(
    n: Rows,
    rows: Rows,
    t: Floats,
    jumps: Jumps,
    period: float,
    modulus: int,
    measure: tuple[Lateness, float] | None,
) -> tuple[list[Repair], Floats]:
    """Repairs, and the lateness of each read with every step taken out."""
    r = t - n * period
    wrap_s = modulus * period
    # Reads are compared over seconds, so the minima of short bins carry all that matters.
    bins = np.floor((t - t[0]) / _BIN_S).astype(np.int64)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(bins) > 0]))
    times = t[starts]
    found: list[Repair] = []
    k = 0
    while True:
        step = _next_step(r, starts, times, k, 0.5 * wrap_s)
        if step is None:
            return found, r
        k, before = step
        begin = int(starts[k])
        # Reads that were stuck just before the loss rise as well: measure once it settled.
        settled, stop = np.searchsorted(t, [t[begin] + _SETTLE_S, t[begin] + _AFTER_S])
        # The loss itself may have been longer than that: count from the last read before it.
        few = begin - np.searchsorted(t, t[max(begin - 1, 0)] - _BEFORE_S) < _MIN_READS
        if stop - settled < _MIN_READS:
            settled, few = begin, few or stop - begin < 2 * _MIN_READS
        rise = float(r[settled:stop].min()) - before
        last = _last_low(r[: max(settled, begin + 1)], before + rise - 0.5 * wrap_s)
        if (level := _level_between(r[begin : last + 1])) is not None:
            # Two losses in quick succession: take the first of them now if it stands alone.
            middle = level - before
            if _is_whole(middle, wrap_s):
                rise, last = middle, _last_low(r[:begin], before + middle - 0.5 * wrap_s)
        whole = round(rise / wrap_s)
        mended = _is_whole(rise, wrap_s) and not few
        row = int(rows[last])
        reason: Reason = ""
        if measure is not None:
            lost = whole * modulus if mended else round(rise / period)
            first = _last_low(r[: last + 1], before + 0.5 * wrap_s)
            place = place_loss(
                r - before, rows, t, last, lost, jumps, measure[0], first=first, hiding=measure[1]
            )
            row = place.row
            if not place.certain:
                reason = "place" if place.shown else "no visible jump"
        if stop == len(r) and _catching_up(n, rows, t, jumps, period, begin):
            row, mended, reason = int(rows[begin - 1]), False, "still late"
        elif not mended:
            reason = "too few reads" if few else "not a whole wrap"
        found.append(Repair(row, whole * modulus if mended else 0, rise, reason != "", reason))
        # Whatever the verdict, the next step is measured from the old level. A late read from
        # just before the loss must not come out early and pull the envelope down with it.
        r[last + 1 :] -= whole * wrap_s if mended else rise
        r[last + 1 : settled] = np.maximum(r[last + 1 : settled], before)


def _usual_period(n: Rows, t: Floats, nominal: float, most_s: float) -> float:
    """Period from stretches of a recording, most of which hold no step.

    One hidden wrap makes a stretch more than 0.2 % slower, which no crystal is.
    """
    length = min(most_s, (t[-1] - t[0]) / (2.0 * _MIN_READS))
    slopes = stretch_slopes(n, t, length) / nominal
    usual = slopes[np.abs(slopes - 1.0) <= _TOLERANCE]
    return nominal * float(np.median(usual)) if len(usual) >= _MIN_READS else nominal


def _level_between(late: Floats) -> float | None:
    """Level that reads between two losses agree on; one at the edge of a loss may lie below it."""
    lowest = np.sort(late)[:3]
    agreed = np.flatnonzero(np.diff(lowest) < _AGREED_S)
    return float(lowest[agreed[0]]) if len(agreed) else None


def _is_whole(step: float, wrap_s: float) -> bool:
    whole = round(step / wrap_s)
    return whole >= 1 and abs(step - whole * wrap_s) < _FRACTION * wrap_s


def _catching_up(n: Rows, rows: Rows, t: Floats, jumps: Jumps, period: float, begin: int) -> bool:
    """Whether what came since read ``begin`` had waited, and more of it would have followed.

    The counter goes on where it was, and the last read of all is late because the ones before it
    were: how late says nothing of a loss.
    """
    came = float(n[-1] - n[begin - 1]) * period
    faster = came > _FASTER * (t[-1] - t[begin])
    filled = came > _FILLED * (t[begin] - t[begin - 1])
    return bool(faster and filled and not np.any(jumps.row == rows[begin - 1]))


def _last_low(r: Floats, level: float) -> int:
    """Last read that arrives before ``level``: its samples were counted right."""
    low = np.flatnonzero(r < level)
    return int(low[-1]) if len(low) else len(r) - 1


def _next_step(
    r: Floats, starts: Rows, times: Floats, k: int, limit: float
) -> tuple[int, float] | None:
    """Next bin after ``k`` from which on all reads are ``limit`` later than all before.

    Returns the bin and the envelope before it. Works stretch by stretch, so that
    finding many steps in a long recording stays linear in its length.
    """
    while k + 1 < len(starts):
        first = int(np.searchsorted(times, times[k] - _BEFORE_S))
        stop = int(np.searchsorted(times, times[k] + _STRETCH_S + _AFTER_S, side="right"))
        edge = int(starts[stop]) if stop < len(starts) else len(r)
        low = np.minimum.reduceat(r[:edge], starts[first:stop])
        span = times[first:stop]
        after = forward_minimum(low, span, _AFTER_S)
        before = forward_minimum(low[::-1], -span[::-1], _BEFORE_S)[::-1]
        rising = np.flatnonzero(after[1:] - before[:-1] > limit) + 1
        rising = rising[(rising + first > k) & (span[rising] <= times[k] + _STRETCH_S)]
        if len(rising):
            here = int(rising[0])
            return here + first, float(before[here - 1])
        following = int(np.searchsorted(times, times[k] + _STRETCH_S, side="right"))
        k = max(k + 1, following - 1)
    return None


def forward_minimum(values: Floats, times: Floats, span: float) -> Floats:
    """Minimum of ``values`` over ``times[k] <= time <= times[k] + span`` for each k.

    Sparse table of doubled windows; ``times`` rising, O(n log(window)).
    """
    stop = np.searchsorted(times, times + span, side="right")
    length = stop - np.arange(len(values))
    result = values.copy()
    table, width = values, 1
    while True:
        k = np.flatnonzero((length >= width) & (length < 2 * width))
        result[k] = np.minimum(table[k], table[stop[k] - width])
        if not (length >= 2 * width).any():
            return result
        table = np.minimum(table[:-width], table[width:])
        width *= 2
