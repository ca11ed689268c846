"""Quality findings of every channel of a recording."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.gates import PairFacts
from labapp.analysis.inputs import RecordingInput, RepetitionLike
from labapp.analysis.pulls import FilteredChannel, MusclePull
from labapp.analysis.quality import (
    Finding,
    check_clipping,
    check_ecg,
    check_flat,
    check_line,
    check_loss,
    check_motion,
    check_noise,
    check_quiet,
    check_rest,
    check_snr,
)
from labapp.analysis.rest import LOUD, Span, baseline_windows, rest_of
from labapp.analysis.settings import AnalysisSettings

Floats = NDArray[np.float64]

LEAST_STRETCHES = 6
"""With fewer pulls a correlation of 0.3 happens by chance."""


def channel_findings(
    inputs: RecordingInput,
    filtered: FilteredChannel,
    repetitions: Sequence[RepetitionLike],
    pulls: Sequence[MusclePull],
    busy: Sequence[Span],
    settings: AnalysisSettings,
) -> list[Finding]:
    """All checks of one channel, worst news in the level, remedy in the text."""
    channel = filtered.channel
    name, rate = channel.muscle, channel.rate
    rest = rest_of(filtered, repetitions, busy, settings)
    # Mains and motion are judged on what the electrodes gave, hum and beats on whole windows.
    raw_rest = _wholes(channel.values, rest.windows)
    filtered_rest = _wholes(filtered.x, rest.windows)
    active = []
    for pull in pulls:
        if pull.usable:
            first = filtered.index(pull.onset.time)
            part = _whole(channel.values[first : first + int(0.6 * rate)])
            if part is not None:
                active.append(part)
    findings = [
        check_flat(name, channel.values, rate, channel.step, rest.level),
        check_clipping(name, channel.values, channel.low, channel.high, channel.step),
        check_line(name, raw_rest, rate),
        check_motion(name, active, rate),
        check_ecg(name, filtered_rest, rate),
    ]
    if math.isfinite(rest.level):
        findings.insert(0, check_noise(name, rest.level))
    elif rest.left_out:
        findings.insert(0, check_rest(name))
    # Where a metronome leads there is no rest before the cue, and only an order needs one there.
    if pulls and (inputs.order_asked or rest.before_cues):
        # A pull that the recording does not hold says nothing about the electrode.
        ratios = [one.onset.snr_db for one in pulls if one.onset.state != "not_measurable"]
        if ratios:
            asked = inputs.order_asked
            findings.append(check_snr(name, float(np.median(ratios)), order_asked=asked))
        active_before = sum(pull.onset.state == "in_baseline" for pull in pulls)
        windows = [window for _, window in baseline_windows(filtered, repetitions, settings)]
        before = _wholes(filtered.x, windows)
        restless = max(active_before, loud_rests(before))
        findings.append(check_quiet(name, restless, max(len(pulls), len(before))))
    facts = inputs.streams.get(channel.stream)
    # Of a device that was away, `outage_findings` tells: "no sample lost" would be half of it.
    if facts is not None and facts.received + facts.lost > 0 and (facts.lost or not facts.outages):
        findings.append(check_loss(name, 100 * facts.lost / (facts.received + facts.lost)))
    return findings


def coverage_findings(inputs: RecordingInput) -> list[Finding]:
    """Tell of every stream that ends, or begins, where repetitions were still asked for."""
    cues = [rep.cue_s for rep in inputs.repetitions if rep.cue_s is not None]
    spans = {c.stream: (float(c.times[0]), float(c.times[-1])) for c in inputs.emg if len(c.times)}
    if inputs.force is not None and len(inputs.force.times):
        ends = (float(inputs.force.times[0]), float(inputs.force.times[-1]))
        spans.setdefault(inputs.force.stream, ends)
    findings = []
    for stream, (first, last) in spans.items():
        outside = sum(not first <= cue <= last for cue in cues)
        if outside:
            text = (
                f"{outside} of {len(cues)} repetitions are not in it: it holds {first:.0f} to "
                f"{last:.0f} s, cues run to {max(cues):.0f} s; check the device and its battery"
            )
            findings.append(Finding(stream, "coverage", float(outside), "bad", text))
    return findings


def outage_findings(inputs: RecordingInput) -> list[Finding]:
    """Tell of every stream whose device was away for a while."""
    findings = []
    for stream, facts in inputs.streams.items():
        if not facts.outages:
            continue
        away = sum(back - gone for gone, back in facts.outages)
        if len(facts.outages) == 1:
            gone, back = facts.outages[0]
            text = f"away from {gone:.2f} to {back:.2f} s: nothing was recorded of it then"
        else:
            text = (
                f"away {len(facts.outages)} times, {away:.2f} s in all: nothing was recorded of it "
                "then"
            )
        findings.append(Finding(stream, "outage", away, "warn", text))
    return findings


def pair_findings(
    facts: Mapping[tuple[str, str], PairFacts], settings: AnalysisSettings
) -> list[Finding]:
    """Crosstalk indicator of every pair."""
    findings = []
    for (a, b), fact in facts.items():
        peak = fact.crosstalk.peak
        if not math.isfinite(peak):
            continue
        limit = settings.crosstalk_r
        level = "good" if peak <= 0.5 * limit else "warn" if peak <= limit else "bad"
        few = fact.crosstalk.n < LEAST_STRETCHES
        if few and level == "bad":
            level = "warn"
        text = {
            "good": f"correlation with {b} {peak:.2f}",
            "warn": f"correlation with {b} {peak:.2f}: "
            + (f"{fact.crosstalk.n} pulls are too few to tell" if few else "some may be shared"),
            "bad": f"correlation with {b} {peak:.2f}: crosstalk is likely, do the selectivity "
            "tasks and move the electrodes apart",
        }[level]
        findings.append(
            Finding(
                a,
                "crosstalk",
                peak,
                "good" if level == "good" else "warn" if level == "warn" else "bad",
                text,
            )
        )
    return findings


def loud_rests(rests: Sequence[Floats]) -> int:
    """Count stretches of rest that are more than `LOUD` times as loud as the quieter ones (Q7)."""
    if len(rests) < 2:
        return 0
    levels = np.array([np.sqrt(np.mean(np.square(part))) for part in rests])
    return int(np.sum(levels > LOUD * np.quantile(levels, 0.25)))


def _wholes(x: Floats, windows: Sequence[tuple[int, int]]) -> list[Floats]:
    return [part for a, b in windows if (part := _whole(x[a:b])) is not None]


def _whole(part: Floats) -> Floats | None:
    return part if len(part) and bool(np.isfinite(part).all()) else None
