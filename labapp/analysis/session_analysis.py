"""From the arrays of one recording to the analysis document (``labapp-analysis/1``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.activity import activity_parts, find_hearts, without_ecg
from labapp.analysis.amplitude_document import (
    amplitudes_part,
    ratios_part,
    reference_part,
    rest_part,
)
from labapp.analysis.blocks import (
    chosen,
    conditions_part,
    coupling_part,
    grade_gates,
    rhomboid_grades,
    selectivity_part,
    sided_amplitudes,
)
from labapp.analysis.clocks import across_devices, delay_clocks, timing_part, without_filters
from labapp.analysis.document import (
    equalised_s,
    head_part,
    plain,
    repetition_part,
    streams_part,
    verdict_part,
)
from labapp.analysis.equalise import NoiseBank
from labapp.analysis.force_details import force_details, with_units
from labapp.analysis.gates import PairFacts, device_gates, muscle_gate, pair_facts
from labapp.analysis.inputs import RecordingInput
from labapp.analysis.order import onset_order
from labapp.analysis.order_document import order_part
from labapp.analysis.phases import held_snr_db
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
from labapp.analysis.rest import busy_spans
from labapp.analysis.session_quality import (
    channel_findings,
    coverage_findings,
    outage_findings,
    pair_findings,
)
from labapp.analysis.settings import AnalysisSettings
from labapp.errors import LabError

Floats = NDArray[np.float64]
Progress = Callable[[str, float], None]


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
    picked = chosen(inputs)
    order_repetitions, references = picked.order, picked.references
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
    bank = NoiseBank(rng, settings.neq_draws, settings.band_hz)
    for rep in valid:
        equalise_repetition([measured[id(rep)][m] for m in kept], settings, bank)
    question = the_question(muscles) if len(muscles) > 1 else None
    asked = (
        [question.muscle, *(m for m in muscles if m != question.muscle)] if question else muscles
    )
    by_muscle = {m: [measured[id(rep)][m] for rep in valid] for m in muscles}
    tell("order", 0.7)
    facts = _pair_facts(asked, by_muscle, channels, settings)
    gates = {key: list(fact.reasons) for key, fact in facts.items()}
    busy = busy_spans(inputs.repetitions)
    grades = rhomboid_grades(inputs, channels, picked, busy, settings)
    for closed in (grade_gates(inputs, grades, asked), device_gates(inputs, asked)):
        for key, reasons in closed.items():
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
            own={key: fact.own for key, fact in facts.items() if fact.own is not None},
        )
        result = answer(order, question, spoken_names(asked))
    tell("amplitudes", 0.8)
    whole = [rep for rep in references if rep.valid]
    hearts = find_hearts(channels)
    levels = without_ecg(channels, hearts, settings)
    amplitude = sided_amplitudes(inputs, levels, valid, whole, busy, settings)
    pulls = {
        id(rep): measure_force(inputs.force, rep, busy) if inputs.force is not None else None
        for rep in order_repetitions
    }
    own_pulls = [pulls[id(rep)] for rep in valid]
    tell("quality", 0.9)
    quality = [
        finding
        for m in muscles
        for finding in channel_findings(
            inputs, channels[m], [*valid, *references], by_muscle[m], busy, settings
        )
    ]
    quality += pair_findings(facts, settings)
    quality += coverage_findings(inputs) + outage_findings(inputs)
    clocks = delay_clocks(inputs)
    document = {
        **head_part(inputs, settings),
        "verdict": verdict_part(result, muscles, order_asked=inputs.order_asked),
        "repetitions": [
            without_filters(
                repetition_part(rep, measured[id(rep)], pulls[id(rep)], settings.tie_ms * 1e-3),
                clocks,
            )
            for rep in order_repetitions
        ],
        "repetition_source": inputs.repetition_source,
        "order": across_devices(
            order_part(order, facts, settings, asked=inputs.order_asked, gates=gates),
            inputs,
            asked,
        ),
        "ratios": ratios_part(amplitude),
        "ratios_withheld": list(amplitude.withheld),
        "conditions": conditions_part(inputs, amplitude, valid),
        "selectivity": selectivity_part(grades),
        "crosstalk": coupling_part(channels, [*valid, *whole], settings),
        "reference": reference_part(amplitude, settings, bool(references), inputs.given),
        "amplitudes": amplitudes_part(amplitude),
        **rest_part(amplitude),
        **activity_parts(
            levels,
            hearts,
            valid,
            amplitude,
            force_peaks=[p.peak for rep in valid if (p := pulls[id(rep)]) is not None],
            snr_db={
                m: float(np.median([pull.onset.snr_db for pull in rows]))
                if amplitude.rests[m].before_cues
                else held_snr_db(amplitude, m)
                for m, rows in by_muscle.items()
                if rows
            },
            blocks=inputs.blocks,
            busy=busy,
            settings=settings,
        ),
        "force": with_units(force_summary(inputs.force, own_pulls, by_muscle, clocks))
        | force_details(inputs.force, valid, own_pulls),
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
        "timing": timing_part(inputs, order, settings),
        "streams": streams_part(inputs),
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
