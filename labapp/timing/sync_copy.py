"""The copy channel: the load cell's analogue signal in a spare EMG channel, against its stream.

The same curve arrives over two ways; the lag at which they agree best is the whole difference
of the two ways at once: transport, converter and filter (reference: 0.16 ms at most for an
80 Hz load cell and ten pulls).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from labapp.model import Floats
from labapp.timing.sync import SyncResult, refusal

GRID_HZ = 2000.0
SEARCH_S = 0.25
LEAST_R = 0.98
LEAST_PEAK_RATIO = 1.2
LEAST_PULLS = 3
_BEFORE_S, _AFTER_S = 0.7, 0.9
_TAPS = 401
_HIGHEST_HZ = 50.0
_BAND = 0.35
_LEAST_STEPS = 50
_DRAWS = 400


def copy_offset(
    copy_times: ArrayLike,
    copy: ArrayLike,
    force_times: ArrayLike,
    force: ArrayLike,
    *,
    rng: np.random.Generator,
    search_s: float = SEARCH_S,
) -> SyncResult:
    """Offset of a force stream from the copy of its signal in another stream.

    Parameters
    ----------
    copy_times, copy
        (n,) s and any unit: the copy, usually in a spare EMG channel; NaN where lost.
    force_times, force
        (m,) s and any unit: the force as its own device sent it; NaN where lost.
    rng
        Draws the pulls of the bootstrap.
    search_s
        Largest offset looked for, either way.

    Returns
    -------
    SyncResult
        What to add to the force's times. Every pull is cut out of both, brought to 2 kHz,
        passed through one zero-phase FIR low-pass that suits the slower stream, and correlated;
        the offset is the (parabolic) peak of the pooled normalised correlation, ``u`` its
        standard deviation over resampled pulls. Refused below three pulls, ``r`` <= 0.98, a
        peak not 1.2 times the next one, or a peak at the edge of the search.
    """
    t, x = _clean(copy_times, copy)
    tf, f = _clean(force_times, force)
    if len(tf) < 20 or len(t) < 20:
        return refusal("the copy or the force is too short", "copy")
    rate_x, rate_f = 1.0 / float(np.median(np.diff(t))), 1.0 / float(np.median(np.diff(tf)))
    fir = _low_pass(min(_BAND * min(rate_x, rate_f), _HIGHEST_HZ))
    margin = search_s + (_TAPS // 2 + 2) / GRID_HZ
    parts = []
    for rise in _rises(tf, f):
        a = _cut(tf, f, rise - _BEFORE_S, rise + _AFTER_S, fir, rate_f)
        b = _cut(t, x, rise - _BEFORE_S - search_s, rise + _AFTER_S + search_s, fir, rate_x)
        if a is not None and b is not None:
            parts.append((rise, _correlate(a, b)))
    if len(parts) < LEAST_PULLS:
        return refusal(
            f"{len(parts)} pulls are seen whole in both, {LEAST_PULLS} are needed "
            f"(force {margin:.1f} s before and after each)",
            "copy",
            len(parts),
        )
    cross, power_f, power_x = (np.stack([part[k] for _, part in parts]) for k in range(3))
    curve = _pooled(cross, power_f, power_x)
    lag, r = _peak(curve)
    if lag is None or not np.isfinite(r):
        return refusal(
            f"no peak within {1000 * search_s:.0f} ms: the copy does not follow the force",
            "copy",
            len(parts),
        )
    second = _second_peak(curve)
    reasons = []
    steps = _steps(x)
    if steps < _LEAST_STEPS:  # a curve of so few steps is late by a millisecond and more
        reasons.append(
            f"the copy has {steps:.0f} steps over a pull, {_LEAST_STEPS} are needed: use a channel "
            "of 10 bits or more, or amplify"
        )
    if r <= LEAST_R:
        reasons.append(f"the copy agrees with the force by r = {r:.3f} only (> {LEAST_R} needed)")
    if second > 0 and r / second <= LEAST_PEAK_RATIO:
        reasons.append(f"a second lag fits nearly as well ({second:.3f} against {r:.3f})")
    own = [_peak(_pooled(cross[[k]], power_f[[k]], power_x[[k]]))[0] for k in range(len(parts))]
    alone = np.array([lag if one is None else one for one in own])
    u = _bootstrap(cross, power_f, power_x, lag, rng)
    times = np.array([rise for rise, _ in parts]) + lag
    slope = 0.0
    if len(parts) >= 4:
        from scipy.stats import theilslopes

        slope = float(theilslopes(alone, times)[0])
    return SyncResult(
        lag,
        u,
        "copy",
        len(parts),
        slope * 1e6,
        float(np.quantile(np.abs(alone - lag), 0.95)),
        tuple(reasons),
        differences=tuple(zip(times.tolist(), alone.tolist(), strict=True)),
        converted=(True, True),
    )


def _clean(times: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    t, x = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if t.shape != x.shape or t.ndim != 1:
        raise ValueError(f"need one time per value, got {t.shape} and {x.shape}")
    good = np.isfinite(x)
    return t[good], x[good]


def _low_pass(cut_hz: float) -> Floats:
    from scipy.signal import firwin

    taps: Floats = np.asarray(firwin(_TAPS, cut_hz, fs=GRID_HZ), dtype=np.float64)
    return taps


def _rises(t: Floats, f: Floats) -> list[float]:
    """Find the times at which the force passes 40 % of its range, having been below 20 %."""
    low, high = (float(q) for q in np.quantile(f, (0.1, 0.995)))
    rest, level = low + 0.2 * (high - low), low + 0.4 * (high - low)
    found: list[float] = []
    last = 0
    for i in np.flatnonzero((f[1:] >= level) & (f[:-1] < level)).tolist():
        if f[last : i + 1].min() < rest:
            found.append(float(t[i]))
        last = i
    return found


def _steps(x: Floats) -> float:
    """Count the converter's steps within the usual range of the copy."""
    jumps = np.abs(np.diff(x))
    jumps = jumps[jumps > 0]
    low, high = (float(q) for q in np.quantile(x, (0.1, 0.995)))
    return (high - low) / float(jumps.min()) if len(jumps) else 0.0


