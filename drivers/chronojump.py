"""Chronojump force sensor (firmware 0.4 to 0.6): newtons as text, with device microseconds.

A line is ``<us>;<newtons>`` with two decimals; ``<us>;R`` and ``<us>;r`` are the edges of the
trigger input. There is no counter and no checksum: the index counts lines, and missing lines
follow from the microseconds (`labapp.device.stamped`), which are unsigned 32 bit, wrap after
71.6 min and are unwrapped. Damaged digits of the time cost their line; a changed digit of the
force cannot be seen: the format (two decimals) and the range are the only guards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.device.stamped import Stamp, StampedSamples
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

WRAP = 1 << 32
LONGEST = 64  # bytes; no line of the device is longer
TRIGGER_NEAR_US = 1_200_000  # an edge is sent between the lines around it: further off is damage

# possessive: nothing here ever needs to backtrack, which makes it four times faster
# A possessive group, (?:...)++, ends in the middle of a line on Python before 3.11.5 (gh-106052).
_SAMPLES = re.compile(rb"(?:[0-9]{1,10}+;-?+[0-9]{1,7}+\.[0-9]{2}\n++)+")
_EDGE = re.compile(rb"([0-9]{1,10});([Rr])")
_ANSWER = re.compile(
    rb"Force_Sensor-[0-9.]+|Starting capture\.\.\.|Capture ended:?|Not a valid command|text"
    rb"|(?:Taring|Calibrating) OK:?.*"
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nominal conversion rate (10 or 80 Hz by the HX711's RATE pin) and the range in N."""

    rate: float = 80.0
    range_n: float = 10_000.0

    def __post_init__(self) -> None:
        if not 5.0 <= self.rate <= 100.0:
            raise LabError(f"Chronojump rate {self.rate} Hz", "the HX711 makes 10 or 80")
        if not 1.0 <= self.range_n <= 99_999.0:
            raise LabError(f"Chronojump range {self.range_n} N", "give 1 to 99999")


