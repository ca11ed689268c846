"""Noise-equalised onset (NEQ) around a classic detector, with random draws as published rules go.

The order verdict uses the draw-free equalisation of `labapp.analysis.lag`; this one is printed
beside it, because its behaviour under unequal noise is documented for HB3 (onset reference 4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.burst import Burst
from labapp.analysis.filters import EMG_BAND_HZ, band_pass, low_pass

Floats = NDArray[np.float64]

DEFAULT_SEED = 20_240_229
DEFAULT_DRAWS = 15
COARSE_HZ = 1000.0


@dataclass(frozen=True, slots=True)
class NoiseEqualised:
    """HB3 onset at a common signal-to-noise ratio.

    Attributes
    ----------
    time
        s, median over draws; NaN where more than a third of the draws found nothing.
    sd
        s, SD over draws (0 where no noise had to be added).
    raw
        s, HB3 without added noise (NaN where not found).
    """

    time: float
    sd: float
    raw: float


class NoiseBank:
    """Band-passed noise, filtered once for a recording; every use takes its own stretch.

    Parameters
    ----------
    rng
        Source of the noise and of the stretches.
    draws
        Columns.
    band
        Band of the noise, Hz.
    """

    LONGER = 3
    """How many times the longest stretch asked for the bank holds."""

    def __init__(
        self, rng: np.random.Generator, draws: int, band: tuple[float, float] = EMG_BAND_HZ
    ) -> None:
        self._rng, self._draws, self._band = rng, draws, band
        self._kept: dict[float, Floats] = {}

    @property
    def draws(self) -> int:
        """Columns of what `take` gives."""
        return self._draws

    def take(self, n: int, rate: float) -> Floats:
        """Noise (n, draws) of unit SD at a rate (Hz), from a random place in the bank."""
        bank = self._kept.get(rate)
        if bank is None or len(bank) < 2 * n:
            white = self._rng.standard_normal((self.LONGER * n, self._draws))
            bank = band_pass(white, rate, self._band)
            bank /= bank.std(axis=0)
            self._kept[rate] = bank
        first = int(self._rng.integers(0, len(bank) - n + 1))
        return bank[first : first + n]


def noise_equalised_onset(
    burst: Burst, target_db: float, *, bank: NoiseBank | None = None
) -> NoiseEqualised:
    """HB3 after adding Gaussian noise until the channel has a ratio of `target_db`.

    Parameters
    ----------
    burst
        A prepared channel, state ``ok``.
    target_db
        Ratio of the weakest compared muscle.
    bank
        Noise to add, in the band of the signal; the median over its draws counts. 15 draws
        seeded with `DEFAULT_SEED` where None: the same input gives the same onset.
    """
    bank = bank or NoiseBank(np.random.default_rng(DEFAULT_SEED), DEFAULT_DRAWS)
    first, stop = burst.baseline[0], burst.search[1]
    margin = int(0.1 * burst.rate)
    finite = np.isfinite(burst.x)
    stop = min(stop + margin, len(burst.x))
    while stop > burst.search[1] and not finite[stop - 1]:
        stop -= 1
    x = burst.x[first:stop]
    rest = burst.baseline[1] - first
    window = (burst.search[0] - first, burst.search[1] - first)
    raw = _hb3(np.abs(x)[:, None], burst.rate, rest, window)[0]
    gap = burst.snr_db - target_db
    if gap <= 0.5:
        return NoiseEqualised(raw + first / burst.rate, 0.0, raw + first / burst.rate)
    sigma = float(x[:rest].std())
    k = 10 ** (gap / 20)
    noise = sigma * math.sqrt(k**2 - 1) * bank.take(len(x), burst.rate)
    # A 50 Hz envelope needs no more than 1000 samples a second, and the draws cost the most.
    by = max(int(burst.rate // COARSE_HZ), 1)
    rows = len(x) // by
    noise += x[:, None]
    np.abs(noise, out=noise)
    # Row by row: a mean over a short axis costs several times as much.
    rectified = noise[0 : rows * by : by].copy()
    for k in range(1, by):
        rectified += noise[k : rows * by : by]
    rectified /= by
    times = _hb3(rectified, burst.rate / by, rest // by, (window[0] // by, window[1] // by))
    found = times[np.isfinite(times)]
    offset = first / burst.rate
    if len(found) < bank.draws * 2 / 3:
        return NoiseEqualised(math.nan, math.nan, raw + offset)
    return NoiseEqualised(float(np.median(found)) + offset, float(found.std()), raw + offset)


def _hb3(rectified: Floats, rate: float, rest: int, window: tuple[int, int]) -> Floats:
    """HB3 on every column at once: (n_columns,) s from the first row, NaN where not found."""
    e = low_pass(rectified, rate, 50.0)
    level = e[:rest]
    above = e > level.mean(axis=0) + 3.0 * level.std(axis=0)
    run = max(math.ceil(0.025 * rate), 1)
    total = np.concatenate([np.zeros((1, e.shape[1])), np.cumsum(above, axis=0)])
    full = (total[run:] - total[:-run]) == run
    # Only runs that begin inside the window count, as in `classic.hb3`.
    begins = full.copy()
    begins[1:] &= ~full[:-1]
    inside = begins[window[0] : window[1]]
    inside[0] = full[window[0]]
    hit = np.argmax(inside, axis=0)
    return np.where(inside.any(axis=0), (window[0] + hit) / rate, np.nan)
