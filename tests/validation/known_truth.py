"""Pulls of two muscles with known onsets, for the validation: 5 rise shapes, 2 generators.

Signals come from the generators of the simulated lab (`labapp.simulate.muscle`), sampled at
1 kHz, with unit noise. A level of `snr_db` means what the analysis means by it, the greatest
10 Hz power of the burst over the power of rest, or the active RMS over the RMS of rest: some
3 dB more for the same signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.signal import butter, sosfiltfilt

from labapp.analysis.filters import EMG_BAND_HZ, band_pass
from labapp.simulate.muscle import FINE_RATE, make_pool, render
from labapp.simulate.rise import program
from labapp.simulate.scenario import Generator, Rise

RATE = 1000.0
LENGTH_S, CUE_S = 3.0, 1.0
BASELINE, SEARCH = (0.3, 0.8), (0.9, 2.4)
SHAPES: tuple[Rise, ...] = (
    "linear_amplitude",
    "linear_variance",
    "cosine",
    "exponential",
    "sigmoid",
)
KINDS: tuple[Generator, ...] = ("noise", "motor_units")
UNITS, RATES_HZ = 120, (8.0, 35.0)
Measure = Literal["peak", "rms"]
"""What a ratio in dB is: greatest 10 Hz power of the burst over rest, or active over rest RMS."""

HELD_S = 0.9
"""The active RMS is that of the plateau, from the end of the rise to here after the onset."""

_LOW = butter(2, 10, "low", fs=RATE, output="sos")


@dataclass(frozen=True)
class Muscle:
    """How one muscle of a cell behaves: dB, ms."""

    snr_db: float
    rise_ms: float
    lead_ms: float = 0.0
    by: Measure = "peak"


def pull(
    rng: np.random.Generator, kind: Generator, shape: Rise, muscle: Muscle, onset: float, name: str
) -> np.ndarray:
    """One pull of one muscle, (3000,), its true onset `muscle.lead_ms` before `onset` (s)."""
    n = int(LENGTH_S * RATE)
    fine = int(LENGTH_S * FINE_RATE)
    at = onset - muscle.lead_ms / 1000
    t = np.arange(int(1000 * LENGTH_S)) / 1000
    level = program(t, shape, muscle.rise_ms / 1000, (1, 0.9, 0.8), np.array([1.0, 1.3, 1.45]))
    pool = make_pool(UNITS, RATES_HZ, 1, name)
    x = render(kind, pool, level, at, fine, rng)[:: round(FINE_RATE / RATE)][:n]
    # In-band noise of unit density: the ratio is defined after the band-pass.
    noise = rng.standard_normal(n)
    filtered = band_pass(x, RATE, EMG_BAND_HZ)
    ratio = 10 ** (muscle.snr_db / 10)
    rest = float(np.mean(np.square(band_pass(noise, RATE, EMG_BAND_HZ))))
    if muscle.by == "peak":
        power = float(sosfiltfilt(_LOW, np.square(filtered)).max())
    else:
        # Rest is part of the active RMS.
        held = filtered[round((at + muscle.rise_ms / 1000) * RATE) : round((at + HELD_S) * RATE)]
        power, ratio = float(np.mean(np.square(held))), ratio - 1.0
    return np.asarray(x * np.sqrt(ratio * rest / power) + noise)


def pair(
    rng: np.random.Generator,
    kind: Generator,
    shape: Rise,
    first: Muscle,
    second: Muscle,
    jitter_ms: float = 0.0,
    onset: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """One pull of two muscles; each onset is jittered by an SD of `jitter_ms`.

    It comes 180 to 300 ms after the cue, or at `onset` (s).
    """
    if onset is None:
        onset = CUE_S + rng.uniform(0.18, 0.3)
    a, b = jitter_ms / 1000 * rng.standard_normal(2)
    return (
        pull(rng, kind, shape, first, onset + a, "first"),
        pull(rng, kind, shape, second, onset + b, "second"),
    )
