"""The methods paragraph: what ISEK and CEDE ask a report to state, and what is missing.

After the template of the ISEK Standards for Reporting EMG Data (Merletti 1999) and the CEDE
matrices; a fact that nobody entered prints as ``[?]`` and is named in the list below it, so
that the paragraph can never look more complete than the record is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp import palette
from labapp.analysis.excluded import BY_HAND
from labapp.report.activity import heart_words
from labapp.report.excluded import excluded_words
from labapp.report.hands import hand_words
from labapp.report.known import Facts
from labapp.report.methods_parts import (
    force_processing,
    further_analyses,
    normalised,
    without_emg,
)
from labapp.report.stated import amplifier, electrodes, is_pair, load_cell
from labapp.report.words import (
    codes,
    items,
    listed,
    mapping,
    muscles_of,
    not_applicable,
    number,
    pick,
    texts,
    value,
)


def methods_paragraph(
    session_info: Mapping[str, Any], analysis: Mapping[str, Any]
) -> tuple[str, list[str]]:
    """Write the methods paragraph of a session.

    Parameters
    ----------
    session_info
        What was known when the session was recorded (`Session.meta`): ``report`` with its
        groups participant, electrodes, amplifier, force, normalisation; ``participant``;
        ``sheets``.
    analysis
        The analysis document (``labapp-analysis/1``).

    Returns
    -------
    tuple
        (text, names of everything that is printed as ``[?]``).
    """
    facts = Facts(session_info, muscles_of(analysis))
    if muscles_of(analysis):
        sentences = [
            *electrodes(facts, analysis),
            *amplifier(facts, analysis),
            *_processing(facts, analysis),
            *normalised(facts, analysis),
            *further_analyses(analysis),
            *_force(facts, analysis),
            *_repetitions(facts, analysis),
        ]
    else:
        sentences = without_emg(facts, analysis)
        if not mapping(analysis, "standing"):
            sentences += _force(facts, analysis)
    sentences += [*excluded_words(analysis), *_software(facts, analysis), *_plan(analysis)]
    return " ".join(sentences), facts.missing


def _processing(facts: Facts, analysis: Mapping[str, Any]) -> list[str]:
    parameters = mapping(analysis, "parameters")
    band = pick(parameters, "band_hz")
    corners = f"{band[0]:g} to {band[1]:g}" if is_pair(band) else None
    baseline = pick(parameters, "baseline_s")
    rest = f"{number(baseline[0], 1)} to {number(baseline[1], 1)}" if is_pair(baseline) else None
    equalised = pick(parameters, "equalise")
    # Where baselines are work, a ratio to them says nothing of the electrode.
    working = not_applicable(analysis) and mapping(analysis, "rest")
    snr = [
        found
        for repetition in (() if working else items(analysis, "repetitions"))
        for onset in mapping(repetition, "onsets").values()
        if (found := value(onset, "snr_db")) is not None
    ]
    snr += [
        found
        for one in mapping(analysis, "reference", "muscles").values()
        if not snr and (found := value(one, "snr_db")) is not None
    ]
    noise = [
        found
        for finding in items(analysis, "quality")
        if pick(finding, "check") == "noise" and (found := value(finding, "value")) is not None
    ]
    sentences = [
        "Offline, signals were band-pass filtered "
        f"{facts.text('filter corners', corners)} Hz (4th-order Butterworth, zero lag, corners "
        f"corrected for both passes); no notch filter was used; {heart_words(analysis)}.",
        f"Baseline noise was {facts.text('baseline noise', _range(noise, 1))} µV RMS and the "
        f"signal-to-noise ratio {facts.text('signal-to-noise ratio', _range(snr, 0))} dB.",
    ]
    if not_applicable(analysis):
        return sentences
    sentences.append(
        "Onsets are posterior medians of a ramp model of the signal's variance with a 95 % "
        "interval each, "
        f"baseline {facts.text('baseline window', rest)} s from the cue; channels were "
        f"{'compared at the noise level of the weakest' if equalised else 'not noise-equalised'}"
        f"; {hand_words(analysis)}."
    )
    return sentences


def _range(found: list[float], digits: int) -> str | None:
    if not found:
        return None
    low, high = number(min(found), digits), number(max(found), digits)
    return low if low == high else f"{low} to {high}"


def _force(facts: Facts, analysis: Mapping[str, Any]) -> list[str]:
    if value(analysis, "force", "peak_n", "mean") is None:
        if pick(analysis, "force", "peak_n") is not None:
            return ["Force was recorded to find the contractions; none of it was evaluated."]
        return ["No force was recorded."]

    def known(key: str) -> Any:
        return facts.report("force", key)

    used = items(analysis, "calibrations")
    line: Mapping[str, Any] = used[0] if used else {}
    masses = line.get("masses_kg")
    hung = f"{listed([f'{m:g}' for m in masses])} kg" if isinstance(masses, list) else None
    made = f" on {str(line['made_utc'])[:10]}" if line.get("made_utc") else ""
    bent = facts.text(
        "non-linearity (% FS)", line.get("nonlinearity_percent"), known("max_nonlin_percent")
    )
    loop = facts.text(
        "hysteresis (% FS)", line.get("hysteresis_percent"), known("hysteresis_percent")
    )
    return [
        f"Force was measured by {load_cell(facts)}, calibrated{made} "
        f"with {facts.text('calibration masses', hung, known('masses'))} at g = "
        f"{facts.text('local g', line.get('g'), known('g'))} m/s² (non-linearity {bent} % FS, "
        f"hysteresis {loop} % FS).",
        *force_processing(facts, analysis),
    ]


def _repetitions(facts: Facts, analysis: Mapping[str, Any]) -> list[str]:
    repetitions = items(analysis, "repetitions")
    if not repetitions:
        return ["No repetition but reference contractions and tasks was recorded."]
    valid = sum(1 for one in repetitions if pick(one, "valid"))
    told = dict.fromkeys(reason for one in repetitions for reason in texts(one, "reasons"))
    why = [reason for reason in told if not reason.startswith(BY_HAND)]  # a sentence of its own
    reasons = f" ({'; '.join(why)})" if why and valid < len(repetitions) else ""
    rope = facts.text("equivalence band (ms)", value(analysis, "parameters", "rope_ms"))
    lags = (
        f"mean lags with 95 % t-intervals over repetitions, equivalence band ±{rope} ms, Holm "
        "correction over the pairs, "
    )
    return [
        f"{valid} of {len(repetitions)} repetitions were analysed{reasons}.",
        f"Statistics: {'' if not_applicable(analysis) else lags}geometric mean ratios with 95 % "
        "t-intervals.",
    ]


def _software(facts: Facts, analysis: Mapping[str, Any]) -> list[str]:
    return [
        f"Protocol {facts.text('protocol', pick(analysis, 'protocol'))}; software labapp "
        f"{facts.text('software version', pick(analysis, 'labapp'))}, parameters "
        f"{facts.text('parameter hash', str(pick(analysis, 'parameters_sha256') or '')[:12])}."
    ]


def _plan(analysis: Mapping[str, Any]) -> list[str]:
    """Say whether the plan was frozen before the first repetition, and what changed since."""
    plan = mapping(analysis, "plan")
    if not plan:
        return []
    if not plan.get("frozen"):
        return ["No plan was frozen before the recording."]
    changes = texts(plan, "changes")
    when = f" on {str(plan['frozen_utc'])[:10]}" if plan.get("frozen_utc") else ""
    return [
        f"Protocol and analysis settings were frozen{when} before the first repetition (SHA-256 "
        f"{str(plan.get('sha256') or '')[:12]}); changes since: "
        f"{'; '.join(changes) if changes else 'none'}."
    ]


def side_note(analysis: Mapping[str, Any]) -> str:
    """Legend of the muscle codes in use: ``RM rhomboid major, UT upper trapezius``."""
    muscles = muscles_of(analysis)
    short = codes(muscles)
    return ", ".join(f"{short[code]} {palette.name(code)}" for code in muscles)
