"""The force of every pull of a recording, and the delay between muscle and force."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labapp.analysis.force import EMD_RATE_HZ, ONSET_RULE, Pull, analyse_pull
from labapp.analysis.inputs import ForceChannel, RepetitionLike
from labapp.analysis.pulls import MusclePull, anchor_of
from labapp.analysis.statistics import mean_interval
from labapp.errors import LabError

EMD_LIMITS_S = (-0.02, 0.2)


def measure_force(force: ForceChannel, repetition: RepetitionLike) -> Pull | None:
    """Force metrics of one pull, times in s since the start of the recording; None if absent."""
    anchor = anchor_of(repetition)
    if anchor is None or repetition.force_onset_s is None:
        return None
    end = repetition.force_off_s or repetition.hold_end_s or anchor + 3.0
    first = int(np.searchsorted(force.times, anchor - 0.55))
    stop = int(np.searchsorted(force.times, end + 0.1))
    if stop - first < 10:
        return None
    start = float(force.times[first])
    base = (max(anchor - 0.5 - start, 0.0), anchor - start)
    if base[1] - base[0] < 0.2:
        return None
    try:
        pull = analyse_pull(
            force.values[first:stop], force.rate, baseline=base, search=(base[1], end - start)
        )
    except LabError as error:  # windows at the recording's edge hold too few samples
        return Pull(math.nan, math.nan, math.nan, reasons=(error.what,))
    return Pull(
        pull.onset + start,
        pull.peak,
        pull.peak_at + start,
        pull.rfd,
        pull.rfd_peak,
        pull.impulse_100,
        pull.impulse_200,
        pull.baseline,
        pull.baseline_range,
        pull.reasons,
    )


def force_summary(
    force: ForceChannel | None,
    pulls: Sequence[Pull | None],
    muscles: Mapping[str, Sequence[MusclePull]],
    one_clock: bool,
) -> dict[str, Any]:
    """Build the ``force`` part of the document.

    Parameters
    ----------
    pulls
        One per valid repetition, None where there is no force.
    muscles
        Muscle to its pulls, the same repetitions.
    one_clock
        Whether EMG and force share a clock (or are verified by pulses).
    """
    if force is None:
        return {
            "peak_n": None,
            "rfd": {},
            "emd_ms": {},
            "emd_valid": False,
            "emd_text": "no force was recorded",
        }
    valid, text = True, "from EMG onset to force onset"
    if force.rate < EMD_RATE_HZ * 0.95:
        valid = False
        text = (
            f"not valid: the load cell samples at {force.rate:.0f} Hz, "
            f"{EMD_RATE_HZ:.0f} Hz are needed for this delay and for early RFD"
        )
    elif not one_clock:
        valid, text = False, "not valid: EMG and force share neither a clock nor sync pulses"
    found = [pull for pull in pulls if pull is not None]
    clean = [pull for pull in found if not pull.reasons]
    rfd = {}
    for name in clean[0].rfd if clean else {}:
        rfd[name] = _summary([pull.rfd.get(name, math.nan) for pull in clean])
    emd: dict[str, Any] = {}
    for muscle, own in muscles.items():
        delays = [
            1000 * (pull.onset - one.onset.time) if pull is not None and one.usable else math.nan
            for pull, one in zip(pulls, own, strict=True)
        ]
        interval = mean_interval(delays)
        outside = sum(
            math.isfinite(d) and not EMD_LIMITS_S[0] <= d / 1000 <= EMD_LIMITS_S[1] for d in delays
        )
        emd[muscle] = {
            "mean": interval.mean,
            "low": interval.low,
            "high": interval.high,
            "n": interval.n,
            "outside": outside,
        }
    return {
        "peak_n": _summary([pull.peak for pull in found]),
        "rfd": rfd,
        "rfd_peak": _summary([pull.rfd_peak for pull in clean]),
        "impulse_100_ns": _summary([pull.impulse_100 for pull in clean]),
        "impulse_200_ns": _summary([pull.impulse_200 for pull in clean]),
        "rfd_valid": force.rate >= EMD_RATE_HZ * 0.95,
        "onset_rule": ONSET_RULE,
        "emd_ms": emd,
        "emd_valid": valid,
        "emd_text": text,
    }


def _summary(values: Sequence[float]) -> dict[str, Any]:
    interval = mean_interval(values)
    return {"mean": interval.mean, "sd": interval.sd, "n": interval.n}
