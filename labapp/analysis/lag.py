"""The lag between two muscles in one pull, fair between channels of unequal noise.

A cleaner channel shows its burst earlier, whatever the detector. So the cleaner of the two is
first given the noise it lacks: its squared, rest-scaled signal ``p`` becomes ``(p + c) / (1 +
c)``, the expectation of adding independent noise of ``c`` times its rest power. That is the
noise equalisation of the reference without its random draws: the same bias is removed, less
scatter is added. Both bursts are then timed by the same ramp model, mostly with a rise that
they share: sharing it takes the trade between an early slow and a late fast ramp out of the
difference, a third of its scatter. Where the pull shows that their rises differ, the lag is
made with a ramp of each muscle's own, the kind of ramp left open, and is not interpretable: how
softly a muscle starts cannot be read from one pull. Before all that, the frequencies of each
burst are weighted by its excess over the rest (`labapp.analysis.weighting`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.burst import Burst, Window, prepare
from labapp.analysis.filters import EMG_BAND_HZ
from labapp.analysis.onset import BIN_S, SNR_REFUSED_DB, fit_ramp
from labapp.analysis.pooled import POOLED_SHAPES
from labapp.analysis.posterior import RampFit, Shapes, shape_grid
from labapp.analysis.weighting import weighted
from labapp.errors import LabError

Floats = NDArray[np.float64]
LagState = Literal["ok", "not interpretable"]

LAG_SHAPES = shape_grid(("variance",))
"""Ramp linear in variance: the least scatter of a difference (docs/explanation/onset.md)."""

SNR_ORDER_DB = 10.0
SNR_GAP_DB = 20.0
SMALLEST_GAP_DB = 0.5
SHARPNESS = 0.75
"""Weight of a sample in a lag, times that in a single onset: the mean of a flatter posterior is
steadier, and its SD is about the scatter of the lag."""

SHARED_RISE = 0.9
"""Prior probability that the two muscles rise alike."""

RISE_RATIO = 1.5
RISE_CERTAIN = 0.95
"""A pull whose rises differ by this ratio with this probability is not interpretable."""

MODEL_S = 0.001
MODEL_SHARE = 0.055
"""Uncertainty added for what the ramp model leaves out: constant, and as a share of the rise."""

DRAW_FREE = 0.4
"""Share of the variance that equalisation by expectation saves at a large difference of SNR.

These three are calibrated on simulated pulls, see docs/explanation/onset.md.
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """Lag of two muscles in one pull: first minus second, negative = the first came first.

    Attributes
    ----------
    lag, low, high
        s, posterior mean and 95 % interval; NaN where either onset is missing.
    p_before
        Probability that the first muscle started before the second, NaN where unknown.
    state
        ``ok`` or ``not interpretable``.
    reasons
        Plain words; empty for ``ok``.
    lag_raw
        s, the same without equalisation (biased towards the cleaner channel).
    snr_db
        Of the first and of the second.
    """

    lag: float
    low: float
    high: float
    p_before: float
    state: LagState
    reasons: tuple[str, ...] = ()
    lag_raw: float = math.nan
    snr_db: tuple[float, float] = (math.nan, math.nan)


def onset_lag(
    first: ArrayLike,
    second: ArrayLike,
    rate: float,
    *,
    baseline: Window,
    search: Window,
    band: Window | None = EMG_BAND_HZ,
    names: tuple[str, str] = ("first", "second"),
) -> Lag:
    """Lag between the onsets of two channels that share one clock.

    Parameters
    ----------
    first, second
        (n_samples,) each, same length; any units; NaN where samples were lost.
    rate, baseline, search, band
        As for `detect_onset`, the same for both.
    names
        Used in the reasons.

    Raises
    ------
    LabError
        As `detect_onset`, and if the channels differ in length.
    """
    a = prepare(first, rate, baseline=baseline, search=search, band=band)
    b = prepare(second, rate, baseline=baseline, search=search, band=band)
    if len(a.x) != len(b.x):
        raise LabError(
            f"channels have {len(a.x)} and {len(b.x)} samples", "give two channels of one recording"
        )
    return lag_of(a, b, names)


def lag_of(a: Burst, b: Burst, names: tuple[str, str] = ("first", "second")) -> Lag:
    """Lag between two prepared bursts (see `onset_lag`)."""
    from scipy.special import ndtr

    reasons = [
        f"{name}: {_words(burst)}"
        for name, burst in zip(names, (a, b), strict=True)
        if burst.state != "ok" or burst.snr_db < SNR_REFUSED_DB
    ]
    nan = math.nan
    snr = (a.snr_db, b.snr_db)
    if reasons:
        return Lag(nan, nan, nan, nan, "not interpretable", tuple(reasons), nan, snr)
    for name, burst in zip(names, (a, b), strict=True):
        if burst.snr_db < SNR_ORDER_DB:
            reasons.append(
                f"{name}: signal-to-noise ratio {burst.snr_db:.0f} dB, an order needs 10 dB"
            )
    if abs(a.snr_db - b.snr_db) > SNR_GAP_DB:
        reasons.append(
            f"signal-to-noise ratios differ by {abs(a.snr_db - b.snr_db):.0f} dB (limit 20 dB)"
        )
    target = min(snr)
    heard = weighted(a), weighted(b)
    fits = lag_fit(heard[0], target), lag_fit(heard[1], target)
    lag, sd = joint_lag(*fits)
    raw = lag
    if max(extra_noise(a.snr_db, target), extra_noise(b.snr_db, target)) > 0:
        raw, _ = joint_lag(*(lag_fit(burst, burst.snr_db) for burst in heard))
    unequal, rise = rises_of(*fits)
    if unequal > RISE_CERTAIN:
        lag, sd = apart_lag(*(equalised_fit(burst, target, POOLED_SHAPES) for burst in (a, b)))
        reasons.append(f"{names[0]} and {names[1]} rise at different speed")
    sd *= math.sqrt(1 - DRAW_FREE * (1 - 10 ** (-abs(a.snr_db - b.snr_db) / 10)))
    sd = math.hypot(sd, MODEL_S, MODEL_SHARE * rise)
    return Lag(
        lag,
        lag - 1.96 * sd,
        lag + 1.96 * sd,
        float(ndtr(-lag / sd)),
        "not interpretable" if reasons else "ok",
        tuple(reasons),
        raw,
        snr,
    )


