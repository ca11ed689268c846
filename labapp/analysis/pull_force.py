"""The force of every pull of a recording, and the delay between muscle and force."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from labapp.analysis.clocks import DelayClock
from labapp.analysis.force import EMD_RATE_HZ, LOST, ONSET_RULE, Pull, analyse_pull
from labapp.analysis.force_delay import delay_part
from labapp.analysis.inputs import ForceChannel, RepetitionLike
from labapp.analysis.pulls import MusclePull, anchor_of
from labapp.analysis.rest import Span
from labapp.analysis.statistics import mean_interval
from labapp.errors import LabError

BEFORE_S = 0.5
"""As long before a cue the force is taken as that of rest."""
LEAST_SAMPLES = 10
"""With fewer the force of a rest, or of a pull, is not told."""


def measure_force(
    force: ForceChannel, repetition: RepetitionLike, busy: Sequence[Span] = ()
) -> Pull | None:
    """Force metrics of one pull, times in s since the start of the recording; None if absent.

    Parameters
    ----------
    busy
        When somebody pulled (`busy_spans`): within a set led by a metronome the force before the
        cue is the way back of the repetition before. What was before the set is taken off then,
        and nothing is told that needs rest before the cue (onset, rate of development).
    """
    anchor = anchor_of(repetition)
    if anchor is None or repetition.force_onset_s is None:
        return None
    end = repetition.force_off_s or repetition.hold_end_s or anchor + 3.0
    first = int(np.searchsorted(force.times, anchor - 0.55))
    stop = int(np.searchsorted(force.times, end + 0.1))
    if stop - first < LEAST_SAMPLES:
        return None
    start = float(force.times[first])
    base = (max(anchor - BEFORE_S - start, 0.0), anchor - start)
    if base[1] - base[0] < 0.2:
        return None
    try:
        pull = analyse_pull(
            force.values[first:stop], force.rate, baseline=base, search=(base[1], end - start)
        )
    except LabError as error:  # windows at the recording's edge hold too few samples
        return Pull(math.nan, math.nan, math.nan, reasons=(error.what,))
    resting = _before_set(force, repetition, busy)
    if resting is not None:
        return _within_set(force, pull, resting, (repetition.force_onset_s, end), start)
    return replace(
        pull,
        onset=pull.onset + start,
        peak_at=pull.peak_at + start,
        onsets={name: at + start for name, at in pull.onsets.items()},
        foot=pull.foot + start,
    )


def _before_set(
    force: ForceChannel, repetition: RepetitionLike, busy: Sequence[Span]
) -> float | None:
    """Force (N) before the set of a repetition that follows another one; None for the first."""
    cue = repetition.cue_s
    if repetition.tempo is None or cue is None:
        return None
    begin = next((b for b, e in busy if b < cue and e > cue - BEFORE_S), None)
    if begin is None:
        return None
    first, stop = (int(np.searchsorted(force.times, t)) for t in (begin - BEFORE_S, begin))
    part = force.values[first:stop]
    part = part[np.isfinite(part)]
    return float(part.mean()) if len(part) >= LEAST_SAMPLES else None


def _within_set(force: ForceChannel, pull: Pull, resting: float, span: Span, start: float) -> Pull:
    """Count a pull from another rest than the one before its cue, without its beginning."""
    nan = math.nan
    first, stop = (int(np.searchsorted(force.times, t)) for t in span)
    above = force.values[first:stop] - resting
    return Pull(
        nan,
        pull.peak + pull.baseline - resting,
        pull.peak_at + start,
        rfd=dict.fromkeys(pull.rfd, nan),
        baseline=resting,
        baseline_range=nan,
        reasons=tuple(reason for reason in pull.reasons if reason == LOST),
        impulse=float(above.sum()) / force.rate,
        onsets=dict.fromkeys(pull.onsets, nan),
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
        emd[muscle] = delay_part(pulls, own, clocks.get(muscle, worst), force.rate)
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
