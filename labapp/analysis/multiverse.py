"""The multiverse of a verdict: the same pulls under every usual choice of filter and detector.

A verdict that holds only with one filter, one detector and one threshold is an opinion. So the
question of the house is answered again with three bands, six detectors and three thresholds
each (Steegen et al. 2016). The classic detectors are taken as papers describe them, without
equal noise and without the gates: where they disagree with the verdict, that is worth seeing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis import classic
from labapp.analysis.inputs import EmgChannel, RecordingInput, RepetitionLike
from labapp.analysis.onset import fit_ramp, moments_of
from labapp.analysis.order import onset_order
from labapp.analysis.posterior import KINDS, shape_grid
from labapp.analysis.pulls import FilteredChannel, MusclePull, filtered, measure
from labapp.analysis.question import Question, answer, spoken_names, the_question
from labapp.analysis.settings import AnalysisSettings

Floats = NDArray[np.float64]
Detector = Callable[[MusclePull], float]

BANDS_HZ = ((20.0, 450.0), (10.0, 400.0), (30.0, 300.0))


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to analyse: band (Hz), detector, its threshold in words."""

    band_hz: tuple[float, float]
    detector: str
    threshold: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way to analyse says.

    Attributes
    ----------
    choice
        The way.
    state, muscle
        As in the verdict of the session.
    lag_ms
        Mean lag of every pair of the question, NaN where it has none.
    found
        Share of the onsets that were found.
    """

    choice: Choice
    state: str
    muscle: str | None
    lag_ms: dict[str, float]
    found: float


def multiverse(
    inputs: RecordingInput,
    settings: AnalysisSettings | None = None,
    verdict: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Answer the question of a recording in 54 ways.

    Parameters
    ----------
    inputs
        The recording.
    settings
        As for `analyse_recording`; the band is replaced by each of `BANDS_HZ`.
    verdict
        ``verdict`` part of the analysis document: what the ways are counted against.

    Returns
    -------
    dict
        ``n``, ``holds`` (ways with the same state and muscle), ``opposite`` (ways that name
        another muscle first), ``text``, and ``analyses``, one mapping per way. ``n`` is 0 where
        there is no order to ask for.
    """
    settings = settings or AnalysisSettings()
    state = str((verdict or {}).get("state", ""))
    muscle = (verdict or {}).get("muscle")
    outcomes = _outcomes(inputs, settings)
    names = spoken_names([channel.muscle for channel in inputs.emg])
    holds = sum(o.state == state and o.muscle == muscle for o in outcomes)
    opposite = sum(o.state == "first" and o.muscle != muscle for o in outcomes)
    return {
        "n": len(outcomes),
        "holds": holds,
        "opposite": opposite,
        "text": _text(outcomes, (state, muscle), names, holds, opposite),
        "analyses": [
            {
                "band_hz": list(o.choice.band_hz),
                "detector": o.choice.detector,
                "threshold": o.choice.threshold,
                "state": o.state,
                "muscle": o.muscle,
                "lag_ms": {k: v if math.isfinite(v) else None for k, v in o.lag_ms.items()},
                "found": o.found,
            }
            for o in outcomes
        ],
    }


def _outcomes(inputs: RecordingInput, settings: AnalysisSettings) -> list[Outcome]:
    muscles = [channel.muscle for channel in inputs.emg]
    pulls = _order_pulls(inputs.repetitions)
    if len(set(muscles)) < 2 or len(pulls) < 2:
        return []
    question = the_question(muscles)
    asked = [question.muscle, *question.others]
    channels = {channel.muscle: channel for channel in inputs.emg if channel.muscle in asked}
    made = []
    for band in BANDS_HZ:
        own = replace(settings, band_hz=band)
        measured = _measured(channels, asked, pulls, own)
        for (name, threshold), detect in _detectors().items():
            onsets = np.array(
                [[_onset(pull, detect) for pull in row] for row in measured], dtype=np.float64
            )
            made.append(_outcome(Choice(band, name, threshold), onsets, asked, question, own))
    return made


def _order_pulls(repetitions: Sequence[RepetitionLike]) -> list[RepetitionLike]:
    others = [rep for rep in repetitions if rep.pull != "reference" and rep.valid]
    fast = [rep for rep in others if rep.pull == "fast"]
    return fast or others


