"""Offline clock map: the whole recording is known, so every knot gets a two-sided line.

For each knot the line under the arrival stamps is fitted to a window around it (lower hull,
see `timing.clock`); a monotone cubic (PCHIP) runs through the knots' residuals to a straight
line and is continued linearly at both ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.model import Floats
from labapp.timing.clock import ClockKind, Point, add_to_hull, clamped_line
from labapp.timing.pchip import evaluate_pchip, pchip_slopes

# Knot spacing and half window, s. 15 s (not 30) is what the acceptance run of the method used.
_WINDOWS: dict[str, tuple[float, float]] = {"crystal": (15.0, 60.0), "rc": (1.25, 5.0)}
_TOLERANCE = {"crystal": 2000e-6, "rc": 0.30}
_BLOCK_S = 1.0
MIN_OBSERVATIONS = 8
_PIVOT = (0.4, 0.6)


@dataclass(frozen=True, eq=False)
class SegmentMap:
    """Clock of one unbroken piece of a stream.

    Attributes
    ----------
    first
        First index of the segment; the segment reaches to the next one's ``first``.
    index, time
        (n_knots,) knots: sample index and host time, s; at least two, both rising.
    """

    first: float
    index: Floats
    time: Floats

    @property
    def period(self) -> float:
        """Mean seconds per sample over the knots."""
        return float((self.time[-1] - self.time[0]) / (self.index[-1] - self.index[0]))

    def _residual(self) -> tuple[Floats, Floats]:
        line = self.time[0] + self.period * (self.index - self.index[0])
        residual = self.time - line
        return residual, pchip_slopes(self.index, residual)

    def to_time(self, index: Floats) -> Floats:
        """Host time in s of the (fractional) indices ``index`` (n,)."""
        residual, slopes = self._residual()
        line = self.time[0] + self.period * (index - self.index[0])
        return np.asarray(line + evaluate_pchip(self.index, residual, slopes, index))

    def to_index(self, time: Floats) -> Floats:
        """Fractional index at the host times ``time`` (n,): inverse of `to_time`."""
        residual, slopes = self._residual()
        index = self.index[0] + (time - self.time[0]) / self.period
        # The residual changes by a few per mille of the period (RC: per cent), so this fixed
        # point gains at least two digits each time.
        for _ in range(8):
            late = evaluate_pchip(self.index, residual, slopes, index)
            index = self.index[0] + (time - self.time[0] - late) / self.period
        return np.asarray(index)


@dataclass(frozen=True, eq=False)
class ClockMap:
    """Map between the sample index of a stream and host time, in seconds.

    Attributes
    ----------
    segments
        One map per unbroken piece, in order; an index belongs to the last segment that starts
        at or before it.
    rate_nominal
        Hz, the rate that `rate_ppm` is counted from.
    spread_s
        Median over 1-s blocks of (earliest arrival - map): how tightly the stamps touch the
        map. 0 for an exact clock.
    """

    segments: tuple[SegmentMap, ...]
    rate_nominal: float
    spread_s: float = 0.0
    _starts: Floats = field(init=False, repr=False)
    _start_times: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.segments:
            raise ValueError("a clock map needs at least one segment")
        starts = np.array([segment.first for segment in self.segments], dtype=np.float64)
        times = [float(s.to_time(np.array([s.first]))[0]) for s in self.segments]
        object.__setattr__(self, "_starts", starts)
        object.__setattr__(self, "_start_times", np.array(times, dtype=np.float64))

    def time(self, index: ArrayLike) -> Floats:
        """Host time in s of each (fractional) index; same shape as ``index``."""
        return self._piecewise(index, self._starts, forward=True)

    def index(self, time: ArrayLike) -> Floats:
        """Fractional index at each host time (s); same shape as ``time``."""
        return self._piecewise(time, self._start_times, forward=False)

    def _piecewise(self, values: ArrayLike, starts: Floats, *, forward: bool) -> Floats:
        x = np.asarray(values, dtype=np.float64)
        flat = x.reshape(-1)
        if len(self.segments) == 1:
            only = self.segments[0]
            done = only.to_time(flat) if forward else only.to_index(flat)
            return done.reshape(x.shape)
        which = np.clip(np.searchsorted(starts, flat, side="right") - 1, 0, None)
        result = np.empty_like(flat)
        for number, segment in enumerate(self.segments):
            mine = which == number
            if mine.any():
                part = flat[mine]
                result[mine] = segment.to_time(part) if forward else segment.to_index(part)
        return result.reshape(x.shape)

    @property
    def rate(self) -> float:
        """Measured rate in Hz, mean over the segments weighted by their length."""
        spans = np.array([s.index[-1] - s.index[0] for s in self.segments])
        times = np.array([s.time[-1] - s.time[0] for s in self.segments])
        return float(spans.sum() / times.sum())

    @property
    def rate_ppm(self) -> float:
        """Deviation of the measured from the nominal rate, parts per million."""
        return (self.rate / self.rate_nominal - 1.0) * 1e6

    @property
    def knots(self) -> tuple[NDArray[np.int32], Floats, Floats]:
        """(segment number, index, time) of all knots, each (n_knots,), for storage."""
        numbers = [np.full(len(s.index), k, dtype=np.int32) for k, s in enumerate(self.segments)]
        return (
            np.concatenate(numbers),
            np.concatenate([s.index for s in self.segments]),
            np.concatenate([s.time for s in self.segments]),
        )


def exact_map(rate: float, *, start_s: float = 0.0) -> ClockMap:
    """Map of a clock that is right by definition (imported recordings): t = start + n / rate."""
    knots = np.array([0.0, 1.0e6])
    segment = SegmentMap(0.0, knots, start_s + knots / rate)
    return ClockMap((segment,), rate)


def fit_map(
    indices: ArrayLike, stamps_s: ArrayLike, rate: float, kind: ClockKind = "crystal"
) -> ClockMap:
    """Fit the clock of one segment to all its reads.

    Parameters
    ----------
    indices
        (n_reads,) index of the newest complete sample at each read, not falling. Fractional
        for devices that stamp their own time (ticks * rate / tick_rate).
    stamps_s
        (n_reads,) host time of each read, s, less the computable wire delay.
    rate
        Nominal rate, Hz.
    kind
        ``"crystal"`` (knots 15 s, window 120 s) or ``"rc"`` (1.25 s, 10 s).

    Returns
    -------
    ClockMap
        One segment. With fewer than eight reads the nominal rate stands and only the offset
        is fitted.

    Raises
    ------
    ValueError
        On unequal lengths, no read, or falling indices.
    """
    n = np.asarray(indices, dtype=np.float64)
    a = np.asarray(stamps_s, dtype=np.float64)
    if n.shape != a.shape or n.ndim != 1 or not len(n):
        raise ValueError(f"need equally many indices and stamps, got {n.shape} and {a.shape}")
    if np.any(np.diff(n) < 0):
        raise ValueError("indices fall: that is a new segment")
    period, tolerance = 1.0 / rate, _TOLERANCE[kind]
    origin = n[0]
    points = block_hulls(n - origin, a)
    if len(n) < MIN_OBSERVATIONS or n[-1] == n[0]:
        offset = float(np.min(a - period * (n - origin)))
        index = np.array([0.0, max(float(n[-1] - origin), rate)])
        segment = SegmentMap(float(origin), index + origin, offset + period * index)
        return ClockMap((segment,), rate, _spread(segment, n, a))
    times, knots = _knots(points, n - origin, a, period, tolerance, kind)
    segment = SegmentMap(float(origin), knots + origin, times)
    return ClockMap((segment,), rate, _spread(segment, n, a))


def _knots(
    points: tuple[Floats, Floats],
    n: Floats,
    a: Floats,
    period: float,
    tolerance: float,
    kind: ClockKind,
) -> tuple[Floats, Floats]:
    step, half = _WINDOWS[kind]
    x, y = points
    begin, end = float(a[0]), float(a[-1])
    count = max(1, int(np.ceil((end - begin) / step)))
    knot_index: list[float] = []
    knot_time: list[float] = []
    for number in range(count + 1):
        moment = begin + (end - begin) * number / count
        # Edge rule: the window keeps its length and moves inside; the pivot follows the knot.
        low = max(begin, min(moment - half, end - 2 * half))
        high = min(end, low + 2 * half)
        first, stop = np.searchsorted(a, [low, high], side="left")
        if stop - first < MIN_OBSERVATIONS and (low, high) != (begin, end):
            continue
        inside = slice(*np.searchsorted(y, [low, np.nextafter(high, np.inf)]))
        hull: list[Point] = []
        for point in zip(x[inside].tolist(), y[inside].tolist(), strict=True):
            add_to_hull(hull, point)
        if not hull:
            continue
        share = (moment - low) / (high - low) if high > low else 0.5
        pivot = hull[0][0] + min(max(share, _PIVOT[0]), _PIVOT[1]) * (hull[-1][0] - hull[0][0])
        anchor, slope = clamped_line(hull, pivot, period, tolerance)
        index = anchor[0] + (moment - anchor[1]) / slope
        if not knot_index or (index > knot_index[-1] and moment > knot_time[-1]):
            knot_index.append(index)
            knot_time.append(moment)
    if len(knot_index) < 2:
        offset = float(np.min(a - period * n))
        knot_index, knot_time = [0.0, float(n[-1])], [offset, offset + period * float(n[-1])]
    return np.array(knot_time), np.array(knot_index)


def block_hulls(n: Floats, a: Floats) -> tuple[Floats, Floats]:
    """Keep the reads that can lie on a lower hull of any window of whole 1-s blocks.

    A point on or above the chord of two other points of its block cannot be a hull vertex, so
    all such points may go at once; a few passes leave little more than the hulls. The ends of
    every block stay, which keeps each window's hull exact to within one block.
    """
    order = np.maximum.accumulate(a)
    block = np.floor((order - order[0]) / _BLOCK_S).astype(np.int64)
    x, y = n, order
    for _ in range(40):
        if len(x) < 3:
            break
        chord = (x[1:-1] - x[:-2]) * (y[2:] - y[:-2]) - (y[1:-1] - y[:-2]) * (x[2:] - x[:-2])
        inner = (block[1:-1] == block[:-2]) & (block[1:-1] == block[2:])
        drop = inner & (chord <= 0)
        if not drop.any():
            break
        keep = np.concatenate([[True], ~drop, [True]])
        x, y, block = x[keep], y[keep], block[keep]
    return x, y


def _spread(segment: SegmentMap, n: Floats, a: Floats) -> float:
    late = a - segment.to_time(n)
    block = np.floor((a - a[0]) / _BLOCK_S).astype(np.int64)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(block) > 0]))
    return float(max(0.0, np.median(np.minimum.reduceat(late, starts))))
