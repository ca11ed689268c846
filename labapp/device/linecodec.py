"""The codec of a line protocol: a driver says how to read and write one line, no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labapp.device.contract import FeedStats
from labapp.device.lines import LineSamples, Row
from labapp.device.stamped import Stamp, StampedSamples
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock
from labapp.units import to_si

WRAP = 1 << 32  # of Arduino's millis() and micros()
_MASSES = {"g": "gf", "oz": "ozf", "lbs": "lbf"}  # read as forces, like kg and lb


def newtons_per(unit: str) -> float:
    """Newtons per unit of force, or per unit of mass at standard gravity."""
    return to_si(_MASSES.get(unit, unit))[1]


@dataclass(frozen=True)
class LineFormat:
    """What a line holds.

    Attributes
    ----------
    title
        How errors call the device.
    channels, rate
        As the codec offers them.
    read
        One line without its end to a `Row`, an event, or None (`labapp.device.lines`).
    write
        Counts per channel and device ticks (0 without a clock) to the line, without its end.
    tick_rate
        Ticks per second of a time column counted in 32 bits, None without one.
    end
        Line end as the device sends it.
    """

    title: str
    channels: tuple[ChannelInfo, ...]
    rate: float
    read: Callable[[bytes], Row | DeviceEvent | None]
    write: Callable[[list[int], int], str]
    tick_rate: float | None = None
    end: str = "\r\n"


class LineCodec:
    """Lines of one stream; without a time column the index counts lines."""

    pending = 0  # a line is given out when it ends; a held one is not certain to count

    def __init__(self, form: LineFormat) -> None:
        self.channels = form.channels
        self.rate = form.rate
        self.tick_rate = form.tick_rate
        self.counter_modulus: int | None = None
        self.stats = FeedStats()
        self._form = form
        self._period = (form.tick_rate or 0.0) / form.rate
        samples = None
        if form.tick_rate is not None:
            samples = StampedSamples(Stamp(self._period, WRAP, from_zero=False), self.stats)
        self._lines = LineSamples(form.channels, self.stats, form.read, samples=samples)

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode whole lines; with a time column a line after a jump waits for the next one."""
        return self._lines.feed(data)

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out a held line if it is a plausible one."""
        return self._lines.finish()

    def encode(self, block: SampleBlock) -> bytes:
        """One line per row; without ticks the lines lie one nominal period apart."""
        counts, title = np.asarray(block.counts), self._form.title
        if counts.ndim != 2 or counts.shape[1] != len(self.channels):
            raise LabError(
                f"{title} block of shape {counts.shape}", f"{len(self.channels)} columns"
            )
        low = np.array([channel.low for channel in self.channels])
        high = np.array([channel.high for channel in self.channels])
        if ((counts < low) | (counts > high)).any():
            raise LabError(
                f"{title} count off the rails", f"keep within {low.tolist()} and {high.tolist()}"
            )
        index = block.first + np.arange(len(counts))
        ticks = np.round(index * self._period) if block.ticks is None else block.ticks
        times = (ticks.astype(np.int64) % WRAP).tolist()
        write, end = self._form.write, self._form.end
        rows = zip(counts.tolist(), times, strict=True)
        return "".join(write(row, time) + end for row, time in rows).encode("ascii")
