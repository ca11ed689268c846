"""Lines of text as samples: splitting, number grammar, counting of places.

What a text protocol has in common. A line ends with CR, LF or CRLF. A row of numbers is
``[label:] number`` once or more, separated by comma, tab, semicolon or spaces; the decimal point
is a point; ``nan``, ``inf``, ``ovf`` and empty fields are missing values. Numbers become integer
counts of ``10 ** -decimals`` digit by digit, never by way of a float.

The index counts lines: a damaged line, or one whose value is missing, keeps its place and counts
as lost; a line that never came cannot be seen, unless the lines carry the device's time, from
which `labapp.device.stamped` finds it. The partial line at opening a port is for the conversation
to discard (`labapp.device.freerunning`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from labapp.device.contract import FeedStats
from labapp.device.stamped import StampedSamples
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

LONGEST = 200  # bytes of a line

_END = re.compile(rb"[\r\n]+")
_NUMBER = re.compile(rb"([+-]?)(?=\.?[0-9])([0-9]*)\.?([0-9]*)")
_MISSING = re.compile(rb"|[+-]?(?:nan|inf|ovf)", re.IGNORECASE)
_LABEL = re.compile(rb"(?<![\w.])(?!(?:nan|inf|ovf)\b)[A-Za-z_][^:,;\t]*:[ \t]*", re.IGNORECASE)
_SEPARATOR = re.compile(rb" *[,;\t] *| +")
_DIGIT = re.compile(rb"[0-9]|[0-9A-F]{2}")
_PRINTABLE = re.compile(rb"[\t -~]*[A-Za-z#][\t -~]*")
COMMENT = re.compile(rb"[ \t]*#[\t -~]*")


@dataclass(frozen=True, slots=True)
class Row:
    """One line read: counts per channel, None if the device had no value; device ticks if any.

    ``places``: rows for which a line without value stands, 2 if a line end was lost.
    """

    counts: tuple[int, ...] | None
    ticks: int | None = None
    places: int = 1


def is_missing(field: bytes) -> bool:
    """Whether a field stands for a value that could not be measured."""
    return _MISSING.fullmatch(field) is not None


def to_count(field: bytes, decimals: int) -> int | None:
    """Count of ``10 ** -decimals`` of a number; None for no number, or one with finer digits."""
    number = _NUMBER.fullmatch(field)
    if number is None:
        return None
    sign, whole, part = number.groups()
    if len(part) > decimals:
        if part[decimals:].strip(b"0"):
            return None
        part = part[:decimals]
    count = int(whole + part.ljust(decimals, b"0") or b"0")
    return -count if sign == b"-" else count


def to_text(count: int, decimals: int) -> str:
    """Write the number that `to_count` reads as ``count``, with exactly ``decimals`` decimals."""
    whole, part = divmod(abs(count), 10**decimals)
    sign = "-" if count < 0 else ""
    return f"{sign}{whole}.{part:0{decimals}d}" if decimals else f"{sign}{whole}"


def split_fields(line: bytes) -> list[bytes]:
    """Fields of a line without their labels; a separator at the end closes the last field."""
    fields = _SEPARATOR.split(_LABEL.sub(b"", line).strip(b" "))
    return fields[:-1] if len(fields) > 1 and not fields[-1] else fields


def read_numbers(line: bytes, decimals: Sequence[int]) -> tuple[int | None, ...] | None:
    """Read a row of ``len(decimals)`` numbers, each None if missing; None if it is no such row.

    An empty field is a missing value only among others: a lone label is not.
    """
    fields = split_fields(line)
    if len(fields) != len(decimals):
        return None
    counts: list[int | None] = []
    for field, places in zip(fields, decimals, strict=True):
        count = to_count(field, places)
        if count is None and (not is_missing(field) or fields == [b""]):
            return None
        counts.append(count)
    return tuple(counts)


class LineSamples:
    """Bytes to samples for codecs of text: ``read`` judges one line, the rest is done here.

    ``read`` returns a `Row`, a `DeviceEvent`, or None for a line it does not know. Comments, and
    before the first row any printable line with a letter, are text: told as events and counted
    as junk. Any other unknown line is damaged; with a digit in it, it keeps its place in the index.
    """

    def __init__(
        self,
        channels: Sequence[ChannelInfo],
        stats: FeedStats,
        read: Callable[[bytes], Row | DeviceEvent | None],
        *,
        samples: StampedSamples | None = None,
        longest: int = LONGEST,
    ) -> None:
        self._rails = [(channel.low, channel.high) for channel in channels]
        self._stats = stats
        self._read = read
        self._samples = samples
        self._longest = longest
        self._tail = b""
        self._begun = False
        self._next = 0
        self._given = 0
        self._rows: list[tuple[int, ...]] = []
        self._times: list[int] = []
        self._out: list[SampleBlock | DeviceEvent] = []

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Take bytes; a line counts as soon as it has ended."""
        *lines, self._tail = _END.split(self._tail + data)
        for line in lines:
            if line:
                self._take(line)
        if len(self._tail) > self._longest:  # what is kept is too long, however it ends
            self._stats.junk_bytes += len(self._tail) - self._longest - 1
            self._tail = self._tail[: self._longest + 1]
        self._close_block()
        out = self._out + (self._samples.give() if self._samples else [])
        self._out = []
        return out

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """End the stream: an unfinished line is junk."""
        self._stats.junk_bytes += len(self._tail)
        self._tail = b""
        return self._samples.finish() if self._samples else []

    def _take(self, line: bytes) -> None:
        item = self._read(line) if len(line) <= self._longest else None
        if isinstance(item, Row) and self._sound(item):
            self._begun = True
            if item.counts is not None:
                self._rows.append(item.counts)
                if item.ticks is not None:
                    self._times.append(item.ticks)
                return
        elif isinstance(item, DeviceEvent):
            self._say(item)
            return
        else:
            self._stats.junk_bytes += len(line)
            text = COMMENT if self._begun else _PRINTABLE
            if len(line) <= self._longest and text.fullmatch(line):
                self._say(DeviceEvent("text", text=line.decode("ascii").strip()))
                return
            self._stats.bad_frames += 1
            if _DIGIT.search(line) is None:  # foreign bytes alone, perhaps within a line's end
                return
        self._close_block()
        self._next += item.places if isinstance(item, Row) else 1

    def _sound(self, row: Row) -> bool:
        """Within the rails, and with a time if times are expected."""
        if row.counts is None:
            return True
        inside = all(a <= count <= b for count, (a, b) in zip(row.counts, self._rails, strict=True))
        return inside and (row.ticks is None) == (self._samples is None)

    def _say(self, event: DeviceEvent) -> None:
        self._close_block()
        if self._samples:
            self._samples.say(event)
        else:
            self._out.append(event)

    def _close_block(self) -> None:
        """Turn the rows since the last break into a block of consecutive indices."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        if self._samples:
            times, self._times = self._times, []
            self._samples.take(np.array(times, np.int64), np.array(rows, np.int64))
            return
        self._stats.lost += self._next - self._given
        self._stats.samples += len(rows)
        self._out.append(SampleBlock(self._next, np.array(rows, np.int32)))
        self._next += len(rows)
        self._given = self._next
