"""Phases of a pull, amplitudes in them, and the ratios between muscles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.amplitude import PhaseAmplitude, phase_amplitude
from labapp.analysis.burst import SNR_FLOOR_DB
from labapp.analysis.given import counted_from
from labapp.analysis.inputs import RepetitionLike
from labapp.analysis.moving import moving_rms
from labapp.analysis.pulls import FilteredChannel
from labapp.analysis.ratios import Ratio, activation_ratio
from labapp.analysis.references import (
    LEAST_CONTRACTIONS,
    Kind,
    Reference,
    combined_df,
    reference_amplitude,
)
from labapp.analysis.rest import Rest, Span, busy_spans, rest_of
from labapp.analysis.settings import AnalysisSettings

Floats = NDArray[np.float64]

PHASES = ("pull", "hold", "return")
SUBMAXIMAL = "submaximal"
REFERENCE_PULLS = ("reference", SUBMAXIMAL)
"""Kinds of pull that other pulls are compared with."""

CLIPPED_SHARE = 0.0005
"""A contraction with more samples at the rails was larger than the device could show."""

TOO_LARGE_PERCENT, TOO_LARGE_S = 110.0, 0.1
"""Pulls above this for that long: the reference was probably not maximal."""


@dataclass(frozen=True, slots=True, eq=False)
class Amplitudes:
    """Activation of every muscle by phase.

    Attributes
    ----------
    percent
        ``percent[muscle][phase]``: (n_repetitions,) % of the reference, NaN at the noise floor.
    absolute
        ``absolute[muscle][phase]``: one `PhaseAmplitude` a repetition, in the signal's unit.
    references
        Reference per muscle: what it is counted from.
    own
        Those of this recording, of muscles that are counted from another one's.
    rests
        Rest per muscle that the amplitudes are corrected for.
    ratios
        ``"RM_R:UT_R"`` to phase to `Ratio`.
    withheld
        Why there are no ratios, or not all.
    """

    percent: dict[str, dict[str, Floats]]
    absolute: dict[str, dict[str, list[PhaseAmplitude]]]
    references: dict[str, Reference]
    ratios: dict[str, dict[str, Ratio]] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()
    own: dict[str, Reference] = field(default_factory=dict)
    rests: dict[str, Rest] = field(default_factory=dict)


def phases_of(repetition: RepetitionLike) -> dict[str, Span] | None:
    """Pull (force onset to hold), hold, return (to rest); None without these landmarks.

    Without force the limits are those of the tempo that was asked for, or of the EMG burst.
    """
    begin, a = repetition.begin_s, repetition.hold_start_s
    b, end = repetition.hold_end_s, repetition.end_s
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
    given: Mapping[str, Reference] | None = None,
    busy: Sequence[Span] | None = None,
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
    given
        References that another recording gave, per muscle (`counted_from`).
    busy
        When somebody pulled in the recording (`busy_spans`); None: in these repetitions only.
    """
    everything = [*repetitions, *references]
    percent: dict[str, dict[str, Floats]] = {}
    absolute: dict[str, dict[str, list[PhaseAmplitude]]] = {}
    spans = busy_spans(everything) if busy is None else busy
    rests = {m: rest_of(channel, everything, spans, settings) for m, channel in channels.items()}
    mine = {
        m: _reference(channel, references, rests[m].level, settings)
        for m, channel in channels.items()
    }
    found = counted_from(mine, given or {})
    own = {m: mine[m] for m in found if given and found[m] is given.get(m)}
    for muscle, channel in channels.items():
        rest = rests[muscle].level
        scale = found[muscle].value
        absolute[muscle] = {
            phase: [_measured(channel, repetition, phase, rest) for repetition in repetitions]
            for phase in PHASES
        }
        percent[muscle] = {
            phase: np.array([100 * one.rms / scale for one in rows])
            for phase, rows in absolute[muscle].items()
        }
        if found[muscle].kind == "maximal" and _exceeded(channel, repetitions, scale):
            found[muscle] = replace(
                found[muscle],
                notes=(
                    *found[muscle].notes,
                    f"pulls exceed {TOO_LARGE_PERCENT:.0f} % of it: the reference was probably "
                    "not maximal, repeat it",
                ),
            )
    if not references and not own:
        none = "no reference contraction in this session: amplitudes of two muscles cannot be "
        return Amplitudes(percent, absolute, found, {}, (none + "compared",), rests=rests)
    withheld = [f"{m}: {ref.reason}" for m, ref in found.items() if ref.reason]
    ratios: dict[str, dict[str, Ratio]] = {}
    usable = [m for m, ref in found.items() if not ref.reason]
    for i, a in enumerate(usable):
        for b in usable[i + 1 :]:
            parts = [(found[m].log_sd, found[m].df) for m in (a, b)]
            shared, df = combined_df(parts)
            ratios[f"{a}:{b}"] = {
                phase: activation_ratio(
                    percent[a][phase],
                    percent[b][phase],
                    floor=settings.ratio_floor_percent,
                    reference_log_sd=shared,
                    reference_df=df,
                )
                for phase in PHASES
            }
    return Amplitudes(percent, absolute, found, ratios, tuple(withheld), own, rests)


