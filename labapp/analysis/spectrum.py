"""Median and mean frequency of a stretch of EMG.

Hann window, no padding, 20 to 450 Hz (domain reference 5.12). Stretches of half a second to a
second are quasi-stationary; longer ones are averages of such.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.filters import as_signal, flat_topped
from labapp.errors import LabError

Floats = NDArray[np.float64]

BAND_HZ = (20.0, 450.0)
EPOCH_S = 0.5
LEAST_RATE_HZ = 1000.0
"""Slower devices give no spectrum."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Spectrum of one stretch: median and mean frequency (Hz), RMS in the band, all NaN if none."""

    median_hz: float
    mean_hz: float
    rms: float


def power_spectrum(signal: ArrayLike, rate: float, band: tuple[float, float] = BAND_HZ) -> Spectrum:
    """Median and mean frequency of a (n_samples,) stretch, by a Hann periodogram.

    Parameters
    ----------
    signal
        At least 0.2 s; a stretch with lost or clipped samples or without any power gives NaN.
    rate
        Hz; at least 1000.
    band
        Hz; power outside it does not count.

    Raises
    ------
    LabError
        On a slow device, an empty band, several columns or too few samples.
    """
    x = as_signal(signal, rate)
    inside = _checked(band, rate)
    if x.ndim != 1 or len(x) < 0.2 * rate:
        raise LabError(f"the stretch has shape {x.shape}", "give one channel, at least 0.2 s")
    if not np.isfinite(x).all() or flat_topped(x):
        return Spectrum(math.nan, math.nan, math.nan)
    frequency, powers = densities(x[None, :], rate)
    return summary(frequency, powers[0], float(np.square(x).mean()), inside)


def _checked(band: tuple[float, float], rate: float) -> tuple[float, float]:
    low, high = band[0], min(band[1], rate / 2)
    if rate < LEAST_RATE_HZ:
        raise LabError(
            f"a rate of {rate:g} Hz is too low for a spectrum", "use a device of 1000 Hz or more"
        )
    if not 0 <= low < high:
        raise LabError(f"band {band} is empty", "give (low, high) in Hz")
    return low, high


def densities(epochs: Floats, rate: float) -> tuple[Floats, Floats]:
    """Power density of every row of (n_epochs, n_samples) finite stretches: Hz, unit**2 / Hz.

    The mean over rows that overlap by half is Welch's estimate.
    """
    from scipy.signal import periodogram

    return periodogram(epochs, rate, window="hann", detrend="constant", axis=1)


def summary(
    frequency: Floats, power: Floats, mean_square: float, band: tuple[float, float] = BAND_HZ
) -> Spectrum:
    """Median and mean frequency of a power density; `mean_square` is that of the signal."""
    inside = (frequency >= band[0]) & (frequency <= band[1])
    f, p = frequency[inside], power[inside]
    total = float(p.sum())
    # Power below rounding of the signal itself is no spectrum: a constant has none.
    if total <= 1e-24 * max(mean_square, 1e-300):
        return Spectrum(math.nan, math.nan, math.nan)
    mean = float((f * p).sum()) / total
    return Spectrum(median_of(f, p), mean, math.sqrt(total * float(f[1] - f[0])))


def median_of(frequency: Floats, power: Floats) -> float:
    """Frequency that halves the power; every bin's power is spread evenly over its width."""
    width = frequency[1] - frequency[0]
    total = np.concatenate([[0.0], np.cumsum(power)])
    edges = np.concatenate([frequency - width / 2, [frequency[-1] + width / 2]])
    return float(np.interp(total[-1] / 2, total, edges))
