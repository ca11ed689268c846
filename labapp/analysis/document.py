"""The parts of the analysis document, and plain JSON values: no NaN, no NumPy type."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.force import Pull
from labapp.analysis.inputs import RecordingInput, RepetitionLike
from labapp.analysis.phases import phases_of
from labapp.analysis.pulls import MusclePull
from labapp.analysis.question import Answer
from labapp.analysis.settings import AnalysisSettings
from labapp.analysis.statistics import orders

Floats = NDArray[np.float64]

SCHEMA = "labapp-analysis/1"

DIGITS = 9
"""Significant digits kept: far below any uncertainty, and equal on every machine."""


def plain(value: Any) -> Any:
    """Turn a nested value into JSON-able Python: NaN and infinity become None.

    Raises
    ------
    TypeError
        On a type that has no place in the document (a mistake of ours).
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return float(f"{number:.{DIGITS}g}") if math.isfinite(number) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in an analysis document")


def ms(seconds: float) -> float:
    """Milliseconds of seconds."""
    return 1000.0 * seconds


def equalised_s(pull: MusclePull) -> float:
    """Onset (s) at equal noise, NaN where the pull has none."""
    return pull.equalised.mean if pull.equalised is not None else math.nan


def head_part(inputs: RecordingInput, settings: AnalysisSettings) -> dict[str, Any]:
    """Say what was analysed, by which version, and with which parameters."""
    rates = {channel.stream: channel.rate for channel in inputs.emg}
    if inputs.force is not None:
        rates.setdefault(inputs.force.stream, inputs.force.rate)
    return {
        "schema": SCHEMA,
        "labapp": inputs.version,
        "session": inputs.session,
        "protocol": inputs.protocol,
        "participant": inputs.participant,
        "rate_hz": rates,
        "parameters": settings.as_dict(),
        "parameters_sha256": settings.sha256(),
    }


def streams_part(inputs: RecordingInput) -> dict[str, Any]:
    """Write the facts of every stream."""
    return {
        name: {
            "driver": s.driver,
            "rate_hz": s.rate_hz,
            "rate_nominal_hz": s.rate_nominal_hz,
            "received": s.received,
            "lost": s.lost,
            "gaps": s.gaps,
            "outages_s": [list(outage) for outage in s.outages],
            "onset_capable": s.onset_capable,
            "onset_reason": s.onset_reason,
        }
        for name, s in inputs.streams.items()
    }


def verdict_part(
    result: Answer | None, muscles: Sequence[str], *, order_asked: bool = True
) -> dict[str, Any]:
    """Write the ``verdict`` part of the document."""
    if not order_asked:
        reason = "the protocol asks for no order of onsets"
        return {
            "state": "not interpretable",
            "muscle": None,
            "n_needed": None,
            "headline": f"Not applicable: {reason}.",
            "reasons": [reason],
        }
    if result is None:
        reason = f"{muscles[0]} is the only muscle: an order needs two"
        return {
            "state": "not interpretable",
            "muscle": None,
            "n_needed": None,
            "headline": f"Cannot tell any order: {reason}",
            "reasons": [reason],
        }
    return {
        "state": result.state,
        "muscle": result.muscle,
        "headline": result.headline,
        "reasons": list(result.reasons),
        "n_needed": result.n_needed,
    }


def repetition_part(
    rep: RepetitionLike, own: Mapping[str, MusclePull], force: Pull | None, tie: float
) -> dict[str, Any]:
    """Write one repetition: its landmarks, every muscle's onset and their order (ties: s)."""
    onset_s = rep.force_onset_s
    reasons = list(rep.reasons)
    peak = None
    if force is not None:
        peak = force.peak
        if math.isfinite(force.onset):
            onset_s = force.onset
        reasons += [reason for reason in force.reasons if reason not in reasons]
    return {
        "index": rep.index,
        "block": rep.block,
        "number": rep.number,
        "valid": rep.valid,
        "reasons": reasons,
        "cue_s": rep.cue_s,
        "force_onset_s": onset_s,
        "force_peak_n": peak,
        "phases": {k: list(v) for k, v in phases.items()} if (phases := phases_of(rep)) else None,
        "onsets": {m: _onset(pull, rep.valid, onset_s) for m, pull in own.items()},
        "order": _order_of(own, tie) if rep.valid else None,
    }


def _order_of(own: Mapping[str, MusclePull], tie: float) -> str | None:
    """Order of the muscles that have an onset: at equal noise where all of them were equalised."""
    times = {m: p.onset.time for m, p in own.items() if math.isfinite(p.onset.time)}
    equal = {m: equalised_s(own[m]) for m in times}
    if all(map(math.isfinite, equal.values())):
        times = equal
    return orders([list(times.values())], tuple(times), tie)[0] if times else None


def _onset(pull: MusclePull, valid: bool, force_onset: float | None) -> dict[str, Any]:
    onset, nan = pull.onset, math.nan
    return {
        "time_s": onset.time,
        "low_s": onset.low,
        "high_s": onset.high,
        "state": onset.state if valid or onset.state != "ok" else "rejected",
        "reason": onset.reason,
        "snr_db": onset.snr_db,
        "rise_s": onset.rise_time,
        "equalised_s": equalised_s(pull),
        "neq_s": pull.neq.time if pull.neq else nan,
        "neq_sd_ms": ms(pull.neq.sd) if pull.neq else nan,
        "hb3_s": pull.neq.raw if pull.neq else nan,
        "emd_ms": ms(force_onset - onset.time) if force_onset is not None else nan,
    }
