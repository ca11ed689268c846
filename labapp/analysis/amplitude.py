"""Amplitude by phase and the reference contraction, corrected for the noise of rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.filters import moving_mean
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
class Reference:
    """Reference amplitude of one muscle.

    Attributes
    ----------
    value
        Greatest moving RMS over all reference contractions, corrected for rest, unit of the
        signal; NaN where none could be used.
    n
        Contractions used.
    log_sd
        Standard uncertainty of the logarithm of `value`: SD of the logs of the contractions'
        maxima over sqrt(n); 0 where n < 2.
    snr_db
        Ratio of the greatest contraction's power to that of rest.
    reason
        Why there is no value, else empty.
    """

    value: float
    n: int
    log_sd: float
    snr_db: float
    reason: str = ""


def reference_amplitude(
    x: Floats,
    rate: float,
    contractions: Sequence[tuple[int, int]],
    rest: float,
    *,
    window_s: float = 0.5,
    least_snr_db: float = 15.0,
) -> Reference:
    """Find the reference of one muscle: the greatest `window_s` RMS over all its contractions.

    Parameters
    ----------
    x
        (n_samples,) band-passed, NaN where lost.
    rate
        Hz.
    contractions
        Half-open sample ranges.
    rest
        RMS at rest, same unit.
    window_s
        Moving RMS (centred, step one sample).
    least_snr_db
        Contractions below this ratio to rest are not used.
    """
    tops: list[float] = []
    weak = 0
    for first, stop in contractions:
        part = x[max(first, 0) : stop]
        if len(part) < int(window_s * rate):
            continue
        power = moving_mean(np.square(part), rate, window_s)
        half = round(window_s * rate) // 2
        inner = power[half : len(power) - half]
        if not len(inner) or not np.isfinite(inner).any():
            continue
        top = math.sqrt(float(np.nanmax(inner)))
        if rest > 0 and 20 * math.log10(max(top / rest, 1e-9)) < least_snr_db:
            weak += 1
            continue
        value = corrected_amplitude(top, rest)
        if math.isfinite(value):
            tops.append(value)
    if not tops:
        reason = (
            f"{weak} reference contractions below {least_snr_db:g} dB"
            if weak
            else "no reference contraction could be measured"
        )
        return Reference(math.nan, 0, math.nan, math.nan, reason)
    greatest = max(tops)
    spread = float(np.std(np.log(tops), ddof=1)) if len(tops) > 1 else 0.0
    snr = 20 * math.log10(greatest / rest) if rest > 0 else 99.0
    return Reference(greatest, len(tops), spread / math.sqrt(len(tops)), snr)


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
