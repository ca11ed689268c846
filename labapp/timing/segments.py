"""Steps that nothing explains: where the clock of a stream must begin anew.

Reads can be late, but not all of them for seconds, and never early. So where the lowest reads
of whole seconds rise by more than 3 ms (and two samples) and stay there, samples were lost
that nothing counted; where they fall, the index ran ahead. One line through both sides would
bend every time near the step: instead a new segment begins, with a map of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.model import Floats
from labapp.timing.kind import stretch_slopes

_LEAST_S = 3e-3
_LEAST_SAMPLES = 2.0
_BLOCK_S = 1.0
_LASTS = 3  # blocks that must agree on either side
_STRETCH_S = 10.0
_STRETCHES = 5  # whose median slope counts: a step bends one of them, a radio any
_MIN_READS = 20
_RESTLESS = 6.0
_REACH_S = 6.0  # blocks further apart do not tell of one step

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """From read ``read`` on all reads are ``step_s`` later (earlier if negative) than before."""

    read: int
    step_s: float


def find_steps(
    index: ArrayLike, stamps_s: ArrayLike, rate: float, *, explained_s: float = 0.0
) -> tuple[Step, ...]:
    """Find lasting steps of the envelope of a segment.

    Parameters
    ----------
    index
        (n_reads,) newest complete sample of each read (or device time in samples), rising.
    stamps_s
        (n_reads,) host time of each read, s, rising.
    rate
        Nominal rate, Hz.
    explained_s
        Steps up to this size have another cause (the beat with a USB timer), s.

    Returns
    -------
    tuple of Step
        In order; none in recordings of less than 20 reads or 6 s.
    """
    n = np.asarray(index, dtype=np.float64)
    a = np.asarray(stamps_s, dtype=np.float64)
    if len(n) < _MIN_READS or a[-1] - a[0] < 2 * _LASTS * _BLOCK_S or n[-1] <= n[0]:
        return ()
    late = a - _baseline(n, a, 1.0 / rate)
    threshold = max(_LEAST_S, _LEAST_SAMPLES / rate, explained_s + _LEAST_S)
    block = np.floor((a - a[0]) / _BLOCK_S).astype(np.int64)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(block) > 0]))
    low = np.minimum.reduceat(late, starts)
    if len(low) < 2 * _LASTS:
        return ()
    # A host too busy to read anything in time makes the lowest reads of a second themselves late.
    restless = 1.4826 * float(np.median(np.abs(np.diff(low)))) / 2**0.5
    threshold = max(threshold, _RESTLESS * restless)
    sides = np.lib.stride_tricks.sliding_window_view(low, _LASTS)
    least, most = sides.min(axis=1), sides.max(axis=1)
    # Boundary k lies before block k + _LASTS; the block it falls into may hold both levels.
    found: list[Step] = []
    edge = _LASTS - 1
    while edge + _LASTS < len(low):
        # One block between the two sides: the one in which it happens.
        before, after = edge - _LASTS + 1, edge + 1
        size = _size(least, most, before, after, threshold)
        size = size or _size(least, most, before, min(after + 1, len(least) - 1), threshold)
        reach = a[starts[after]] - a[starts[edge]]
        if not size or reach > _REACH_S * _BLOCK_S:
            edge += 1
            continue
        stop = int(starts[after + _LASTS]) if after + _LASTS < len(starts) else len(late)
        level = float(np.median(sides[before]))
        found.append(Step(_where(late, int(starts[edge]), stop, level, size), size))
        edge = after + _LASTS
    return tuple(found)


def _size(least: Floats, most: Floats, before: int, after: int, threshold: float) -> float:
    """Step between two groups of blocks, 0 if they do not stand clearly apart."""
    if least[after] - most[before] > threshold:
        return float(least[after] - least[before])
    if least[before] - most[after] > threshold:
        return float(least[after] - least[before])
    return 0.0


def _where(late: Floats, begin: int, stop: int, level: float, size: float) -> int:
    """First read of the new level."""
    part = late[begin:stop] - level
    if size > 0:  # reads at the old level are the proof: the step comes after the last of them
        old = np.flatnonzero(part < 0.5 * size)
        return begin + (int(old[-1]) + 1 if len(old) else 0)
    new = np.flatnonzero(part < 0.5 * size)
    return begin + (int(new[0]) if len(new) else 0)


def _baseline(n: Floats, a: Floats, nominal: float) -> Floats:
    """Time (n_reads,) that each read would have on a clock that wanders but never steps."""
    length = min(_STRETCH_S, (a[-1] - a[0]) / (_STRETCHES + 1.0))
    slopes = stretch_slopes(n, a, length)
    if not len(slopes):
        return np.asarray(nominal * (n - n[0]))
    half = _STRETCHES // 2
    padded = np.pad(slopes, half, mode="reflect" if len(slopes) > half else "edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)
    # Slopes hold at the middle of their stretch; between, they change evenly.
    middle = a[0] + (np.arange(len(smooth)) + 0.5) * length
    slope = np.interp(0.5 * (a[1:] + a[:-1]), middle, smooth)
    return np.asarray(np.concatenate([[0.0], np.cumsum(slope * np.diff(n))]), dtype=np.float64)
