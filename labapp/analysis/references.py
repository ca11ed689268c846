"""Reference contractions: the 100 % of an amplitude, and how sure it is.

A maximal reference (MVIC) is the greatest half-second RMS over all contractions of a muscle; a
submaximal one is the mean over holds of a known load. Neither is exact: what it varies by from
contraction to contraction is common to everything that is divided by it, so it does not average
out over repetitions (domain reference 2.4, 5.8).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.amplitude import corrected_amplitude
from labapp.analysis.arrays import real_numbers
from labapp.analysis.filters import as_signal, flat_topped
from labapp.analysis.moving import moving_mean
from labapp.errors import LabError

Floats = NDArray[np.float64]
Kind = Literal["maximal", "submaximal"]

LEAST_CONTRACTIONS = 2
"""One contraction says nothing about how much the next would differ."""

BEST_TWO_PERCENT = 10.0
"""Best two further apart than this: a further trial is advised (the interval shows it too)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Reference amplitude of one muscle.

    Attributes
    ----------
    value
        Amplitude that counts as 100 %, corrected for rest, unit of the signal; NaN where no
        contraction could be used.
    n
        Contractions used.
    log_sd
        Standard uncertainty of ``ln(value)``; NaN where n < 2.
    snr_db
        Ratio of the greatest contraction's power to that of rest.
    reason
        Why the reference cannot be used to compare muscles, else empty.
    low, high
        95 % interval of `value` (t with `df` degrees of freedom on the log scale).
    df
        Degrees of freedom of `log_sd`.
    kind
        ``maximal`` or ``submaximal``.
    contractions
        Amplitude of every contraction used.
    notes
        Plain words that do not forbid its use.
    """

    value: float
    n: int
    log_sd: float
    snr_db: float
    reason: str = ""
    low: float = math.nan
    high: float = math.nan
    df: float = 0.0
    kind: Kind = "maximal"
    contractions: tuple[float, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def usable(self) -> bool:
        """Whether muscles may be compared by it."""
        return not self.reason


@lru_cache(maxsize=32)
def spread_of_greatest(n: int) -> float:
    """SD of the greatest of n standard normal values: 0.826 (n = 2), 0.748 (3), 0.701 (4)."""
    from scipy.special import ndtr

    x = np.linspace(-9.0, 9.0, 18001)
    density = n * ndtr(x) ** (n - 1) * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    step = x[1] - x[0]
    mean = float((x * density).sum() * step)
    return math.sqrt(float((np.square(x - mean) * density).sum() * step))


def reference_amplitude(
    signal: ArrayLike,
    rate: float,
    contractions: Sequence[tuple[int, int]],
    rest: float,
    *,
    kind: Kind = "maximal",
    window_s: float = 0.5,
    least_snr_db: float = 15.0,
) -> Reference:
    """Find the reference of one muscle.

    Parameters
    ----------
    signal
        (n_samples,) band-passed, NaN where lost.
    rate
        Hz.
    contractions
        Half-open sample ranges, of all tests of this muscle.
    rest
        RMS at rest, same unit; NaN (not known) gives no reference.
    kind
        ``maximal``: the greatest `window_s` RMS over all contractions. ``submaximal``: the mean
        over contractions of the RMS of each without its first and last fifth.
    window_s
        Moving RMS (centred, step one sample).
    least_snr_db
        Contractions below this ratio to rest are not used.

    Notes
    -----
    Uncertainty: the SD of the logs of the contractions, times the SD of the greatest of n normal
    values (maximal) or ``1 / sqrt(n)`` (submaximal: delta method), with n - 1 degrees of freedom.

    Raises
    ------
    LabError
        On a signal that is no row of numbers, a negative rest, an unknown kind.
    """
    x = as_signal(signal, rate)
    if x.ndim != 1:
        raise LabError(f"signal has shape {x.shape}", "give one channel")
    if rest < 0 or math.isinf(rest):
        raise LabError(f"rest is {rest!r}", "give the RMS at rest, 0 or more")
    if kind not in ("maximal", "submaximal"):
        raise LabError(f"kind is {kind!r}", "use maximal or submaximal")
    nan = math.nan
    if math.isnan(rest):
        return Reference(nan, 0, nan, nan, "no quiet rest to correct for", kind=kind)
    tops: list[float] = []
    weak = 0
    for first, stop in contractions:
        top = _amplitude_of(x[max(first, 0) : max(stop, 0)], rate, kind, window_s)
        if not math.isfinite(top):
            continue
        if rest > 0 and 20 * math.log10(max(top / rest, 1e-9)) < least_snr_db:
            weak += 1
            continue
        value = corrected_amplitude(top, rest)
        if math.isfinite(value) and value > 0:
            tops.append(value)
    if not tops:
        reason = (
            f"{weak} reference contractions below {least_snr_db:g} dB"
            if weak
            else "no reference contraction could be measured"
        )
        return Reference(nan, 0, nan, nan, reason, kind=kind)
    return _reference(np.array(tops), rest, kind, weak, least_snr_db)


def _amplitude_of(part: Floats, rate: float, kind: Kind, window_s: float) -> float:
    finite = part[np.isfinite(part)]
    if len(part) < int(window_s * rate) or flat_topped(finite):
        return math.nan
    if kind == "submaximal":
        fifth = len(part) // 5
        middle = part[fifth : len(part) - fifth]
        whole = len(middle) > 0 and bool(np.isfinite(middle).all())
        return float(np.sqrt(np.mean(np.square(middle)))) if whole else math.nan
    power = moving_mean(np.square(part), rate, window_s)
    half = round(window_s * rate) // 2
    inner = power[half : len(power) - half]
    if not len(inner) or not np.isfinite(inner).any():
        return math.nan
    return math.sqrt(float(np.nanmax(inner)))


def _reference(tops: Floats, rest: float, kind: Kind, weak: int, least_snr_db: float) -> Reference:
    from scipy.special import stdtrit

    n, nan = len(tops), math.nan
    ordered = np.sort(tops)[::-1]
    value = float(ordered[0]) if kind == "maximal" else float(tops.mean())
    snr = 20 * math.log10(float(ordered[0]) / rest) if rest > 0 else 99.0
    notes = [f"left out below {least_snr_db:g} dB: {weak}"] if weak else []
    if n < LEAST_CONTRACTIONS:
        reason = f"{n} usable reference contraction, {LEAST_CONTRACTIONS} are needed to know its "
        reason += "uncertainty"
        return Reference(
            value, n, nan, snr, reason, kind=kind, contractions=tuple(tops), notes=tuple(notes)
        )
    apart = 100 * (1 - float(ordered[1] / ordered[0]))
    if kind == "maximal" and apart > BEST_TWO_PERCENT:
        notes.append(f"the best two contractions differ by {apart:.0f} %: a further one is advised")
    factor = spread_of_greatest(n) if kind == "maximal" else 1 / math.sqrt(n)
    log_sd = float(np.std(np.log(tops), ddof=1)) * factor
    reach = math.exp(float(stdtrit(n - 1, 0.975)) * log_sd)
    return Reference(
        value,
        n,
        log_sd,
        snr,
        "",
        value / reach,
        value * reach,
        float(n - 1),
        kind,
        tuple(float(top) for top in tops),
        tuple(notes),
    )


def combined_df(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Combine standard uncertainties and their degrees of freedom (Welch-Satterthwaite).

    Parameters
    ----------
    parts
        (standard uncertainty, degrees of freedom) of every independent part (JCGM 100:2008,
        annex G.4); infinite degrees of freedom where it is known exactly.
    """
    total = sum(u * u for u, _ in parts)
    below = sum(u**4 / df for u, df in parts if math.isfinite(df) and df > 0)
    return math.sqrt(total), total**2 / below if below > 0 else math.inf


