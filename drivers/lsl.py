"""Lab Streaming Layer: samples of another program's stream, with that program's time stamps.

The port (`labapp.record.lsl_port`) writes what liblsl gives as frames of our own
(`labapp.device.sampleframes`); their counter counts the samples the port was given. LSL itself
numbers nothing, so that only the stamps can tell what was lost on the way, and only as far as
``stamps`` allows:

* ``regular``: the source stamps every sample by its sampling clock. A step of two periods is a
  missing sample; the stamps are the time of the samples (learnt period, as measured so far).
* ``arrival``: the source stamps samples as it gets them, so that steps wander. The index counts
  the samples received, losses shorter than the wander cannot be seen; a step of more than 0.5 s
  becomes an event ``stamp_step``. The time follows from arrival, as for a serial device.
* ``irregular``: the stream has no rate; the stamps are the time, nothing can be told lost.

A stamp that repeats or goes back costs its sample (lost, counted); one that goes back by more
than a second is an event ``restart``. A row that holds a value which is no number is lost.
Readings of the stream's clock offset come as events ``clock``; they never change a stamp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.device.commands import SwitchSide
from labapp.device.sampleframes import (
    RAIL,
    Batch,
    ClockReading,
    SampleFrames,
    ValueKind,
    check_counts,
    per_unit,
    to_counts,
)
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, Kind, SampleBlock
from labapp.units import NO_UNIT, to_si

TICK_HZ = 1e9
WRAP = 1 << 32  # of the port's counter
LATE, EARLY = 1.6, 0.2  # periods: a longer step misses samples, a shorter one is no sample
BACK_NS = 1_000_000_000
STEP_NS = 500_000_000
LEARNT = 64  # regular steps after which their mean is the period
MOST_S = 4e9  # no clock shows more seconds
_FORMATS: dict[str, ValueKind] = {"float32": "f", "double64": "d"}  # whole numbers: "i"
_STEPS: dict[str, tuple[Kind, float]] = {"V": ("emg", 1e-9), "N": ("force", 1e-5)}
_BARE = 1e-4  # of numbers without a unit that are not whole


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the stream is, as its description says.

    ``units`` one per channel (``uV``, ``N``, …; ``none``: bare numbers, whatever ``unit`` says),
    ``unit`` of those that are left empty (empty: bare numbers); ``said_units`` and ``said_types``:
    what the description calls unit and kind of each channel, kept as said; ``step``: how finely
    values are stored, in the stream's unit (0: 1 nV, 10 uN, 0.0001; whole numbers are stored as
    they are); ``rate`` of an irregular stream: about how many a second.
    """

    channels: int = 4
    rate: float = 1000.0
    format: Literal["float32", "double64", "int8", "int16", "int32"] = "double64"
    stamps: Literal["regular", "arrival", "irregular"] = "regular"
    names: tuple[str, ...] = ()
    unit: str = "uV"
    units: tuple[str, ...] = ()
    said_units: tuple[str, ...] = ()
    said_types: tuple[str, ...] = ()
    step: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= 512:
            raise LabError(f"LSL stream of {self.channels} channels", "1 to 512 can be recorded")
        if not 0.01 <= self.rate <= 100_000.0:
            raise LabError(f"LSL rate {self.rate} Hz", "give 0.01 to 100000")
        if self.stamps == "irregular" and self.rate > 200.0:
            raise LabError(f"irregular LSL stream at {self.rate:g} Hz", "give at most 200")
        if self.names and len(set(self.names)) != self.channels:
            raise LabError(f"LSL names {list(self.names)[:9]}", f"give {self.channels} of them")
        for units in (self.units, self.said_units, self.said_types):
            if units and len(units) != self.channels:
                raise LabError(f"LSL units {list(units)[:9]}", f"give {self.channels} of them")
        if not 0.0 <= self.step < float("inf"):
            raise LabError(f"LSL step {self.step}", "give the smallest difference, above 0")
        for unit in {*self.units, self.unit} - {"", NO_UNIT}:
            if to_si(unit)[0] not in _STEPS:
                raise LabError(f"LSL unit {unit!r} is no voltage or force", "write none")


def _channel(settings: Settings, number: int) -> tuple[ChannelInfo, float]:
    """One channel, and its counts per unit of the source."""
    name = settings.names[number] if settings.names else f"ch{number + 1}"
    unit = (settings.units[number] if settings.units else "") or settings.unit
    whole = settings.format.startswith("int")
    kind: Kind = "digital"
    si, factor, step = "", 1.0, 1.0 if whole else _BARE
    if unit not in ("", NO_UNIT):
        si, factor = to_si(unit)
        kind, step = _STEPS[si]
        if whole:
            step = factor
    scale = settings.step * factor or step
    counts = per_unit(factor, scale)
    return ChannelInfo(name, kind, si, scale, 0.0, -RAIL, RAIL), counts


