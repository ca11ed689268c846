"""One pull, looked at while the recording goes on: onsets, and who came first this time.

The same functions as the analysis of the session, on the samples of the live ring. One pull
decides nothing: its lag has an interval of its own, and where that holds zero the light stays
grey. The verdict comes from all pulls, with their gates, when the session is analysed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from labapp.analysis import AnalysisSettings, EmgChannel, Lag, Onset
from labapp.analysis.lag import lag_of
from labapp.analysis.pulls import SETTLE_S, TAIL_S, MusclePull, filtered, measure
from labapp.analysis.question import the_question
from labapp.trials.repetitions import Repetition
from labapp.workflow.live_source import LiveSource, LiveStream

Light = Literal["first", "later", "close", "cannot tell"]

FILTER_S = 0.4
"""Signal read before what is measured, for the band-pass to settle."""

AFTER_S = 0.15
"""The same after it: six time constants of the band-pass, as long as nobody has to wait more."""


@dataclass(frozen=True)
class PullLook:
    """What one pull showed.

    Attributes
    ----------
    cue_s
        Its cue, s since the start of the recording.
    onsets
        Onset per muscle, times in s since the start of the recording (to a display's accuracy).
    asked
        The muscle that is asked about; empty with fewer than two muscles.
    lags
        Lag of `asked` against each other muscle on its device (negative: `asked` came first).
    light
        ``first``: `asked` came before every other beyond its interval; ``later``: at least one
        came before it beyond the interval; ``close``: neither; ``cannot tell``: no lag at all.
    told
        The muscle of `lags` that the light is about, None for ``cannot tell``.
    reasons
        Why there is no lag, or not against all.
    """

    cue_s: float
    onsets: dict[str, Onset]
    asked: str
    lags: dict[str, Lag]
    light: Light
    told: str | None
    reasons: tuple[str, ...] = ()


def ready_s(cue_s: float, settings: AnalysisSettings | None = None) -> float:
    """Time (s since the start of the recording) from which a pull can be looked at."""
    chosen = settings or AnalysisSettings()
    return cue_s + chosen.search_s[1] + TAIL_S + AFTER_S


def look_at_pull(
    source: LiveSource, cue_s: float, settings: AnalysisSettings | None = None
) -> PullLook:
    """Time every muscle in the pull that was cued at ``cue_s``.

    Parameters
    ----------
    source
        Live samples that reach back to a second before the cue and up to `ready_s`.
    cue_s
        s since the start of the recording.

    Notes
    -----
    Samples that are lost, or have left the ring, make a muscle ``not_measurable``.
    """
    chosen = settings or AnalysisSettings()
    pulls: dict[str, MusclePull] = {}
    place: dict[str, str] = {}
    pull = Repetition(0, "live", 1, "fast", cue_s)
    begin = cue_s + chosen.baseline_s[0] - SETTLE_S - FILTER_S
    for stream in source.streams:
        for channel in muscle_channels(source, stream, begin, ready_s(cue_s, chosen)):
            pulls[channel.muscle] = measure(filtered(channel, chosen), pull, chosen)
            place[channel.muscle] = stream.id
    onsets = {muscle: one.onset for muscle, one in pulls.items()}
    if len(pulls) < 2:
        return PullLook(cue_s, onsets, "", {}, "cannot tell", None, ("fewer than two muscles",))
    question = the_question(list(pulls))
    lags: dict[str, Lag] = {}
    reasons: list[str] = []
    for other in question.others:
        a, b = pulls[question.muscle], pulls[other]
        if place[question.muscle] != place[other]:
            reasons.append(f"{other} is on another device")
        elif a.burst is None or b.burst is None:
            reasons += [one.onset.reason for one in (a, b) if one.burst is None]
        else:
            lags[other] = lag_of(a.burst, b.burst, (question.muscle, other))
            reasons += lags[other].reasons
    light, told = _light(lags)
    return PullLook(
        cue_s, onsets, question.muscle, lags, light, told, tuple(dict.fromkeys(reasons))
    )


def _light(lags: dict[str, Lag]) -> tuple[Light, str | None]:
    """Colour of the light and the muscle it speaks of: the one that decides it."""
    usable = {other: lag for other, lag in lags.items() if lag.state == "ok"}
    if not usable:
        return "cannot tell", None
    earlier = [other for other, lag in usable.items() if lag.low > 0]
    if earlier:
        return "later", max(earlier, key=lambda other: usable[other].lag)
    nearest = max(usable, key=lambda other: usable[other].high)
    if usable[nearest].high < 0 and len(usable) == len(lags):
        return "first", nearest
    return "close", nearest


def muscle_channels(
    source: LiveSource, stream: LiveStream, begin_s: float, end_s: float
) -> list[EmgChannel]:
    """EMG of one device between two times, in volts; lost samples are NaN.

    Channels without a muscle are left out; the list is empty where the device gave nothing.
    """
    start = source.start_s(stream.id)
    first = max(0, math.floor((begin_s - start) * stream.rate))
    stop = min(source.newest(stream.id), math.ceil((end_s - start) * stream.rate))
    named = [(i, c) for i, c in enumerate(stream.channels) if c.kind == "emg" and c.muscle]
    if not named or stop <= first:
        return []
    counts, valid = source.read(stream.id, first, stop)
    times = start + np.arange(first, stop) / stream.rate
    found = []
    for column, info in named:
        values = (counts[:, column].astype(np.float64) - info.offset) * info.scale
        values[~valid] = np.nan
        found.append(
            EmgChannel(
                muscle=str(info.muscle),
                values=values,
                times=times,
                rate=stream.rate,
                stream=stream.id,
                low=(info.low - info.offset) * info.scale,
                high=(info.high - info.offset) * info.scale,
                step=abs(info.scale),
            )
        )
    return found