@dataclass(frozen=True, slots=True)
class PercentOfReference:
    """Mean amplitude in % of the reference with a 95 % interval that includes the reference's."""

    percent: float
    sd: float
    low: float
    high: float
    n: int


def percent_of_reference(values: ArrayLike, reference: Reference) -> PercentOfReference:
    """Mean over repetitions of amplitudes in % of `reference`.

    Parameters
    ----------
    values
        (n_repetitions,) % of the reference, NaN where missing.
    reference
        What they were divided by.

    Notes
    -----
    Delta method on the log scale: ``(SD / mean)**2 / n + log_sd**2``, Welch-Satterthwaite
    degrees of freedom. No interval below 2 repetitions or where the reference has none.
    """
    from scipy.special import stdtrit

    x = real_numbers(values, "amplitudes", "(n_repetitions,)")
    if x.ndim != 1 or np.isinf(x).any() or (x < 0).any():
        raise LabError("amplitudes are negative, infinite or no row", "give % of the reference")
    x = x[np.isfinite(x)]
    n, nan = len(x), math.nan
    if not n:
        return PercentOfReference(nan, nan, nan, nan, 0)
    mean = float(x.mean())
    if n < 2 or mean <= 0:
        return PercentOfReference(mean, nan, nan, nan, n)
    sd = float(x.std(ddof=1))
    if not math.isfinite(reference.log_sd):
        return PercentOfReference(mean, sd, nan, nan, n)
    standard, df = combined_df(
        [(sd / mean / math.sqrt(n), n - 1), (reference.log_sd, reference.df)]
    )
    reach = math.exp(float(stdtrit(min(df, 1e9), 0.975)) * standard)
    return PercentOfReference(mean, sd, mean / reach, mean * reach, n)
