"""Online device clock: host time of a sample from the lower hull of arrival stamps.

One observation per read: the index of the newest complete sample and the host time at which
the read returned. A stamp can be late, never early, so the line that touches the observations
from below is the device's clock plus its constant minimum latency (Moon, Skelly & Towsley
1999; Zhang, Liu & Xia, INFOCOM 2002). Mean-type estimators carry the mean queueing delay,
which differs per device and would shift force against EMG by several milliseconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice, pairwise
from statistics import median
from typing import Final, Literal

ClockKind = Literal["crystal", "rc"]
ClockState = Literal["converging", "locked", "suspect"]

Point = tuple[float, float]

WINDOW_S: Final[dict[ClockKind, float]] = {"crystal": 120.0, "rc": 10.0}
"""Length of the running window by kind of clock, s."""
_TOLERANCE = {"crystal": 2000e-6, "rc": 0.30}
_BLOCK_S = 1.0
_REFIT_S = 0.5
_REFIT_EARLY_S = 0.05
_EARLY_S = 5.0
_CARRIED_TOLERANCE = 20e-6
# Slower convergence than this was never seen on wired or Bluetooth transports (1 s and 5 s).
_CONVERGED_S = 5.0
_SUSPECT_SPREAD_S = 5e-3
# What tells an RC clock: slopes of 10-s stretches scatter, and not from one to the next (that
# is what a busy host or a radio does to a crystal, up to 280 ppm) but slowly: in simulations
# 1.4 times as much as neighbours differ after 60 s, 2.3 to 9 times later; a crystal 0.3 to 1.7.
STRETCH_S = 10.0
_FEW, _MANY = 6, 10
# Looks in a row that must agree: while a recording runs, there are many chances to be wrong.
_LOOKS = 3
_SCATTER = {_FEW: (300e-6, 1.3), _MANY: (50e-6, 2.0)}


def add_to_hull(hull: list[Point], point: Point) -> None:
    """Append ``point`` (index not below the last one) to a lower hull, in place.

    Monotone chain, amortised O(1). Of two points with one index the lower one stays.
    """
    x, y = point
    if hull and hull[-1][0] == x:
        if hull[-1][1] <= y:
            return
        hull.pop()
    while len(hull) >= 2:
        (x1, y1), (x2, y2) = hull[-2], hull[-1]
        if (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0:
            break
        hull.pop()
    hull.append(point)


def hull_edge(hull: list[Point], pivot: float) -> tuple[Point, float]:
    """Left vertex and slope of the hull edge over the index ``pivot`` (hull of >= 2 points)."""
    low, high = 0, len(hull) - 2
    while low < high:
        middle = (low + high) // 2
        if hull[middle + 1][0] < pivot:
            low = middle + 1
        else:
            high = middle
    (x1, y1), (x2, y2) = hull[low], hull[low + 1]
    return (x1, y1), (y2 - y1) / (x2 - x1)


def clamped_line(
    hull: list[Point], pivot: float, period: float, tolerance: float
) -> tuple[Point, float]:
    """Line under all hull points that lies closest to them, its slope kept near ``period``.

    Parameters
    ----------
    hull
        Lower hull, at least one point.
    pivot
        Index over which the edge is taken.
    period, tolerance
        Expected slope, s per sample, and its largest relative deviation.

    Returns
    -------
    anchor, slope
        A hull point on the line, and the slope in s per sample.
    """
    slope = period
    if len(hull) >= 2:
        anchor, slope = hull_edge(hull, pivot)
        clamped = min(max(slope, period * (1 - tolerance)), period * (1 + tolerance))
        if clamped == slope:
            return anchor, slope
        slope = clamped
    anchor = min(hull, key=lambda point: point[1] - slope * point[0])
    return anchor, slope


def kind_of_slopes(slopes: Sequence[float]) -> ClockKind:
    """Crystal or RC clock, from the slopes of the 10-s stretches of a recording.

    An RC clock if the slopes scatter by more than 50 ppm (300 ppm in the first 100 s; standard
    deviation by the median absolute deviation) and twice (1.3 times) as much as neighbours differ.
    Fewer than six stretches tell nothing: ``"crystal"``.
    """
    if len(slopes) < _FEW:
        return "crystal"
    usual = median(slopes)
    scatter = 1.4826 * median(abs(slope - usual) for slope in slopes) / usual
    steps = [abs(after - before) for before, after in pairwise(slopes)]
    noise = 1.4826 * median(steps) / usual / 2**0.5
    least, ratio = _SCATTER[_MANY if len(slopes) >= _MANY else _FEW]
    return "rc" if scatter > max(least, ratio * noise) else "crystal"


class DeviceClock:
    """Running map from sample index to host time for one device.

    Parameters
    ----------
    rate
        Nominal rate in Hz, or the rate measured earlier for this very device.
    kind
        ``"crystal"`` (120-s window) or ``"rc"`` (10-s window: HX711 and other RC clocks). A
        crystal that turns out to wander like an RC clock is treated as one from then on.
    tolerance
        Largest relative deviation of the rate from ``rate``; default 2000 ppm for a crystal
        that was never seen before and 30 % for an RC clock.

    Notes
    -----
    No stored result may use this estimate; `offline.fit_map` sees the whole recording.
    """

    def __init__(
        self, rate: float, kind: ClockKind = "crystal", *, tolerance: float | None = None
    ) -> None:
        if not rate > 0:
            raise ValueError(f"rate must be > 0, not {rate}")
        self.kind: ClockKind = kind
        self._nominal_period = 1.0 / rate
        self._period = 1.0 / rate
        self._tolerance = _TOLERANCE[kind] if tolerance is None else tolerance
        self._window = WINDOW_S[kind]
        self._slopes: deque[float] = deque(maxlen=60)
        self._wandered = 0
        self._restart_state()

    def _restart_state(self) -> None:
        self._blocks: deque[tuple[float, list[Point]]] = deque()
        # Hull of the first so many blocks, which change no more.
        self._hull: list[Point] = []
        self._in_hull = 0
        self._slope = self._period
        self._anchor: Point | None = None
        self._first: Point | None = None
        self._newest: Point = (0.0, 0.0)
        self._next_fit = 0.0
        self._next_look = float("inf")

    def restart(self) -> None:
        """Begin a new segment (port re-opened, counter restarted): the rate is carried over."""
        if self._anchor is not None and self.state != "converging":
            self._period = self._slope
            if self.kind == "crystal":
                self._tolerance = _CARRIED_TOLERANCE
        self._restart_state()

    def observe(self, index: float, stamp_s: float) -> float:
        """Take one read: newest complete sample and host time of the read.

        Returns
        -------
        float
            Lateness of this read in seconds (0 for a read that lowers the line).

        Raises
        ------
        ValueError
            If ``index`` went back: that is a new segment, call `restart` first.
        """
        point = (float(index), float(stamp_s))
        if self._anchor is None:
            self._first = self._anchor = self._newest = point
            self._blocks.append((stamp_s, [point]))
            self._next_fit = stamp_s + _REFIT_EARLY_S
            self._next_look = stamp_s + STRETCH_S
            return 0.0
        if point[0] < self._newest[0]:
            raise ValueError(f"index went back from {self._newest[0]:.0f} to {index:.0f}")
        self._newest = point
        if stamp_s - self._blocks[-1][0] >= _BLOCK_S:
            if stamp_s >= self._next_look:
                self._look(stamp_s)
            self._blocks.append((stamp_s, [point]))
        else:
            add_to_hull(self._blocks[-1][1], point)
        while len(self._blocks) > 1 and self._blocks[0][1][-1][1] < stamp_s - self._window:
            self._blocks.popleft()
            self._hull, self._in_hull = [], 0
        late = stamp_s - self.time(index)
        if late < 0:
            self._anchor = point
            late = 0.0
        if stamp_s >= self._next_fit:
            self._refit()
            age = stamp_s - self._first[1] if self._first else 0.0
            self._next_fit = stamp_s + (_REFIT_EARLY_S if age < _EARLY_S else _REFIT_S)
        return late

    def _look(self, stamp_s: float) -> None:
        """Take the slope of the last stretch, and see what kind of clock this is."""
        hull: list[Point] = []
        for begin, block in self._blocks:
            if begin >= self._next_look - STRETCH_S:
                for point in block:
                    add_to_hull(hull, point)
        self._next_look = stamp_s + STRETCH_S
        if len(hull) >= 2:
            self._slopes.append(hull_edge(hull, 0.5 * (hull[0][0] + hull[-1][0]))[1])
        wanders = len(self._slopes) >= _MANY and kind_of_slopes(self._slopes) == "rc"
        self._wandered = self._wandered + 1 if wanders else 0
        if self.kind == "crystal" and self._wandered >= _LOOKS:
            self.kind = "rc"
            self._window, self._tolerance = WINDOW_S["rc"], _TOLERANCE["rc"]

    def _refit(self) -> None:
        whole = len(self._blocks) - 1
        for _, block in islice(self._blocks, self._in_hull, whole):
            for point in block:
                add_to_hull(self._hull, point)
        self._in_hull = whole
        hull = self._hull.copy()
        for point in self._blocks[-1][1]:
            add_to_hull(hull, point)
        pivot = hull[0][0] + 0.5 * (self._newest[0] - hull[0][0])
        self._anchor, self._slope = clamped_line(hull, pivot, self._period, self._tolerance)

    def time(self, index: float) -> float:
        """Host time in s at which sample ``index`` was complete (plus the minimum latency)."""
        if self._anchor is None:
            raise ValueError("no read was observed yet")
        return self._anchor[1] + self._slope * (index - self._anchor[0])

    def index(self, time_s: float) -> float:
        """Fractional sample index at host time ``time_s``: the inverse of `time`."""
        if self._anchor is None:
            raise ValueError("no read was observed yet")
        return self._anchor[0] + (time_s - self._anchor[1]) / self._slope

    @property
    def rate(self) -> float:
        """Measured rate in Hz of the host's clock."""
        return 1.0 / self._slope

    @property
    def rate_ppm(self) -> float:
        """Deviation of the measured rate from the nominal one, parts per million."""
        return (self._nominal_period / self._slope - 1.0) * 1e6

    @property
    def spread_s(self) -> float:
        """Median over 1-s blocks of (block minimum - line): the displayed uncertainty, s."""
        if self._anchor is None:
            return float("inf")
        return median(min(y - self.time(x) for x, y in block) for _, block in self._blocks)

    @property
    def state(self) -> ClockState:
        """``converging`` (first 5 s), ``locked``, or ``suspect`` (spread above 5 ms)."""
        if self._first is None or self._newest[1] - self._first[1] < _CONVERGED_S:
            return "converging"
        return "suspect" if self.spread_s > _SUSPECT_SPREAD_S else "locked"
