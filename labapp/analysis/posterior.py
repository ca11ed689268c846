"""Stage 2 of the onset: probability of every onset time under ramps of unknown rise.

After the onset ``t`` the amplitude of the (whitened) signal rises as ``a(u)`` from 0 to 1 with
``u = (i - t) / d`` and then stays, so that its variance is ``1 + G a(u)**2`` in units of that of
rest. Onset, gain ``G``, duration ``d`` and kind ``a`` are all unknown; they are evaluated on a
grid and the gain is summed out.

EMG is correlated in time and made of discrete discharges, so its samples are worth less than
independent ones: the log likelihood is multiplied by ``nu`` (tempering), see `effective_share`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.likelihood import COARSE, Likelihood, Ramps

Floats = NDArray[np.float64]

RISES_S = (0.0, 0.015, 0.03, 0.045, 0.06, 0.08, 0.11, 0.15, 0.2, 0.3)
GAINS = (0.15, 0.25, 0.4, 0.6, 0.8, 1.0, 1.3)
BEFORE_S = 0.4
AFTER_S = 0.3

AMPLITUDES: dict[str, Callable[[Floats], Floats]] = {
    "variance": np.sqrt,
    "linear": lambda u: u,
    "cosine": lambda u: 0.5 - 0.5 * np.cos(np.pi * u),
    "sigmoid": lambda u: 0.5 + 0.5 * np.tanh(5.0 * (u - 0.5)) / np.tanh(2.5),
    "exponential": lambda u: np.expm1(-3.0 * u) / np.expm1(-3.0),
}
"""Kinds of ramp: amplitude at ``u`` = 0 to 1. ``variance`` is linear in power, ``linear`` in
amplitude; ``cosine`` and ``sigmoid`` begin softly, ``exponential`` steeply."""

KINDS = tuple(AMPLITUDES)

MIDDLE = {
    "variance": 0.80,
    "linear": 0.80,
    "cosine": 0.59,
    "sigmoid": 0.43,
    "exponential": 0.61,
}
"""Share of each ramp's duration that it takes from 10 to 90 % of its amplitude."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Ramps of a grid, one entry each: kind (see `AMPLITUDES`) and duration (s)."""

    kinds: tuple[str, ...]
    rises: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RampFit:
    """Log posterior on the grid, un-normalised, summed over the gain.

    Attributes
    ----------
    times
        (n_times,) s, candidate onsets from the first to the last that matters.
    log
        (n_times, n_shapes) log posterior of onset and shape, already tempered; -inf where it
        is negligible.
    shapes
        What the columns are.
    """

    times: Floats
    log: Floats
    shapes: Shapes

    @property
    def rises(self) -> Floats:
        """(n_shapes,) s, duration of each ramp."""
        return np.array(self.shapes.rises)

    @property
    def middles(self) -> Floats:
        """(n_shapes,) s, time from 10 to 90 % of the amplitude of each ramp."""
        return np.asarray(self.rises * [MIDDLE[kind] for kind in self.shapes.kinds])

    def where(self, *kinds: str) -> NDArray[np.bool_]:
        """Tell which columns are of these kinds."""
        return np.isin(self.shapes.kinds, kinds)


@dataclass(frozen=True, slots=True)
class Moments:
    """Summary of a posterior over time: median, interval, mean, SD (s)."""

    median: float
    low: float
    high: float
    mean: float
    sd: float


def shape_grid(kinds: tuple[str, ...], rises: tuple[float, ...] = RISES_S) -> Shapes:
    """Every kind with every duration (s); the step (0) is listed once per kind.

    Listing it once per kind keeps the prior flat over the duration whatever the kind.
    """
    return Shapes(tuple(k for k in kinds for _ in rises), rises * len(kinds))


def ramp_fit(power: Floats, step: float, start: float, *, nu: float, shapes: Shapes) -> RampFit:
    """Evaluate the ramp models on the squared, rest-scaled signal.

    Parameters
    ----------
    power
        (n_bins,) mean square of the whitened signal per bin, 1 at rest.
    step
        Width of a bin, s.
    start
        Time of the first bin, s.
    nu
        Tempering times the number of samples in a bin (weight of one bin).
    shapes
        Ramps to try.

    Notes
    -----
    ``LL(t, shape, G) = -sum_{i<t} p/2 - sum_{i>=t} (p/v + ln v)/2``; flat priors on t, shape and
    log G. How it is worked out: `labapp.analysis.likelihood`.
    """
    n = len(power)
    block = max(round(0.05 / step), 1)
    smooth = np.convolve(power, np.ones(block) / block, mode="valid")
    at = round(0.95 * (len(smooth) - 1))
    top = max(float(np.partition(smooth, at)[at]) - 1.0, 0.5)
    # Half octaves: few enough levels that their kernels are made once and kept.
    ramps = _ramps(shapes, round(step, 9), round(2 * float(np.log2(top))))
    data = Likelihood(power, ramps, nu)
    places, gains = data.promising(n - max(round(0.02 / step), 1))
    first, stop = int(places[0]), int(places[-1]) + 1
    log = np.full((stop - first, len(shapes.kinds)), -np.inf)
    log[places - first] = data.log(places, gains)
    times: Floats = start + np.arange(first, stop, dtype=np.float64) * step
    return RampFit(times, log, shapes)