def _cut(
    t: Floats, x: Floats, start: float, stop: float, fir: Floats, rate: float
) -> Floats | None:
    """Window on the 2 kHz grid, low-passed; None where samples are missing in it."""
    from scipy.interpolate import CubicSpline

    margin = (len(fir) // 2) / GRID_HZ
    first, last = np.searchsorted(t, (start - margin - 3 / rate, stop + margin + 3 / rate))
    part_t, part = t[first:last], x[first:last]
    due = (stop - start + 2 * margin) * rate
    if len(part) < 0.99 * due or len(part) < 8 or np.max(np.diff(part_t)) > 2.5 / rate:
        return None
    if part_t[0] > start - margin or part_t[-1] < stop + margin:
        return None
    width = int(rate / GRID_HZ) | 1
    if width > 1:  # keep what lies above the grid's own band out of it
        part = np.convolve(part, np.full(width, 1.0 / width), mode="same")
    n = round((stop - start) * GRID_HZ)
    grid = start + np.arange(-(len(fir) // 2), n + len(fir) // 2) / GRID_HZ
    return np.convolve(CubicSpline(part_t, part)(grid), fir, mode="valid")


def _correlate(f: Floats, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Covariance sum per lag of ``f`` within the longer ``x``, and the two sums of squares."""
    from scipy.signal import correlate

    f = f - f.mean()
    x = x - x.mean()
    cross = np.asarray(correlate(x, f, mode="valid", method="fft"), dtype=np.float64)
    total = np.concatenate([[0.0], np.cumsum(x)])
    square = np.concatenate([[0.0], np.cumsum(x * x)])
    n = len(f)
    sums, squares = total[n:] - total[:-n], square[n:] - square[:-n]
    power = np.maximum(squares - sums * sums / n, 0.0)
    return cross, np.full(len(cross), float(f @ f)), power


def _pooled(cross: Floats, power_f: Floats, power_x: Floats) -> Floats:
    """Normalised correlation per lag over all pulls."""
    norm = np.sqrt(power_f.sum(axis=0) * power_x.sum(axis=0))
    return np.where(norm > 0, cross.sum(axis=0) / np.where(norm > 0, norm, 1.0), 0.0)


def _peak(curve: Floats) -> tuple[float | None, float]:
    """Lag (s) and height of the highest peak, refined by a parabola; None at the edge."""
    top = int(np.argmax(curve))
    if not 0 < top < len(curve) - 1:
        return None, float(curve[top])
    y0, y1, y2 = curve[top - 1 : top + 2].tolist()
    bend = y0 - 2 * y1 + y2
    part = 0.5 * (y0 - y2) / bend if bend < 0 else 0.0
    centre = (len(curve) - 1) / 2
    return (top + part - centre) / GRID_HZ, float(y1 - 0.25 * (y0 - y2) * part)


def _second_peak(curve: Floats) -> float:
    """Height of the next highest local maximum, 0 where there is none."""
    inner = curve[1:-1]
    tops = inner[(inner > curve[:-2]) & (inner >= curve[2:])]
    return float(np.sort(tops)[-2]) if len(tops) > 1 else 0.0


def _bootstrap(
    cross: Floats, power_f: Floats, power_x: Floats, lag: float, rng: np.random.Generator
) -> float:
    """Give the standard deviation of the peak over pulls drawn with replacement."""
    n = len(cross)
    weights = rng.multinomial(n, np.full(n, 1.0 / n), size=_DRAWS).astype(np.float64)
    curves = (weights @ cross) / np.sqrt((weights @ power_f) * (weights @ power_x))
    peaks = np.array([_peak(curve)[0] for curve in curves], dtype=np.float64)
    drawn = np.where(np.isfinite(peaks), peaks, lag)
    return float(drawn.std() * np.sqrt(n / (n - 1)))
