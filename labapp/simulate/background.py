"""What a channel shows while nobody pulls: amplifier noise, mains hum, the heart.

Made in blocks of samples, each with its own generator, so that it does not depend on how a
stream is cut into chunks. Heart and mains live in lab time and are common to all channels.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from labapp.model import Floats
from labapp.simulate.muscle import BAND_HZ, FINE_RATE, band_power
from labapp.simulate.scenario import Muscle, Scenario
from labapp.simulate.seeds import generator

_BEATS = 64
_QRS = (  # height relative to R, centre s, width s
    (0.10, -0.18, 0.025),
    (-0.12, -0.026, 0.009),
    (1.00, 0.0, 0.010),
    (-0.25, 0.028, 0.010),
    (0.25, 0.26, 0.045),
)


def white_uv(rate: float, in_band_uv: float) -> float:
    """RMS of white noise at ``rate`` whose part in 20-450 Hz has RMS ``in_band_uv``."""
    low, high = BAND_HZ
    band = max(min(high, rate / 2) - low, 1.0)
    return float(in_band_uv * np.sqrt(rate / 2 / band))


def resting_power(scenario: Scenario, muscle: Muscle, step_uv: float, rate: float) -> float:
    """Return the expected mean of the squared 20-450 Hz signal at rest, microvolts squared.

    Parameters
    ----------
    step_uv
        Size of one count: quantisation adds ``step^2 / 12``, spread over all frequencies.
    """
    low, high = BAND_HZ
    share = min(1.0, max(min(high, rate / 2) - low, 1.0) / (rate / 2))
    power = muscle.noise_uv**2 + share * step_uv**2 / 12.0
    if low <= scenario.hum.frequency_hz <= high:
        power += muscle.hum_uv**2
    return power + muscle.ecg_uv**2 * _beat_energy() * scenario.ecg.rate_bpm / 60.0


@lru_cache(maxsize=1)
def _beat_energy() -> float:
    """In-band energy, s, of one heart beat of height 1."""
    t = np.arange(-0.5, 0.5, 1.0 / FINE_RATE)
    return float(band_power(beat(t), FINE_RATE)) * len(t) / FINE_RATE


def beat(t: Floats) -> Floats:
    """Electrocardiogram of one beat, R wave 1 at ``t`` = 0 s."""
    return np.asarray(
        sum(height * np.exp(-0.5 * ((t - at) / width) ** 2) for height, at, width in _QRS)
    )


def heart(scenario: Scenario, seed: int, t: Floats) -> Floats:
    """Electrocardiogram (n,) with R waves of height 1 at rising lab times ``t`` (n,), s."""
    interval = 60.0 / scenario.ecg.rate_bpm
    first = int(np.floor((t[0] - 0.5) / interval)) - 1
    last = int(np.ceil((t[-1] + 0.5) / interval)) + 1
    y = np.zeros(len(t))
    for number in range(first, last + 1):
        at = (number + 0.04 * _beat_jitter(seed, number)) * interval
        low, high = np.searchsorted(t, (at - 0.4, at + 0.5))
        if high > low:
            y[low:high] += beat(t[low:high] - at)
    return y


@lru_cache(maxsize=256)
def _beat_block(seed: int, block: int) -> tuple[float, ...]:
    values = generator(seed, "heart", abs(block), int(block < 0)).standard_normal(_BEATS)
    return tuple(float(v) for v in np.clip(values, -2.5, 2.5))


def _beat_jitter(seed: int, number: int) -> float:
    block, row = divmod(number, _BEATS)
    return _beat_block(seed, block)[row]


def mains(scenario: Scenario, t: Floats) -> Floats:
    """Mains hum (n,) of RMS 1 at lab times ``t`` (n,), s: the fundamental and some third."""
    angle = 2.0 * np.pi * scenario.hum.frequency_hz * t
    return np.asarray((np.sin(angle) + 0.2 * np.sin(3.0 * angle + 1.0)) * np.sqrt(2.0 / 1.04))
