"""Loadstar DI-100 and DI-1000 load cell interfaces: ``H`` (hexadecimal counts) and ``WC`` (text).

``H`` is the fast form (1000 readings per second on the UHS-1K): a sign or space, six hexadecimal
digits of the magnitude and CR alone; force = counts * weight per count, which the command ``SWC``
tells. A raw -1 comes now and then and is no reading (the vendor says to ignore it): a missing
sample. ``WC`` sends the weight with four decimals in the unit set in the interface, 12 wide, CRLF.

There is no checksum: the fixed width shows lost and added characters, but not a changed digit; a
damaged CR joins two readings, which are both given up. There is no time and no counter: the index
counts lines, and a line that never came cannot be seen ("timing unverified").
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

DECIMALS = 4
WIDTH = 12
NO_READING = -1

_HEX = re.compile(rb"([ -])([0-9A-Fa-f]{6})")
_JOINED = re.compile(rb"[ -][0-9A-Fa-f]{6}[^ -~]?[ -][0-9A-Fa-f]{6}")
_TEXT = re.compile(rb" *-?[0-9]+\.[0-9]+")
_WORDS = (b"A", b"E", b"Tared")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Form of the stream, and what its numbers mean.

    ``unit`` as set in the interface (command UNIT). ``weight_per_count`` in that unit, the
    answer to SWC, for ``hex``; 0 leaves the counts uncalibrated. ``capacity`` in that unit
    bounds the ``text`` readings.
    """

    form: Literal["hex", "text"] = "hex"
    unit: Literal["N", "kg", "lb"] = "lb"
    weight_per_count: float = 0.0
    capacity: float = 800.0
    rate: float = 1000.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.weight_per_count < 1e6:
            raise LabError(
                f"Loadstar weight_per_count {self.weight_per_count}", "give the answer to SWC"
            )
        if not 0.0 < self.capacity <= 1600.0:
            raise LabError(
                f"Loadstar capacity {self.capacity}", "give up to 1600, or use the hex form"
            )
        if not 1.0 <= self.rate <= 2000.0:
            raise LabError(f"Loadstar rate {self.rate} Hz", "60 to 1000 by the model")


def line_format(settings: Settings) -> LineFormat:
    """How to read and write a line of these settings."""
    newton = newtons_per(settings.unit)

    def read_hex(text: bytes) -> Row | DeviceEvent | None:
        found = _HEX.fullmatch(text)
        if found is None:
            return Row(None, places=2) if _JOINED.fullmatch(text) else _word(text)
        count = int(found[2], 16) * (-1 if found[1] == b"-" else 1)
        return Row(None if count == NO_READING else (count,))

    def write_hex(counts: list[int], ticks: int) -> str:
        return f"{'-' if counts[0] < 0 else ' '}{abs(counts[0]):06X}"

    def read_text(text: bytes) -> Row | DeviceEvent | None:
        # a line that begins with a digit is an older firmware's, or the answer to W
        if not _TEXT.fullmatch(text) or (text.startswith(b" ") and len(text) != WIDTH):
            return _word(text)
        count = to_count(text.strip(), DECIMALS)
        return None if count is None else Row((count,))

    def write_text(counts: list[int], ticks: int) -> str:
        return f"{to_text(counts[0], DECIMALS):>{WIDTH}}"

    if settings.form == "hex":
        top, scale, unit = (1 << 24) - 1, newton * settings.weight_per_count, "N"
        if scale == 0.0:
            scale, unit = 1.0, ""
        channel = ChannelInfo("force", "force", unit, scale, 0.0, -top, top)
        return LineFormat("Loadstar", (channel,), settings.rate, read_hex, write_hex, end="\r")
    top, scale = round(settings.capacity * 10**DECIMALS), newton / 10**DECIMALS
    channel = ChannelInfo("force", "force", "N", scale, 0.0, -top, top)
    return LineFormat("Loadstar", (channel,), settings.rate, read_text, write_text)


def _word(text: bytes) -> DeviceEvent | None:
    """Tell the short answers of the interface from readings."""
    return DeviceEvent("text", text=text.decode("ascii")) if text in _WORDS else None


class LoadstarSide:
    """The interface: commands end with CR and are case-insensitive; a bare CR stops the stream."""

    def __init__(self, settings: Settings) -> None:
        self.streaming = False
        self._settings = settings
        self._input = CommandLines(b"\r", ignored=b"\n")

    def receive(self, data: bytes) -> bytes:
        """Answer whole commands."""
        commands = self._input.feed(data)
        return b"".join(self._answer(command.strip().upper()) for command in commands)

    def _answer(self, command: bytes) -> bytes:
        chosen = self._settings
        if not command:
            self.streaming = False
        elif command in (b"H", b"WC"):
            self.streaming = (command == b"H") == (chosen.form == "hex")
            return b"" if self.streaming else b"E\r\n"
        answers = {
            b"": "A",
            b"MODEL": "FCM DI-1000",
            b"ID": "F000001",
            b"UNIT": chosen.unit.upper(),
            b"UNITS": chosen.unit.upper(),
            b"LC": f"{chosen.capacity:g}",
            b"SWC": f"{chosen.weight_per_count or 1e-4:g}",
            b"W": "0.0000",
            b"CT0": "Tared",
            b"TARE": "Tared",
        }
        return answers.get(command, "E").encode("ascii") + b"\r\n"


class Loadstar:
    """Driver of Loadstar interfaces."""

    name = "loadstar"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> LineCodec:
        """Decode and encode the stream in the chosen form."""
        return LineCodec(line_format(settings))

    def device_side(self, settings: Any) -> LoadstarSide:
        """Play the interface."""
        return LoadstarSide(settings)

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Stop whatever runs with two CR, ask the model, check the unit, start the stream."""
        unit = rb"(?i:" + settings.unit.encode("ascii") + rb")S?\r\n"
        return (
            Exchange(send=b"\r", expect=rb"A\r\n", timeout_s=1.0, required=False),
            Exchange(send=b"\r", expect=rb"A\r\n", pause_before_s=0.1),
            Exchange(send=b"MODEL\r", expect=rb"DI-10[^\r\n]*\r\n"),
            Exchange(send=b"UNIT\r", expect=unit),
            Exchange(send=b"H\r" if settings.form == "hex" else b"WC\r"),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Stop the stream with a bare CR."""
        return (Exchange(send=b"\r", expect=rb"A\r\n", timeout_s=1.0, required=False),)


DRIVER = Loadstar()