@lru_cache(maxsize=128)
def _ramps(shapes: Shapes, step: float, level: int) -> Ramps:
    longest = COARSE * -(-round(max(shapes.rises) / step + 1) // COARSE)
    lag = (np.arange(longest) + 0.5) * step
    # A step (d = 0) is the limit of a very short ramp; half a bin keeps u finite.
    u = [np.minimum(lag / max(rise, 0.5 * step), 1.0) for rise in shapes.rises]
    share = [np.square(AMPLITUDES[k](x)) for k, x in zip(shapes.kinds, u, strict=True)]
    return Ramps.of(np.stack(share, axis=1), 2.0 ** (level / 2) * np.asarray(GAINS))


def normalised(fit: RampFit) -> Floats:
    """Posterior (n_times, n_shapes) that sums to 1."""
    p = np.exp(fit.log - fit.log.max())
    return np.asarray(p / p.sum())


def moments(times: Floats, p: Floats) -> Moments:
    """Median, 95 % interval, mean and SD of a posterior (n_times,) over `times` (s)."""
    step = float(times[1] - times[0]) if len(times) > 1 else 0.0
    edges = np.concatenate([[0.0], np.cumsum(p)])
    edges /= edges[-1]
    grid = np.concatenate([times - step / 2, [times[-1] + step / 2]])
    low, median, high = np.interp((0.025, 0.5, 0.975), edges, grid).tolist()
    total = float(p.sum())
    mean = float(p @ times) / total
    sd = math.sqrt(max(float(p @ np.square(times - mean)) / total + step**2 / 12, 0.0))
    return Moments(median, low, high, mean, sd)


def whiten(x: Floats, baseline: tuple[int, int], order: int = 6) -> Floats:
    """Filter a signal by the AR model of its rest (Yule-Walker), SD 1 at rest.

    The lag-0 autocovariance is raised by 0.01 % so that the model stays stable. The first
    `order` samples are left as they are, scaled.
    """
    rest = x[baseline[0] : baseline[1]]
    rest = rest - rest.mean()
    n = len(rest)
    cov = _lagged(rest, order) / n
    if n > 4 * order and cov[0] > 0:
        cov[0] *= 1.0001
        apart = np.arange(order)
        toeplitz = cov[np.abs(apart[:, None] - apart)]
        a = np.linalg.solve(toeplitz, cov[1:])
        y = np.convolve(x, np.concatenate([[1.0], -a]))[: len(x)]
    else:
        y = x.copy()
    quiet = y[baseline[0] + order : baseline[1]]
    scale = math.sqrt(float(np.dot(quiet, quiet)) / max(len(quiet), 1))
    return np.asarray(y / scale) if scale > 0 else y


def effective_share(y: Floats, rate: float) -> float:
    """Share of independent samples in active EMG, from its own autocorrelation (0.05 to 1).

    For a Gaussian signal the autocorrelation of the square is ``rho**2``, so that a mean of
    n squares has the variance of ``n / (1 + 2 sum rho_k**2)`` independent ones. Lags up to
    30 ms, each corrected by 1/n for its own sampling error.
    """
    n = len(y)
    lags = min(int(0.030 * rate), n // 4)
    if lags < 1:
        return 1.0
    local = y - y.mean()
    products = _lagged(local, lags)
    if products[0] <= 0:
        return 1.0
    rho = products[1:] / products[0]
    correlated = float(np.dot(rho, rho)) - lags / n
    return max(1.0 / (1.0 + 2.0 * max(correlated, 0.0)), 0.05)


def _lagged(x: Floats, lags: int) -> Floats:
    """Sum of ``x[i] x[i + k]`` for ``k`` = 0 to `lags`."""
    return np.asarray(np.correlate(np.concatenate([x, np.zeros(lags)]), x, "valid"))
