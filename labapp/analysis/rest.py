"""Rest of a muscle: the noise that amplitudes are corrected for, never taken from a repetition.

A pull that begins relaxed has its rest right before the cue. Where a metronome leads, the next
repetition begins while the last one still comes back: what lies before its cue is work. Such
baselines are left out; where none remain, rest is looked for in the pauses of the recording.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from labapp.analysis.amplitude import quiet_rest, rms
from labapp.analysis.inputs import RepetitionLike
from labapp.analysis.pulls import FilteredChannel, anchor_of
from labapp.analysis.settings import AnalysisSettings

Span = tuple[float, float]
Window = tuple[int, int]
Source = Literal["baselines", "pauses", "none"]

LOUD: Final = 1.5
"""A rest this many times as loud as the quieter quarter of them is not quiet."""
LEAST: Final = 2
"""One stretch of rest does not show whether it was a quiet one."""
PIECE_S: Final = 0.5
"""Pauses are judged in stretches as long as a baseline."""
NEAR_S: Final = 15.0
"""Further from a repetition nobody knows what went on: electrodes are seen to, people walk."""
BEFORE_S, AFTER_S = 0.3, 1.0
"""Of a pause, its last and first part are left out: muscles are ahead of the force, and relax."""
SET_S: Final = 2.0
"""Repetitions led by a metronome less than this apart are one set: the weight is not put down."""
UNSEEN_S: Final = 1.0
"""Time to relax where only the cue tells of a pull, and at most after the last beat."""
LONGEST_RETURN_S: Final = 2.0
"""A force that takes longer to come back has drifted."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How loud a muscle is at rest, and where that was found.

    Attributes
    ----------
    level
        RMS at rest, unit of the signal; NaN where there is none.
    source
        ``baselines`` (before the cues), ``pauses`` (between the repetitions), ``none``.
    windows
        Half-open sample ranges that it is the median of.
    left_out
        Baselines that are no rest: they lie in a repetition or are not quiet beside the others.
    """

    level: float
    source: Source
    windows: tuple[Window, ...] = ()
    left_out: int = 0

    @property
    def before_cues(self) -> bool:
        """Whether most pulls begin relaxed, so that what they rise above is rest."""
        return self.source != "pauses" and self.left_out <= len(self.windows)


def busy_spans(repetitions: Sequence[RepetitionLike]) -> tuple[Span, ...]:
    """When somebody pulled (s), in order of time; a set led by a metronome is one stretch.

    Parameters
    ----------
    repetitions
        All of the recording, valid or not, of every side and kind.
    """
    found = sorted((*span, rep.tempo is not None) for rep in repetitions if (span := _span(rep)))
    merged: list[tuple[float, float, bool]] = []
    for begin, end, led in found:
        if merged:
            first, last, was_led = merged[-1]
            if begin <= last or (led and was_led and begin - last < SET_S):
                merged[-1] = (first, max(last, end), led)
                continue
        merged.append((begin, end, led))
    return tuple((begin, end) for begin, end, _ in merged)


def _span(rep: RepetitionLike) -> Span | None:
    """From the first to the last sign of one repetition; None where nobody pulled."""
    hold_end, end = rep.hold_end_s, rep.end_s
    begins = [t for t in (rep.begin_s, rep.force_onset_s) if t is not None]
    if not begins and hold_end is not None and rep.cue_s is not None:
        begins = [rep.cue_s]  # known from its cue alone
    if not begins or hold_end is None:
        return None
    if end is None:
        return min(begins), hold_end + UNSEEN_S
    if rep.tempo is not None:
        late = rep.force_off_s if rep.force_off_s is not None else end
        return min(begins), min(max(end, late), end + UNSEEN_S)
    return min(begins), min(end, hold_end + LONGEST_RETURN_S)


def baseline_windows(
    channel: FilteredChannel, repetitions: Sequence[RepetitionLike], settings: AnalysisSettings
) -> list[tuple[Span, Window]]:
    """Baselines (s, and samples) of all repetitions that have them inside the recording."""
    found = []
    for repetition in repetitions:
        anchor = anchor_of(repetition)
        if anchor is None:
            continue
        span = (anchor + settings.baseline_s[0], anchor + settings.baseline_s[1])
        first, stop = channel.index(span[0]), channel.index(span[1])
        if stop - first >= 0.1 * channel.channel.rate:
            found.append((span, (first, stop)))
    return found


def rest_of(
    channel: FilteredChannel,
    repetitions: Sequence[RepetitionLike],
    busy: Sequence[Span],
    settings: AnalysisSettings,
) -> Rest:
    """Find the rest of one muscle.

    Parameters
    ----------
    channel
        Band-passed.
    repetitions
        Those whose baselines count.
    busy
        When somebody pulled, whatever it was for (`busy_spans`).
    settings
        All parameters.

    Notes
    -----
    The median RMS over the baselines that lie outside every repetition. Only where some had to be
    left out are the others compared with each other too, for they may have been spent holding
    the weight. With fewer than two the quiet stretches of the pauses near the repetitions count.
    """
    every = baseline_windows(channel, repetitions, settings)
    free = [window for span, window in every if not _meets(span, busy)]
    if every and len(free) == len(every):
        level = _median(channel, free)
        return Rest(level, "baselines" if math.isfinite(level) else "none", tuple(free))
    quiet = _quiet(channel, free)
    if len(quiet) >= LEAST:
        left_out = len(every) - len(quiet)
        return Rest(_median(channel, quiet), "baselines", tuple(quiet), left_out)
    pauses = _quiet(channel, _pauses(channel, busy))
    if len(pauses) >= LEAST:
        return Rest(_median(channel, pauses), "pauses", tuple(pauses), len(every))
    return Rest(math.nan, "none", (), len(every))


def rest_within(
    channel: FilteredChannel,
    repetitions: Sequence[RepetitionLike],
    busy: Sequence[Span],
    usual: Rest,
    settings: AnalysisSettings,
) -> Rest:
    """Rest before just these repetitions; `usual`, that of all, where they have not each one."""
    found = rest_of(channel, repetitions, busy, settings)
    return usual if found.left_out else found


def _meets(span: Span, busy: Sequence[Span]) -> bool:
    return any(begin < span[1] and span[0] < end for begin, end in busy)


def _median(channel: FilteredChannel, windows: Sequence[Window]) -> float:
    return quiet_rest(channel.x, channel.channel.rate, windows)


def _quiet(channel: FilteredChannel, windows: Sequence[Window]) -> list[Window]:
    """Windows without loss that are not louder than the quieter quarter of them."""
    levels = np.array([rms(channel.x, first, stop) for first, stop in windows])
    whole = levels[np.isfinite(levels)]
    if not len(whole):
        return []
    limit = LOUD * float(np.quantile(whole, 0.25))
    return [window for window, level in zip(windows, levels, strict=True) if level <= limit]


def _pauses(channel: FilteredChannel, busy: Sequence[Span]) -> list[Window]:
    """Stretches of `PIECE_S` near the repetitions and outside of them all (samples)."""
    times = channel.channel.times
    if not len(times) or not busy:
        return []
    begin, end = float(times[0]), float(times[-1])
    gaps = [(begin - AFTER_S, busy[0][0])]
    gaps += [(a[1], b[0]) for a, b in pairwise(busy)]
    gaps.append((busy[-1][1], end + BEFORE_S))
    found = []
    for number, (first, last) in enumerate(gaps):
        start, stop = first + AFTER_S, last - BEFORE_S
        pieces = start + PIECE_S * np.arange(max(int((stop - start) / PIECE_S), 0))
        after = number > 0
        before = number < len(gaps) - 1
        for at in pieces:
            near = (after and at - first < NEAR_S) or (before and last - at < NEAR_S)
            if near:
                found.append((channel.index(at), channel.index(at + PIECE_S)))
    least = 0.9 * PIECE_S * channel.channel.rate
    return [window for window in found if window[1] - window[0] >= least]