class LslCodec:
    """Samples of one stream; see the module text for what counts as lost."""

    pending = 0  # nothing is held back

    def __init__(self, settings: Settings) -> None:
        described = [_channel(settings, number) for number in range(settings.channels)]
        self.channels = tuple(channel for channel, _ in described)
        self.rate = settings.rate
        self.tick_rate: float | None = TICK_HZ
        # Stamps of arrival are no axis of time: there the count is, as of any device.
        self.counter_modulus: int | None = WRAP if settings.stamps == "arrival" else None
        self.stats = FeedStats()
        self._per_unit = np.array([counts for _, counts in described])
        self._frames = SampleFrames(
            settings.channels, _FORMATS.get(settings.format, "i"), self.stats
        )
        self._whole = settings.format.startswith("int")
        self._stamps = settings.stamps
        self._nominal = TICK_HZ / settings.rate
        self._learnt = [0, 0]  # ticks and number of regular steps
        self._last: tuple[int, int] | None = None  # counter and ticks of the last sample
        self._next = 0
        self._ends: list[NDArray[np.int64]] = []  # of the last feed, of samples given out

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode; a sample is given out as soon as its frame is complete."""
        out: list[SampleBlock | DeviceEvent] = []
        self._ends = []
        for item in self._frames.feed(data):
            if isinstance(item, ClockReading):
                out.append(self._reading(item))
            else:
                self._take(item, out)
        return out

    def feed_placed(self, data: bytes) -> tuple[list[SampleBlock | DeviceEvent], NDArray[np.int64]]:
        """Decode, and tell the number of bytes of ``data`` after which each sample was complete."""
        items = self.feed(data)
        return items, np.concatenate([np.zeros(0, np.int64), *self._ends])

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Nothing is held but bytes of an unfinished frame."""
        self._frames.finish()
        return []

    def _reading(self, reading: ClockReading) -> DeviceEvent:
        text = f"offset to this computer {reading.first!r} s, LSL less host {reading.second!r} s"
        stamp = reading.stamp if 0 <= reading.stamp < MOST_S else 0.0
        return DeviceEvent("clock", self._next, round(stamp * TICK_HZ), text)

    def _take(self, batch: Batch, out: list[SampleBlock | DeviceEvent]) -> None:
        """Give out runs of samples that follow each other; judge those that do not."""
        counts, good = to_counts(batch.values, self._per_unit)
        good &= (batch.stamp >= 0) & (batch.stamp < MOST_S)
        stamps = np.where(good, batch.stamp, 0.0)
        ticks = np.rint(stamps * TICK_HZ).astype(np.int64)
        before = self._last or (int(batch.counter[0]), int(ticks[0]))
        counter = np.diff(batch.counter, prepend=before[0]) % WRAP == 1
        steps = np.diff(ticks, prepend=before[1])
        if self._stamps == "regular":
            follows = (steps >= EARLY * self._nominal) & (steps < LATE * self._nominal)
        elif self._stamps == "arrival":
            follows = np.abs(steps) <= STEP_NS
        else:
            follows = steps > 0
        plain = good & counter & follows
        plain[0] &= self._last is not None
        odd = [*np.flatnonzero(~plain).tolist(), len(plain)]
        at, place = 0, 0
        while at < len(plain):
            start, first = at, self._next
            stop = odd[place]
            if at == stop:
                place += 1
                if not good[at] or not self._joins(int(batch.counter[at]), int(ticks[at]), out):
                    self.stats.bad_frames += 1
                    at += 1  # the one after it is judged against the last one given out
                    if at < odd[place]:
                        odd.insert(place, at)
                    continue
                first = self._next - 1
                stop = odd[place]
                at += 1
            if stop > at:
                self._learnt[0] += int(ticks[stop - 1]) - self._tick_before(ticks, at)
                self._learnt[1] += stop - at
                self._next += stop - at
                self._last = int(batch.counter[stop - 1]), int(ticks[stop - 1])
                at = stop
            rows = slice(start, at)
            out.append(SampleBlock(first, counts[rows].copy(), ticks[rows].copy()))
            self._ends.append(batch.ends[rows])
            self.stats.samples += at - start

    def _tick_before(self, ticks: NDArray[np.int64], at: int) -> int:
        return int(ticks[at - 1]) if at else (self._last or (0, 0))[1]

    def _joins(self, counter: int, ticks: int, out: list[SampleBlock | DeviceEvent]) -> bool:
        """Place a sample that does not simply follow; False if it is none. Moves the index."""
        if self._last is None:
            step = counter + 1
        else:
            step = (counter - self._last[0]) % WRAP
            away = ticks - self._last[1]
            if step == 0:
                return False
            if step >= WRAP // 2 or (away < -BACK_NS and self._stamps != "arrival"):
                out.append(DeviceEvent("restart", index=self._next, ticks=ticks))
                step = 1
            elif self._stamps == "regular":
                if away < EARLY * self._nominal:
                    return False
                period = self._nominal
                if self._learnt[1] >= LEARNT:
                    period = self._learnt[0] / self._learnt[1]
                step += max(0, int(away / period - step + 2 - LATE))
            elif self._stamps == "irregular":
                if away <= 0:
                    return False
            elif abs(away) > STEP_NS:
                text = f"the source's stamps step by {away / TICK_HZ:.3f} s"
                out.append(DeviceEvent("stamp_step", self._next, ticks, text))
        self.stats.lost += step - 1
        self._next += step
        self._last = counter, ticks
        return True

    def encode(self, block: SampleBlock) -> bytes:
        """One frame per row; without ticks the stamps are index / rate."""
        counts = check_counts("LSL", block, len(self.channels))
        index = block.first + np.arange(len(counts), dtype=np.int64)
        ticks = np.round(index * self._nominal) if block.ticks is None else block.ticks
        values = counts / self._per_unit
        return self._frames.encode(
            index, ticks / TICK_HZ, np.rint(values) if self._whole else values
        )


class Lsl:
    """Driver of streams of the Lab Streaming Layer."""

    name = "lsl"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> LslCodec:
        """Decode and encode one stream."""
        return LslCodec(settings)

    def device_side(self, settings: Any) -> SwitchSide:
        """Play the source's end."""
        return SwitchSide()

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Begin (of a simulated source; a true one is subscribed to by opening the port)."""
        return (Exchange(send=b"B"),)

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Stop."""
        return (Exchange(send=b"S", required=False),)


DRIVER = Lsl()
