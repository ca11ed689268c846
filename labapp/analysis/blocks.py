"""What the protocol says about the block of a repetition, and what follows from it.

Repetitions of the two selectivity tasks take no part in the order; those of one side say nothing
about the muscles of the other; those of two conditions are compared with each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.crosstalk import couplings
from labapp.analysis.inputs import RecordingInput, RepetitionLike
from labapp.analysis.phases import (
    PHASES,
    REFERENCE_PULLS,
    Amplitudes,
    amplitudes,
    phases_of,
)
from labapp.analysis.pulls import FilteredChannel
from labapp.analysis.reliability_stats import welch_change
from labapp.analysis.rest import Span
from labapp.analysis.selectivity import Selectivity, selectivity
from labapp.analysis.settings import AnalysisSettings
from labapp.analysis.statistics import mean_interval
from labapp.errors import LabError

Floats = NDArray[np.float64]

LONGEST_PART_S = 5.0
"""Of each contraction at most this much goes into the coupling of the channels."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Repetitions by what they are for."""

    order: list[RepetitionLike]
    references: list[RepetitionLike]
    tasks: dict[str, list[RepetitionLike]]


def chosen(inputs: RecordingInput) -> Chosen:
    """Sort the repetitions: pulls for the order, reference contractions, selectivity tasks.

    Where there are fast pulls the order is theirs alone: slow ones blur onsets.
    """
    tasks: dict[str, list[RepetitionLike]] = {}
    others: list[RepetitionLike] = []
    references: list[RepetitionLike] = []
    for rep in inputs.repetitions:
        facts = inputs.blocks.get(rep.block)
        if facts is not None and facts.task:
            tasks.setdefault(facts.task, []).append(rep)
        elif rep.pull in REFERENCE_PULLS:
            references.append(rep)
        else:
            others.append(rep)
    fast = [rep for rep in others if rep.pull == "fast"]
    return Chosen(fast or others, references, tasks)


def rhomboid_grades(
    inputs: RecordingInput,
    channels: Mapping[str, FilteredChannel],
    picked: Chosen,
    busy: Sequence[Span],
    settings: AnalysisSettings,
) -> dict[str, tuple[str, Selectivity]]:
    """Grade of every rhomboid channel against the middle trapezius of its side.

    Returns
    -------
    dict
        Rhomboid code to (neighbour, grade); empty where the tasks or a reference are missing.
    """
    found: dict[str, tuple[str, Selectivity]] = {}
    valid = {name: [r for r in reps if r.valid] for name, reps in picked.tasks.items()}
    references = [rep for rep in picked.references if rep.valid]
    if not references or not (valid.get("T1") and valid.get("T2")):
        return found
    for muscle in channels:
        stem, _, side = muscle.partition("_")
        neighbour = f"MT_{side}" if side else "MT"
        if stem != "RM" or neighbour not in channels:
            continue
        pair = {name: channels[name] for name in (muscle, neighbour)}
        levels = {
            t: amplitudes(pair, valid[t], references, settings, busy=busy) for t in ("T1", "T2")
        }
        spread = math.hypot(*(ref.log_sd for ref in levels["T1"].references.values()))
        found[muscle] = (
            neighbour,
            selectivity(
                *((_held(levels[t], muscle), _held(levels[t], neighbour)) for t in ("T1", "T2")),
                electrode=inputs.electrodes.get(muscle),
                floor=settings.ratio_floor_percent,
                reference_log_sd=spread if math.isfinite(spread) else 0.0,
            ),
        )
    return found


def _held(levels: Amplitudes, muscle: str) -> Floats:
    return levels.percent[muscle]["hold"]


def grade_gates(
    inputs: RecordingInput,
    grades: Mapping[str, tuple[str, Selectivity]],
    muscles: Sequence[str],
) -> dict[tuple[str, str], list[str]]:
    """Reasons per pair: an electrode of grade C cannot stand for the rhomboid.

    Without tasks in this session the grade that was entered for the electrode counts.
    """
    gates: dict[tuple[str, str], list[str]] = {}
    entered = {
        name: "as entered"
        for name, electrode in inputs.electrodes.items()
        if electrode.get("selectivity") == "C" and name not in grades
    }
    measured = {
        name: one.reasons[0] if one.reasons else ""
        for name, (_, one) in grades.items()
        if one.grade == "C"
    }
    low = entered | measured
    for i, a in enumerate(muscles):
        for b in muscles[i + 1 :]:
            for name in (a, b):
                if name in low:
                    why = f" ({low[name]})" if low[name] else ""
                    gates.setdefault((a, b), []).append(
                        f"the electrode of {name} has selectivity grade C{why}"
                    )
    return gates


def selectivity_part(grades: Mapping[str, tuple[str, Selectivity]]) -> dict[str, Any]:
    """Write the ``selectivity`` part of the document."""
    return {
        muscle: {
            "against": neighbour,
            "grade": s.grade,
            "index": s.index,
            "low": s.low,
            "high": s.high,
            "n": [s.t1.n, s.t2.n],
            "t1": {"ratio": s.t1.ratio, "low": s.t1.low, "high": s.t1.high, "passed": s.passed[0]},
            "t2": {"ratio": s.t2.ratio, "low": s.t2.low, "high": s.t2.high, "passed": s.passed[1]},
            "unit": "ln ratio",
            "method": "ln(RM/MT) in T2 minus T1, % of reference in the hold, Welch interval",
            "reasons": list(s.reasons),
        }
        for muscle, (neighbour, s) in grades.items()
    }


