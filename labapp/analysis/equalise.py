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


def noise_equalised_onset(
    burst: Burst,
    target_db: float,
    *,
    draws: int = 15,
    rng: np.random.Generator | None = None,
    band: tuple[float, float] = EMG_BAND_HZ,
) -> NoiseEqualised:
    """HB3 after adding Gaussian noise until the channel has a ratio of `target_db`.

    Parameters
    ----------
    burst
        A prepared channel, state ``ok``.
    target_db
        Ratio of the weakest compared muscle.
    draws
        Noise draws; the median counts.
    rng
        Seeded with `DEFAULT_SEED` where None: the same input gives the same onset.
    band
        Band of the added noise (that of the signal).
    """
    rng = rng or np.random.default_rng(DEFAULT_SEED)
    first, stop = burst.baseline[0], burst.search[1]
    margin = int(0.1 * burst.rate)
    finite = np.isfinite(burst.x)
    stop = min(stop + margin, len(burst.x))
    while stop > burst.search[1] and not finite[stop - 1]:
        stop -= 1
    x = burst.x[first:stop]
    rest = (0, burst.baseline[1] - first)
    window = (burst.search[0] - first, burst.search[1] - first)
    raw = _hb3(x[:, None], burst.rate, rest, window)[0]
    gap = burst.snr_db - target_db
    if gap <= 0.5:
        return NoiseEqualised(raw + first / burst.rate, 0.0, raw + first / burst.rate)
    sigma = float(x[rest[0] : rest[1]].std())
    k = 10 ** (gap / 20)
    noise = rng.standard_normal((len(x), draws))
    noise = band_pass(noise, burst.rate, band)
    noise *= sigma * math.sqrt(k**2 - 1) / noise.std(axis=0)
    times = _hb3(x[:, None] + noise, burst.rate, rest, window)
    found = times[np.isfinite(times)]
    offset = first / burst.rate
    if len(found) < draws * 2 / 3:
        return NoiseEqualised(math.nan, math.nan, raw + offset)
    return NoiseEqualised(float(np.median(found)) + offset, float(found.std()), raw + offset)


def _hb3(x: Floats, rate: float, rest: tuple[int, int], window: tuple[int, int]) -> Floats:
    """HB3 on every column at once: (n_columns,) s from the first row, NaN where not found."""
    e = low_pass(np.abs(x), rate, 50.0)
    level = e[rest[0] : rest[1]]
    above = e > level.mean(axis=0) + 3.0 * level.std(axis=0)
    run = max(math.ceil(0.025 * rate), 1)
    total = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(above, axis=0)])
    full = (total[run:] - total[:-run]) == run
    # Only runs that begin inside the window count, as in `classic.hb3`.
    begins = full.copy()
    begins[1:] &= ~full[:-1]
    inside = begins[window[0] : window[1]]
    inside[0] = full[window[0]]
    hit = np.argmax(inside, axis=0)
    return np.where(inside.any(axis=0), (window[0] + hit) / rate, np.nan)
