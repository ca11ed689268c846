"""Crosstalk indicators between two channels: indicators, never corrections.

A common source makes two muscles look simultaneous; correlation may also be real common drive.
The selectivity tasks decide, these numbers only warn (Winter 1994; domain reference 5.11).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.arrays import real_numbers
from labapp.analysis.filters import low_pass
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
    n
        Stretches that were averaged.
    """

    peak: float
    lag: float
    common_percent: float
    n: int = 0


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
    for one, other in stretches:
        first = real_numbers(one, "the first channel's values", "(n_samples,) of them")
        second = real_numbers(other, "the second channel's values", "(n_samples,) of them")
        if first.ndim != 1 or first.shape != second.shape:
            raise LabError(
                f"channels have shapes {first.shape} and {second.shape}", "give the same stretch"
            )
        if len(first) < 4 * reach or not (np.isfinite(first).all() and np.isfinite(second).all()):
            continue
        a, b = first - first.mean(), second - second.mean()
        scale = math.sqrt(float(a @ a) * float(b @ b))
        if scale == 0 or np.ptp(first) == 0 or np.ptp(second) == 0:
            continue
        size = 1 << int(len(a) + reach).bit_length()
        r = np.fft.irfft(np.conj(np.fft.rfft(a, size)) * np.fft.rfft(b, size), size) / scale
        collected.append(r[lags])
    if not collected:
        return Crosstalk(math.nan, math.nan, math.nan)
    values = np.abs(np.mean(collected, axis=0))
    best = int(np.argmax(values))
    peak = float(values[best])
    return Crosstalk(peak, float(lags[best] / rate), 100 * peak**2, len(collected))


@dataclass(frozen=True, slots=True)
class Coupling:
    """How much two channels have in common over the active parts of a recording.

    Attributes
    ----------
    coherence
        Mean magnitude-squared coherence in the band, 0 to 1; NaN below two segments.
    limit
        What unrelated signals exceed at one frequency in 5 % of cases: ``1 - 0.05**(1/(L-1))``
        for L independent segments.
    envelope_r
        Correlation of the 6 Hz envelopes, -1 to 1: common drive as well as crosstalk.
    segments
        Segments of the spectra.
    """

    coherence: float
    limit: float
    envelope_r: float
    segments: int


def couplings(
    parts: Sequence[Mapping[str, Floats]],
    rate: float,
    *,
    band_hz: tuple[float, float] = (20.0, 450.0),
    segment_s: float = 1.0,
) -> dict[tuple[str, str], Coupling]:
    """Coherence and envelope correlation of every pair of channels (Welch, Hann, 50 % overlap).

    Parameters
    ----------
    parts
        Active parts: per part muscle to its (n_i,) band-passed samples, all muscles alike long;
        parts with lost samples or shorter than a segment are left out.
    rate
        Hz.
    """
    names = list(parts[0]) if parts else []
    size = round(segment_s * rate)
    window = np.hanning(size)
    spectra, envelopes, independent = [], [], 0.0
    for part in parts:
        rows = [real_numbers(part[name], f"values of {name}", "one row") for name in names]
        if len({row.shape for row in rows}) > 1 or any(row.ndim != 1 for row in rows):
            raise LabError("channels differ in shape", "give the same stretch of each")
        block = np.stack(rows) if rows else np.zeros((0, 0))
        if block.shape[-1] < size or not np.isfinite(block).all():
            continue
        block[np.ptp(block, axis=1) == 0] = 0.0  # the rounding of a constant's mean is no signal
        independent += block.shape[-1] / size
        for start in range(0, block.shape[-1] - size + 1, size // 2):
            piece = block[:, start : start + size]
            spectra.append(np.fft.rfft((piece - piece.mean(axis=1, keepdims=True)) * window))
        envelopes.append(low_pass(np.abs(block).T, rate, 6.0))
    pairs = list(combinations(range(len(names)), 2))
    if len(spectra) < 2:
        nothing = Coupling(math.nan, math.nan, math.nan, len(spectra))
        return {(names[a], names[b]): nothing for a, b in pairs}
    s = np.stack(spectra)
    frequency = np.fft.rfftfreq(size, 1 / rate)
    s = s[:, :, (frequency >= band_hz[0]) & (frequency <= band_hz[1])]
    power = (np.abs(s) ** 2).mean(axis=0)
    envelope = np.concatenate(envelopes)
    away = envelope - envelope.mean(axis=0)
    size_of = np.sqrt((away**2).sum(axis=0))
    limit = 1 - 0.05 ** (1 / (independent - 1)) if independent > 1 else math.nan
    made = {}
    for a, b in pairs:
        cross = (s[:, a] * np.conj(s[:, b])).mean(axis=0)
        common = power[a] * power[b]
        known = common > 0
        value = (
            float((np.abs(cross[known]) ** 2 / common[known]).mean()) if known.any() else math.nan
        )
        both = float(size_of[a] * size_of[b])
        r = float(away[:, a] @ away[:, b]) / both if both > 0 else math.nan
        made[names[a], names[b]] = Coupling(value, limit, r, len(spectra))
    return made
