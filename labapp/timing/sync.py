"""How two streams' clocks relate: what was found, and the fit to pulses that both recorded.

The hull of arrival stamps (`timing.offline`) cannot see a device's constant delay; a shared
electrical signal can. Offsets here are what must be *added to the second stream's times* to
put them on the first one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.model import Floats
from labapp.timing.pchip import evaluate_pchip, pchip_slopes

Method = Literal["pulses", "copy", "stored", "none"]

_GROUP_S = 10.0
_DENSE_S, _DENSE = 5.0, 30
_KNOT = 10
_CHANCE = 1e-3
_LEAST = 4
_NOISES_S = (30e-6, 60e-6, 125e-6, 250e-6, 500e-6, 1e-3, 2e-3)
_STRAY = 1e-3
_GRID = 401
DRIFT_PPM = 5.0
RESIDUAL_S = 1e-3


@dataclass(frozen=True, slots=True)
class SyncResult:
    """How the second of two streams lies on the clock of the first.

    Attributes
    ----------
    offset_s
        Added to the second stream's times; NaN where it could not be told.
    u_s
        Standard uncertainty of the offset, s.
    method
        ``pulses``, ``copy`` (of the force in a spare channel), ``stored`` (measured before),
        ``none``.
    pulses
        Matched pulses, or pulls for ``copy``.
    drift_ppm
        Slope of the offset over the recording (Theil-Sen).
    residual_p95_s
        95th percentile of what the correction leaves at the pulses.
    reasons
        Why it is not verified; empty when it is.
    notes
        What is odd although it is verified.
    knots
        (time on the first stream, offset) of a correction that changes in time; empty: constant.
    differences
        (time on the first stream, difference) of every pulse or pull, s.
    inputs
        Where either stream saw it, in words.
    converted
        Whether that input of either stream passes the converter, so that the offset holds its
        filter delay; bits and device events do not.
    """

    offset_s: float
    u_s: float
    method: Method
    pulses: int
    drift_ppm: float
    residual_p95_s: float
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    knots: tuple[tuple[float, float], ...] = ()
    differences: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    inputs: tuple[str, str] = ("", "")
    converted: tuple[bool, bool] = (False, False)

    @property
    def verified(self) -> bool:
        """Whether the offset may be used."""
        return not self.reasons and bool(np.isfinite(self.offset_s))

    def correction(self, times: ArrayLike) -> Floats:
        """Offset (n,) to add to the second stream's times (n,), s; constant beyond the knots."""
        t = np.asarray(times, dtype=np.float64)
        if not self.knots:
            return np.full(t.shape, self.offset_s)
        x, y = (np.array(column) for column in zip(*self.knots, strict=True))
        inside = np.clip(t + self.offset_s, x[0], x[-1])
        return np.asarray(evaluate_pchip(x, y, pchip_slopes(x, y), inside))


def refusal(reason: str, method: Method = "none", pulses: int = 0) -> SyncResult:
    """Say that two streams could not be related, and why."""
    nan = float("nan")
    return SyncResult(nan, nan, method, pulses, nan, nan, (reason,))


