"""Mettler-Toledo balances (MT-SICS levels 0 and 1): weights repeated on SIR, for calibration.

An answer is ``S``, a status, the value right-aligned in 10 characters, and the unit, with CRLF:
``S S     100.00 g``. Status S (stable) and D (dynamic) carry a value; I (not executable),
+ (overload) and - (underload) carry none: such a line is a missing sample, never a number.

There is no checksum: the fixed width shows lost and added characters, but not a changed digit.
There is no time and no counter: the index counts lines, and a line that never came cannot be seen
("timing unverified").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from labapp.device import Exchange
from labapp.device.commands import CommandLines
from labapp.device.linecodec import LineCodec, LineFormat, newtons_per
from labapp.device.lines import Row, to_count, to_text
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent

ERRORS = {b"ES": "syntax error", b"ET": "transmission error", b"EL": "logical error"}
SERIAL = b'I4 A "0123456789"\r\n'
WIDTH = 10


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The balance's unit, decimals and capacity in that unit, and its repeats per second."""

    unit: Literal["g", "kg", "N", "lb", "oz"] = "g"
    decimals: int = 2
    capacity: float = 32_000.0
    rate: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= 6:
            raise LabError(f"MT-SICS decimals {self.decimals}", "give 0 to 6")
        if not 0.0 < self.capacity * 10**self.decimals < 1 << 23:
            raise LabError(
                f"MT-SICS capacity {self.capacity} {self.unit} with {self.decimals} decimals",
                "give what the balance can show: at most 8388607 steps",
            )
        if not 0.1 <= self.rate <= 100.0:
            raise LabError(f"MT-SICS rate {self.rate} Hz", "give the repeats per second, about 10")


def line_format(settings: Settings) -> LineFormat:
    """How to read and write a line of these settings."""
    top = round(settings.capacity * 10**settings.decimals)
    scale = newtons_per(settings.unit) / 10**settings.decimals
    unit = settings.unit.encode("ascii")
    weight = re.compile(rb"S [SD] (?=[ 0-9.-]{%d} )( *-?[0-9]+(?:\.[0-9]+)?) %s *" % (WIDTH, unit))
    no_weight = re.compile(rb"S(?:IR?)? [I+-]")

    def read(text: bytes) -> Row | DeviceEvent | None:
        if text in ERRORS:
            return DeviceEvent("text", text=f"{text.decode('ascii')} {ERRORS[text]}")
        if no_weight.fullmatch(text):
            return Row(None)
        found = weight.fullmatch(text)
        if found is None or len(found[1]) != WIDTH:
            return None
        count = to_count(found[1].strip(), settings.decimals)
        return None if count is None else Row((count,))

    def write(counts: list[int], ticks: int) -> str:
        return f"S D {to_text(counts[0], settings.decimals):>{WIDTH}} {settings.unit}"

    channel = ChannelInfo("force", "force", "N", scale, 0.0, -top, top)
    return LineFormat("MT-SICS", (channel,), settings.rate, read, write)


class MtsicsSide:
    """The balance without load; commands it does not know are syntax errors."""

    def __init__(self, zero: bytes) -> None:
        self.streaming = False
        self._zero = zero
        self._input = CommandLines(b"\n")

    def receive(self, data: bytes) -> bytes:
        """Answer whole commands; any of them ends a repeated weight."""
        commands = self._input.feed(data.replace(b"\r", b"\n"))
        return b"".join(self._answer(command) for command in commands if command)

    def _answer(self, command: bytes) -> bytes:
        self.streaming = command == b"SIR"
        fixed = {
            b"SIR": b"",
            b"@": SERIAL,
            b"I4": SERIAL,
            b"S": self._zero,
            b"SI": self._zero,
            b"Z": b"Z A\r\n",
            b"ZI": b"ZI S\r\n",
            b"T": b"T" + self._zero[1:],
            b"TI": b"TI" + self._zero[1:],
        }
        return fixed.get(command, b"ES\r\n")


class Mtsics:
    """Driver of balances that speak MT-SICS."""

    name = "mtsics"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> LineCodec:
        """Decode and encode the repeated weights."""
        return LineCodec(line_format(settings))

    def device_side(self, settings: Any) -> MtsicsSide:
        """Play the balance."""
        form = line_format(settings)
        return MtsicsSide((form.write([0], 0).replace("D", "S", 1) + form.end).encode("ascii"))

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Reset (which ends a repeated weight and tells the serial number), then repeat."""
        return (
            Exchange(send=b"\r\n@\r\n", expect=rb'I4 A "[^"\r\n]*"\r?\n', timeout_s=3.0),
            Exchange(send=b"SIR\r\n"),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Reset: any command ends the repeated weight."""
        return (
            Exchange(
                send=b"@\r\n", expect=rb'I4 A "[^"\r\n]*"\r?\n', timeout_s=3.0, required=False
            ),
        )


DRIVER = Mtsics()
