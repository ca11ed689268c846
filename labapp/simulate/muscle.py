"""EMG of one muscle: trains of motor unit action potentials, or shaped noise.

The expected power of either generator follows the square of the drive exactly, from the true
onset on, so that the rise shape of a scenario is the rise shape of the signal. With motor
units the signal is granular: few small units first, then more and larger ones, firing faster
(size principle; Henneman 1957), each with its own potential.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labapp.model import Floats
from labapp.simulate.scenario import Generator
from labapp.simulate.seeds import generator as seeded

FINE_RATE = 5000.0
"""Rate, Hz, of the signals before a device samples them; potentials end below 450 Hz."""

_MUAP_S = 0.012
_RECRUITED_AT = 0.75
_RECRUITMENT_RANGE = 20.0
_SIZE_SIGMA = 0.7
_ISI_CV = 0.18
_GRID_S = 1e-3
BAND_HZ = (20.0, 450.0)


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Motor units of one muscle, small to large.

    Attributes
    ----------
    threshold
        (units,) excitation at which a unit starts to fire.
    size
        (units,) square root of the in-band energy of its potential; scaled so that the whole
        pool at full excitation has unit power.
    potential
        (units, samples) its shape at `FINE_RATE`, in-band energy 1 s x (unit amplitude)^2.
    excitation, power
        Curve from excitation to expected power (0 to 1), rising.
    rate
        Firing rates at recruitment and at full excitation, Hz.
    """

    threshold: Floats
    size: Floats
    potential: Floats
    excitation: Floats
    power: Floats
    rate: tuple[float, float]


@lru_cache(maxsize=64)
def make_pool(units: int, rate: tuple[float, float], seed: int, name: str) -> Pool:
    """Make the pool of a muscle.

    Sizes and thresholds are quantiles, the same in every muscle with these parameters, so that
    chance does not make one muscle start finer than another; shapes belong to the muscle.
    """
    q = (np.arange(units) + 0.5) / units
    size = np.exp(_SIZE_SIGMA * _normal_quantile(q))
    spread = np.log(_RECRUITMENT_RANGE) * np.arange(units) / units
    threshold = _RECRUITED_AT * np.expm1(spread) / (_RECRUITMENT_RANGE - 1.0)
    excitation = np.linspace(0.0, 1.0, 1001)
    firing = _firing(excitation, threshold, rate)
    power = size**2 @ firing
    size = size / np.sqrt(power[-1])
    rng = seeded(seed, f"potentials/{name}")
    width = rng.uniform(2.6e-3, 4.4e-3, units)
    t = np.arange(round(_MUAP_S * FINE_RATE)) / FINE_RATE - _MUAP_S / 2
    x = t / width[:, None]
    # Hermite-Rodriguez functions of first and second order: biphasic and triphasic potentials
    # (Lo Conte 1994), ended by a window so that a potential starts when its unit fires.
    blend = rng.uniform(0.0, 0.7, units)[:, None]
    shape = np.exp(-(x**2)) * ((1.0 - blend) * x + blend * (1.0 - 2.0 * x**2) * 0.6)
    window = np.hanning(len(t) + 2)[1:-1] ** 0.5
    shape = shape * window
    shape *= rng.choice([-1.0, 1.0], units)[:, None]
    shape -= window * (shape.sum(axis=1, keepdims=True) / window.sum())
    energy = band_power(shape, FINE_RATE) * shape.shape[1] / FINE_RATE
    shape /= np.sqrt(energy)[:, None]
    return Pool(threshold, size, shape, excitation, power / power[-1], rate)


def _firing(excitation: Floats, threshold: Floats, rate: tuple[float, float]) -> Floats:
    """Return firing rates, Hz, (units, n) at (n,) excitations; 0 below a unit's threshold."""
    low, high = rate
    slope = ((high - low) / (1.0 - threshold))[:, None]
    rates = excitation * slope + (low - slope * threshold[:, None])
    rates *= excitation > threshold[:, None]
    return np.asarray(rates)


def _normal_quantile(q: Floats) -> Floats:
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    return np.array([inverse(float(p)) for p in q])


