"""Amplitude by phase, corrected for the noise of rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.filters import as_signal, flat_topped
from labapp.errors import LabError

Floats = NDArray[np.float64]

FLOOR_FACTOR = 1.1
"""Amplitudes up to this multiple of the rest's are at the noise floor: NaN, not a number."""


def corrected_amplitude(amplitude: float, rest: float) -> float:
    """Amplitude without the noise of rest: ``sqrt(A**2 - rest**2)``; NaN at the noise floor.

    Noise power is additive. Both in the same unit.
    """
    if not (math.isfinite(amplitude) and math.isfinite(rest)) or amplitude <= FLOOR_FACTOR * rest:
        return math.nan
    return math.sqrt(amplitude**2 - rest**2)


def rms(x: Floats, first: int, stop: int) -> float:
    """RMS of samples ``first .. stop-1``; NaN where there are none or any is lost."""
    part = x[max(first, 0) : max(stop, 0)]
    if not len(part) or not np.isfinite(part).all():
        return math.nan
    return float(np.sqrt(np.mean(np.square(part))))


@dataclass(frozen=True, slots=True)
class PhaseAmplitude:
    """Amplitude of one phase, corrected for rest.

    NaN at the noise floor, with lost samples and where the signal is cut off at its rails.

    Attributes
    ----------
    rms
        Unit of the signal.
    arv
        Average rectified value, same unit.
    iemg
        Integral of the rectified signal, unit times s.
    peak
        Greatest 100 ms RMS.
    """

    rms: float
    arv: float
    iemg: float
    peak: float


PEAK_S = 0.1
"""The peak is the greatest RMS of this long."""

GAUSS_ARV = math.sqrt(2 / math.pi)
"""ARV of Gaussian noise of RMS 1."""


def phase_amplitude(
    signal: ArrayLike, rate: float, span: tuple[int, int], rest: float
) -> PhaseAmplitude:
    """RMS, ARV, iEMG and peak of samples ``span[0] .. span[1]-1``.

    Parameters
    ----------
    signal
        (n_samples,) band-passed.
    rate
        Hz.
    span
        Half-open sample range.
    rest
        RMS at rest; its power is taken off (for the ARV as that of Gaussian noise).

    Raises
    ------
    LabError
        On a signal that is no row of numbers, or a negative or missing rest.
    """
    x = as_signal(signal, rate)
    if x.ndim != 1:
        raise LabError(f"signal has shape {x.shape}", "give one channel")
    if not (math.isfinite(rest) and rest >= 0):
        raise LabError(f"rest is {rest!r}", "give the RMS at rest, 0 or more")
    part = x[max(span[0], 0) : max(span[1], 0)]
    nan = math.nan
    if not len(part) or not np.isfinite(part).all() or flat_topped(part):
        return PhaseAmplitude(nan, nan, nan, nan)
    arv = GAUSS_ARV * corrected_amplitude(float(np.mean(np.abs(part))) / GAUSS_ARV, rest)
    total = np.concatenate([[0.0], np.cumsum(np.square(part))])
    width = min(max(round(PEAK_S * rate), 1), len(part))
    peak = math.sqrt(float((total[width:] - total[:-width]).max()) / width)
    return PhaseAmplitude(
        corrected_amplitude(math.sqrt(float(total[-1]) / len(part)), rest),
        arv,
        arv * len(part) / rate,
        corrected_amplitude(peak, rest),
    )


def quiet_rest(x: Floats, rate: float, windows: Sequence[tuple[int, int]]) -> float:
    """RMS at rest: the median over the quiet windows (samples), NaN where none is whole.

    Raises
    ------
    LabError
        If no window is given.
    """
    if not windows:
        raise LabError("no rest window was given", "give at least one (first, stop)")
    values = [rms(x, first, stop) for first, stop in windows if stop - first >= 0.1 * rate]
    finite = [value for value in values if math.isfinite(value)]
    return float(np.median(finite)) if finite else math.nan
