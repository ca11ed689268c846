"""Levels that change slowly: moving mean and RMS, and low-passes of a signal thinned out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.filters import as_signal, low_pass

Floats = NDArray[np.float64]

COARSE_S = 0.002
"""Step of slow envelopes."""


def coarse_step(rate: float) -> int:
    """Count the samples that each value of `coarse_low_pass` stands for."""
    return max(round(rate * COARSE_S), 1)


def coarse_low_pass(values: Floats, rate: float, corner: float) -> Floats:
    """`low_pass` of means over 2 ms, for corners up to some 20 Hz: half the work at 1 kHz.

    Parameters
    ----------
    values
        (n_samples,), finite; what does not fill the last mean is dropped.
    rate, corner
        Hz. What lies near 500 Hz is folded down at a fiftieth of its amplitude.

    Returns
    -------
    ndarray
        (n_means,) smooth means over `coarse_step` samples each.
    """
    every = coarse_step(rate)
    n = len(values) // every
    # A product is several times faster than `mean` over so few.
    thin = values[: n * every].reshape(n, every) @ np.full(every, 1.0 / every)
    return low_pass(thin, rate / every, corner)


def moving_mean(signal: ArrayLike, rate: float, window_s: float) -> Floats:
    """Centred moving mean over `window_s`; at the edges over the samples there are.

    A window that holds a NaN gives NaN.
    """
    values = as_signal(signal, rate)
    n = values.shape[0]
    half = min(max(round(window_s * rate) // 2, 0), n - 1)
    bad = ~np.isfinite(values)
    lost = bool(bad.any())
    mean = _moving_sum(np.where(bad, 0.0, values) if lost else values, half)
    count = np.full((n, *(1,) * (values.ndim - 1)), 2.0 * half + 1.0)
    beyond = np.arange(half, 0, -1).reshape((half, *count.shape[1:]))
    count[:half] -= beyond
    count[n - half :] -= beyond[::-1]
    mean /= count
    if lost:
        mean[_moving_sum(bad.astype(np.float64), half) > 0] = np.nan
    return mean


def _moving_sum(values: Floats, half: int) -> Floats:
    """Sum over `half` samples before each, itself and `half` after; fewer at the edges."""
    total, whole = np.cumsum(values, axis=0), len(values) - half
    out = np.empty_like(total)
    out[:whole], out[whole:] = total[half:], total[-1]
    out[half + 1 :] -= total[: whole - 1]
    return out


def moving_rms(signal: ArrayLike, rate: float, window_s: float) -> Floats:
    """Centred moving RMS over `window_s` (100 ms for phase means, 500 ms for references)."""
    squared = np.square(as_signal(signal, rate))
    return np.asarray(np.sqrt(np.maximum(moving_mean(squared, rate, window_s), 0.0)))
