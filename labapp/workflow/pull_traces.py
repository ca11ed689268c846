"""The traces of every pull as the analysis saw them: what onsets are looked at and set on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labapp.analysis.filters import band_pass
from labapp.analysis.raters import zero_of
from labapp.analysis.settings import settings_from
from labapp.model import Floats
from labapp.session.file import open_session
from labapp.workflow.analysing import load_recording

Progress = Callable[[str, float], None]

BEFORE_S, AFTER_S = 0.5, 1.6
"""Stretch kept around the cue (else force onset) of a pull."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One channel in one pull: (n,) seconds of the recording and values, NaN where lost."""

    times: Floats
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PullTraces:
    """One pull: band-passed EMG (V) by muscle, and the force (N) where it was recorded."""

    zero_s: float
    emg: dict[str, Trace]
    force: Trace | None


def pull_traces(
    path: Path, document: Mapping[str, Any], progress: Progress | None = None
) -> dict[int, PullTraces]:
    """Cut every pull of an analysis out of its session, by repetition index.

    Signals are filtered and put on one clock exactly as the analysis does it; only the
    stretches around the pulls stay in memory.

    Raises
    ------
    LabError
        Not a session, or damaged.
    """
    tell = progress or (lambda what, share: None)
    tell("reading", 0.0)
    with open_session(path) as session:
        inputs = load_recording(session)
    band = settings_from(document["parameters"]).band_hz
    times = {int(rep["index"]): zero_of(rep) for rep in document["repetitions"]}
    zeros = {index: zero for index, zero in times.items() if zero is not None}
    found: dict[int, dict[str, Trace]] = {index: {} for index in zeros}
    for k, channel in enumerate(inputs.emg):
        tell(f"filter {channel.muscle}", 0.2 + 0.8 * k / len(inputs.emg))
        x = band_pass(channel.values, channel.rate, band)
        for index, zero in zeros.items():
            found[index][channel.muscle] = _cut(channel.times, x, zero)
    force = inputs.force
    return {
        index: PullTraces(
            zero,
            found[index],
            None if force is None else _cut(force.times, force.values, zero),
        )
        for index, zero in zeros.items()
    }


def _cut(times: Floats, values: Floats, zero: float) -> Trace:
    first, stop = np.searchsorted(times, [zero - BEFORE_S, zero + AFTER_S])
    return Trace(times[first:stop].copy(), values[first:stop].copy())
