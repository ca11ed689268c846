r"""NAU7802 behind an Arduino (SparkFun Qwiic Scale): ``Reading: 57683\tWeight: 27.96``.

The library returns a reading of exactly 0 when the bus fails or an average times out: raw 0 is an
error, never zero load, so such a line is a missing sample. The weight of the stock example cannot
be negative unless allowed there: the raw reading has no such clamp.

There is no checksum: a changed, lost or added digit cannot be seen. There is no time and no
counter either: the index counts lines, and a line that never came cannot be seen ("timing
unverified").
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from labapp.device.freerunning import FreeRunningLines
from labapp.device.linecodec import LineFormat, newtons_per
from labapp.device.lines import Row, is_missing, to_count, to_text
from labapp.errors import LabError
from labapp.model import ChannelInfo

RAIL = 1 << 23

_LINE = re.compile(rb"Reading: (-?[0-9]{1,7})\tWeight: ([^ \t]+)")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the two numbers is the force.

    ``column`` weight: in the ``unit`` that was calibrated on the board, ``decimals`` at most.
    ``column`` reading: raw counts, force = (raw - ``zero``) * ``newton_per_count``, which 0
    leaves uncalibrated. ``rate``: lines per second.
    """

    column: Literal["weight", "reading"] = "weight"
    unit: Literal["N", "kg", "g", "lb", "oz"] = "kg"
    decimals: int = 2
    zero: int = 0
    newton_per_count: float = 0.0
    rate: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= 6:
            raise LabError(f"NAU7802 decimals {self.decimals}", "give 0 to 6")
        if not -RAIL <= self.zero < RAIL:
            raise LabError(f"NAU7802 zero {self.zero}", "give the raw reading without load")
        if not 0.0 <= self.newton_per_count < 1e6:
            raise LabError(
                f"NAU7802 newton_per_count {self.newton_per_count}", "above 0, or 0: none"
            )
        if not 0.1 <= self.rate <= 320.0:
            raise LabError(f"NAU7802 rate {self.rate} Hz", "10 to 320, over the readings averaged")


def channel(settings: Settings) -> ChannelInfo:
    """Make the one channel: decimals of the unit, or raw counts (calibrated or not)."""
    if settings.column == "weight":
        scale = newtons_per(settings.unit) / 10**settings.decimals
        return ChannelInfo("force", "force", "N", scale, 0.0, 1 - RAIL, RAIL - 1)
    scale, unit = settings.newton_per_count, "N"
    if scale == 0.0:
        scale, unit = 1.0, ""
    return ChannelInfo("force", "force", unit, scale, float(settings.zero), -RAIL, RAIL - 1)


def line_format(settings: Settings) -> LineFormat:
    """How to read and write a line of these settings."""
    weighed = settings.column == "weight"

    def read(text: bytes) -> Row | None:
        found = _LINE.fullmatch(text)
        if found is None:
            return None
        raw, weight = int(found[1]), to_count(found[2], settings.decimals)
        if weighed and weight is None and not is_missing(found[2]):
            return None
        count = weight if weighed else raw
        return Row(None if raw == 0 or count is None else (count,))

    def write(counts: list[int], ticks: int) -> str:
        if weighed:  # the reading only has to be one that is no error
            weight, raw = counts[0], settings.zero + counts[0] or 1
            raw = max(min(raw, RAIL - 1), -RAIL)
        else:
            weight, raw = 0, counts[0]
        return f"Reading: {raw}\tWeight: {to_text(weight, settings.decimals)}"

    return LineFormat("NAU7802", (channel(settings),), settings.rate, read, write)


DRIVER = FreeRunningLines("nau7802", Settings, line_format)
