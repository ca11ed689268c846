"""When one muscle starts: the main burst, then the probability of every onset time in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.burst import Burst, Window, prepare
from labapp.analysis.filters import EMG_BAND_HZ
from labapp.analysis.posterior import (
    AFTER_S,
    BEFORE_S,
    KINDS,
    Moments,
    RampFit,
    Shapes,
    moments,
    normalised,
    ramp_fit,
    shape_grid,
)

Floats = NDArray[np.float64]
State = Literal[
    "ok", "not_found", "in_baseline", "ambiguous", "not_measurable", "edited", "rejected"
]

NU_FACTOR = 2.0
"""Tempering: weight of a sample = this times its share of independence (at most 1)."""

BIN_S = 0.002
"""Resolution of candidate onsets, far below the scatter of any surface onset."""

SNR_REFUSED_DB = 6.0
LEANING_S = 0.007
WIDEST_S = 0.35
"""An onset whose 95 % interval is wider than this is called ambiguous."""

ONSET_SHAPES = shape_grid(KINDS)
"""All kinds of ramp, each with every duration: nobody knows how a muscle starts."""


@dataclass(frozen=True, slots=True)
class Onset:
    """Onset of one muscle.

    Attributes
    ----------
    time, low, high
        s from the first sample of the signal; the interval holds 95 % of the posterior. NaN
        unless a burst was timed (always for ``ok``); only
        ``ok`` may be used without looking.
    rise_time
        s, posterior mean of the time from 10 to 90 % of the amplitude; NaN without a burst.
    snr_db
        10 log10(greatest 10 Hz power / baseline power - 1); -20 is the floor.
    state
        ``ok | not_found | in_baseline | ambiguous | not_measurable``.
    reason
        One plain phrase, empty for ``ok``.
    """

    time: float
    low: float
    high: float
    rise_time: float
    snr_db: float
    state: State
    reason: str = ""


def detect_onset(
    signal: ArrayLike,
    rate: float,
    *,
    baseline: Window,
    search: Window,
    band: Window | None = EMG_BAND_HZ,
) -> Onset:
    """Time the onset of the main burst in one channel.

    Parameters
    ----------
    signal
        (n_samples,), volts or any unit; NaN where samples were lost.
    rate
        Hz.
    baseline, search
        (start_s, stop_s) from the first sample: quiet rest, and where the onset may lie.
    band
        Band-pass corners in Hz (zero-phase, no delay); None for a band-passed signal.

    Returns
    -------
    Onset
        ``not_found``: nothing rises out of the rest, or below 6 dB; ``in_baseline``: active
        before the search; ``ambiguous``: a twitch beside the burst, a lone spike, or a 95 %
        interval above 350 ms; ``not_measurable``: lost, constant or clipped samples.

    Raises
    ------
    LabError
        If the signal is empty, not (n_samples,), not numeric, or a window does not fit in it.
    """
    burst = prepare(signal, rate, baseline=baseline, search=search, band=band)
    return onset_of(burst)


def onset_of(burst: Burst) -> Onset:
    """Time a prepared burst (see `detect_onset`)."""
    if burst.state != "ok":
        return _ended(burst, burst.state, burst.reason)
    if burst.snr_db < SNR_REFUSED_DB:
        return _ended(burst, "not_found", f"signal-to-noise ratio {burst.snr_db:.0f} dB")
    fit = fit_ramp(burst, ONSET_SHAPES)
    p = normalised(fit)
    time = moments(fit.times, p.sum(axis=1))
    rise = float(p.sum(axis=0) @ fit.middles)
    state: State = "ok"
    reason = ""
    # A posterior that leans on the first candidate has not seen the beginning.
    leaning = fit.times < _first_candidate(burst) / burst.rate + LEANING_S
    if float(p[leaning].sum()) > 0.05:
        state, reason = "in_baseline", "the burst may have begun before the search window"
    elif time.median * burst.rate < burst.search[0] - 0.02 * burst.rate:
        state, reason = "in_baseline", "the burst began before the search window"
    elif time.high - time.low > WIDEST_S:
        state, reason = "ambiguous", "the beginning is too gradual or too noisy to time"
    return Onset(time.median, time.low, time.high, rise, burst.snr_db, state, reason)


def fit_ramp(
    burst: Burst, shapes: Shapes, *, extra: float = 0.0, bin_s: float = BIN_S, sharp: float = 1.0
) -> RampFit:
    """Ramp posterior of a prepared burst.

    Parameters
    ----------
    burst
        State ``ok``.
    shapes
        Which ramps may be.
    extra
        Noise power to add in expectation, in units of the rest's power (equalisation).
    bin_s
        Distance of the candidate onsets, about.
    sharp
        Weight of a sample, relative to that of a single onset.
    """
    per_bin = max(round(burst.rate * bin_s), 1)
    first = _first_candidate(burst)
    end = len(burst.x) if np.isfinite(burst.x[-1]) else _last_finite(burst)
    stop = min(burst.alarm + int(AFTER_S * burst.rate), end)
    count = (stop - first) // per_bin
    power = np.square(burst.y[first : first + count * per_bin]).reshape(count, per_bin).mean(axis=1)
    if extra > 0:
        power = (power + extra) / (1.0 + extra)
    step = per_bin / burst.rate
    return ramp_fit(
        power,
        step,
        first / burst.rate,
        nu=sharp * min(NU_FACTOR * burst.share, 1.0) * per_bin,
        shapes=shapes,
    )


def moments_of(fit: RampFit) -> Moments:
    """Summary of the onset's posterior, shapes summed out."""
    return moments(fit.times, normalised(fit).sum(axis=1))


def _first_candidate(burst: Burst) -> int:
    return max(burst.alarm - int(BEFORE_S * burst.rate), burst.baseline[0])


def _last_finite(burst: Burst) -> int:
    bad = np.flatnonzero(~np.isfinite(burst.x[burst.alarm :]))
    return burst.alarm + int(bad[0]) if len(bad) else len(burst.x)


def _ended(burst: Burst, state: str, reason: str) -> Onset:
    words: dict[str, State] = {
        "not_found": "not_found",
        "in_baseline": "in_baseline",
        "ambiguous": "ambiguous",
        "not_measurable": "not_measurable",
    }
    nan = math.nan
    return Onset(nan, nan, nan, nan, burst.snr_db, words[state], reason)