def firings(
    pool: Pool, amplitude: Floats, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.intp]]:
    """Moments at which the units fire.

    Parameters
    ----------
    amplitude
        (n,) relative RMS amplitude each millisecond, from the true onset on.

    Returns
    -------
    times
        (m,) seconds after the onset.
    units
        (m,) which unit.
    """  # fmt: skip
    excitation = np.interp(np.minimum(amplitude, 1.0) ** 2, pool.power, pool.excitation)
    rates = _firing(excitation, pool.threshold, pool.rate)
    count = np.zeros_like(rates)
    np.cumsum(rates[:, 1:] + rates[:, :-1], axis=1, out=count[:, 1:])
    count *= 0.5 * _GRID_S
    most = int(np.ceil(count[:, -1].max() * 1.3)) + 8
    # A renewal process in equilibrium: the first firing is uniform in its interval, so the
    # expected rate is right from the first moment on.
    steps = np.clip(1.0 + _ISI_CV * rng.standard_normal((len(rates), most)), 0.3, 1.9)
    steps[:, 0] *= rng.random(len(rates))
    moments = np.cumsum(steps, axis=1)
    due = moments < count[:, -1:]
    # All units in one look-up: their counts are laid end to end, `apart` from each other.
    apart = (float(count[:, -1].max()) + 1.0) * np.arange(len(rates))[:, None]
    grid = np.tile(np.arange(rates.shape[1]) * _GRID_S, len(rates))
    times = np.interp((moments + apart)[due], (count + apart).ravel(), grid)
    return times, np.nonzero(due)[0]


def render(
    kind: Generator,
    pool: Pool,
    amplitude: Floats,
    offset_s: float,
    n: int,
    rng: np.random.Generator,
) -> Floats:
    """EMG of a muscle at `FINE_RATE`, with in-band RMS 1 at amplitude 1.

    Parameters
    ----------
    amplitude
        (m,) relative RMS amplitude each millisecond, from the true onset on.
    offset_s
        True onset, seconds after the first sample.
    n
        Samples to make.

    Returns
    -------
    Floats
        (n,); 0 before the onset.
    """  # fmt: skip
    if kind == "noise":
        t = np.arange(n) / FINE_RATE - offset_s
        grid = np.arange(len(amplitude)) * _GRID_S
        gain = np.where(t >= 0.0, np.interp(t, grid, amplitude, right=0.0), 0.0)
        return shaped_noise(n, rng) * gain
    times, units = firings(pool, amplitude, rng)
    first = np.ceil((times + offset_s) * FINE_RATE).astype(np.intp)
    inside = (first >= 0) & (first < n)
    first, units = first[inside], units[inside]
    length = pool.potential.shape[1]
    at = first[:, None] + np.arange(length)
    weights = pool.size[units, None] * pool.potential[units]
    wave = np.bincount(at.ravel(), weights.ravel(), minlength=n + length)[:n]
    return wave.astype(np.float64, copy=False)


def shaped_noise(n: int, rng: np.random.Generator) -> Floats:
    """Gaussian noise (n,) of 35-160 Hz at `FINE_RATE`, RMS 1 (the comparison generator)."""
    padded = _good_length(n + 500)
    f = frequencies(padded, FINE_RATE)
    gain = butterworth(f, 35.0, 160.0, 2)
    x = np.fft.irfft(np.fft.rfft(rng.standard_normal(padded)) * gain, padded)[:n]
    return np.asarray(x / np.sqrt(2.0 * np.sum(gain**2) / padded))


def frequencies(n: int, rate: float) -> Floats:
    """Return the frequencies, Hz, of a real transform of ``n`` samples."""
    return np.asarray(np.fft.rfftfreq(n, 1.0 / rate), dtype=np.float64)


def butterworth(f: Floats, low: float, high: float, order: int) -> Floats:
    """Amplitude response at frequencies ``f`` (Hz) of a Butterworth band-pass; low 0 = low-pass."""
    gain = 1.0 / np.sqrt(1.0 + (f / high) ** (2 * order))
    if low > 0.0:
        with np.errstate(divide="ignore"):
            gain = gain / np.sqrt(1.0 + (low / np.maximum(f, 1e-12)) ** (2 * order))
    return np.asarray(gain)


def band_power(x: Floats, rate: float) -> Floats:
    """Mean power in 20-450 Hz of (..., n) signals along the last axis."""
    n = _good_length(max(x.shape[-1], 4096))
    f = frequencies(n, rate)
    spectrum = np.abs(np.fft.rfft(x, n, axis=-1)) ** 2 * butterworth(f, *BAND_HZ, 4) ** 2
    return np.asarray(2.0 * spectrum.sum(axis=-1) / n / x.shape[-1])


def _good_length(n: int) -> int:
    """Smallest 2^k or 3 x 2^k that is >= n (fast transform)."""
    power = 1 << max(n - 1, 1).bit_length()
    return 3 * power // 4 if 3 * power // 4 >= n else power
