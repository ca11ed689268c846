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
from labapp.timing.offline import fit_map

_BEFORE_S = 10.0
_AFTER_S = 3.6
_MIN_READS = 5
_FRACTION = 0.25
_SETTLE_S = 0.6
_PLACE_S = 0.5
_BIN_S = 0.02
_STRETCH_S = 60.0

Reason = Literal["", "place", "no visible jump", "not a whole wrap", "too few reads"]

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
    period = 1.0 / rate
    _, level = _scan(n, row, t, jumps, period, modulus)
    # All steps are gone from `level`, so its slope is the clock's error alone.
    period = fit_map(n, np.maximum.accumulate(level + n * period), rate).segments[0].period
    found, _ = _scan(n, row, t, jumps, period, modulus)
    return tuple(found)


def _scan(
    n: Rows,
    rows: Rows,
    t: Floats,
    jumps: tuple[Rows, Rows],
    period: float,
    modulus: int,
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
        few = begin - np.searchsorted(t, t[begin] - _BEFORE_S) < _MIN_READS
        if stop - settled < _MIN_READS:
            settled, few = begin, few or stop - begin < 2 * _MIN_READS
        rise = float(r[settled:stop].min()) - before
        last = _last_low(r[: max(settled, begin + 1)], before + rise - 0.5 * wrap_s)
        if last - begin >= _MIN_READS:
            # Two losses in quick succession: take the first of them now if it stands alone.
            middle = float(r[begin : last + 1].min()) - before
            if _is_whole(middle, wrap_s):
                rise, last = middle, _last_low(r[:begin], before + middle - 0.5 * wrap_s)
        whole = round(rise / wrap_s)
        mended = _is_whole(rise, wrap_s) and not few
        row, reason = _place(r, t, rows, jumps, last, before + rise + _FRACTION * wrap_s)
        if not mended:
            reason = "too few reads" if few else "not a whole wrap"
        found.append(Repair(row, whole * modulus if mended else 0, rise, reason != "", reason))
        # Whatever the verdict, the next step is measured from the old level. A late read from
        # just before the loss must not come out early and pull the envelope down with it.
        r[last + 1 :] -= whole * wrap_s if mended else rise
        r[last + 1 : settled] = np.maximum(r[last + 1 : settled], before)


def _is_whole(step: float, wrap_s: float) -> bool:
    whole = round(step / wrap_s)
    return whole >= 1 and abs(step - whole * wrap_s) < _FRACTION * wrap_s


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


def _place(
    r: Floats,
    t: Floats,
    rows: Rows,
    jumps: tuple[Rows, Rows],
    last: int,
    level: float,
) -> tuple[int, Reason]:
    """Find the stored row where the wrap went missing, after the last read at the old level.

    The wrap was lost before the first read that arrives at the new level. If the codec saw
    exactly one jump in between, that is the place.
    """
    near = np.flatnonzero((r[last + 1 :] <= level) & (t[last + 1 :] <= t[last] + _PLACE_S))
    high = last + 1 + (int(near[0]) if len(near) else 0)
    high = min(high, len(r) - 1)
    begin, end = rows[last], max(rows[high], rows[last] + 1)
    inside = np.flatnonzero((jumps[0] >= begin) & (jumps[0] < end))
    if len(inside) == 1:
        return int(jumps[0][inside[0]]), ""
    if len(inside):
        return int(jumps[0][inside[np.argmax(jumps[1][inside])]]), "place"
    widest = last + int(np.argmax(np.diff(t[last : high + 1]))) if high > last else last
    return int(rows[widest]), "no visible jump"
