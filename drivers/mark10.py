"""Mark-10 gauges (series 5, 7, 7i, BG and clones): readings as text, automatic output.

A reading is a signed number, a space and the unit (``-18.78 lbF``), ended by CRLF. The gauge
shows tension as negative unless inverted in its menu; here tension is positive, so ``tension``
tells which sign it has on the wire: have the person pull once and look. Errors (``*10`` ...) are
told as events.

There is no checksum: a changed, lost or added digit cannot be seen, nor a lost minus sign. There
is no time and no counter either: the index counts lines, and a line that never came cannot be seen
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

ERRORS = {
    b"*10": "illegal command",
    b"*11": "not applicable",
    b"*12": "invalid specifier",
    b"*22": "value too large",
}
UNITS = {"N": "N", "kN": "kN", "mN": "mN", "lbF": "lbf", "ozF": "ozf", "kgF": "kgf", "gF": "gf"}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the gauge is set up.

    ``capacity`` in the ``unit`` on its display; ``tension``: the sign of a pull on the wire;
    ``unit_shown``: the gauge sends the unit too. ``auto`` is the number sent with AOUT, by
    which ``rate`` readings per second come: newer gauges count readings per second, series BG
    sends every n-th reading (see the model's manual).
    """

    unit: Literal["N", "kN", "mN", "lbF", "ozF", "kgF", "gF"] = "N"
    decimals: int = 3
    capacity: float = 2500.0
    tension: Literal["negative", "positive"] = "negative"
    unit_shown: bool = True
    auto: int = 50
    rate: float = 50.0

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= 6:
            raise LabError(f"Mark-10 decimals {self.decimals}", "give 0 to 6")
        if not 0.0 < self.capacity * 10**self.decimals < 1 << 23:
            raise LabError(
                f"Mark-10 capacity {self.capacity} {self.unit} with {self.decimals} decimals",
                "give what the display can show: at most 8388607 steps",
            )
        if not 1 <= self.auto <= 250:
            raise LabError(f"Mark-10 automatic output {self.auto}", "give 1 to 250")
        if not 0.01 <= self.rate <= 1000.0:
            raise LabError(f"Mark-10 rate {self.rate} Hz", "give the readings per second")


def reading(settings: Settings) -> bytes:
    """Pattern of a reading in the unit of these settings."""
    unit = f" {settings.unit}" if settings.unit_shown else ""
    return rb"([+-]?[0-9]*\.?[0-9]+)" + unit.encode("ascii")


def line_format(settings: Settings) -> LineFormat:
    """How to read and write a line of these settings."""
    top = round(settings.capacity * 10**settings.decimals)
    scale = newtons_per(UNITS[settings.unit]) / 10**settings.decimals
    sign = -1 if settings.tension == "negative" else 1
    line = re.compile(reading(settings))
    unit = f" {settings.unit}" if settings.unit_shown else ""

    def read(text: bytes) -> Row | DeviceEvent | None:
        if re.fullmatch(rb"\*[0-9]{2}", text):
            meaning = ERRORS.get(text, "unknown error")
            return DeviceEvent("text", text=f"{text.decode('ascii')} {meaning}")
        found = line.fullmatch(text)
        count = to_count(found[1], settings.decimals) if found else None
        return None if count is None else Row((sign * count,))

    def write(counts: list[int], ticks: int) -> str:
        return to_text(sign * counts[0], settings.decimals) + unit

    channel = ChannelInfo("force", "force", "N", scale, 0.0, -top, top)
    return LineFormat("Mark-10", (channel,), settings.rate, read, write)


class Mark10Side:
    """The device's end: readings, automatic output, zero; other commands are illegal."""

    def __init__(self, zero: bytes) -> None:
        self.streaming = False
        self._zero = zero
        self._input = CommandLines(b"\r")

    def receive(self, data: bytes) -> bytes:
        """Answer whole commands, ended by CR or CRLF."""
        commands = self._input.feed(data.replace(b"\n", b"\r"))
        return b"".join(self._answer(command.strip()) for command in commands if command)

    def _answer(self, command: bytes) -> bytes:
        if auto := re.fullmatch(rb"AOUT([0-9]{1,3})", command):
            self.streaming = int(auto[1]) > 0
            return b""
        if command in (b"Z", b"CLR", b"CUR", b"PT", b"PC"):
            return b""
        return self._zero if command in (b"?", b"?C", b"?PT", b"?PC") else b"*10\r\n"


class Mark10:
    """Driver of Mark-10 force gauges."""

    name = "mark10"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> LineCodec:
        """Decode and encode the readings."""
        return LineCodec(line_format(settings))

    def device_side(self, settings: Any) -> Mark10Side:
        """Play the gauge without load."""
        form = line_format(settings)
        return Mark10Side((form.write([0], 0) + form.end).encode("ascii"))

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Stop the output, ask one reading (which shows the unit), start the output."""
        answer = reading(settings) + rb"\r?\n"
        return (
            Exchange(send=b"AOUT00\r"),
            Exchange(send=b"\r?\r", expect=answer, pause_before_s=0.2),
            Exchange(send=f"AOUT{settings.auto:02d}\r".encode("ascii")),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Stop the automatic output; the gauge does not answer."""
        return (Exchange(send=b"AOUT00\r", required=False),)


DRIVER = Mark10()
