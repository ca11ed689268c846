"""The delay from the onset of a muscle to that of the force (electromechanical delay).

The onset of one pull is a median over ramps of every kind: where a muscle starts softly, with a
few single discharges, it lies 10 to 15 ms late, in every pull alike, and no number of pulls takes
that out of the delay. How a muscle rises belongs to the muscle and the task; so the onsets are
read under the ramps that all pulls together support, and what remains unknown about these ramps
widens the interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.clocks import DelayClock, with_clocks
from labapp.analysis.force import Pull
from labapp.analysis.pooled import FEWEST, RampTable, lasting
from labapp.analysis.pulls import MusclePull
from labapp.analysis.statistics import mean_interval

Floats = NDArray[np.float64]

EMD_LIMITS_S = (-0.02, 0.2)
FOOT_U_MS = 3.0
"""Standard uncertainty of a force's foot in all pulls alike: a force that starts roundly is read
5 to 9 ms late, one that starts straight is not ..."""

START_U_MS = 4.0
"""... and of a muscle's beginning, for what no ramp holds: single discharges, softer starts.
Both from simulated sessions (docs/explanation/onset.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class Beginnings:
    """Onsets of one muscle (s since the start of the recording), NaN where there is none.

    Attributes
    ----------
    times
        (n_pulls,).
    u_s
        Standard uncertainty that they share.
    method
        How they were read.
    """

    times: Floats
    u_s: float
    method: str


def beginnings(pulls: Sequence[MusclePull]) -> Beginnings:
    """Onsets under the ramps that all pulls support; one by one below four pulls."""
    used = [k for k, pull in enumerate(pulls) if pull.usable]
    times = np.full(len(pulls), np.nan)
    if len(used) < FEWEST:
        widths = [pulls[k].onset.high - pulls[k].onset.low for k in used]
        times[used] = [pulls[k].onset.time for k in used]
        width = float(np.median(widths)) if widths else math.nan
        return Beginnings(times, width / (2 * 1.96), "onset of each pull by itself")
    onsets, u_s = pooled_onsets([pulls[k].table_at(pulls[k].onset.snr_db) for k in used])
    times[used] = onsets + [pulls[k].start for k in used]
    return Beginnings(times, u_s, "onsets under the rise that all pulls support")


def pooled_onsets(tables: Sequence[RampTable]) -> tuple[Floats, float]:
    """Onset of every pull, ramps weighted by all pulls, and the ramps' uncertainty (s)."""
    log = lasting(len(tables)) * np.sum([table.evidence for table in tables], axis=0)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    onsets = np.array([table.onset for table in tables])
    by_ramp = onsets.mean(axis=0)
    mean = float((weight * by_ramp).sum())
    spread = math.sqrt(float((weight * np.square(by_ramp - mean)).sum()))
    return np.asarray(np.einsum("nkr,kr->n", onsets, weight)), spread


def delay_part(
    pulls: Sequence[Pull | None], muscle: Sequence[MusclePull], clock: DelayClock, rate: float
) -> dict[str, Any]:
    """Mean delay of one muscle with its interval, for the ``force`` part of the document.

    Parameters
    ----------
    pulls, muscle
        The force and the muscle, one each per repetition.
    clock
        What is known between their clocks.
    rate
        Of the force, Hz.

    Notes
    -----
    ``low`` and ``high`` hold the scatter of the pulls and what more pulls do not average out: the
    timing between the devices, the ramp of the muscle, and the foot of the force. ``u_ms`` is the
    standard uncertainty of the mean from all of these.
    """
    begun = beginnings(muscle)
    feet = np.array([math.nan if pull is None else pull.foot for pull in pulls])
    delays = 1000 * (feet - begun.times - clock.shift_s)
    interval = mean_interval(delays)
    u_ms = 1000 * clock.u_s
    sampling = 1000 / rate / math.sqrt(12)
    lasting = math.hypot(u_ms, 1000 * begun.u_s, START_U_MS, FOOT_U_MS, sampling)
    low, high = with_clocks(interval.low, interval.mean, interval.high, lasting)
    known = delays[np.isfinite(delays)] / 1000
    scatter = interval.sd / math.sqrt(interval.n) if interval.n > 1 else math.nan
    return {
        "mean": interval.mean,
        "low": low,
        "high": high,
        "n": interval.n,
        "outside": int(np.sum((known < EMD_LIMITS_S[0]) | (known > EMD_LIMITS_S[1]))),
        "u_ms": math.hypot(scatter, lasting),
        "timing_u_ms": u_ms,
        "method": begun.method,
    }
