"""Crosstalk indicators between two channels: indicators, never corrections.

A common source makes two muscles look simultaneous; correlation may also be real common drive.
The selectivity tasks decide, these numbers only warn (Winter 1994; domain reference 5.11).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crosstalk:
    """Greatest correlation of two channels within +-30 ms.

    Attributes
    ----------
    peak
        Greatest |R| (0 to 1), NaN where a channel is constant.
    lag
        s at which it lies.
    common_percent
        100 R**2, the common variance.
    """

    peak: float
    lag: float
    common_percent: float


def crosstalk(
    stretches: Sequence[tuple[Floats, Floats]], rate: float, *, reach_s: float = 0.03
) -> Crosstalk:
    """Normalised cross-correlation of two band-passed channels, averaged over stretches.

    Averaging the signed function before its peak is taken keeps chance low: half a second of
    unrelated EMG reaches |R| = 0.3 by itself, twelve of them together do not.

    Parameters
    ----------
    stretches
        Active (n_i,) parts of both channels, the same stretch of time in a pair; parts with
        lost samples or shorter than four times the reach are left out.
    rate
        Hz.
    reach_s
        Greatest lag looked at.
    """
    reach = int(reach_s * rate)
    lags = np.concatenate([np.arange(reach + 1), np.arange(-reach, 0)])
    collected: list[Floats] = []
    for first, second in stretches:
        if first.ndim != 1 or first.shape != second.shape:
            raise LabError(
                f"channels have shapes {first.shape} and {second.shape}", "give the same stretch"
            )
        if len(first) < 4 * reach or not (np.isfinite(first).all() and np.isfinite(second).all()):
            continue
        a, b = first - first.mean(), second - second.mean()
        scale = math.sqrt(float(a @ a) * float(b @ b))
        if scale == 0:
            continue
        size = 1 << int(len(a) + reach).bit_length()
        r = np.fft.irfft(np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size), size) / scale
        collected.append(r[lags])
    if not collected:
        return Crosstalk(math.nan, math.nan, math.nan)
    values = np.abs(np.mean(collected, axis=0))
    best = int(np.argmax(values))
    peak = float(values[best])
    return Crosstalk(peak, float(lags[best] / rate), 100 * peak**2)
