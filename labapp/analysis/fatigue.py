"""Fatigue: what happens to the spectrum and the amplitude of held contractions over time.

Spectra are taken in quasi-stationary stretches of half a second of *held* contractions only; a
dynamic pull changes its spectrum for other reasons than fatigue. Fatigue is called only where the
frequency falls *and* the amplitude rises, each with an interval that leaves out 0 (joint analysis
of spectrum and amplitude, after Luttmann; domain reference 5.12).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.arrays import real_numbers
from labapp.analysis.filters import as_signal, flat_topped
from labapp.analysis.spectrum import EPOCH_S, LEAST_RATE_HZ, Spectrum, densities, summary
from labapp.errors import LabError

Floats = NDArray[np.float64]

LEAST_SNR_DB = 20.0
"""Noise flattens the spectrum: below this ratio no trend of the frequency is given."""

Pattern = Literal["fatigue", "force up", "force down", "recovery", "no clear change"]


@dataclass(frozen=True, slots=True)
class Trend:
    """Straight line through values over time (or repetitions), with a 95 % interval.

    Attributes
    ----------
    slope, low, high
        By least squares, unit per unit of x; NaN with fewer than 4 points.
    percent
        ``100 slope / intercept``: % per unit of x, with `percent_low`, `percent_high`.
    theil_sen
        Median of the slopes of all pairs, robust to single points.
    n
        Points.
    """

    slope: float
    low: float
    high: float
    percent: float
    percent_low: float
    percent_high: float
    theil_sen: float
    n: int


def trend(x: ArrayLike, y: ArrayLike) -> Trend:
    """Fit a line to the finite points; (n,) each.

    Raises
    ------
    LabError
        On shapes that differ or are not one row.
    """
    from scipy.special import stdtrit

    a, b = (real_numbers(values, "the points", "two rows of numbers") for values in (x, y))
    if a.ndim != 1 or a.shape != b.shape:
        raise LabError(f"the points have shapes {a.shape} and {b.shape}", "give (n,) each")
    good = np.isfinite(a) & np.isfinite(b)
    a, b = a[good], b[good]
    n, nan = len(a), math.nan
    spread = float(np.square(a - a.mean()).sum()) if n else 0.0
    if n < 4 or spread == 0:
        return Trend(nan, nan, nan, nan, nan, nan, nan, n)
    slope = float(((a - a.mean()) * (b - b.mean())).sum()) / spread
    intercept = float(b.mean() - slope * a.mean())
    rest = b - intercept - slope * a
    error = math.sqrt(float(np.square(rest).sum()) / (n - 2) / spread)
    half = float(stdtrit(n - 2, 0.975)) * error
    i, j = np.triu_indices(n, 1)
    apart = a[j] != a[i]
    robust = float(np.median((b[j] - b[i])[apart] / (a[j] - a[i])[apart]))
    scale = 100 / intercept if intercept > 0 else nan
    return Trend(
        slope,
        slope - half,
        slope + half,
        scale * slope,
        scale * (slope - half),
        scale * (slope + half),
        robust,
        n,
    )


@dataclass(frozen=True, slots=True)
class Fatigue:
    """Spectrum and amplitude of one muscle over the held contractions.

    Attributes
    ----------
    median_hz, mean_hz, rms
        (n_holds,) of each hold (Welch); NaN where it is too short or samples were lost.
    frequency, amplitude
        Trends of median frequency and RMS over time (s): over the holds' means where four holds
        have one (epochs of one hold are no independent points), else over the epochs.
    pattern
        Quadrant of frequency and amplitude; ``no clear change`` unless both intervals leave
        out 0.
    reason
        Why no trend is given, else empty.
    epochs
        Epochs used.
    """

    median_hz: tuple[float, ...]
    mean_hz: tuple[float, ...]
    rms: tuple[float, ...]
    frequency: Trend | None
    amplitude: Trend | None
    pattern: Pattern | None
    reason: str
    epochs: int


def muscle_fatigue(
    signal: ArrayLike,
    rate: float,
    holds: Sequence[tuple[int, int]],
    *,
    snr_db: float = math.inf,
    epoch_s: float = EPOCH_S,
) -> Fatigue:
    """Follow the spectrum over held contractions of one muscle.

    Parameters
    ----------
    signal
        (n_samples,) band-passed EMG, NaN where lost.
    rate
        Hz.
    holds
        Half-open sample ranges in which force and posture are held, in order of time.
    snr_db
        Ratio to rest; below 20 dB the trend is withheld.
    epoch_s
        Length of a quasi-stationary epoch, 0.5 to 1 s.
    """
    x = as_signal(signal, rate)
    if x.ndim != 1:
        raise LabError(f"signal has shape {x.shape}", "give one channel")
    if not 0.5 <= epoch_s <= 1.0:
        raise LabError(f"epoch_s is {epoch_s}", "give 0.5 to 1 s: EMG is stationary that long")
    length = int(epoch_s * rate)
    nan = math.nan
    if rate < LEAST_RATE_HZ:
        reason = f"a device of {rate:g} Hz gives no spectrum, 1000 Hz are needed"
        return Fatigue((), (), (), None, None, None, reason, 0)
    # Welch: half overlapping stretches of every hold. Every second one is an epoch of the trend,
    # whose points must not share samples.
    pieces = [
        (hold, k % 2 == 0, begin)
        for hold, (first, stop) in enumerate(holds)
        for k, begin in enumerate(
            range(max(first, 0), min(stop, len(x)) - length + 1, max(length // 2, 1))
        )
        if np.isfinite(part := x[begin : begin + length]).all() and not flat_topped(part)
    ]
    own = [Spectrum(nan, nan, nan)] * len(holds)
    found, times = [], []
    if pieces:
        epochs = np.stack([x[begin : begin + length] for _, _, begin in pieces])
        frequency_hz, powers = densities(epochs, rate)
        squares = np.square(epochs).mean(axis=1)
        belongs = np.array([hold for hold, _, _ in pieces])
        for hold in set(belongs.tolist()):
            mine = belongs == hold
            own[hold] = summary(frequency_hz, powers[mine].mean(axis=0), squares[mine].mean())
        for (_, alone, begin), power, square in zip(pieces, powers, squares, strict=True):
            if alone and math.isfinite((one := summary(frequency_hz, power, square)).median_hz):
                found.append(one)
                times.append((begin + length / 2) / rate)
    rows = [(one.median_hz, one.mean_hz, one.rms) for one in own]
    medians, means, levels = (tuple(row[k] for row in rows) for k in range(3))
    reason = ""
    if snr_db < LEAST_SNR_DB:
        reason = f"signal-to-noise ratio {snr_db:.0f} dB, {LEAST_SNR_DB:.0f} dB are needed"
    elif len(found) < 4:
        reason = f"{len(found)} held stretches of {epoch_s:g} s, 4 are needed"
    if reason:
        return Fatigue(medians, means, levels, None, None, None, reason, len(found))
    if sum(math.isfinite(value) for value in medians) >= 4:
        middles = [(first + stop) / 2 / rate for first, stop in holds]
        frequency, amplitude = trend(middles, medians), trend(middles, levels)
    else:
        frequency = trend(times, [s.median_hz for s in found])
        amplitude = trend(times, [s.rms for s in found])
    pattern = pattern_of(frequency, amplitude)
    return Fatigue(medians, means, levels, frequency, amplitude, pattern, "", len(found))


def pattern_of(frequency: Trend, amplitude: Trend) -> Pattern:
    """Quadrant of the joint analysis; both intervals must leave out 0."""
    down, up = frequency.high < 0, frequency.low > 0
    weaker, stronger = amplitude.high < 0, amplitude.low > 0
    if down and stronger:
        return "fatigue"
    if up and stronger:
        return "force up"
    if down and weaker:
        return "force down"
    return "recovery" if up and weaker else "no clear change"
