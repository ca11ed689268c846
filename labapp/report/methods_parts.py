"""Sentences of the methods paragraph that only some sessions need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.analysis.given import source_words
from labapp.report.known import Facts
from labapp.report.stated import plate, reference_posture, standing_person, standing_setting
from labapp.report.words import items, listed, mapping, number, pick, texts, value

Analysis = Mapping[str, Any]


def normalised(facts: Facts, analysis: Analysis) -> list[str]:
    """Say what amplitudes are compared with: method, contractions, posture, training."""
    muscles = mapping(analysis, "reference", "muscles")
    counts = [int(n) for one in muscles.values() if (n := value(one, "n"))]
    if not counts:
        return ["Amplitudes were not normalised: no reference contraction was usable."]
    few, many = min(counts), max(counts)
    kinds = listed(sorted({str(pick(one, "kind")) for one in muscles.values()}))
    spans = str(few) if few == many else f"{few} to {many}"
    method = facts.text("normalisation method", pick(analysis, "reference", "method"))
    sentence = (
        "Amplitude was the RMS of each phase, corrected for the power at rest"
        f"{rest_words(analysis)}, in per cent of a "
        f"reference: {method} ({spans} {kinds} contractions per muscle; {reference_posture(facts)})"
    )
    elsewhere = source_words(mapping(analysis, "reference"))
    if not elsewhere:
        return [f"{sentence}."]
    same = "same electrodes, channels and gain"
    return [f"{sentence}, of {elsewhere}; {same}.", *_counted_from_own(muscles)]


def rest_words(analysis: Analysis) -> str:
    """Say where the rest came from, where it was not simply before every cue."""
    sources: dict[str, list[int]] = {}
    for one in mapping(analysis, "rest").values():
        sources.setdefault(str(pick(one, "source")), []).append(int(value(one, "n") or 0))
    told = {
        "baselines": "the median over the {n} baselines that lie outside every repetition",
        "pauses": "the median over {n} quiet half seconds of the pauses, as too few baselines lie "
        "outside the repetitions",
    }
    words = []
    for source, counts in sources.items():
        if source in told:
            few, many = min(counts), max(counts)
            n = str(few) if few == many else f"{few} to {many}"
            words.append(told[source].format(n=n))
    return f" ({'; '.join(words)})" if words else ""


def _counted_from_own(muscles: Mapping[str, Any]) -> list[str]:
    """Name the muscles that the other recording gave no usable reference of."""
    own = [code for code, one in muscles.items() if not pick(one, "given")]
    counted = listed([code for code in own if value(muscles, code, "value_uv") is not None])
    return [f"Of {counted} a reference of this session was used."] if counted else []


def further_analyses(analysis: Analysis) -> list[str]:
    """Say how the spectrum and the signs of crosstalk were found, where they were looked at."""
    sentences = []
    if any(value(one, "epochs") for one in mapping(analysis, "fatigue").values()):
        sentences.append(
            "Median and mean frequencies are of 20 to 450 Hz in stretches of 0.5 s of the holds "
            "(periodogram, Hann window, zero padding to the next power of two at most)."
        )
    if mapping(analysis, "crosstalk"):
        tasks = " and two selectivity tasks" if mapping(analysis, "selectivity") else ""
        sentences.append(
            f"Crosstalk was looked for by coherence and cross-correlation{tasks}; nothing was "
            "subtracted."
        )
    return sentences


def force_processing(facts: Facts, analysis: Analysis) -> list[str]:
    """Say how the force was sampled and filtered, and what its onset is."""
    rates = list(mapping(analysis, "rate_hz").values())
    rate = number(rates[-1], 0) if rates and isinstance(rates[-1], int | float) else None
    return [
        f"Force was sampled at {facts.text('sampling rate of the force', rate)} Hz and low-pass "
        "filtered with zero lag (50 Hz for onset and rates, where the sampling rate allows it, "
        "20 Hz for steadiness); force onset was "
        f"{facts.text('force onset rule', pick(analysis, 'force', 'onset_rule'))}."
    ]


def without_emg(facts: Facts, analysis: Analysis) -> list[str]:
    """Say what was done in a session without EMG: standing on a plate, or forms alone."""
    person = standing_person(facts)
    part = mapping(analysis, "standing")
    if not part:
        return [f"No EMG was recorded. {person[0].upper()}{person[1:]} took part."]
    trials = items(part, "trials")
    kept = [one for one in trials if not texts(one, "reasons")]
    longest = max((found for one in kept if (found := value(one, "duration_s"))), default=None)
    stream = next(iter(mapping(analysis, "streams")), "")
    box = pick(facts.info, "sheets", stream, "title"), pick(analysis, "streams", stream, "driver")
    cells, setting = facts.text("force plate", *box), standing_setting(facts)
    return [
        f"The centre of pressure of {person} was measured in quiet standing on a force plate with "
        f"four cells ({cells}; calibration {plate(facts)}), sampled at "
        f"{facts.text('sampling rate', value(part, 'rate_hz'))} Hz. {setting}.",
        f"{len(kept)} of {len(trials)} trials of {number(longest, 0)} s after the first 5 s were "
        f"analysed ({listed(texts(part, 'conditions'))}). Processing: {pick(part, 'method')}.",
        "Statistics: means over trials with 95 % t-intervals; the Romberg quotient is that of "
        "geometric mean ellipse areas, with Welch's interval on their logarithms.",
    ]
