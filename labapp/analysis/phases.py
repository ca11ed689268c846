"""Phases of a pull, amplitudes in them, and the ratios between muscles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.amplitude import (
    Reference,
    corrected_amplitude,
    quiet_rest,
    reference_amplitude,
    rms,
)
from labapp.analysis.inputs import RepetitionLike
from labapp.analysis.pulls import FilteredChannel, anchor_of
from labapp.analysis.ratios import Ratio, activation_ratio
from labapp.analysis.settings import AnalysisSettings

Floats = NDArray[np.float64]
Span = tuple[float, float]

PHASES = ("pull", "hold", "return")


@dataclass(frozen=True, slots=True, eq=False)
class Amplitudes:
    """Activation of every muscle by phase.

    Attributes
    ----------
    percent
        ``percent[muscle][phase]``: (n_repetitions,) % of the reference, NaN at the noise floor.
    references
        Reference per muscle.
    ratios
        ``"RM_R:UT_R"`` to phase to `Ratio`.
    withheld
        Why there are no ratios, or not all.
    """

    percent: dict[str, dict[str, Floats]]
    references: dict[str, Reference]
    ratios: dict[str, dict[str, Ratio]] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()


def phases_of(repetition: RepetitionLike) -> dict[str, Span] | None:
    """Pull (force onset to hold), hold, return (to rest); None without these landmarks."""
    begin, a = repetition.force_onset_s, repetition.hold_start_s
    b, end = repetition.hold_end_s, repetition.force_off_s
    if a is None or b is None or b <= a:
        return None
    spans: dict[str, Span] = {}
    if begin is not None and begin < a:
        spans["pull"] = (begin, a)
    spans["hold"] = (a, b)
    if end is not None and end > b:
        spans["return"] = (b, end)
    return spans


def amplitudes(
    channels: Mapping[str, FilteredChannel],
    repetitions: Sequence[RepetitionLike],
    references: Sequence[RepetitionLike],
    settings: AnalysisSettings,
) -> Amplitudes:
    """Amplitudes by phase in % of the reference, and their ratios.

    Parameters
    ----------
    channels
        Muscle to channel.
    repetitions
        Valid pulls.
    references
        Valid reference contractions.
    """
    everything = [*repetitions, *references]
    percent: dict[str, dict[str, Floats]] = {}
    found: dict[str, Reference] = {}
    for muscle, channel in channels.items():
        rest = rest_level(channel, everything, settings)
        found[muscle] = _reference(channel, references, rest, settings)
        scale = found[muscle].value
        rows: dict[str, list[float]] = {phase: [] for phase in PHASES}
        for repetition in repetitions:
            spans = phases_of(repetition) or {}
            for phase in PHASES:
                span = spans.get(phase)
                value = math.nan
                if span is not None:
                    raw = rms(channel.x, channel.index(span[0]), channel.index(span[1]))
                    value = 100 * corrected_amplitude(raw, rest) / scale
                rows[phase].append(value)
        percent[muscle] = {phase: np.array(values) for phase, values in rows.items()}
    withheld: list[str] = []
    if not references:
        withheld.append(
            "no reference contraction in this session: amplitudes of two muscles cannot be compared"
        )
        return Amplitudes(percent, found, {}, tuple(withheld))
    withheld += [f"{m}: {ref.reason}" for m, ref in found.items() if ref.reason]
    usable = [m for m, ref in found.items() if not ref.reason]
    ratios: dict[str, dict[str, Ratio]] = {}
    for i, a in enumerate(usable):
        for b in usable[i + 1 :]:
            shared = math.hypot(found[a].log_sd, found[b].log_sd)
            ratios[f"{a}:{b}"] = {
                phase: activation_ratio(
                    percent[a][phase],
                    percent[b][phase],
                    floor=settings.ratio_floor_percent,
                    reference_log_sd=shared,
                )
                for phase in PHASES
            }
    return Amplitudes(percent, found, ratios, tuple(withheld))


def rest_windows(
    channel: FilteredChannel, repetitions: Sequence[RepetitionLike], settings: AnalysisSettings
) -> list[tuple[int, int]]:
    """Baseline windows (samples) of all repetitions that have them inside the recording."""
    windows = []
    for repetition in repetitions:
        anchor = anchor_of(repetition)
        if anchor is None:
            continue
        first = channel.index(anchor + settings.baseline_s[0])
        stop = channel.index(anchor + settings.baseline_s[1])
        if stop - first >= 0.1 * channel.channel.rate:
            windows.append((first, stop))
    return windows


def rest_level(
    channel: FilteredChannel, repetitions: Sequence[RepetitionLike], settings: AnalysisSettings
) -> float:
    """RMS at rest over all baselines (median); NaN where there is none."""
    windows = rest_windows(channel, repetitions, settings)
    return quiet_rest(channel.x, channel.channel.rate, windows) if windows else math.nan


def _reference(
    channel: FilteredChannel,
    references: Sequence[RepetitionLike],
    rest: float,
    settings: AnalysisSettings,
) -> Reference:
    spans = []
    for contraction in references:
        begin = contraction.force_onset_s
        if begin is None:
            begin = contraction.cue_s if contraction.cue_s is not None else contraction.hold_start_s
        end = contraction.force_off_s if contraction.force_off_s else contraction.hold_end_s
        if begin is not None and end is not None and end > begin:
            spans.append((channel.index(begin), channel.index(end)))
    if not math.isfinite(rest):
        return Reference(math.nan, 0, math.nan, math.nan, "no quiet rest to correct for")
    return reference_amplitude(
        channel.x,
        channel.channel.rate,
        spans,
        rest,
        window_s=settings.reference_window_s,
        least_snr_db=settings.reference_snr_db,
    )