def _measured(
    channels: Mapping[str, EmgChannel],
    asked: Sequence[str],
    pulls: Sequence[RepetitionLike],
    settings: AnalysisSettings,
) -> list[list[MusclePull]]:
    ready: dict[str, FilteredChannel] = {m: filtered(channels[m], settings) for m in asked}
    return [[measure(ready[m], rep, settings) for m in asked] for rep in pulls]


def _onset(pull: MusclePull, detect: Detector) -> float:
    """Onset (s since the start of the recording); NaN unless a burst was there to be timed."""
    return detect(pull) + pull.start if pull.usable else math.nan


def _outcome(
    choice: Choice,
    onsets: Floats,
    asked: Sequence[str],
    question: Question,
    settings: AnalysisSettings,
) -> Outcome:
    order = onset_order(onsets, asked, settings=settings, chances=False)
    said = answer(order, question, spoken_names(asked))
    lags = {f"{p.first}-{p.second}": p.mean for p in order.pairs if p.first == question.muscle}
    return Outcome(choice, said.state, said.muscle, lags, float(np.isfinite(onsets).mean()))


def _detectors() -> dict[tuple[str, str], Detector]:
    """Every detector with its thresholds: the usual one between a lower and a higher."""
    made: dict[tuple[str, str], Detector] = {}
    for k in (2.0, 3.0, 5.0):
        made["Hodges-Bui", f"{k:g} SD"] = _classic(partial(classic.hb3, k=k))
    for k in (5.0, 8.0, 15.0):
        made["TKEO", f"{k:g} SD"] = _classic(partial(classic.tkeo, k=k))
    for chance in (0.01, 0.001, 0.0001):
        made["Bonato", f"false alarm {chance:g}"] = _classic(
            partial(classic.bonato, false_alarm=chance)
        )
    for level in (10.0, 20.0, 40.0):
        made["AGLR", f"h = {level:g}"] = _classic(partial(classic.aglr_step, threshold=level))
    for share in (0.05, 0.1, 0.25):
        made["share of peak", f"{100 * share:g} %"] = _classic(
            partial(classic.share_of_peak, share=share)
        )
    for kinds in (KINDS, ("variance",), ("linear",)):
        words = "every ramp" if len(kinds) > 1 else f"{kinds[0]} ramp"
        made["posterior", words] = partial(_posterior, kinds=kinds)
    return made


def _classic(detector: Callable[..., float]) -> Detector:
    def detect(pull: MusclePull) -> float:
        burst = pull.burst
        if burst is None:
            return math.nan
        # From the baseline to the end of the search: what lies beyond may hold lost samples.
        first, stop = burst.baseline[0], burst.search[1]
        rate = burst.rate
        found = detector(
            burst.x[first:stop],
            rate,
            baseline=(0.0, (burst.baseline[1] - first) / rate),
            search=((burst.search[0] - first) / rate, (stop - first) / rate),
        )
        return found + first / rate

    return detect


def _posterior(pull: MusclePull, kinds: tuple[str, ...]) -> float:
    assert pull.burst is not None
    return moments_of(fit_ramp(pull.burst, shape_grid(kinds))).median


def _text(
    outcomes: Sequence[Outcome],
    verdict: tuple[str, str | None],
    names: Mapping[str, str],
    holds: int,
    opposite: int,
) -> str:
    if not outcomes:
        return "No order to ask for: a multiverse needs two muscles and two valid pulls."

    def said(state: str, muscle: str | None) -> str:
        return f"{names[muscle]} first" if state == "first" and muscle else state

    what = said(*verdict)
    text = (
        f"“{what[:1].upper()}{what[1:]}” holds in {holds} of {len(outcomes)} ways to analyse the "
        "same pulls"
    )
    others = Counter(said(o.state, o.muscle) for o in outcomes if (o.state, o.muscle) != verdict)
    if others:
        text += "; else " + ", ".join(f"{word} in {count}" for word, count in others.most_common())
    if opposite:
        text += ". Detectors without equal noise favour the cleaner and the faster muscle"
    return text + "."
