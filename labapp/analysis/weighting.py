"""Frequencies weighted by what they say about a change of power.

Surface EMG has its power at 30 to 200 Hz, noise has it everywhere. For Gaussian signals the
likelihood ratio of "active" against "rest" weights the squared spectrum by ``S / (1 + S)``, where
``S`` is the excess of the burst over the rest, in units of the rest: where there is no muscle
nothing can be learnt. So before the powers are compared with a ramp, the whitened signal passes a
zero-phase filter with that squared magnitude, made from the burst itself.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.burst import Burst
from labapp.analysis.posterior import effective_share

Floats = NDArray[np.float64]

SEGMENT_S = 0.064
"""Length of the stretches whose spectra are averaged."""

SMOOTH_HZ = 20.0
"""Spectra are averaged this far to either side: EMG has no lines, a short burst has noise."""

RISEN_S = 0.04
ACTIVE_S = 0.4
"""The burst's spectrum is read from here to here after the alarm."""

LEAST = 1e-3
"""Floor of the squared weight: a burst whose excess vanishes everywhere keeps its signal."""


def weighted(burst: Burst) -> Burst:
    """Give a prepared burst whose frequencies count by their excess over the rest.

    Parameters
    ----------
    burst
        State ``ok``.

    Returns
    -------
    Burst
        `y` filtered, SD 1 at rest, 0 before the baseline; `share` belongs to it. The burst
        itself where rest or burst are shorter than a stretch for the spectrum.
    """
    rate = burst.rate
    first = burst.baseline[0]
    bad = np.flatnonzero(~np.isfinite(burst.x[burst.alarm :]))
    stop = burst.alarm + int(bad[0]) if len(bad) else len(burst.y)
    # What comes later than the ramps reach is not read.
    stop = min(stop, burst.alarm + int((ACTIVE_S + SEGMENT_S) * rate))
    part = burst.y[first:stop]
    rest = burst.baseline[1] - first
    begin = burst.alarm - first
    end = min(begin + int(ACTIVE_S * rate), len(part))
    segment = max(round(SEGMENT_S * rate), 8)
    if end - begin - int(RISEN_S * rate) < segment or rest < segment:
        return burst
    size = 1 << (len(part) + segment).bit_length()
    quiet = _spectrum(part[:rest], segment)
    active = _spectrum(part[begin + int(RISEN_S * rate) : end], segment)
    excess = np.maximum(active - quiet, 0.0) / np.maximum(quiet, 0.05)
    excess = _smooth(excess, round(SMOOTH_HZ / rate * 2 * (len(excess) - 1)))
    gain = np.sqrt(excess / (1.0 + excess) + LEAST)
    gain = np.interp(np.linspace(0.0, 1.0, size // 2 + 1), np.linspace(0.0, 1.0, len(gain)), gain)
    out = np.fft.irfft(np.fft.rfft(part, size) * gain, size)[: len(part)]
    out /= np.sqrt(np.mean(np.square(out[:rest])))
    y = np.zeros_like(burst.y)
    y[first:stop] = out
    return replace(burst, y=y, share=effective_share(out[begin:end], rate))


def _spectrum(x: Floats, segment: int) -> Floats:
    """Mean power spectrum of overlapping stretches; 1 everywhere for white noise of SD 1."""
    pieces = np.lib.stride_tricks.sliding_window_view(x, segment)[:: segment // 2]
    found = np.fft.rfft(pieces * _window(segment), 2 * segment, axis=1)
    return np.asarray((np.square(found.real) + np.square(found.imag)).mean(axis=0))


@lru_cache(maxsize=8)
def _window(segment: int) -> Floats:
    """Hann window of unit energy."""
    window = np.hanning(segment + 2)[1:-1]
    return np.asarray(window / np.sqrt(np.square(window).sum()))


def _smooth(x: Floats, width: int) -> Floats:
    mirrored = np.concatenate([x[width:0:-1], x, x[-2 : -2 - width : -1]])
    return np.convolve(mirrored, np.full(2 * width + 1, 1.0 / (2 * width + 1)), mode="valid")
