"""The few nouns that every room shares: channels, sample blocks, gaps, markers.

Times inside a recording are *lab time*: integer nanoseconds of one monotonic host clock
while recording (``t_ns``), seconds since the start of the recording once a session is built.
Sample indices are absolute, counted by the device's own counter; ranges are half open.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["emg", "force", "digital"]
Counts = NDArray[np.int32]
Ticks = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """One column of a stream.

    ``physical = (count - offset) * scale`` in ``unit`` (SI: ``"V"``, ``"N"``; ``""`` for bits).
    ``low`` and ``high`` are the rails: the smallest and largest count the device can send.
    ``muscle`` is the montage code (``"RM_R"``, ``"F_PULL"``), None where nothing is attached.
    """

    name: str
    kind: Kind
    unit: str
    scale: float
    offset: float
    low: int
    high: int
    muscle: str | None = None


def calibrated(channel: ChannelInfo, slope: float, intercept: float) -> ChannelInfo:
    """Give a channel in newtons by its calibration, ``force = slope * count + intercept``.

    The counts stay what they are: only what they mean is said.
    """
    return replace(channel, unit="N", scale=slope, offset=-intercept / slope)


@dataclass(frozen=True, slots=True, eq=False)
class SampleBlock:
    """Consecutive samples of one device; a loss before it shows as a jump of ``first``.

    Attributes
    ----------
    first
        Absolute index of the first row.
    counts
        (n_samples, n_channels) int32, C order, owned by the block (never a view of a buffer).
    ticks
        (n_samples,) int64, the device's own time stamps, unwrapped, in units of
        ``1 / Codec.tick_rate`` s; None where the device sends none.
    """

    first: int
    counts: Counts
    ticks: Ticks | None = None

    @property
    def stop(self) -> int:
        """Index after the last row."""
        return self.first + len(self.counts)


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something a device said beside its samples (a trigger edge, a message, a restart).

    ``index`` is the absolute sample index it belongs to, ``ticks`` the device time; either may
    be None. ``name`` is a short word (``"trigger_rise"``, ``"text"``, ``"restart"``).
    """

    name: str
    index: int | None = None
    ticks: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples ``first .. stop-1`` (absolute indices) that never arrived."""

    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment in a recording: a cue, a key press, a rejected repetition.

    ``time`` in seconds since the start of the recording; ``data`` holds JSON values only.
    """

    time: float
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
