"""SparkFun OpenScale (firmware 1.2): CSV lines with a comma at the end, and its milliseconds.

A line is ``[millis,]value,unit,[raw,][local,][remote,]``; which columns there are is set in the
board's menu and must be set alike here. After a reset the board sends a header of text, which
ends with ``Readings:``. It is never sent an ``x``, which opens the menu and stops the readings.

There is no checksum: a changed, lost or added digit cannot be seen, nor can one of the
milliseconds worth less than a report interval. With the milliseconds (the factory's choice) lost
lines are found; without them the index counts lines and loss is not visible ("timing unverified").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from labapp.device import Exchange
from labapp.device.freerunning import FreeRunningSide, free_running_start
from labapp.device.linecodec import WRAP, LineCodec, LineFormat, newtons_per
from labapp.device.lines import Row, is_missing, to_count, to_text
from labapp.errors import LabError
from labapp.model import ChannelInfo

RAIL = 1 << 23
HEADER = (
    b"\r\nSerial Load Cell Converter version 1.2\r\nBy SparkFun Electronics\r\n"
    b"Minimum time between reports: 500\r\nPress x to bring up settings\r\nReadings:\r\n"
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The board's menu: columns, unit, decimals, and reports per second (2 from the factory)."""

    milliseconds: bool = True
    unit: Literal["lbs", "kg"] = "lbs"
    decimals: int = 2
    raw: bool = False
    local_temperature: bool = True
    remote_temperature: bool = False
    rate: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= 4:
            raise LabError(f"OpenScale decimals {self.decimals}", "give 0 to 4")
        if not 0.01 <= self.rate <= 80.0:
            raise LabError(
                f"OpenScale rate {self.rate} Hz", "give the reports per second: 80 at most"
            )


def columns(settings: Settings) -> tuple[tuple[ChannelInfo, int], ...]:
    """Channels and their decimals in the order of the line; temperatures are in deg C."""
    scale = newtons_per(settings.unit) / 10**settings.decimals
    force = ChannelInfo("force", "force", "N", scale, 0.0, 1 - RAIL, RAIL - 1)
    found = [(force, settings.decimals)]
    if settings.raw:
        found.append((ChannelInfo("raw", "digital", "", 1.0, 0.0, -RAIL, RAIL - 1), 0))
    for name, present in (
        ("T_local", settings.local_temperature),
        ("T_remote", settings.remote_temperature),
    ):
        if present:
            found.append((ChannelInfo(name, "digital", "", 0.01, 0.0, -12_800, 12_800), 2))
    return tuple(found)


def line_format(settings: Settings) -> LineFormat:
    """How to read and write a line of these settings."""
    wanted = columns(settings)
    decimals = [places for _, places in wanted]
    time = rb"([0-9]{1,10})," if settings.milliseconds else rb"()"
    unit = settings.unit.encode("ascii")
    line = re.compile(time + rb"([^,]+)," + unit + rb"," + rb"([^,]*)," * (len(wanted) - 1))

    def read(text: bytes) -> Row | None:
        found = line.fullmatch(text)
        if found is None:
            return None
        ticks, *fields = found.groups()
        counts: list[int] = []
        for field, places in zip(fields, decimals, strict=True):
            count = to_count(field, places)
            if count is not None:
                counts.append(count)
            elif not is_missing(field):
                return None
        number = int(ticks) if ticks else None
        if number is not None and number >= WRAP:
            return None
        return Row(tuple(counts) if len(counts) == len(wanted) else None, number)

    def write(counts: list[int], ticks: int) -> str:
        first, *rest = map(to_text, counts, decimals)
        fields = [str(ticks)] * settings.milliseconds + [first, settings.unit, *rest]
        return ",".join(fields) + ","

    tick_rate = 1000.0 if settings.milliseconds else None
    channels = tuple(channel for channel, _ in wanted)
    return LineFormat("OpenScale", channels, settings.rate, read, write, tick_rate)


class OpenScale:
    """Driver of the OpenScale board."""

    name = "openscale"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> LineCodec:
        """Decode and encode the board's lines."""
        return LineCodec(line_format(settings))

    def device_side(self, settings: Any) -> FreeRunningSide:
        """Play the board, which is reset when its port is opened and then sends by itself."""
        return FreeRunningSide(HEADER)

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Wait for the end of a line: of the header, or of the reading that was under way."""
        return free_running_start(6.0 + 2.0 / settings.rate)

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Nothing that would not need a hand to start it again: closing the port is all."""
        return ()


DRIVER = OpenScale()
