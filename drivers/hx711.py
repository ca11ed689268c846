"""HX711 on an Arduino or similar: whatever line a sketch prints, raw counts or units.

A line is ``[milliseconds,][label:] number [unit]``; what follows in square brackets (SparkFun's
calibration factor) is skipped. Label, unit and time column must be as set, so that part of a
line, or another sketch, is not taken for data.

There is no checksum: a changed, lost or added digit of the number cannot be seen, nor can one of
the milliseconds worth less than a period. Without the time column there is nothing that counts:
the index counts lines, and a line that never came cannot be seen ("timing unverified"). A chip
powered down during a read (its clock line high for more than 60 us) sends single wrong values
that end in FF hex: they are within the range, so they are kept; a spike check must find them.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from labapp.device.freerunning import FreeRunningLines
from labapp.device.linecodec import WRAP, LineFormat, newtons_per
from labapp.device.lines import Row, is_missing, to_count, to_text
from labapp.errors import LabError
from labapp.model import ChannelInfo

RAIL = 1 << 23
SPELLINGS = {"N": "N", "kg": "kg|kgf", "g": "g|gf", "lb": "lbs?|lbf", "oz": "oz|ozf"}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the sketch prints.

    ``label`` stands before the number (empty: none), ``milliseconds`` is true where the line
    begins with them. ``unit`` raw: the number is the chip's, force = (raw - ``zero``) *
    ``newton_per_count``, which 0 leaves uncalibrated. Other units: ``decimals`` at most.
    """

    label: str = "HX711 reading"
    milliseconds: bool = False
    unit: Literal["raw", "N", "kg", "g", "lb", "oz"] = "raw"
    decimals: int = 2
    zero: int = 0
    newton_per_count: float = 0.0
    rate: float = 80.0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[ -9;-~]{0,40}", self.label):
            raise LabError(f"HX711 label {self.label[:60]!r}", "up to 40 characters, no colon")
        if not 0 <= self.decimals <= 6:
            raise LabError(f"HX711 decimals {self.decimals}", "give 0 to 6")
        if not -RAIL <= self.zero < RAIL:
            raise LabError(f"HX711 zero {self.zero}", "give the raw reading without load")
        if not 0.0 <= self.newton_per_count < 1e6:
            raise LabError(f"HX711 newton_per_count {self.newton_per_count}", "above 0, or 0: none")
        if not 0.1 <= self.rate <= 100.0:
            raise LabError(
                f"HX711 rate {self.rate} Hz", "10 or 80 by the RATE pin, over the readings averaged"
            )


def channel(settings: Settings) -> ChannelInfo:
    """Make the one channel: raw counts (calibrated or not) or decimals of the unit."""
    if settings.unit != "raw":
        scale = newtons_per(settings.unit) / 10**settings.decimals
        return ChannelInfo("force", "force", "N", scale, 0.0, 1 - RAIL, RAIL - 1)
    scale, unit = settings.newton_per_count, "N"
    if scale == 0.0:
        scale, unit = 1.0, ""
    return ChannelInfo("force", "force", unit, scale, float(settings.zero), -RAIL, RAIL - 1)


def line_format(settings: Settings) -> LineFormat:
    """How to read and write a line of these settings."""
    decimals = 0 if settings.unit == "raw" else settings.decimals
    time = rb"([0-9]{1,10})(?: *[,;\t] *| +)" if settings.milliseconds else rb"()"
    label = re.escape(settings.label.encode("ascii")) + rb":[ \t]*" if settings.label else b" *"
    unit = SPELLINGS.get(settings.unit, "").encode("ascii")
    line = re.compile(
        time + label + rb"([^ \t,;:\[]+)(?:[ \t]*(?:" + unit + rb"))?(?:[ \t]*\[[ -~\t]*\])?[ \t]*"
    )

    def read(text: bytes) -> Row | None:
        found = line.fullmatch(text)
        if found is None:
            return None
        ticks = int(found[1]) if found[1] else None
        count = to_count(found[2], decimals)
        if (ticks is not None and ticks >= WRAP) or (count is None and not is_missing(found[2])):
            return None
        return Row(None if count is None else (count,), ticks)

    start = f"{settings.label}: " if settings.label else ""

    def write(counts: list[int], ticks: int) -> str:
        before = f"{ticks}," if settings.milliseconds else ""
        return before + start + to_text(counts[0], decimals)

    tick_rate = 1000.0 if settings.milliseconds else None
    return LineFormat("HX711", (channel(settings),), settings.rate, read, write, tick_rate)


DRIVER = FreeRunningLines("hx711", Settings, line_format)