def held_snr_db(amplitude: Amplitudes, muscle: str) -> float:
    """Ratio of the holds' power to that of rest (median over repetitions), dB."""
    held = np.array([one.rms for one in amplitude.absolute[muscle]["hold"]])
    rest = amplitude.rests[muscle].level
    if not np.isfinite(held).any() or not rest > 0:
        return SNR_FLOOR_DB
    return 20 * math.log10(float(np.nanmedian(held)) / rest)


def _measured(
    channel: FilteredChannel, repetition: RepetitionLike, phase: str, rest: float
) -> PhaseAmplitude:
    span = (phases_of(repetition) or {}).get(phase)
    nothing = PhaseAmplitude(math.nan, math.nan, math.nan, math.nan)
    if span is None or not math.isfinite(rest):
        return nothing
    first, stop = channel.index(span[0]), channel.index(span[1])
    if stop <= first:  # the device had stopped, or not yet begun
        return nothing
    return phase_amplitude(channel.x[first:stop], channel.channel.rate, (0, stop - first), rest)


def _exceeded(
    channel: FilteredChannel, repetitions: Sequence[RepetitionLike], scale: float
) -> bool:
    """Tell whether any pull stays above 110 % of the reference for more than 100 ms."""
    if not math.isfinite(scale):
        return False
    rate = channel.channel.rate
    for repetition in repetitions:
        begin, end = repetition.force_onset_s, repetition.force_off_s
        if begin is None or end is None or end <= begin:
            continue
        part = channel.x[channel.index(begin) : channel.index(end)]
        if len(part) < TOO_LARGE_S * rate:
            continue
        above = moving_rms(part, rate, 0.1) > scale * TOO_LARGE_PERCENT / 100
        edges = np.flatnonzero(np.diff(np.concatenate([[0], above.astype(np.int8), [0]])))
        if len(edges) and (edges[1::2] - edges[::2]).max() > TOO_LARGE_S * rate:
            return True
    return False


def _reference(
    channel: FilteredChannel,
    references: Sequence[RepetitionLike],
    rest: float,
    settings: AnalysisSettings,
) -> Reference:
    """Find the reference of one muscle: maximal, else submaximal, else why there is none."""
    kinds: tuple[tuple[Kind, list[RepetitionLike]], ...] = (
        ("maximal", [rep for rep in references if rep.pull != SUBMAXIMAL]),
        ("submaximal", [rep for rep in references if rep.pull == SUBMAXIMAL]),
    )
    found: list[Reference] = []
    for kind, contractions in kinds:
        spans, clipped = _spans(channel, contractions)
        one = reference_amplitude(
            channel.x,
            channel.channel.rate,
            spans,
            rest,
            kind=kind,
            window_s=settings.reference_window_s,
            least_snr_db=settings.reference_snr_db,
        )
        if clipped:
            words = f"left out because clipped: {clipped}"
            one = replace(
                one,
                reason=f"{one.reason}; {words}" if one.reason else "",
                notes=(*one.notes, words),
            )
        found.append(one)
    maximal, submaximal = found
    if submaximal.n >= LEAST_CONTRACTIONS and not maximal.n:
        words = "only a submaximal reference: amplitudes of two muscles cannot be compared by it"
        return replace(submaximal, reason=words)
    asked_maximal, asked_submaximal = (bool(contractions) for _, contractions in kinds)
    # Where only submaximal holds were asked for, the reason is theirs.
    return submaximal if asked_submaximal and not asked_maximal else maximal


def _spans(
    channel: FilteredChannel, contractions: Sequence[RepetitionLike]
) -> tuple[list[tuple[int, int]], int]:
    """Sample ranges of the contractions, and how many were left out because they are clipped."""
    spans, clipped = [], 0
    low, high = channel.channel.low, channel.channel.high
    for contraction in contractions:
        begin = contraction.force_onset_s
        if begin is None:
            begin = contraction.cue_s if contraction.cue_s is not None else contraction.hold_start_s
        end = contraction.force_off_s if contraction.force_off_s else contraction.hold_end_s
        if begin is None or end is None or end <= begin:
            continue
        first, stop = channel.index(begin), channel.index(end)
        raw, step = channel.channel.values[first:stop], channel.channel.step
        if low is not None and high is not None and len(raw):
            at = (raw <= low + step) | (raw >= high - step)
            if float(at.mean()) > CLIPPED_SHARE:
                clipped += 1
                continue
        spans.append((first, stop))
    return spans, clipped
