"""Activation ratios: ratios of skewed numbers, so logarithms, geometric means, t-intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.arrays import real_numbers
from labapp.analysis.references import combined_df
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
    reference_df: float = math.inf,
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
    reference_df
        Degrees of freedom of that uncertainty; those of the interval follow by
        Welch-Satterthwaite (JCGM 100:2008, annex G.4).

    Raises
    ------
    LabError
        On shapes that differ, negative or infinite amplitudes, or negative uncertainty.
    """
    from scipy.special import stdtrit

    form = "one value per repetition"
    a, b = (real_numbers(values, "amplitudes", form) for values in (first, second))
    if a.ndim != 1 or a.shape != b.shape:
        raise LabError(
            f"amplitudes have shapes {a.shape} and {b.shape}", "give one value per repetition each"
        )
    if np.isinf(a).any() or np.isinf(b).any() or (a < 0).any() or (b < 0).any():
        raise LabError("amplitudes are negative or infinite", "give % of the reference, 0 and up")
    if not (math.isfinite(reference_log_sd) and reference_log_sd >= 0):
        raise LabError(f"reference_log_sd is {reference_log_sd}", "give a number from 0")
    if not reference_df > 0:
        raise LabError(f"reference_df is {reference_df}", "give degrees of freedom above 0")
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
    parts = [(logs.sd / math.sqrt(logs.n), logs.n - 1.0), (reference_log_sd, reference_df)]
    standard, df = combined_df(parts)
    half = float(stdtrit(min(df, 1e9), 0.975)) * standard
    return Ratio(
        math.exp(logs.mean),
        math.exp(logs.mean - half),
        math.exp(logs.mean + half),
        logs.n,
        total,
        100 * math.sqrt(math.expm1(min(logs.sd**2, 50.0))),
        "ok",
    )
