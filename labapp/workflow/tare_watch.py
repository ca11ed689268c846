"""Tares taken while a recording runs: the empty cell's force, its spread, and whether it moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labapp.analysis.tare import SHIFT_PERCENT, Tare, tare
from labapp.errors import LabError
from labapp.model import ChannelInfo, Floats
from labapp.workflow.live_source import LiveSource

MARKER = "tare"
TARE_S = 2.0


@dataclass(frozen=True, slots=True)
class ForceChannel:
    """A load cell of a running recording: its device, channel, and column."""

    stream: str
    channel: ChannelInfo
    column: int
    rate: float

    @property
    def calibrated(self) -> bool:
        """Whether its numbers are newtons."""
        return self.channel.unit == "N"


@dataclass(frozen=True, slots=True)
class TareLook:
    """A tare in words: ``moved`` is how far it lies from the first of the recording.

    ``unit`` is N, or counts of a cell that is not calibrated; ``percent`` of the greatest force
    seen so far, NaN before there was one.
    """

    tare: Tare
    unit: str
    moved: float
    percent: float
    level: str
    text: str

    def as_marker(self, place: ForceChannel) -> dict[str, Any]:
        """JSON data of the marker that keeps it in the recording."""
        return {
            "stream": place.stream,
            "channel": place.channel.name,
            "value": self.tare.value,
            "sd": self.tare.sd,
            "n": self.tare.n,
            "unit": self.unit,
            "usable": not self.tare.reasons,
        }


def force_of(source: LiveSource) -> ForceChannel | None:
    """Find the load cell of a recording, the first if there are several; None without one."""
    for stream in source.streams:
        for column, channel in enumerate(stream.channels):
            if channel.kind == "force":
                return ForceChannel(stream.id, channel, column, stream.rate)
    return None


def recent_force(source: LiveSource, place: ForceChannel, seconds: float) -> Floats:
    """Force of the last seconds (N, or counts if it is not calibrated), NaN where lost."""
    stop = source.newest(place.stream)
    first = max(0, stop - round(seconds * place.rate))
    if stop <= first:
        return np.zeros(0)
    counts, valid = source.read(place.stream, first, stop)
    x = counts[:, place.column].astype(np.float64)
    if place.calibrated:
        x = (x - place.channel.offset) * place.channel.scale
    x[~valid] = np.nan
    return x


def take_tare(
    source: LiveSource, place: ForceChannel, earlier: Sequence[TareLook] = ()
) -> TareLook:
    """Take the tare from the last two seconds and compare it with the first one.

    Raises
    ------
    LabError
        Too little was received.
    """
    unit = "N" if place.calibrated else "counts"
    x = recent_force(source, place, TARE_S)
    taken = tare(x, place.rate, noise=_noise(x, place))
    greatest = _greatest(source, place, taken.value)
    first = next((one.tare.value for one in earlier if not one.tare.reasons), None)
    moved = 0.0 if first is None else taken.value - first
    percent = 100 * abs(moved) / greatest if greatest > 10 * taken.sd else math.nan
    digits = 2 if place.calibrated else 0
    words = f"{taken.value:.{digits}f} {unit} ± {taken.sd:.{digits}f} (spread over {TARE_S:g} s)"
    if taken.reasons:
        return TareLook(
            taken, unit, moved, percent, "bad",
            f"{words}: the cell is not at rest. Leave it empty and still, then take it again.",
        )  # fmt: skip
    noisy = abs(moved) <= 3 * math.hypot(taken.sd, earlier[0].tare.sd if earlier else 0.0)
    shifted = percent > SHIFT_PERCENT if math.isfinite(percent) else not noisy
    if first is not None and shifted and not noisy:
        of = f", {percent:.1f} % of the greatest force" if math.isfinite(percent) else ""
        return TareLook(
            taken, unit, moved, percent, "warn",
            f"{words}. It moved by {moved:+.{digits}f} {unit}{of} since the first: look at cable, "
            "handle and hook, and take it again.",
        )  # fmt: skip
    return TareLook(taken, unit, moved, percent, "good", words)


def live_words(source: LiveSource, place: ForceChannel) -> str:
    """Force now: the mean of the last quarter of a second."""
    x = recent_force(source, place, 0.25)
    known = x[np.isfinite(x)]
    if not len(known):
        return "no samples"
    value = float(known.mean())
    return f"{value:.1f} N" if place.calibrated else f"{value:.0f} counts"


def _noise(x: Floats, place: ForceChannel) -> float:
    """Noise of the cell: from differences of neighbours, which no slow movement enlarges."""
    steps = np.diff(x)
    steps = steps[np.isfinite(steps)]
    if len(steps) < 4:
        raise LabError(f"{len(steps) + 1} samples for a tare", "check the load cell's cable")
    step = abs(place.channel.scale) if place.calibrated else 1.0
    return max(float(np.std(steps, ddof=1)) / math.sqrt(2), step)


def _greatest(source: LiveSource, place: ForceChannel, empty: float) -> float:
    """Greatest pull that the live view still holds."""
    x = recent_force(source, place, 55.0)
    known = x[np.isfinite(x)]
    return float(known.max()) - empty if len(known) else 0.0