def joint_lag(a: RampFit, b: RampFit, *, offset: float = 0.0) -> tuple[float, float]:
    """Mean and SD (s) of the posterior of the lag between two fitted bursts.

    The two posteriors are correlated shape by shape: with probability `SHARED_RISE` both
    muscles have the same ramp, else each its own.

    Parameters
    ----------
    a, b
        Fits with the same shapes and the same spacing of candidate onsets.
    offset
        s to add to the lag (start of `a`'s time axis minus that of `b`).
    """
    shapes = a.log.shape[1]
    fa, fb, size = _transforms(a, b)
    shared = (fa * fb).sum(axis=1) / shapes
    apart = fa.sum(axis=1) * fb.sum(axis=1) / shapes**2
    p = np.fft.irfft(SHARED_RISE * shared + (1 - SHARED_RISE) * apart, size)
    return _summary(p, a, b, offset)


def apart_lag(a: RampFit, b: RampFit) -> tuple[float, float]:
    """Mean and SD (s) of the posterior of a lag when each muscle has its own rise.

    Both follow the same kind of ramp, any of those that were fitted, with equal prior.
    """
    fa, fb, size = _transforms(a, b)
    total = np.zeros(len(fa), dtype=np.complex128)
    for kind in dict.fromkeys(a.shapes.kinds):
        at = a.where(kind)
        total += fa[:, at].sum(axis=1) * fb[:, at].sum(axis=1) / int(at.sum()) ** 2
    return _summary(np.fft.irfft(total, size), a, b, 0.0)


def rises_of(a: RampFit, b: RampFit) -> tuple[float, float]:
    """Probability that two bursts rise unequally, and the rise (s) they would share.

    Unequal is more than `RISE_RATIO` times as long, with the prior of `joint_lag`; ramps below
    15 ms count as 15 ms.
    """
    # At the full weight of a single pull: here nothing is averaged.
    evidence = [np.exp((fit.log - fit.log.max()) / SHARPNESS).sum(axis=0) for fit in (a, b)]
    rise = np.maximum(a.rises, a.rises[1])
    n = len(rise)
    shared = evidence[0] * evidence[1] + 1e-300
    prior = SHARED_RISE / n * np.eye(n) + (1 - SHARED_RISE) / n**2
    p = prior * np.outer(*evidence) + 1e-300
    ratio = rise[:, None] / rise[None, :]
    slower = max(float(p[ratio > RISE_RATIO].sum()), float(p[1 / ratio > RISE_RATIO].sum()))
    return slower / float(p.sum()), float(shared @ a.rises) / float(shared.sum())


def _transforms(
    a: RampFit, b: RampFit
) -> tuple[NDArray[np.complex128], NDArray[np.complex128], int]:
    """Fourier transforms whose products are the correlations of two posteriors, by shape."""
    pa, pb = np.exp(a.log - a.log.max()), np.exp(b.log - b.log.max())
    size = 1 << (2 * max(len(pa), len(pb)) - 1).bit_length()
    return np.fft.rfft(pa, size, axis=0), np.conj(np.fft.rfft(pb, size, axis=0)), size


def _summary(p: Floats, a: RampFit, b: RampFit, offset: float) -> tuple[float, float]:
    """Mean and SD of a lag from the correlation of two posteriors."""
    size = len(p)
    p = np.maximum(p, 0.0)
    p /= p.sum()
    steps = np.arange(size)
    steps[size // 2 :] -= size
    step = float(a.times[1] - a.times[0]) if len(a.times) > 1 else 0.0
    lags = steps * step + float(a.times[0] - b.times[0]) + offset
    mean = float((p * lags).sum())
    variance = float((p * np.square(lags - mean)).sum())
    return mean, math.sqrt(variance)


def lag_fit(burst: Burst, target_db: float) -> RampFit:
    """Ramp posterior, for `joint_lag`, of a burst that went through `weighted`."""
    return equalised_fit(burst, target_db, LAG_SHAPES, sharp=SHARPNESS)


def equalised_fit(
    burst: Burst,
    target_db: float,
    shapes: Shapes,
    bin_s: float = BIN_S,
    sharp: float = 1.0,
) -> RampFit:
    """Ramp posterior of a burst at a signal-to-noise ratio of `target_db` (see `fit_ramp`)."""
    extra = extra_noise(burst.snr_db, target_db)
    return fit_ramp(burst, shapes, extra=extra, bin_s=bin_s, sharp=sharp)


def extra_noise(snr_db: float, target_db: float) -> float:
    """Noise power to add (in units of rest power) to bring a channel down to a ratio."""
    if snr_db - target_db < SMALLEST_GAP_DB:
        return 0.0
    return float(10 ** ((snr_db - target_db) / 10) - 1.0)


def _words(burst: Burst) -> str:
    if burst.state != "ok":
        return f"{burst.reason} (SNR {burst.snr_db:.0f} dB)"
    return f"signal-to-noise ratio {burst.snr_db:.0f} dB is too low for an onset"
