"""From the arrays of one recording to the analysis document (``labapp-analysis/1``)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.document import (
    amplitudes_part,
    equalised_s,
    ms,
    order_part,
    plain,
    ratios_part,
    reference_part,
    repetition_part,
    verdict_part,
)
from labapp.analysis.gates import PairFacts, device_gates, muscle_gate, pair_facts
from labapp.analysis.inputs import RecordingInput, RepetitionLike
from labapp.analysis.order import Order, onset_order
from labapp.analysis.phases import amplitudes
from labapp.analysis.pull_force import force_summary, measure_force
from labapp.analysis.pulls import (
    FilteredChannel,
    MusclePull,
    equalise_repetition,
    filtered,
    measure,
    pair_lag,
)
from labapp.analysis.question import answer, spoken_names, the_question
from labapp.analysis.resolution import timing_resolution
from labapp.analysis.session_quality import channel_findings, pair_findings
from labapp.analysis.settings import AnalysisSettings
from labapp.errors import LabError

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]

SCHEMA = "labapp-analysis/1"


def analyse_recording(
    inputs: RecordingInput,
    settings: AnalysisSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Analyse one recording.

    Parameters
    ----------
    inputs
        Arrays and facts.
    settings
        All parameters; the defaults where None.
    progress
        Called with (what, share done 0..1).

    Returns
    -------
    dict
        The analysis document: JSON-able, no NaN, no NumPy types, equal for equal inputs.

    Raises
    ------
    LabError
        Without EMG channels, or if two of them name the same muscle.
    """
    settings = settings or AnalysisSettings()
    tell = progress or _silent
    channels = _channels(inputs, settings, tell)
    muscles = list(channels)
    order_repetitions, references = _chosen(inputs.repetitions)
    tell("onsets", 0.3)
    measured = {
        id(rep): {m: measure(channels[m], rep, settings) for m in muscles}
        for rep in order_repetitions
    }
    valid = [rep for rep in order_repetitions if rep.valid]
    rng = np.random.default_rng(settings.seed)
    gated = {
        m: reason
        for m in muscles
        if (reason := muscle_gate(m, [measured[id(rep)][m] for rep in valid], settings))
    }
    tell("equal noise", 0.5)
    kept = [m for m in muscles if m not in gated]
    for rep in valid:
        equalise_repetition([measured[id(rep)][m] for m in kept], settings, rng)
    question = the_question(muscles) if len(muscles) > 1 else None
    asked = (
        [question.muscle, *(m for m in muscles if m != question.muscle)] if question else muscles
    )
    by_muscle = {m: [measured[id(rep)][m] for rep in valid] for m in muscles}
    tell("order", 0.7)
    facts = _pair_facts(asked, by_muscle, channels, settings)
    gates = {key: list(fact.reasons) for key, fact in facts.items()}
    for key, reasons in device_gates(inputs, asked).items():
        gates[key] = [*reasons, *gates.get(key, [])]
    order = result = None
    if question is not None:
        onsets = np.array(
            [[equalised_s(by_muscle[m][r]) for m in asked] for r in range(len(valid))]
        ).reshape(len(valid), len(asked))
        order = onset_order(
            onsets,
            asked,
            settings=settings,
            rng=rng,
            gates=gates,
            muscle_gates=gated,
            lags={key: fact.lags for key, fact in facts.items()},
            checks={key: fact.pooled for key, fact in facts.items()},
        )
        result = answer(order, question, spoken_names(asked))
    tell("amplitudes", 0.8)
    amplitude = amplitudes(channels, valid, [rep for rep in references if rep.valid], settings)
    pulls = {
        id(rep): measure_force(inputs.force, rep) if inputs.force is not None else None
        for rep in order_repetitions
    }
    tell("quality", 0.9)
    quality = [
        finding
        for m in muscles
        for finding in channel_findings(
            inputs, channels[m], [*valid, *references], by_muscle[m], settings
        )
    ] + pair_findings(facts, settings)
    one_clock = inputs.force is not None and (
        inputs.sync == "verified" or all(c.stream == inputs.force.stream for c in inputs.emg)
    )
    rates = {channel.stream: channel.rate for channel in inputs.emg}
    if inputs.force is not None:
        rates.setdefault(inputs.force.stream, inputs.force.rate)
    document = {
        "schema": SCHEMA,
        "labapp": inputs.version,
        "session": inputs.session,
        "protocol": inputs.protocol,
        "participant": inputs.participant,
        "rate_hz": rates,
        "parameters": settings.as_dict(),
        "parameters_sha256": settings.sha256(),
        "verdict": verdict_part(result, muscles),
        "repetitions": [
            repetition_part(rep, measured[id(rep)], pulls[id(rep)], settings.tie_ms * 1e-3)
            for rep in order_repetitions
        ],
        "repetition_source": inputs.repetition_source,
        "order": order_part(order, facts, settings),
        "ratios": ratios_part(amplitude),
        "ratios_withheld": list(amplitude.withheld),
        "reference": reference_part(amplitude, settings, bool(references)),
        "amplitudes": amplitudes_part(amplitude),
        "force": force_summary(
            inputs.force, [pulls[id(rep)] for rep in valid], by_muscle, one_clock
        ),
        "quality": [
            {
                "channel": f.channel,
                "check": f.check,
                "value": f.value,
                "level": f.level,
                "text": f.text,
            }
            for f in quality
        ],
        "timing": _timing(inputs, order, settings),
        "streams": {
            name: {
                "driver": s.driver,
                "rate_hz": s.rate_hz,
                "rate_nominal_hz": s.rate_nominal_hz,
                "received": s.received,
                "lost": s.lost,
                "gaps": s.gaps,
                "onset_capable": s.onset_capable,
                "onset_reason": s.onset_reason,
            }
            for name, s in inputs.streams.items()
        },
    }
    tell("done", 1.0)
    cleaned: dict[str, Any] = plain(document)
    return cleaned