class ChronojumpCodec:
    """Lines of one capture; see the module text for how losses are found."""

    pending = 0  # a held line is not certain to count

    def __init__(self, settings: Settings) -> None:
        top = round(settings.range_n * 100)
        self.channels = (ChannelInfo("force", "force", "N", 0.01, 0.0, -top, top),)
        self.rate = settings.rate
        self.tick_rate: float | None = 1e6
        self.counter_modulus: int | None = None
        self.stats = FeedStats()
        self._top = top
        self._period = 1e6 / settings.rate
        self._samples = StampedSamples(Stamp(self._period, WRAP), self.stats)
        self._tail = b""

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode whole lines; a line after a jump in time waits for the next one."""
        text = self._tail + data.replace(b"\r", b"\n")
        cut = text.rfind(b"\n") + 1
        self._tail = text[cut:]
        if len(self._tail) > LONGEST:  # no line: what is kept will fail, however it ends
            self.stats.junk_bytes += len(self._tail) - LONGEST - 1
            self._tail = self._tail[: LONGEST + 1]
        at = 0
        while at < cut:
            good = _SAMPLES.match(text, at, cut)
            if good:
                self._take(good[0])
                at = good.end()
            else:
                end = text.index(b"\n", at)
                if end > at:
                    self._other(text[at:end])
                at = end + 1
        return self._samples.give()

    def feed_placed(
        self, data: bytes
    ) -> tuple[list[SampleBlock | DeviceEvent], NDArray[np.int64]] | None:
        """Decode as `feed` does if every line is a sample one period after the one before it."""
        text = (self._tail + data).replace(b"\r", b"\n")
        cut = text.rfind(b"\n") + 1
        lines = text[:cut].lstrip(b"\n")
        if len(text) - cut > LONGEST or (lines and not _SAMPLES.fullmatch(lines)):
            return None
        us, counts, sound = self._numbers(lines)
        if not sound.all() or not self._samples.take_regular(us, counts):
            return None
        carried, self._tail = len(self._tail), text[cut:]
        over = np.frombuffer(lines, np.uint8) == ord("\n")  # a line may end with two of them
        ends = np.flatnonzero(over[1:] & ~over[:-1]) + 2
        return self._samples.give(), ends + (cut - len(lines) - carried)

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out the held line if it is a plausible one."""
        self.stats.junk_bytes += len(self._tail)
        self._tail = b""
        return self._samples.finish()

    def _take(self, text: bytes) -> None:
        """Take well-formed lines."""
        us, counts, sound = self._numbers(text)
        self.stats.bad_frames += len(us) - int(sound.sum())
        self._samples.take(us[sound], counts[sound])

    def _numbers(
        self, text: bytes
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Microseconds and hundredths of a newton of well-formed lines, and which can be true."""
        numbers = np.fromstring(text.replace(b".", b"").replace(b";", b" "), np.int64, sep=" ")
        us, counts = numbers[::2], numbers[1::2]
        return us, counts, (us < WRAP) & (np.abs(counts) <= self._top)

    def _other(self, line: bytes) -> None:
        """Trigger edges and known answers are events; the rest is junk."""
        edge = _EDGE.fullmatch(line)
        ticks = None
        if edge and int(edge[1]) < WRAP:
            ticks = self._samples.unwrap(int(edge[1]), TRIGGER_NEAR_US)
        if edge and ticks is not None:
            name = "trigger_rise" if edge[2] == b"R" else "trigger_fall"
            self._samples.say(DeviceEvent(name, index=self._samples.index, ticks=ticks))
        elif len(line) <= LONGEST and _ANSWER.fullmatch(line):
            self._samples.say(DeviceEvent("text", text=line.decode("ascii", "replace")))
        else:
            self.stats.bad_frames += 1
            self.stats.junk_bytes += len(line)

    def encode(self, block: SampleBlock) -> bytes:
        """One line per row; without ticks the lines lie one nominal period apart."""
        counts = np.asarray(block.counts)
        if counts.ndim != 2 or counts.shape[1] != 1:
            raise LabError(f"Chronojump block of shape {counts.shape}", "one column")
        if len(counts) and int(np.abs(counts.astype(np.int64)).max()) > self._top:
            raise LabError("Chronojump count off the rails", f"keep within +-{self._top}")
        index = block.first + np.arange(len(counts))
        ticks = np.round(index * self._period) if block.ticks is None else block.ticks
        lines = []
        for us, value in zip(ticks.astype(np.int64).tolist(), counts[:, 0].tolist(), strict=True):
            whole, cents = divmod(abs(value), 100)
            lines.append(f"{us % WRAP};{'-' if value < 0 else ''}{whole}.{cents:02d}\r\n")
        return "".join(lines).encode("ascii")

    def encode_event(self, event: DeviceEvent) -> bytes:
        """Write the line of a trigger edge; `LabError` for any other event."""
        letters = {"trigger_rise": "R", "trigger_fall": "r"}
        if event.name not in letters or event.ticks is None:
            raise LabError(f"Chronojump event {event.name!r}", "it sends trigger edges with ticks")
        return f"{event.ticks % WRAP};{letters[event.name]}\r\n".encode("ascii")


_ARGUMENTS = {
    b"calibrate": b"Calibrating OK:",
    b"set_tare": b"Tare set",
    b"set_calibration_factor": b"Calibration factor set",
    b"set_bps": b"Baud rate set",
}


class ChronojumpSide:
    """The device's end, firmware 0.6 unless told otherwise."""

    def __init__(self, version: str = "0.6") -> None:
        self.streaming = False
        self._version = version.encode("ascii")
        self._input = b""
        self._tare = b"0"
        self._factor = b"915.00"

    def receive(self, data: bytes) -> bytes:
        """Answer whole commands (``name:`` or ``name:argument;``); keep the beginning of one."""
        self._input = (self._input + data).lstrip(b"\r\n ")
        answers = []
        while (end := self._input.find(b":")) >= 0:
            name = self._input[:end].strip()
            argument = b""
            if name in _ARGUMENTS:
                stop = self._input.find(b";", end)
                if stop < 0:
                    break
                argument, end = self._input[end + 1 : stop], stop
            self._input = self._input[end + 1 :].lstrip(b"\r\n ;")
            answers.append(self._answer(name, argument) + b"\r\n")
        self._input = self._input[-LONGEST:]
        return b"".join(answers)

    def _answer(self, name: bytes, argument: bytes) -> bytes:
        if name == b"start_capture":
            self.streaming = True
            return b"Starting capture..."
        if name == b"end_capture":
            self.streaming = False
            return b"Capture ended:" if self._version >= b"0.6" else b"Capture ended"
        if name == b"calibrate":
            return _ARGUMENTS[name] + self._factor
        if name == b"set_tare":
            self._tare = argument
        elif name == b"set_calibration_factor":
            self._factor = argument
        fixed = {
            b"get_version": b"Force_Sensor-" + self._version,
            b"tare": b"Taring OK:" + self._tare,
            b"get_tare": self._tare,
            b"get_calibration_factor": self._factor,
            b"get_transmission_format": b"text",
        }
        return fixed.get(name) or _ARGUMENTS.get(name) or b"Not a valid command"


class Chronojump:
    """Driver of the Chronojump force sensor."""

    name = "chronojump"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> ChronojumpCodec:
        """Decode and encode one capture."""
        return ChronojumpCodec(settings)

    def device_side(self, settings: Any) -> ChronojumpSide:
        """Play the device's end of the conversation."""
        return ChronojumpSide()

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Identify and start; the first tries go unheard while a board resets on opening.

        The firmware waits for the end of a command with a string timeout of about 1 s.
        """
        version = rb"Force_Sensor-[0-9.]+\r?\n"
        return (
            Exchange(send=b"get_version:", expect=version, timeout_s=2.5, required=False),
            Exchange(
                send=b"end_capture:", expect=rb"Capture ended:?\r?\n", timeout_s=2.5, required=False
            ),
            Exchange(send=b"get_version:", expect=version, timeout_s=3.0),
            Exchange(send=b"start_capture:", expect=rb"Starting capture\.\.\.\r?\n", timeout_s=3.0),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """End the capture."""
        return (
            Exchange(
                send=b"end_capture:", expect=rb"Capture ended:?\r?\n", timeout_s=3.0, required=False
            ),
        )


DRIVER = Chronojump()
