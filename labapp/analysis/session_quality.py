"""Quality findings of every channel of a recording."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.gates import PairFacts
from labapp.analysis.inputs import RecordingInput, RepetitionLike
from labapp.analysis.phases import rest_level, rest_windows
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
    check_snr,
)
from labapp.analysis.settings import AnalysisSettings

Floats = NDArray[np.float64]


def channel_findings(
    inputs: RecordingInput,
    filtered: FilteredChannel,
    repetitions: Sequence[RepetitionLike],
    pulls: Sequence[MusclePull],
    settings: AnalysisSettings,
) -> list[Finding]:
    """All checks of one channel, worst news in the level, remedy in the text."""
    channel = filtered.channel
    name, rate = channel.muscle, channel.rate
    windows = rest_windows(filtered, repetitions, settings)
    # Mains and motion are judged on what the electrodes gave, hum and beats on whole windows.
    whole_rest = [_whole(channel.values[a:b]) for a, b in windows]
    raw_rest = [part for part in whole_rest if part is not None]
    filtered_rest = [
        part for part in (_whole(filtered.x[a:b]) for a, b in windows) if part is not None
    ]
    active = []
    for pull in pulls:
        if pull.usable:
            first = filtered.index(pull.onset.time)
            part = _whole(channel.values[first : first + int(0.6 * rate)])
            if part is not None:
                active.append(part)
    rest = rest_level(filtered, repetitions, settings)
    findings = [
        check_flat(name, channel.values, rate, channel.step, rest),
        check_clipping(name, channel.values, channel.low, channel.high, channel.step),
        check_line(name, raw_rest, rate),
        check_motion(name, active, rate),
        check_ecg(name, filtered_rest, rate),
    ]
    if math.isfinite(rest):
        findings.insert(0, check_noise(name, rest))
    if pulls:
        snr = float(np.median([pull.onset.snr_db for pull in pulls]))
        findings.append(check_snr(name, snr))
        restless = sum(pull.onset.state == "in_baseline" for pull in pulls)
        findings.append(check_quiet(name, restless, len(pulls)))
    facts = inputs.streams.get(channel.stream)
    if facts is not None and facts.received + facts.lost > 0:
        findings.append(check_loss(name, 100 * facts.lost / (facts.received + facts.lost)))
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
        text = {
            "good": f"correlation with {b} {peak:.2f}",
            "warn": f"correlation with {b} {peak:.2f}: some signal may be shared",
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


def _whole(part: Floats) -> Floats | None:
    return part if len(part) and bool(np.isfinite(part).all()) else None