def _silent(what: str, share: float) -> None:
    del what, share


def _channels(
    inputs: RecordingInput, settings: AnalysisSettings, tell: Progress
) -> dict[str, FilteredChannel]:
    if not inputs.emg:
        raise LabError("the recording has no EMG channel", "record or import one with a montage")
    channels: dict[str, FilteredChannel] = {}
    for k, channel in enumerate(inputs.emg):
        if channel.muscle in channels:
            raise LabError(
                f"two channels are named {channel.muscle}", "give every channel its own muscle"
            )
        if channel.values.shape != channel.times.shape or channel.values.ndim != 1:
            raise LabError(
                f"{channel.muscle} has values {channel.values.shape} and times "
                f"{channel.times.shape}",
                "give one time per sample",
            )
        tell(f"filter {channel.muscle}", 0.3 * k / len(inputs.emg))
        channels[channel.muscle] = filtered(channel, settings)
    return channels


def _chosen(
    repetitions: Sequence[RepetitionLike],
) -> tuple[list[RepetitionLike], list[RepetitionLike]]:
    """Choose the pulls that the order is read from, and the reference contractions.

    Where there are fast pulls the order is theirs alone: slow ones blur onsets.
    """
    references = [rep for rep in repetitions if rep.pull == "reference"]
    others = [rep for rep in repetitions if rep.pull != "reference"]
    fast = [rep for rep in others if rep.pull == "fast"]
    return fast or others, references


def _pair_facts(
    muscles: Sequence[str],
    pulls: Mapping[str, Sequence[MusclePull]],
    channels: Mapping[str, FilteredChannel],
    settings: AnalysisSettings,
) -> dict[tuple[str, str], PairFacts]:
    facts: dict[tuple[str, str], PairFacts] = {}
    for i, a in enumerate(muscles):
        for b in muscles[i + 1 :]:
            lags = np.array(
                [pair_lag(x, y, settings) for x, y in zip(pulls[a], pulls[b], strict=True)]
            )
            rate = channels[a].channel.rate
            facts[a, b] = pair_facts((a, b), pulls[a], pulls[b], lags, rate, settings)
    return facts


def _timing(
    inputs: RecordingInput, order: Order | None, settings: AnalysisSettings
) -> dict[str, Any]:
    slowest = min(channel.rate for channel in inputs.emg)
    several = len({channel.stream for channel in inputs.emg}) > 1
    shared = inputs.sync_uncertainty_s if several else 0.0
    common = math.hypot(shared, math.sqrt(2 / 12) / slowest)
    resolution = math.nan
    if order is not None:
        resolution = timing_resolution(
            order, slowest, uncertainty_s=shared, rope_ms=settings.rope_ms
        )
    return {"resolution_ms": resolution, "sync": inputs.sync, "uncertainty_ms": ms(common)}
