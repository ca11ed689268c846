"""Steadiness of a held force, and how well a repetition kept its tempo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labapp.analysis.filters import as_signal, low_pass

LOW_PASS_HZ = 20.0
DROP_S, LENGTH_S, LEAST_S = 1.0, 5.0, 2.0
LEAST_RATE_HZ = 100.0
"""Load cells slower than this show the tremor of a hold damped; said with the result."""


@dataclass(frozen=True, slots=True)
class Steadiness:
    """A held force; NaN where not measurable.

    Attributes
    ----------
    mean, sd
        N; the SD about a straight line through the hold.
    cv_percent
        ``100 sd / mean``.
    rmse
        Root mean square distance from the target, N; NaN without a target.
    seconds
        Length that was looked at.
    reason
        Why there is no value, or what to keep in mind.
    """

    mean: float
    sd: float
    cv_percent: float
    rmse: float
    seconds: float
    reason: str = ""


def steadiness(force: ArrayLike, rate: float, *, target: float | None = None) -> Steadiness:
    """Measure a held force: its first second left out, the following 5 s, 20 Hz low-pass.

    Parameters
    ----------
    force
        (n_samples,) N of the hold, tare taken off; NaN where lost.
    rate
        Hz.
    target
        Force that was to be held, N.
    """
    f = as_signal(force, rate, name="force")
    part = f[int(DROP_S * rate) : int((DROP_S + LENGTH_S) * rate)]
    nan, seconds = math.nan, len(part) / rate
    if len(part) < LEAST_S * rate:
        held = len(f) / rate
        return Steadiness(nan, nan, nan, nan, seconds, f"held for {held:.1f} s, 3 s are needed")
    if not np.isfinite(part).all():
        return Steadiness(nan, nan, nan, nan, seconds, "force samples were lost")
    smooth = low_pass(part, rate, LOW_PASS_HZ) if rate > 60 else part
    t = np.arange(len(smooth))
    line = np.polynomial.Polynomial.fit(t, smooth, 1)(t)
    mean, sd = float(smooth.mean()), float((smooth - line).std())
    rmse = nan if target is None else float(np.sqrt(np.mean((smooth - target) ** 2)))
    slow = f"{rate:.0f} Hz, {LEAST_RATE_HZ:.0f} Hz are usual" if rate < LEAST_RATE_HZ else ""
    return Steadiness(mean, sd, 100 * sd / mean if mean > 0 else nan, rmse, seconds, slow)


def steadiness_percent(force: ArrayLike, rate: float) -> float:
    """CV (%) of a held force; NaN where it was held for less than 3 s. See `steadiness`."""
    return steadiness(force, rate).cv_percent


@dataclass(frozen=True, slots=True)
class Tempo:
    """How a repetition kept its tempo.

    Attributes
    ----------
    durations
        Seconds of pull, hold and return; NaN where a phase is missing.
    adherence
        Per phase ``100 (1 - |duration - target| / target)``, not below 0; NaN without a target.
    asynchrony_ms
        Begin of the pull, of the hold, of the return and end against their beats, ms; negative
        is early.
    """

    durations: tuple[float, float, float]
    adherence: tuple[float, float, float]
    asynchrony_ms: tuple[float, ...]


def tempo(bounds: Sequence[float | None], cue: float, asked: tuple[float, float, float]) -> Tempo:
    """Compare the phases of a repetition with the beats that led it.

    Parameters
    ----------
    bounds
        Begin of pull, of hold, of return, and end (s); None where unknown.
    cue
        Time of the first beat, s.
    asked
        Seconds asked for pull, hold and return.
    """
    at = [math.nan if one is None else float(one) for one in bounds]
    beats = np.concatenate([[cue], cue + np.cumsum(asked)])
    durations = np.diff(at)
    adherence = [
        max(0.0, 100 * (1 - abs(d - a) / a)) if a > 0 and math.isfinite(d) else math.nan
        for d, a in zip(durations, asked, strict=True)
    ]
    off = 1000 * (np.asarray(at) - beats)
    return Tempo(
        (float(durations[0]), float(durations[1]), float(durations[2])),
        (adherence[0], adherence[1], adherence[2]),
        tuple(float(x) for x in off),
    )
