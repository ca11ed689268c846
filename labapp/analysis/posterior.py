"""Stage 2 of the onset: probability of every onset time under ramps of unknown rise.

After the onset ``t`` the variance of the (whitened) signal grows from that of rest as
``1 + G u**q`` with ``u = (i - t) / d`` until it saturates at ``u = 1``. Onset, gain ``G``, rise
``d`` and exponent ``q`` are all unknown; they are summed over a grid. ``q = 1`` is a ramp linear
in variance, ``q = 2`` linear in amplitude, ``q = 4`` starts as softly as a cosine ramp.

EMG is correlated in time and made of discrete discharges, so its samples are worth less than
independent ones: the log likelihood is multiplied by ``nu`` (tempering), see `effective_share`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RISES_S = (0.0, 0.015, 0.03, 0.045, 0.06, 0.08, 0.11, 0.15, 0.2, 0.3)
GAINS = (0.15, 0.25, 0.4, 0.6, 0.8, 1.0, 1.3)
EXPONENTS = (1.0, 2.0, 4.0)
BEFORE_S = 0.4
AFTER_S = 0.3


@dataclass(frozen=True, slots=True)
class RampFit:
    """Log posterior on the grid, un-normalised, summed over the gain.

    Attributes
    ----------
    times
        (n_times,) s, candidate onsets.
    log
        (n_times, n_shapes) log posterior of onset and shape, already tempered.
    rises
        (n_shapes,) s, duration of each ramp.
    exponents
        (n_shapes,) exponent of the variance of each ramp.
    """

    times: Floats
    log: Floats
    rises: Floats
    exponents: Floats

    def only(self, exponents: tuple[float, ...]) -> RampFit:
        """Keep the shapes with these exponents."""
        at = np.isin(self.exponents, exponents)
        return RampFit(self.times, self.log[:, at], self.rises[at], self.exponents[at])


@dataclass(frozen=True, slots=True)
class Moments:
    """Summary of a posterior over time: median, interval, mean, SD (s)."""

    median: float
    low: float
    high: float
    mean: float
    sd: float


def shape_grid(
    rises: tuple[float, ...] = RISES_S, exponents: tuple[float, ...] = EXPONENTS
) -> tuple[Floats, Floats]:
    """Rises (s) and exponents of every shape; the step (rise 0) is listed once per exponent.

    Listing it once per exponent keeps the prior flat over the rise whatever the exponent.
    """
    pairs = [(d, q) for q in exponents for d in rises]
    return np.array([d for d, _ in pairs]), np.array([q for _, q in pairs])


def ramp_fit(
    power: Floats,
    step: float,
    start: float,
    *,
    nu: float,
    rises: tuple[float, ...] = RISES_S,
    exponents: tuple[float, ...] = EXPONENTS,
    stride: int = 1,
) -> RampFit:
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
    rises, exponents
        Grid of shapes.
    stride
        Candidate onsets lie on every `stride`-th bin.

    Notes
    -----
    ``LL(t, d, q, G) = -sum_{i<t} p/2 - sum_{i>=t} (p/v + ln v)/2``; flat priors on t, d, q and
    log G. The ramps are one matrix product, the plateaus cumulative sums.
    """
    n = len(power)
    longest = round(max(rises) / step) + 1
    block = max(round(0.05 / step), 1)
    smooth = np.convolve(power, np.ones(block) / block, mode="valid")
    top = max(float(np.percentile(smooth, 95)) - 1.0, 0.5)
    d_all, q_all = shape_grid(rises, exponents)
    gains = top * np.asarray(GAINS)
    lag = (np.arange(longest) + 0.5) * step
    # A step (d = 0) is the limit of a very short ramp; half a bin keeps u finite.
    u = np.minimum(lag[:, None] / np.maximum(d_all, 0.5 * step)[None, :], 1.0)
    v = 1.0 + gains[None, None, :] * (u ** q_all[None, :])[:, :, None]
    kernel = (1.0 / v - 1.0).reshape(longest, -1)
    logs = np.concatenate(
        [np.zeros((1, v.shape[1] * v.shape[2])), np.cumsum(np.log(v), axis=0).reshape(longest, -1)]
    )
    at = np.arange(0, n - max(round(0.02 / step), 1), stride)
    padded = np.concatenate([power, np.zeros(longest)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, longest)[at]
    ramp = windows @ kernel
    length = np.minimum(n - at, longest)
    ramp += logs[length]
    total = np.concatenate([[0.0], np.cumsum(power)])
    after = np.minimum(at + longest, n)
    rest_of_it, count = total[n] - total[after], n - after
    v_top = np.tile(1.0 + gains, len(d_all))
    ramp += rest_of_it[:, None] * (1.0 / v_top - 1.0)[None, :]
    ramp += count[:, None] * np.log(v_top)[None, :]
    log = (-0.5 * nu) * ramp.reshape(len(at), len(d_all), len(gains))
    peak = log.max()
    summed: Floats = np.log(np.exp(log - peak).sum(axis=2) + 1e-300) + peak
    times: Floats = start + at.astype(np.float64) * step
    return RampFit(times, summed, d_all, q_all)


def normalised(fit: RampFit, weights: Floats | None = None) -> Floats:
    """Posterior (n_times, n_shapes) that sums to 1; `weights` is a prior over the shapes."""
    log = fit.log if weights is None else fit.log + np.log(weights + 1e-300)[None, :]
    p = np.exp(log - log.max())
    return np.asarray(p / p.sum())


def moments(times: Floats, p: Floats) -> Moments:
    """Median, 95 % interval, mean and SD of a posterior (n_times,) over `times` (s)."""
    step = float(times[1] - times[0]) if len(times) > 1 else 0.0
    edges = np.concatenate([[0.0], np.cumsum(p)])
    edges /= edges[-1]
    grid = np.concatenate([times - step / 2, [times[-1] + step / 2]])
    low, median, high = (float(np.interp(q, edges, grid)) for q in (0.025, 0.5, 0.975))
    mean = float((p * times).sum() / p.sum())
    sd = float(np.sqrt(max(((times - mean) ** 2 * p).sum() / p.sum() + step**2 / 12, 0.0)))
    return Moments(median, low, high, mean, sd)


def whiten(x: Floats, baseline: tuple[int, int], order: int = 6) -> Floats:
    """Filter a signal by the AR model of its rest (Yule-Walker), SD 1 at rest.

    The lag-0 autocovariance is raised by 0.01 % so that the model stays stable. The first
    `order` samples are left as they are, scaled.
    """
    rest = x[baseline[0] : baseline[1]]
    rest = rest - rest.mean()
    n = len(rest)
    cov = np.array([float(rest[: n - k] @ rest[k:]) / n for k in range(order + 1)])
    if n > 4 * order and cov[0] > 0:
        cov[0] *= 1.0001
        toeplitz = cov[np.abs(np.subtract.outer(np.arange(order), np.arange(order)))]
        a = np.linalg.solve(toeplitz, cov[1:])
        y = x.copy()
        for k, coefficient in enumerate(a, start=1):
            y[k:] -= coefficient * x[:-k]
    else:
        y = x.copy()
    scale = float(np.sqrt(np.mean(np.square(y[baseline[0] + order : baseline[1]]))))
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
    power = float(local @ local)
    if power <= 0:
        return 1.0
    rho = np.array([float(local[: n - k] @ local[k:]) / power for k in range(1, lags + 1)])
    correlated = float(np.sum(rho**2 - 1.0 / n))
    return float(np.clip(1.0 / (1.0 + 2.0 * max(correlated, 0.0)), 0.05, 1.0))