def offset_fit(
    first: ArrayLike,
    second: ArrayLike,
    *,
    widths_s: tuple[float, float] = (0.0, 0.0),
) -> SyncResult:
    """Fit the offset to matched pulses.

    Parameters
    ----------
    first, second
        (n,) times of the same pulses on either stream, s; ``n >= 1``.
    widths_s
        Time between two looks at either input (digital bits), 0 for interpolated edges and
        device stamps.

    Returns
    -------
    SyncResult
        Offset ``median(d)``, ``u = 1.4826 MAD / sqrt(n)``; where a bit was sampled, mean and
        standard deviation of the offset given that every edge lies anywhere between two looks
        (Pitman 1939), which is twice as sharp. Where the pulses show that the
        clock maps disagree by more than chance, the correction changes in time: a straight
        line (Theil-Sen) through groups at start and end, a monotone cubic through medians of
        ten with pulses all along. A drift above 5 ppm, or a residual above 1 ms, is noted.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ValueError(f"need equally many pulses, got {a.shape} and {b.shape}")
    d = a - b
    n = len(d)
    u_edge_s = float(np.hypot(*widths_s)) / np.sqrt(12.0)
    offset = float(np.median(d))
    slope, (slope_low, slope_high) = _slope(a, d)
    drifts = min(abs(slope_low), abs(slope_high)) > DRIFT_PPM * 1e-6 and slope_low * slope_high > 0
    knots = _knots(a, d, slope, u_edge_s)
    fit = np.full(n, offset)
    if knots:
        x, y = (np.array(column) for column in zip(*knots, strict=True))
        fit = evaluate_pchip(x, y, pchip_slopes(x, y), np.clip(a, x[0], x[-1]))
    residual = np.abs(d - fit)
    p95 = float(np.quantile(residual, 0.95))
    spread = max(1.4826 * float(np.median(np.abs(d - fit - np.median(d - fit)))), u_edge_s)
    u = spread / np.sqrt(min(n, _KNOT) if len(knots) > 2 else n)
    if not knots and u_edge_s > 0:
        offset, u = _between_looks(d, widths_s)
    notes = []
    if drifts and abs(slope) * 1e6 > DRIFT_PPM:
        notes.append(f"the offset drifts by {slope * 1e6:.1f} ppm: a clock map is suspect")
    if p95 > max(RESIDUAL_S, 3.0 * u_edge_s):
        notes.append(f"pulses scatter by {p95 * 1e3:.1f} ms (95 %): a clock map is suspect")
    if notes and not knots:
        u = max(u, p95)
    return SyncResult(
        offset, float(u), "pulses", n, slope * 1e6, p95, (), tuple(notes), knots,
        tuple(zip(a.tolist(), d.tolist(), strict=True)),
    )  # fmt: skip


def _between_looks(d: Floats, widths_s: tuple[float, float]) -> tuple[float, float]:
    """Mean and SD of the offset, each difference being wrong by two uniform errors and noise.

    The noise (clock maps, edges) is not known either: the posterior is summed over its size.
    """
    from scipy.special import ndtr

    centre = float(np.median(d))
    wide, narrow = max(widths_s), max(min(widths_s), 1e-9)
    reach = 0.5 * (wide + narrow) + 2.0 * float(np.quantile(np.abs(d - centre), 0.9))
    grid = centre + np.linspace(-reach, reach, _GRID)
    steps = np.array([wide + narrow, wide - narrow, narrow - wide, -wide - narrow]) / 2.0
    second = np.array([1.0, -1.0, -1.0, 1.0])
    likelihood = np.zeros((len(_NOISES_S), _GRID))
    for row, noise in enumerate(_NOISES_S):
        for part in np.array_split(d, max(1, len(d) // 100)):  # bounds the memory
            # Box * box * normal: second differences of the integral of the normal distribution.
            z = (part[:, None, None] - grid[None, :, None] + steps) / noise
            ramp = z * ndtr(z) + np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
            density = np.maximum((ramp @ second) * noise / (wide * narrow), 0.0)
            likelihood[row] += np.log(density + _STRAY / reach).sum(axis=0)
    weight = np.exp(likelihood - likelihood.max()).sum(axis=0)
    weight /= weight.sum()
    mean = float(weight @ grid)
    return mean, float(np.sqrt(weight @ (grid - mean) ** 2))


def _slope(t: Floats, d: Floats) -> tuple[float, tuple[float, float]]:
    """Theil-Sen slope and its 95 % interval; 0 with no bound below four pulses."""
    if len(t) < 4:
        return 0.0, (-np.inf, np.inf)
    from scipy.stats import theilslopes

    if len(t) > 300:  # pairs grow with the square
        t, d = _tens(t, d)
    slope, _, low, high = theilslopes(d, t, alpha=0.95)
    return float(slope), (float(low), float(high))


def _tens(t: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Mean times and median differences of ten pulses each; the last group takes what is left."""
    cuts = range(_KNOT, len(t) - _KNOT + 1, _KNOT)
    return (
        np.array([part.mean() for part in np.split(t, cuts)]),
        np.array([np.median(part) for part in np.split(d, cuts)]),
    )


def _knots(t: Floats, d: Floats, slope: float, u_edge_s: float) -> tuple[tuple[float, float], ...]:
    """Knots of a correction in time, none where a constant explains the differences.

    Medians of ten scatter themselves (by 0.1 ms at 1 kHz), so they replace a constant only
    where they differ from it by more than chance would in one of a thousand recordings.
    """
    from scipy.special import ndtri

    gaps = np.flatnonzero(np.diff(t) > _GROUP_S) + 1
    groups: Sequence[NDArray[np.intp]] = np.split(np.arange(len(t)), gaps)
    if len(t) >= _DENSE and float(np.max(np.diff(t), initial=0.0)) <= _DENSE_S:
        x, y = _tens(t, d)
        error = _median_error(d - np.interp(t, x, y), u_edge_s, _KNOT)
        if np.max(np.abs(y - np.median(d))) > -ndtri(_CHANCE / (2 * len(y))) * error:
            return tuple(zip(x.tolist(), y.tolist(), strict=True))
        return ()
    big = [group for group in groups if len(group) >= _LEAST]
    if len(big) < 2:
        return ()
    levels = [float(np.median(d[group])) for group in (big[0], big[-1])]
    own = np.concatenate([d[group] - np.median(d[group]) for group in big])
    errors = [_median_error(own, u_edge_s, len(group)) for group in (big[0], big[-1])]
    if abs(levels[1] - levels[0]) <= -ndtri(_CHANCE / 2) * float(np.hypot(errors[0], errors[1])):
        return ()
    ends = np.array([t[0], t[-1]])
    line = np.median(d - slope * t) + slope * ends
    return tuple(zip(ends.tolist(), line.tolist(), strict=True))


def _median_error(residual: Floats, u_edge_s: float, n: int) -> float:
    """Give the standard error of a median of ``n`` differences that scatter like ``residual``."""
    spread = 1.4826 * float(np.median(np.abs(residual - np.median(residual))))
    return 1.2533 * max(spread, u_edge_s) / float(np.sqrt(n))
