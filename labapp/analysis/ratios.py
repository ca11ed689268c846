"""Activation ratios: ratios of skewed numbers, so logarithms, geometric means, t-intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.statistics import mean_interval
from labapp.errors import LabError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ratio of two muscles' activations over repetitions.

    Attributes
    ----------
    ratio, low, high
        Geometric mean and its 95 % interval; NaN where not estimable.
    n, n_total
        Repetitions with a ratio, and all.
    gcv_percent
        Geometric coefficient of variation, ``100 sqrt(exp(SD**2) - 1)``.
    state, reason
        ``ok`` or ``not estimable`` and why.
    """

    ratio: float
    low: float
    high: float
    n: int
    n_total: int
    gcv_percent: float
    state: Literal["ok", "not estimable"]
    reason: str = ""

    @property
    def text(self) -> str:
        """One line for people."""
        if self.state != "ok":
            return f"not estimable: {self.reason}"
        return (
            f"{self.ratio:.2f} (95 % interval {self.low:.2f} to {self.high:.2f}; "
            f"{self.n} repetitions)"
        )


def activation_ratio(
    first: ArrayLike,
    second: ArrayLike,
    *,
    floor: float = 2.0,
    missing_share: float = 0.2,
    reference_log_sd: float = 0.0,
) -> Ratio:
    """Geometric mean ratio of two muscles with a 95 % t-interval.

    Parameters
    ----------
    first, second
        (n_repetitions,) amplitudes in % of the reference contraction, NaN at the noise floor.
    floor
        Amplitudes below this (%) give no ratio in that repetition.
    missing_share
        With more repetitions than this without a ratio, none is given: nothing is imputed.
    reference_log_sd
        Standard uncertainty of the log of the two references' quotient; it is common to all
        repetitions, so it widens the interval and does not average out.

    Raises
    ------
    LabError
        On shapes that differ, negative or infinite amplitudes, or negative uncertainty.
    """
    from scipy.special import stdtrit

    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise LabError(
            f"amplitudes have shapes {a.shape} and {b.shape}", "give one value per repetition each"
        )
    if np.isinf(a).any() or np.isinf(b).any() or (a < 0).any() or (b < 0).any():
        raise LabError("amplitudes are negative or infinite", "give % of the reference, 0 and up")
    if not (math.isfinite(reference_log_sd) and reference_log_sd >= 0):
        raise LabError(f"reference_log_sd is {reference_log_sd}", "give a number from 0")
    total = len(a)
    usable = np.isfinite(a) & np.isfinite(b) & (a >= floor) & (b >= floor)
    nan = math.nan
    lost = total - int(usable.sum())
    if total == 0 or lost > missing_share * total:
        reason = f"{lost} of {total} repetitions at the noise floor or without a value"
        return Ratio(nan, nan, nan, total - lost, total, nan, "not estimable", reason)
    logs = mean_interval(np.log(a[usable] / b[usable]))
    if logs.n < 3:
        reason = f"{logs.n} repetitions, 3 are needed"
        return Ratio(nan, nan, nan, logs.n, total, nan, "not estimable", reason)
    standard = math.hypot(logs.sd / math.sqrt(logs.n), reference_log_sd)
    half = float(stdtrit(logs.n - 1, 0.975)) * standard
    return Ratio(
        math.exp(logs.mean),
        math.exp(logs.mean - half),
        math.exp(logs.mean + half),
        logs.n,
        total,
        100 * math.sqrt(math.expm1(min(logs.sd**2, 50.0))),
        "ok",
    )


@dataclass(frozen=True, slots=True)
class CoContraction:
    """Indices of two activations in time; they differ in kind and must not be mixed."""

    rudolph: float
    falconer_winter_percent: float
    overlap: float


def co_contraction(first: ArrayLike, second: ArrayLike) -> CoContraction:
    """Co-contraction (for synergists: co-activation) of two envelopes in % of reference.

    Parameters
    ----------
    first, second
        (n_samples,) each, >= 0.

    Notes
    -----
    Rudolph: mean of ``lo/hi (lo + hi)`` (0 where hi is 0); Falconer and Winter: ``200 sum lo /
    sum (a + b)``; overlap: ``sum lo / sum hi``. NaN where nothing is active.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape or not len(a):
        raise LabError(
            f"envelopes have shapes {a.shape} and {b.shape}", "give two of the same length"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or (a < 0).any() or (b < 0).any():
        raise LabError("envelopes have missing or negative values", "give rectified, whole parts")
    low, high = np.minimum(a, b), np.maximum(a, b)
    quotient = np.divide(low, high, out=np.zeros_like(low), where=high > 0)
    total = float((a + b).sum())
    if total == 0:
        return CoContraction(0.0, math.nan, math.nan)
    return CoContraction(
        float((quotient * (low + high)).mean()),
        200 * float(low.sum()) / total,
        float(low.sum()) / float(high.sum()),
    )
