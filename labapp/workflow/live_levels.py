"""Activation of every muscle right now, in % of the reference contractions of this recording."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labapp.analysis import AnalysisSettings
from labapp.analysis.amplitude import corrected_amplitude, rms
from labapp.analysis.filters import band_pass
from labapp.analysis.references import reference_amplitude
from labapp.workflow.given_reference import FrozenReference
from labapp.workflow.live_pull import FILTER_S, muscle_channels
from labapp.workflow.live_source import LiveSource

LOOK_S = 0.25
"""The level is the RMS of this long."""


@dataclass(frozen=True, slots=True)
class Level:
    """Activation of one muscle: RMS in volts, and in % of its reference (None before one).

    NaN while its device is away.
    """

    rms: float
    percent: float | None


@dataclass(frozen=True, slots=True)
class GivenLevel:
    """Reference of another session, volts, and the rest that was before it."""

    value: float
    rest: float
    usable: bool


def live_references(frozen: FrozenReference) -> dict[str, GivenLevel]:
    """Return what levels can be counted from; rest is known from the ratio to it."""
    return {
        muscle: GivenLevel(
            1e-6 * one.value_uv,
            1e-6 * max(one.contractions_uv) / 10 ** (one.snr_db / 20)
            if one.contractions_uv and one.snr_db is not None
            else 0.0,
            not one.reason,
        )
        for muscle, one in frozen.muscles.items()
        if one.value_uv is not None
    }


class LiveLevels:
    """Levels of all muscles, and the references they are counted from.

    Parameters
    ----------
    source
        Live samples.
    given
        References of another session that the recording will be counted from.

    Notes
    -----
    For looking only. The reference is the greatest moving RMS of the session's reference
    contractions so far, as `labapp.analysis.references.reference_amplitude` finds it,
    unless another session gave a usable one; what a report says comes from the analysis.
    """

    def __init__(
        self,
        source: LiveSource,
        settings: AnalysisSettings | None = None,
        given: FrozenReference | None = None,
    ) -> None:
        self._source = source
        self._settings = settings or AnalysisSettings()
        # By the time of the cue: muscle to its amplitude and the rest before it, volts.
        self._taken: dict[float, dict[str, tuple[float, float]]] = {}
        self._left_out: set[float] = set()
        self._given = {} if given is None else live_references(given)

    @property
    def references(self) -> dict[str, float]:
        """Volts per muscle, corrected for rest: the greatest of what was not left out."""
        found: dict[str, float] = {}
        for one in self._counted():
            for muscle, (value, _) in one.items():
                found[muscle] = max(value, found.get(muscle, 0.0))
        return {m: self._counted_from(m, found.get(m)) for m in found.keys() | self._given.keys()}

    def _counted_from(self, muscle: str, own: float | None) -> float:
        """Return the reference of a muscle; one that compares no muscles gives way to an own."""
        given = self._given.get(muscle)
        if given is None or (own is not None and not given.usable):
            return math.nan if own is None else own
        return given.value

    def _counted(self) -> list[dict[str, tuple[float, float]]]:
        return [one for cue_s, one in [*self._taken.items()] if cue_s not in self._left_out]

    def leave_out(self, cue_s: float) -> dict[str, Any] | None:
        """Count a reference contraction no more, or not at all: it was rejected.

        Returns the data of its marker; None where it had not begun to be taken in.
        """
        self._left_out.add(cue_s)
        return {"cue_s": cue_s, "left_out": True} if cue_s in self._taken else None

    def take_reference(self, cue_s: float, end_s: float) -> dict[str, Any]:
        """Take in a reference contraction between its cue and its end (s, recording time).

        Returns the data of its marker: volts of each muscle in it, and at rest before it.
        """
        chosen = self._settings
        self._taken[cue_s] = {}  # from here on a rejection concerns it
        taken: dict[str, tuple[float, float]] = {}
        before = (cue_s + chosen.baseline_s[0], cue_s + chosen.baseline_s[1])
        for stream in self._source.streams:
            begin = before[0] - FILTER_S
            for channel in muscle_channels(self._source, stream, begin, end_s + FILTER_S):
                x = band_pass(channel.values, channel.rate, chosen.band_hz)
                cuts = np.searchsorted(channel.times, [*before, cue_s, end_s]).tolist()
                rest = rms(x, cuts[0], cuts[1])
                found = reference_amplitude(
                    x, channel.rate, [(cuts[2], cuts[3])], rest,
                    window_s=chosen.reference_window_s, least_snr_db=chosen.reference_snr_db,
                )  # fmt: skip
                if math.isfinite(found.value):
                    taken[channel.muscle] = (found.value, rest)
        self._taken[cue_s] = taken
        volts = {muscle: {"value": value, "rest": rest} for muscle, (value, rest) in taken.items()}
        return {"cue_s": cue_s, "volts": volts}

    def recall(self, noted: Iterable[Mapping[str, Any]]) -> None:
        """Take in what markers say that were written earlier in this recording, by any window."""
        for data in noted:
            cue_s = float(data["cue_s"])
            if data.get("left_out"):
                self._left_out.add(cue_s)
            else:
                self._taken[cue_s] = {
                    str(muscle): (float(volts["value"]), float(volts["rest"]))
                    for muscle, volts in data["volts"].items()
                }

    def levels(self, away: Collection[str] = ()) -> dict[str, Level]:
        """Level per muscle over the newest quarter second; NaN where samples are missing.

        Those of devices that are ``away`` are NaN: their newest samples are not of now.
        """
        found: dict[str, Level] = {}
        for stream in self._source.streams:
            if stream.id in away:
                muscles = [c.muscle for c in stream.channels if c.kind == "emg" and c.muscle]
                known = self.references
                found |= {m: Level(math.nan, math.nan if m in known else None) for m in muscles}
                continue
            newest = self._source.newest(stream.id)
            now = self._source.start_s(stream.id) + newest / stream.rate
            channels = muscle_channels(self._source, stream, now - LOOK_S - FILTER_S, now)
            for channel in channels:
                x = band_pass(channel.values, channel.rate, self._settings.band_hz)
                level = rms(x, len(x) - round(LOOK_S * channel.rate), len(x))
                found[channel.muscle] = Level(level, self._percent(channel.muscle, level))
        return found

    def _percent(self, muscle: str, level: float) -> float | None:
        taken = [one[muscle] for one in self._counted() if muscle in one]
        given = self._given.get(muscle)
        if not (taken or given) or not math.isfinite(level):
            return None
        rests = [rest for _, rest in taken] or [given.rest if given is not None else 0.0]
        active = corrected_amplitude(level, min(rests))
        own = max((value for value, _ in taken), default=None)
        return 100 * active / self._counted_from(muscle, own) if math.isfinite(active) else 0.0