def sided_amplitudes(
    inputs: RecordingInput,
    channels: Mapping[str, FilteredChannel],
    valid: Sequence[RepetitionLike],
    references: Sequence[RepetitionLike],
    busy: Sequence[Span],
    settings: AnalysisSettings,
) -> Amplitudes:
    """Amplitudes; where the blocks have sides, of each side's muscles in that side's work."""
    given = {} if inputs.given is None else inputs.given.muscles
    sides = [side for side in ("L", "R") if any(b.side == side for b in inputs.blocks.values())]
    if not sides:
        return amplitudes(channels, valid, references, settings, given, busy)

    def of(reps: Sequence[RepetitionLike], side: str) -> list[RepetitionLike]:
        facts = [(rep, inputs.blocks.get(rep.block)) for rep in reps]
        return [rep for rep, fact in facts if fact is None or fact.side in ("", side)]

    parts = []
    for side in sides:
        own = {m: c for m, c in channels.items() if m.endswith(f"_{side}")}
        own_work = of(valid, side), of(references, side)
        parts.append(amplitudes(own, *own_work, settings, given, busy))
    merged: dict[str, Any] = {
        field.name: {key: v for part in parts for key, v in getattr(part, field.name).items()}
        for field in fields(Amplitudes)
        if isinstance(getattr(parts[0], field.name), dict)
    }
    withheld = dict.fromkeys(reason for part in parts for reason in part.withheld)
    return replace(parts[0], **merged, withheld=tuple(withheld))


def conditions_part(
    inputs: RecordingInput, amplitude: Amplitudes, valid: Sequence[RepetitionLike]
) -> dict[str, Any]:
    """Log-ratios by condition, and their change against the first condition (Welch).

    ``{"UT_R:LT_R": {"hold": {"neutral": {ratio, low, high, n}, ...}}}``; the later conditions
    also have ``change``: by which factor the ratio differs from the first. Empty where the
    protocol compares nothing.
    """
    names = [
        fact.condition if (fact := inputs.blocks.get(rep.block)) is not None else ""
        for rep in valid
    ]
    order = [c for c in dict.fromkeys(b.condition for b in inputs.blocks.values()) if c in names]
    order = [c for c in order if c]
    if len(order) < 2:
        return {}
    made: dict[str, Any] = {}
    for pair in amplitude.ratios:
        a, b = pair.split(":")
        by_phase: dict[str, Any] = {}
        for phase in PHASES:
            first, second = amplitude.percent[a][phase], amplitude.percent[b][phase]
            if len(first) != len(names):
                continue
            good = (first > 0) & (second > 0)
            logs = {
                c: np.log(first[mask] / second[mask])
                for c in order
                if (mask := good & np.array([name == c for name in names])).sum() > 1
            }
            if order[0] in logs and len(logs) > 1:
                by_phase[phase] = {c: _condition(logs[order[0]], x) for c, x in logs.items()}
        if by_phase:
            made[pair] = by_phase
    return made


def _condition(base: Floats, values: Floats) -> dict[str, Any]:
    own = mean_interval(values)
    entry: dict[str, Any] = {
        "ratio": math.exp(own.mean),
        "low": math.exp(own.low),
        "high": math.exp(own.high),
        "n": own.n,
    }
    if values is not base:
        try:
            change = welch_change(base, values)
        except LabError:  # no spread at all: an interval would be made up
            return entry
        limits = (change.difference, change.low, change.high)
        factors = zip(("factor", "low", "high"), map(math.exp, limits), strict=True)
        entry["change"] = {**dict(factors), "p": change.p}
    return entry


def coupling_part(
    channels: Mapping[str, FilteredChannel],
    repetitions: Sequence[RepetitionLike],
    settings: AnalysisSettings,
) -> dict[str, Any]:
    """Write the ``crosstalk`` part: coherence and envelope correlation while the muscles work.

    Channels of one stream only: between clocks a coherence means nothing.
    """
    streams: dict[str, list[str]] = {}
    for muscle, channel in channels.items():
        streams.setdefault(channel.channel.stream, []).append(muscle)
    made: dict[str, Any] = {}
    for muscles in streams.values():
        lead = channels[muscles[0]]
        rate = lead.channel.rate
        parts = []
        for rep in repetitions:
            held = (phases_of(rep) or {}).get("hold")
            if held is None:
                continue
            first = lead.index(held[0])
            stop = lead.index(min(held[1], held[0] + LONGEST_PART_S))
            parts.append({m: channels[m].x[first:stop] for m in muscles})
        for (a, b), c in couplings(parts, rate, band_hz=settings.band_hz).items():
            made[f"{a}-{b}"] = {
                "coherence": c.coherence,
                "coherence_limit": c.limit,
                "envelope_r": c.envelope_r,
                "segments": c.segments,
            }
    return made
