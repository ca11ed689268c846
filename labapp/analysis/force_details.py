"""What the force of a recording tells beside peak and delay: hold, tempo, tare, onset rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from labapp.analysis.force import ONSET_RULE, ONSET_RULES, Pull
from labapp.analysis.inputs import ForceChannel, RepetitionLike
from labapp.analysis.statistics import mean_interval
from labapp.analysis.steadiness import Tempo, steadiness, tempo
from labapp.analysis.tare import tare_drift

PHASES = ("pull", "hold", "return")
PLATEAU = 0.9
"""Share of the peak above which the force of a led repetition counts as held."""


def force_details(
    force: ForceChannel | None, repetitions: Sequence[RepetitionLike], pulls: Sequence[Pull | None]
) -> dict[str, Any]:
    """Build the parts of ``force`` that need no EMG; empty where no force was recorded.

    Parameters
    ----------
    repetitions, pulls
        Valid repetitions and their pulls, None where a repetition has no force.
    """
    if force is None:
        return {}
    both = [(r, p) for r, p in zip(repetitions, pulls, strict=True) if p is not None]
    clean = [pull for _, pull in both if not pull.reasons]
    relative = {
        name: value_part([pull.rfd_relative.get(name, math.nan) for pull in clean], "1/s")
        for name in (clean[0].rfd if clean else {})
    }
    return {
        "impulse_n_s": value_part([pull.impulse for _, pull in both], "N s"),
        "time_to_peak_s": value_part([pull.time_to_peak for pull in clean], "s"),
        "rfd_relative": relative,
        "onset_rules": _rules([pull for _, pull in both]),
        "hold": _hold(force, both),
        "tempo": _tempo(force, both),
        "tare": _tare([pull for _, pull in both]),
    }


UNITS = {
    "peak_n": "N",
    "rfd": "N/s",
    "rfd_peak": "N/s",
    "impulse_100_ns": "N s",
    "impulse_200_ns": "N s",
    "emd_ms": "ms",
}


def with_units(summary: dict[str, Any]) -> dict[str, Any]:
    """Return the summary of the force with the unit written beside every mean."""
    made = dict(summary)
    for key, unit in UNITS.items():
        part = summary.get(key)
        if part and "mean" in part:
            made[key] = {**part, "unit": unit}
        elif part:
            made[key] = {name: {**one, "unit": unit} for name, one in part.items()}
    return made


def value_part(values: Sequence[float], unit: str) -> dict[str, Any]:
    """Mean with its 95 % t-interval, SD, n and unit."""
    return {**mean_interval(values).as_row(), "unit": unit}


def _rules(pulls: Sequence[Pull]) -> dict[str, Any]:
    """How much later every rule finds the onset than the rule in use (ms), and where it failed."""
    rows = {}
    for rule in ONSET_RULES:
        off = [
            1000 * (pull.onsets.get(rule.name, math.nan) - pull.onset)
            for pull in pulls
            if math.isfinite(pull.onset)
        ]
        rows[rule.name] = {
            **value_part(off, "ms"),
            "not_found": sum(not math.isfinite(one) for one in off),
            "used": rule.name == ONSET_RULE,
        }
    return rows


def _hold(force: ForceChannel, both: Sequence[tuple[RepetitionLike, Pull]]) -> dict[str, Any]:
    means, cvs, reasons = [], [], []
    for rep, pull in both:
        if rep.hold_start_s is None or rep.hold_end_s is None:
            continue
        first, stop = (
            int(np.searchsorted(force.times, t)) for t in (rep.hold_start_s, rep.hold_end_s)
        )
        part = force.values[first:stop] - (pull.baseline if math.isfinite(pull.baseline) else 0.0)
        if not len(part):
            continue
        means.append(float(part.mean()))
        held = steadiness(part, force.rate)
        cvs.append(held.cv_percent)
        if held.reason and held.reason not in reasons:
            reasons.append(held.reason)
    return {
        "mean_n": value_part(means, "N"),
        "cv_percent": value_part(cvs, "%"),
        "method": "1 s after the begin of the hold, up to 5 s, straight line taken off, 20 Hz",
        "reasons": reasons if reasons and not np.isfinite(cvs).all() else [],
    }


def _plateau(
    force: ForceChannel, rep: RepetitionLike, pull: Pull
) -> tuple[float | None, float | None]:
    """Begin and end (s) of the stretch above 90 % of the peak; None where it cannot be told."""
    if rep.force_onset_s is None or rep.force_off_s is None:
        return None, None
    first, stop = (
        int(np.searchsorted(force.times, t)) for t in (rep.force_onset_s, rep.force_off_s)
    )
    above = np.flatnonzero(force.values[first:stop] - pull.baseline > PLATEAU * pull.peak)
    if not len(above):
        return None, None
    return float(force.times[first + above[0]]), float(force.times[first + above[-1]])


def _tempo(
    force: ForceChannel, both: Sequence[tuple[RepetitionLike, Pull]]
) -> dict[str, Any] | None:
    """Durations, adherence and asynchrony of the repetitions that a metronome led."""
    kept: list[Tempo] = []
    asked: list[tuple[float, float, float]] = []
    for rep, pull in both:
        if rep.tempo is None or rep.cue_s is None:
            continue
        begin = pull.onset if math.isfinite(pull.onset) else rep.force_onset_s
        bounds = (begin, *_plateau(force, rep, pull), rep.force_off_s)
        kept.append(tempo(bounds, rep.cue_s, rep.tempo))
        asked.append(rep.tempo)
    if not kept:
        return None
    part: dict[str, Any] = {
        phase: {
            "asked_s": asked[0][i] if len(set(asked)) == 1 else None,
            "duration_s": value_part([one.durations[i] for one in kept], "s"),
            "adherence_percent": value_part([one.adherence[i] for one in kept], "%"),
        }
        for i, phase in enumerate(PHASES)
    }
    whole = [float(np.nanmean(one.adherence)) for one in kept if np.isfinite(one.adherence).any()]
    part["adherence_percent"] = value_part(whole, "%")
    part["asynchrony_ms"] = value_part([one.asynchrony_ms[0] for one in kept], "ms")
    return part


def _tare(pulls: Sequence[Pull]) -> dict[str, Any]:
    """Force of the empty cell before every pull, which is taken off, and how far it wanders."""
    greatest = max((pull.peak for pull in pulls if math.isfinite(pull.peak)), default=math.nan)
    drift = tare_drift([pull.baseline for pull in pulls], greatest)
    return {
        "mean_n": drift.mean,
        "range_n": drift.range_n,
        "percent": drift.percent,
        "n": drift.n,
        "text": drift.text,
    }
