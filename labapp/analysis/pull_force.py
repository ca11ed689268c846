"""The force of every pull of a recording, and the delay between muscle and force."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labapp.analysis.clocks import DelayClock, with_clocks
from labapp.analysis.force import EMD_RATE_HZ, ONSET_RULE, Pull, analyse_pull
from labapp.analysis.inputs import ForceChannel, RepetitionLike
from labapp.analysis.pulls import MusclePull, anchor_of
from labapp.analysis.statistics import MeanInterval, mean_interval
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
    return replace(
        pull,
        onset=pull.onset + start,
        peak_at=pull.peak_at + start,
        onsets={name: at + start for name, at in pull.onsets.items()},
    )


def force_summary(
    force: ForceChannel | None,
    pulls: Sequence[Pull | None],
    muscles: Mapping[str, Sequence[MusclePull]],
    clocks: Mapping[str, DelayClock],
) -> dict[str, Any]:
    """Build the ``force`` part of the document.

    Parameters
    ----------
    pulls
        One per valid repetition, None where there is no force.
    muscles
        Muscle to its pulls, the same repetitions.
    clocks
        Muscle to what is known between its clock and that of the force.

    Notes
    -----
    ``low`` and ``high`` hold the scatter of the pulls and what more pulls do not average out: the
    timing between the two devices, and where the onsets are detected (the EMG onset's own
    interval, one sample of the force; a ramp's foot is found late rather than early, in every
    pull alike). ``u_ms`` is the standard uncertainty of the mean delay from all of these.
    """
    if force is None:
        return {
            "peak_n": None,
            "rfd": {},
            "emd_ms": {},
            "emd_valid": False,
            "emd_text": "no force was recorded",
        }
    worst = min(
        clocks.values(),
        key=lambda clock: (clock.valid, math.isfinite(clock.u_s), -clock.u_s),
        default=DelayClock(True, "from EMG onset to force onset", 0.0, 0.0),
    )
    found = [pull for pull in pulls if pull is not None]
    clean = [pull for pull in found if not pull.reasons]
    rfd = {}
    for name in clean[0].rfd if clean else {}:
        rfd[name] = mean_interval([pull.rfd.get(name, math.nan) for pull in clean]).as_row()
    emd: dict[str, Any] = {}
    for muscle, own in muscles.items():
        clock = clocks.get(muscle, worst)
        delays = [
            1000 * (pull.onset - one.onset.time - clock.shift_s)
            if pull is not None and one.usable
            else math.nan
            for pull, one in zip(pulls, own, strict=True)
        ]
        interval = mean_interval(delays)
        u_ms = 1000 * clock.u_s
        lasting = math.hypot(u_ms, *_detection_ms(own, force.rate))
        low, high = with_clocks(interval.low, interval.mean, interval.high, lasting)
        outside = sum(
            math.isfinite(d) and not EMD_LIMITS_S[0] <= d / 1000 <= EMD_LIMITS_S[1] for d in delays
        )
        emd[muscle] = {
            "mean": interval.mean,
            "low": low,
            "high": high,
            "n": interval.n,
            "outside": outside,
            "u_ms": math.hypot(_standard_error(interval), lasting),
            "timing_u_ms": u_ms,
        }
    return {
        "peak_n": mean_interval([pull.peak for pull in found]).as_row(),
        "rfd": rfd,
        "rfd_peak": mean_interval([pull.rfd_peak for pull in clean]).as_row(),
        "impulse_100_ns": mean_interval([pull.impulse_100 for pull in clean]).as_row(),
        "impulse_200_ns": mean_interval([pull.impulse_200 for pull in clean]).as_row(),
        "rfd_valid": force.rate >= EMD_RATE_HZ * 0.95,
        "onset_rule": ONSET_RULE,
        "emd_ms": emd,
        "emd_valid": worst.valid,
        "emd_text": worst.text,
    }


def _standard_error(interval: MeanInterval) -> float:
    return interval.sd / math.sqrt(interval.n) if interval.n > 1 else math.nan


def _detection_ms(pulls: Sequence[MusclePull], force_rate: float) -> tuple[float, float]:
    """Give standard uncertainties (ms) of an EMG onset and, by its sampling, of a force onset."""
    widths = [one.onset.high - one.onset.low for one in pulls if one.usable]
    width = float(np.median(widths)) if widths else math.nan
    return 1000 * width / (2 * 1.96), 1000 / force_rate / math.sqrt(12)
