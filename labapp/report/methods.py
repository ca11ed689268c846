"""The methods paragraph: what ISEK and CEDE ask a report to state, and what is missing.

After the template of the ISEK Standards for Reporting EMG Data (Merletti 1999) and the CEDE
matrices; a fact that nobody entered prints as ``[?]`` and is named in the list below it, so
that the paragraph can never look more complete than the record is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp import palette
from labapp.report.activity import heart_words
from labapp.report.hands import hand_words
from labapp.report.known import Facts
from labapp.report.methods_parts import (
    force_processing,
    further_analyses,
    normalised,
    without_emg,
)
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
            *_electrodes(facts, analysis),
            *_amplifier(facts, analysis),
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
    sentences += [*_software(facts, analysis), *_plan(analysis)]
    return " ".join(sentences), facts.missing


def _electrodes(facts: Facts, analysis: Mapping[str, Any]) -> list[str]:
    muscles = muscles_of(analysis)
    sides = sorted({palette.split_side(code)[1] for code in muscles} - {""})
    names = list(dict.fromkeys(palette.name(palette.split_side(code)[0]) for code in muscles))
    side = {"R": "right", "L": "left"}
    who = mapping(facts.info, "participant")
    return [
        f"Surface EMG was recorded from {facts.text('muscles', names)} of the "
        f"{facts.text('side tested', listed([side[one] for one in sides]))} side in 1 participant "
        f"(age {facts.text('age', facts.report('participant', 'age'), pick(who, 'age'))}, "
        f"sex {facts.text('sex', facts.report('participant', 'sex'), pick(who, 'sex'))}, "
        f"dominant hand "
        f"{facts.text('dominance', facts.report('participant', 'dominance'))}).",
        f"Electrodes (material {facts.each('electrode material', 'material')}, "
        f"shape {facts.each('electrode shape', 'shape')}, "
        f"size {facts.each('electrode size (mm)', 'size_mm')} mm, gel "
        f"{facts.each('electrode gel', 'gel')}) were placed "
        f"{facts.each('inter-electrode distance (mm)', 'ied_mm')} mm apart at "
        f"{facts.each('electrode sites', 'site_id')} (distances from landmarks, "
        f"mm: {facts.text('distances from landmarks (mm)', facts.distances())}), oriented "
        f"{facts.each('electrode orientation', 'orientation_text')}, after "
        f"{facts.each('skin preparation', 'skin_prep')}; inter-electrode "
        f"impedance was {facts.each('impedance (kOhm)', 'impedance_kohm')} kΩ.",
        *(
            [
                "The rhomboid electrode had selectivity grade "
                f"{facts.text('rhomboid selectivity grade', *_grades(facts, analysis))}."
            ]
            if any(palette.split_side(code)[0] == "RM" for code in muscles)
            else []
        ),
        "The reference electrode was on "
        f"{facts.each('reference electrode site', 'reference_site')}.",
    ]


def _grades(facts: Facts, analysis: Mapping[str, Any]) -> list[Any]:
    """Grade measured in the session with its index, else the one that was entered."""
    measured = [
        f"{one['grade']} (index {one['index']:.2f}, 95 % interval {one['low']:.2f} to "
        f"{one['high']:.2f})"
        for one in mapping(analysis, "selectivity").values()
        if isinstance(one, Mapping) and isinstance(one.get("index"), float)
    ]
    return [measured, facts.rhomboids("selectivity")]


def _amplifier(facts: Facts, analysis: Mapping[str, Any]) -> list[str]:
    def known(key: str) -> Any:
        return facts.report("amplifier", key)

    emg = [
        (name, stream)
        for name, stream in mapping(analysis, "streams").items()
        if value(stream, "rate_nominal_hz") is not None
    ]
    # The EMG stream is the fastest one: a force cell beside it is slower by a decade.
    name, stream = max(emg, key=lambda one: value(one[1], "rate_nominal_hz") or 0, default=("", {}))
    sheet = mapping(facts.info, "sheets", name)
    band = known("hw_band_hz")
    hardware = f"{band[0]:g} to {band[1]:g}" if _is_pair(band) else band
    box = (pick(sheet, "title"), known("model"), pick(stream, "driver"))
    return [
        f"Signals were detected in {facts.text('detection mode', known('mode'))} mode "
        f"({facts.text('amplifier', *box)}), "
        f"amplified by {facts.text('gain', known('gain'))} (input impedance "
        f"{facts.text('input impedance (MOhm)', known('input_impedance_Mohm'))} MΩ, CMRR "
        f"{facts.text('CMRR (dB)', known('cmrr_db'))} dB), band-limited to "
        f"{facts.text('hardware band (Hz)', hardware)} Hz and sampled at "
        f"{facts.text('sampling rate', value(stream, 'rate_nominal_hz'))} Hz with "
        f"{facts.text('resolution (bits)', known('adc_bits'), pick(sheet, 'bits'))} bits.",
    ]


def _is_pair(found: Any) -> bool:
    return (
        isinstance(found, list | tuple)
        and len(found) == 2
        and all(isinstance(one, int | float) for one in found)
    )


def _processing(facts: Facts, analysis: Mapping[str, Any]) -> list[str]:
    parameters = mapping(analysis, "parameters")
    band = pick(parameters, "band_hz")
    corners = f"{band[0]:g} to {band[1]:g}" if _is_pair(band) else None
    baseline = pick(parameters, "baseline_s")
    rest = f"{number(baseline[0], 1)} to {number(baseline[1], 1)}" if _is_pair(baseline) else None
    equalised = pick(parameters, "equalise")
    snr = [
        found
        for repetition in items(analysis, "repetitions")
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
        f"Force was measured by {facts.text('force cell model', known('model'))}, calibrated{made} "
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
    why = list(dict.fromkeys(r for one in repetitions for r in texts(one, "reasons")))
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
