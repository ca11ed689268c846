"""Lines of numbers: MyoWare and home-made sketches, with columns as the settings describe them.

A line is ``[time sep] [label:]number {sep [label:]number}`` ended by CR, LF or CRLF; separators
are comma, semicolon, tab and space, the decimal mark is the point. Columns go by their order,
labels are ignored. A line with ``nan``, ``inf`` or an empty field is a missing sample; ``#`` lines
and text are events. There is no checksum: a changed or dropped digit is another number, which
only the rails of its column may show: with 0 to 1023, 98 % of changed digits pass (measured).

With a time column (``ms`` or ``us`` of the board, 32 bits) missing lines follow from the time
(`labapp.device.stamped`) and a damaged time costs its line. Without one the index counts lines:
lines that are lost whole **cannot be seen**, and an event ``timing_unverified`` says so at the
start; a line that arrives damaged counts as one lost sample.

The first line after opening is usually cut: the conversation reads up to its end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.device.stamped import Stamp, StampedSamples
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, Kind, SampleBlock

WRAP = 1 << 32
TICKS = {"ms": 1e3, "us": 1e6}
KINDS: dict[str, Kind] = {"V": "emg", "N": "force", "": "digital"}
UNVERIFIED = "timing unverified: no time column, lines lost whole cannot be seen"

# Possessive on single characters only: a possessive group, (?:...)++, ends in the middle of a line
# on Python before 3.11.5 (gh-106052).
_LABEL = rb"(?:[A-Za-z_][A-Za-z0-9_]{0,31}+:[ \t]*+)?"
_BREAK = rb"(?:[ \t]*+[,;][ \t]*+|[ \t]++)"
_LABELS = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*+:")
_ABSENT = re.compile(rb"(?:nan|[+-]?inf(?:inity)?|ovf)?", re.IGNORECASE)
_NUMBER = re.compile(rb"[+-]?[0-9]{1,10}(?:\.[0-9]{0,6})?")
_TEXT = re.compile(rb"(?![-+.0-9])[\t -~]*[A-Za-z#][\t -~]*")
_DIGIT = re.compile(rb"[0-9]")
_END = re.compile(rb"[\r\n]")
_SPACES = bytes.maketrans(b",;\t\r\n", b"     ")


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number of the line: ``value = (number * 10**decimals - offset) * scale`` in ``unit``.

    ``low`` and ``high`` are the rails, as counts (number times 10**decimals).
    """

    name: str = "A1"
    unit: Literal["V", "N", ""] = "V"
    scale: float = 5.0 / 1023
    offset: float = 0.0
    low: int = 0
    high: int = 1023
    decimals: int = 0

    def __post_init__(self) -> None:
        if not 0.0 < self.scale < float("inf"):
            raise LabError(f"column {self.name} scale {self.scale}", "give the unit per count")
        if not -(1 << 31) <= self.low < self.high < 1 << 31:
            raise LabError(f"column {self.name} rails {self.low} {self.high}", "low below high")
        if not 0 <= self.decimals <= 6:
            raise LabError(f"column {self.name} decimals {self.decimals}", "give 0 to 6")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns after the time, lines per second, and what the first number of a line is."""

    columns: tuple[Column, ...] = (Column(),)
    rate: float = 10.0
    time: Literal["none", "ms", "us"] = "none"

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not 1 <= len(set(names)) == len(names) <= 64:
            raise LabError(f"columns {names}", "give 1 to 64 of different names")
        if not 0.01 <= self.rate <= 20_000.0:
            raise LabError(f"rate {self.rate} lines/s", "give 0.01 to 20000")
        if self.time != "none" and TICKS[self.time] < 4 * self.rate:
            raise LabError(f"time in {self.time} at {self.rate} lines/s", "print microseconds")


class AsciiLinesCodec:
    """Lines of one stream; see the module text for how losses are found."""

    pending = 0  # a held line is not certain to count

    def __init__(self, settings: Settings) -> None:
        self.channels = tuple(
            ChannelInfo(c.name, KINDS[c.unit], c.unit, c.scale, c.offset, c.low, c.high)
            for c in settings.columns
        )
        self.rate = settings.rate
        self.tick_rate: float | None = TICKS.get(settings.time)
        self.counter_modulus: int | None = None
        self.stats = FeedStats()
        self._decimals = [column.decimals for column in settings.columns]
        self._low = np.array([column.low for column in settings.columns])
        self._high = np.array([column.high for column in settings.columns])
        self._longest = 64 * (len(self.channels) + 1)
        numbers = [rb"[+-]?+[0-9]{1,10}+" + rb"(?:\.[0-9]{0,%d}+)?" % d for d in self._decimals]
        self._samples: StampedSamples | None = None
        if self.tick_rate is not None:
            self._samples = StampedSamples(Stamp(self.tick_rate / self.rate, WRAP), self.stats)
            numbers.insert(0, rb"[0-9]{1,10}+")
        line = _BREAK.join(_LABEL + number for number in numbers) + rb"[ \t,;]*+[\r\n]++"
        self._lines = re.compile(rb"(?:[ \t]*+" + line + rb")+")
        self._tail = b""
        self._before = 10  # the byte before it
        self._rows = np.empty((0, len(self.channels)), np.int32)  # of the numbers in _samples
        self._number = 0  # of the first of them
        self._next = 0  # index of the next line, where there is no time
        self._given = 0
        self._warned = self._samples is not None
        self._out: list[SampleBlock | DeviceEvent] = []

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode whole lines; with a time, a line after a jump waits for the next one."""
        text = self._tail + data
        cut = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        self._tail = text[cut:]
        if len(self._tail) > self._longest:  # no line: what is kept will fail, however it ends
            self.stats.junk_bytes += len(self._tail) - self._longest - 1
            self._tail = self._tail[: self._longest + 1]
        at = 0
        while at < cut:
            good = self._lines.match(text, at, cut)
            if good:
                self._take(good[0])
                at = good.end()
            else:
                end = next(_END.finditer(text, at)).start()
                if line := text[at:end].strip(b" \t"):
                    before = text[at - 1] if at else self._before
                    self._other(line, inside_end=(before, text[end]) == (13, 10))
                at = end + 1
        self._before = text[cut - 1] if cut else self._before
        return self._give(None if self._samples is None else self._samples.give())

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out the held line if it is a plausible one."""
        self.stats.junk_bytes += len(self._tail)
        self._tail = b""
        return self._give(None if self._samples is None else self._samples.finish())

    def _take(self, text: bytes) -> None:
        """Take well-formed lines."""
        if b":" in text:
            text = _LABELS.sub(b" ", text)
        numbers = np.fromstring(text.translate(_SPACES), np.float64, sep=" ")
        columns = len(self.channels) + (self._samples is not None)
        table = numbers.reshape(-1, columns)
        values = table[:, columns - len(self.channels) :]
        if any(self._decimals):
            values = np.rint(values * np.power(10.0, self._decimals))
        sound: NDArray[np.bool_] = np.all((values >= self._low) & (values <= self._high), axis=1)
        if self._samples is not None:
            sound &= table[:, 0] < WRAP
        self.stats.bad_frames += len(sound) - int(sound.sum())
        if self._samples is None:
            self._count(values, sound)
            return
        rows = values[sound].astype(np.int32)
        place = self._number + len(self._rows) + np.arange(len(rows))
        self._rows = np.concatenate([self._rows, rows])
        self._samples.take(table[sound, 0].astype(np.int64), place)

    def _count(self, values: NDArray[np.float64], sound: NDArray[np.bool_]) -> None:
        """Give lines their numbers; those off the rails leave a gap."""
        edges = np.flatnonzero(np.diff(sound, prepend=False, append=False))
        for start, stop in edges.reshape(-1, 2).tolist():
            if not self._warned:
                self._out.append(DeviceEvent("timing_unverified", index=0, text=UNVERIFIED))
                self._warned = True
            first = self._next + start
            self._out.append(SampleBlock(first, values[start:stop].astype(np.int32)))
            self.stats.lost += first - self._given
            self.stats.samples += stop - start
            self._given = self._next + stop
        self._next += len(sound)

    def _give(
        self, items: list[SampleBlock | DeviceEvent] | None
    ) -> list[SampleBlock | DeviceEvent]:
        """Put the rows in place of their numbers; only the newest may still be held."""
        out, self._out = self._out, []
        for item in items or ():
            if isinstance(item, SampleBlock):
                rows = self._rows[item.counts[:, 0] - self._number]
                item = SampleBlock(item.first, rows, item.ticks)
            out.append(item)
        if len(self._rows) > 1:
            self._number += len(self._rows) - 1
            self._rows = self._rows[-1:].copy()
        return out

    def _other(self, line: bytes, *, inside_end: bool) -> None:
        """Missing values and damaged lines leave a gap; text is an event."""
        fields = re.split(rb"[ \t]*[,;][ \t]*|[ \t]+", _LABELS.sub(b"", line))
        columns = len(self.channels) + (self._samples is not None)
        if inside_end and not _DIGIT.search(line):  # foreign bytes between CR and LF
            self.stats.bad_frames += 1
            self.stats.junk_bytes += len(line)
        elif len(line) > self._longest:
            self._bad(line)
        elif len(fields) == columns and self._absent(fields):
            self._next += 1
        elif _TEXT.fullmatch(line):
            event = DeviceEvent("text", text=line.decode("ascii"))
            if self._samples is None:
                self._out.append(event)
            else:
                self._samples.say(event)
        else:
            self._bad(line)

    def _absent(self, fields: list[bytes]) -> bool:
        """Whether these are numbers but for at least one that is not there."""
        present = [field for field in fields if not _ABSENT.fullmatch(field)]
        return len(present) < len(fields) and all(map(_NUMBER.fullmatch, present))

    def _bad(self, line: bytes) -> None:
        self.stats.bad_frames += 1
        self.stats.junk_bytes += len(line)
        self._next += 1

    def encode(self, block: SampleBlock) -> bytes:
        """One line per row; without ticks the lines lie one nominal period apart."""
        counts = np.asarray(block.counts)
        if counts.ndim != 2 or counts.shape[1] != len(self.channels):
            raise LabError(f"block of shape {counts.shape}", f"{len(self.channels)} columns")
        if len(counts) and ((counts < self._low) | (counts > self._high)).any():
            raise LabError("count off the rails of its column", "see low and high in the settings")
        texts = [
            [f"{count / 10**d:.{d}f}" for count in column]
            for column, d in zip(counts.T.tolist(), self._decimals, strict=True)
        ]
        if self.tick_rate is not None:
            index = block.first + np.arange(len(counts))
            even = np.round(index * (self.tick_rate / self.rate)).astype(np.int64)
            ticks = even if block.ticks is None else block.ticks
            texts.insert(0, [str(tick % WRAP) for tick in ticks.tolist()])
        return "".join(",".join(row) + "\r\n" for row in zip(*texts, strict=True)).encode("ascii")


class AsciiLinesSide:
    """A board that runs freely; opening its port shows as the first byte it hears."""

    def __init__(self) -> None:
        self.streaming = False

    def receive(self, data: bytes) -> bytes:
        """End the line under way; nothing stops the board."""
        if not data:
            return b""
        self.streaming = True
        return b"\r\n"


class AsciiLines:
    """Driver of boards that print numbers."""

    name = "ascii_lines"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> AsciiLinesCodec:
        """Decode and encode one stream."""
        return AsciiLinesCodec(settings)

    def device_side(self, settings: Any) -> AsciiLinesSide:
        """Play the device's end of the conversation."""
        return AsciiLinesSide()

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Read to the end of the line under way (2 s go by while a board resets on opening)."""
        return (Exchange(send=b"\n", expect=rb"\n", timeout_s=5.0 + 2.0 / settings.rate),)

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Nothing: closing the port is all."""
        return ()


DRIVER = AsciiLines()
