"""BrainFlow: samples of a board that BrainFlow's own driver reads, with its packet numbers.

The port (`labapp.record.brainflow_port`) writes what ``get_board_data`` gives as frames of our own
(`labapp.device.sampleframes`): packet number, BrainFlow's time stamp, channel values in uV.
``modulus`` is where the packet number wraps (256 on 8-bit boards): a loss shows as a step of it,
whole wraps are repaired from arrival times when the session is built. ``modulus`` 0: the board has
no counter that is known to count samples; the frames then count what arrived, and nothing can be
told lost.

The stamps are made when BrainFlow parses a packet, by the wall clock: they are stored, and serve
for nothing but to tell a packet given out twice (which is dropped) from a whole wrap.
"""

from __future__ import annotations

import itertools
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
    SampleFrames,
    check_counts,
    per_unit,
    to_counts,
)
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

TICK_HZ = 1e6
FREE = 1 << 32  # wrap of the port's own count
MOST_S = 4e9
NANO = 1e-9


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the board is, as BrainFlow describes it; ``step_uv``: how finely values are stored."""

    channels: int = 8
    rate: float = 250.0
    modulus: Literal[0, 128, 256] = 256
    names: tuple[str, ...] = ()
    step_uv: float = 0.001

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= 256:
            raise LabError(f"BrainFlow board of {self.channels} channels", "give 1 to 256")
        if not 0.1 <= self.rate <= 100_000.0:
            raise LabError(f"BrainFlow rate {self.rate} Hz", "give 0.1 to 100000")
        if self.names and len(set(self.names)) != self.channels:
            raise LabError(f"BrainFlow names {list(self.names)[:9]}", f"give {self.channels}")
        if not 0.0 < self.step_uv < 1e6:
            raise LabError(f"BrainFlow step_uv {self.step_uv}", "give uV per count, above 0")


class BrainFlowCodec:
    """Samples of one board."""

    pending = 0  # nothing is held back

    def __init__(self, settings: Settings) -> None:
        names = settings.names or tuple(f"CH{i}" for i in range(1, settings.channels + 1))
        scale = settings.step_uv / 1e6
        if settings.step_uv == 1e-3:
            scale = NANO
        self.channels = tuple(
            ChannelInfo(name, "emg", "V", scale, 0.0, -RAIL, RAIL) for name in names
        )
        self.rate = settings.rate
        self.tick_rate: float | None = TICK_HZ
        self.counter_modulus: int | None = settings.modulus or FREE
        self.stats = FeedStats()
        self._modulus = settings.modulus or FREE
        self._per_unit = np.full(settings.channels, per_unit(1.0, settings.step_uv))
        self._frames = SampleFrames(settings.channels, "d", self.stats)
        self._half_wrap_s = min(0.5 * self._modulus / settings.rate, MOST_S)
        self._last: tuple[int, float] | None = None  # packet number and stamp
        self._next = 0
        self._ends: list[NDArray[np.int64]] = []

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode; a sample is given out as soon as its frame is complete."""
        out: list[SampleBlock | DeviceEvent] = []
        self._ends = []
        for item in self._frames.feed(data):
            if isinstance(item, Batch):
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

    def _take(self, batch: Batch, out: list[SampleBlock | DeviceEvent]) -> None:
        """Unwrap packet numbers minimally and give out runs of samples."""
        counts, good = to_counts(batch.values, self._per_unit)
        good &= (batch.stamp >= 0) & (batch.stamp < MOST_S)
        good &= batch.counter < self._modulus
        before = self._last or (-1, -MOST_S)
        stamps = np.where(good, batch.stamp, 0.0)
        same = np.diff(batch.counter, prepend=before[0]) == 0
        good &= ~(same & (np.diff(stamps, prepend=before[1]) < self._half_wrap_s))
        self.stats.bad_frames += int(np.count_nonzero(~good))
        rows = np.flatnonzero(good)
        if not len(rows):
            return
        counter = batch.counter[rows]
        steps = np.diff(counter, prepend=before[0]) % self._modulus
        steps[steps == 0] = self._modulus
        # The first of all: packet s is sample s, what came before it is lost.
        index = self._next - 1 + np.cumsum(steps)
        self._last = int(counter[-1]), float(stamps[rows[-1]])
        ticks = np.rint(stamps[rows] * TICK_HZ).astype(np.int64)
        cuts = [0, *(np.flatnonzero(np.diff(index) != 1) + 1).tolist(), len(rows)]
        for start, stop in itertools.pairwise(cuts):
            first, here = int(index[start]), rows[start:stop]
            out.append(SampleBlock(first, counts[here], ticks[start:stop].copy()))
            self.stats.lost += first - self._next
            self.stats.samples += stop - start
            self._next = first + stop - start
        self._ends.append(batch.ends[rows])

    def encode(self, block: SampleBlock) -> bytes:
        """One frame per row; without ticks the stamps are index / rate."""
        counts = check_counts("BrainFlow", block, len(self.channels))
        index = block.first + np.arange(len(counts), dtype=np.int64)
        ticks = np.round(index * TICK_HZ / self.rate) if block.ticks is None else block.ticks
        return self._frames.encode(index % self._modulus, ticks / TICK_HZ, counts / self._per_unit)


class BrainFlow:
    """Driver of boards that are read through BrainFlow."""

    name = "brainflow"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> BrainFlowCodec:
        """Decode and encode one stream."""
        return BrainFlowCodec(settings)

    def device_side(self, settings: Any) -> SwitchSide:
        """Play the board's end."""
        return SwitchSide()

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Begin (of a simulated board; BrainFlow starts a true one when the port is opened)."""
        return (Exchange(send=b"B"),)

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Stop."""
        return (Exchange(send=b"S", required=False),)


DRIVER = BrainFlow()
