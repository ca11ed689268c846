"""Heart beats in an EMG channel: where they are, how large, and whether there are any.

The QRS complex lies mostly below 30 Hz, most EMG above. Beats are first found in the quiet parts,
where they stand out; their median is the template that is then searched for in the whole channel,
so that a burst neither hides a beat nor is taken for one: what does not look like the template, or
does not fit the rhythm, is no beat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.filters import as_signal, bridge_short_gaps, finite_parts
from labapp.analysis.moving import moving_mean
from labapp.errors import LabError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

QRS_BAND_HZ = (8.0, 30.0)
LEAST_RATE_HZ = 200.0
REFRACTORY_S = 0.35
"""Beats are at least this far apart (170 per minute)."""

LONGEST_INTERVAL_S = 2.0
TEMPLATE_S = (-0.15, 0.25)
CORE_S = 0.06
"""Half width of the part of a beat that is compared: the QRS complex."""

LEAST_BEATS = 10
LEAST_RHYTHM = 0.75
"""Share of regular intervals that makes beats of what stands out (chance: 0.3 to 0.6)."""


@dataclass(frozen=True, slots=True, eq=False)
class Heart:
    """Heart beats of one channel.

    Attributes
    ----------
    beats
        (n,) samples of the R peaks, increasing; only beats seen in the signal.
    rate_bpm
        Median rate per minute; NaN where there is none.
    r_amplitude
        Median height of the R wave in 8-30 Hz, unit of the signal.
    r_ratio
        Height over the RMS of the quiet parts between beats in the same band.
    state
        ``present``, ``none`` (no regular beat stands out) or ``not measurable``.
    reason
        Why it is not present.
    """

    beats: Integers
    rate_bpm: float
    r_amplitude: float
    r_ratio: float
    state: Literal["present", "none", "not measurable"]
    reason: str = ""


def find_heart(signal: ArrayLike, rate: float) -> Heart:
    """Find the heart beats in an EMG (or ECG) channel.

    Parameters
    ----------
    signal
        (n_samples,) not high-pass filtered above 10 Hz, NaN where lost; 10 s and more.
    rate
        Hz, at least 200.

    Notes
    -----
    ``present`` needs ten beats that stand out three times from the quiet parts between them and
    keep a rhythm: three quarters of their intervals within 15 % of the typical one (or of a
    multiple of it, where bursts hide beats).
    """
    x = as_signal(signal, rate)
    if x.ndim != 1:
        raise LabError(f"signal has shape {x.shape}", "give one channel")
    x = np.where(np.isinf(x), np.nan, x)
    none = np.empty(0, dtype=np.int64)
    nan = math.nan
    if rate < LEAST_RATE_HZ:
        return Heart(none, nan, nan, nan, "not measurable", f"a rate of {rate:g} Hz is too low")
    full, x = x, bridge_short_gaps(x, rate)
    slope, x, every = _thinned(x, rate)
    rate /= every
    whole = [(a, b) for a, b in finite_parts(x) if b - a >= 1.0 * rate]
    if sum(b - a for a, b in whole) < 10 * rate:
        return Heart(none, nan, nan, nan, "not measurable", "fewer than 10 s without a gap")
    q = _qrs_band(x, whole, rate)
    quiet = _quiet(slope, rate) & np.isfinite(q)
    level = _spread(q[quiet])
    if not level > 0:
        return Heart(none, nan, nan, nan, "none", "the channel does not vary at rest")
    seeds = _peaks(np.where(quiet, np.abs(q), 0.0), 3.0 * level, rate)
    seeds = _alike(q, seeds, rate)
    if len(seeds) < LEAST_BEATS:
        return Heart(none, nan, nan, nan, "none", f"{len(seeds)} beats stand out, 10 are needed")
    beats = _matched(q, seeds, rate)
    interval, share = _rhythm(beats, rate)
    if not share >= LEAST_RHYTHM:
        reason = f"what stands out keeps no rhythm ({100 * share:.0f} % of intervals)"
        return Heart(none, nan, nan, nan, "none", reason)
    height = float(np.median(np.abs(q[np.intersect1d(beats, np.flatnonzero(quiet))])))
    away = quiet.copy()
    for beat in beats:
        away[max(beat - int(0.1 * rate), 0) : beat + int(0.1 * rate) + 1] = False
    noise = float(np.sqrt(np.mean(np.square(q[away])))) if away.sum() > rate else level
    ratio = height / noise if noise > 0 else nan
    return Heart(_refined(full, beats, every), 60 / interval, height, ratio, "present")


def _thinned(x: Floats, rate: float) -> tuple[Floats, Floats, int]:
    """Mean square slope and mean of every few samples: a beat needs no more than 250 Hz."""
    every = max(int(rate / LEAST_RATE_HZ), 1)
    n = len(x) // every
    slope = np.square(np.diff(x, prepend=x[:1]))[: n * every].reshape(n, every)
    return slope.mean(axis=1), x[: n * every].reshape(n, every).mean(axis=1), every


def _refined(x: Floats, beats: Integers, every: int) -> Integers:
    """Return the samples of the R peaks in the full signal from those in the thinned one."""
    return np.minimum(beats * every + every // 2, len(x) - 1)


def _qrs_band(x: Floats, whole: list[tuple[int, int]], rate: float) -> Floats:
    from labapp.analysis.filters import band_pass

    out = np.full(len(x), np.nan)
    for first, stop in whole:
        out[first:stop] = band_pass(x[first:stop], rate, QRS_BAND_HZ, order=2)
    return out


def _quiet(slope: Floats, rate: float) -> NDArray[np.bool_]:
    """Find samples at rest: the 0.5 s mean square slope is near its lower quarter.

    The slope weighs the EMG's high frequencies, which a beat hardly has.
    """
    level = np.maximum(moving_mean(np.nan_to_num(slope), rate, 0.5), 0.0)
    return np.asarray(level <= 4.0 * np.quantile(level[np.isfinite(slope)], 0.25))


def _spread(values: Floats) -> float:
    return float(1.4826 * np.median(np.abs(values))) if len(values) else 0.0


def _peaks(height: Floats, least: float, rate: float) -> Integers:
    """Local maxima above `least`, the greater of two within the refractory time."""
    from scipy.signal import find_peaks

    at, _ = find_peaks(height, height=least, distance=max(int(REFRACTORY_S * rate), 1))
    return np.asarray(at, dtype=np.int64)


def _windows(q: Floats, at: Integers, reach: int) -> tuple[Floats, Integers]:
    inside = at[(at >= reach) & (at < len(q) - reach)]
    rows = q[inside[:, None] + np.arange(-reach, reach + 1)[None, :]]
    whole = np.isfinite(rows).all(axis=1)
    return rows[whole], inside[whole]


def _alike(q: Floats, seeds: Integers, rate: float) -> Integers:
    """Seeds that resemble their common median (correlation from 0.7)."""
    rows, at = _windows(q, seeds, int(CORE_S * rate))
    if len(at) < 3:
        return at
    # The sign of most: a beat may point down.
    centre = rows[:, rows.shape[1] // 2]
    sign = 1.0 if (centre > 0).mean() >= 0.5 else -1.0
    rows, at = rows[centre * sign > 0], at[centre * sign > 0]
    template = np.median(rows, axis=0)
    return at[_correlation(rows, template) >= 0.7]


def _correlation(rows: Floats, template: Floats) -> Floats:
    scale = np.sqrt(np.square(rows).sum(axis=1) * float(np.square(template).sum()))
    return np.asarray(np.divide(rows @ template, scale, out=np.zeros(len(rows)), where=scale > 0))


def _matched(q: Floats, seeds: Integers, rate: float) -> Integers:
    """Every place in the channel that looks like a beat and is about as large as one."""
    from scipy.signal import fftconvolve

    reach = int(CORE_S * rate)
    rows, _ = _windows(q, seeds, reach)
    template = np.median(rows, axis=0)
    energy = float(np.square(template).sum())
    clean = np.nan_to_num(q)
    fit = fftconvolve(clean, template[::-1], mode="same") / energy
    own = np.sqrt(
        np.maximum(moving_mean(np.square(clean), rate, (2 * reach + 1) / rate), 0.0)
        * (2 * reach + 1)
    )
    alike = np.divide(fit * math.sqrt(energy), own, out=np.zeros(len(q)), where=own > 0)
    good = (alike > 0.6) & (fit > 0.4) & (fit < 2.5)
    return _peaks(np.where(good, fit, 0.0), 0.4, rate)


def _rhythm(beats: Integers, rate: float) -> tuple[float, float]:
    """Typical interval (s) and the share of intervals that are near it or a multiple."""
    if len(beats) < LEAST_BEATS:
        return math.nan, 0.0
    gaps = np.diff(beats) / rate
    gaps = gaps[gaps <= 2 * LONGEST_INTERVAL_S]
    if len(gaps) < LEAST_BEATS - 1:
        return math.nan, 0.0
    typical = float(np.median(gaps[gaps <= 1.3 * np.quantile(gaps, 0.25)]))
    if typical > LONGEST_INTERVAL_S:
        return math.nan, 0.0
    turns = np.maximum(np.round(gaps / typical), 1.0)
    return typical, float((np.abs(gaps - turns * typical) <= 0.15 * typical).mean())
