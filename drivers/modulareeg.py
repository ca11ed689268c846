"""Olimex SHIELD-EKG-EMG and OpenEEG ModularEEG: the "P2" packets of six 10-bit channels.

A frame is ``A5 5A | 02 | counter u8 | 6 x u16 BE | switches u8``, sent without being asked from
power-up on. There is no checksum: a chain of five frames with start, version, codes up to 1023
and the counter going on decides (`labapp.device.chain`); samples come 4 frames late.

The board runs before anyone listens, so index 0 is the first frame received; later losses are
known modulo 256 frames. What cannot be seen: a change of a code within 0 to 1023 or of the
switches. A frame overwritten in place by random bytes passes in 1 of 2^68 cases (computed;
none in 4 x 10^4 tried).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.device.chain import Bytes, FrameChain, FrameFormat, Run
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

SIZE = 17
CHANNELS = 6
HEAD = b"\xa5\x5a\x02"
SUPPLY_V = 5.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rate of the sketch in Hz (256, or 125 for some) and gain before the converter."""

    rate: float = 256.0
    gain: float = 2848.0

    def __post_init__(self) -> None:
        if not 1.0 <= self.rate <= 2000.0:
            raise LabError(f"ModularEEG rate {self.rate} Hz", "give 1 to 2000")
        if not 0.0 < self.gain < float("inf"):
            raise LabError(f"ModularEEG gain {self.gain}", "give a number above 0")


class ModularEegCodec:
    """Frames of one stream; see the module text for what makes a frame certain."""

    def __init__(self, settings: Settings) -> None:
        scale = SUPPLY_V / 1024 / settings.gain
        self.channels = (
            *(ChannelInfo(f"A{i}", "emg", "V", scale, 512.0, 0, 1023) for i in range(1, 7)),
            ChannelInfo("SWITCHES", "digital", "", 1.0, 0.0, 0, 255),
        )
        self.rate = settings.rate
        self.tick_rate: float | None = None
        self.counter_modulus: int | None = 256
        self.stats = FeedStats()
        self._chain = FrameChain(FrameFormat(SIZE, 256, _passes, lambda c: c[3]), self.stats)
        self._base: int | None = None  # counter of the first frame received

    @property
    def pending(self) -> int:
        """Samples held back until the next ones make them certain, 0 to 4."""
        return self._chain.pending

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode; samples come 4 frames late (`finish` gives the last ones)."""
        return self._blocks(self._chain.feed(data))

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out the good frames still held at the end of the stream."""
        return self._blocks(self._chain.finish())

    def _blocks(self, runs: list[Run]) -> list[SampleBlock | DeviceEvent]:
        out: list[SampleBlock | DeviceEvent] = []
        for run in runs:
            if self._base is None:
                self._base = run.first
                self.stats.lost -= run.first
            counts = np.empty((len(run.frames), CHANNELS + 1), np.int32)
            counts[:, :-1] = np.ascontiguousarray(run.frames[:, 4:-1]).view(">u2")
            counts[:, -1] = run.frames[:, -1]
            out.append(SampleBlock(run.first - self._base, counts))
        return out

    def encode(self, block: SampleBlock) -> bytes:
        """One frame per row, counter = index modulo 256."""
        counts = np.asarray(block.counts)
        top = [channel.high for channel in self.channels]
        if counts.ndim != 2 or counts.shape[1] != CHANNELS + 1:
            raise LabError(f"ModularEEG block of shape {counts.shape}", f"{CHANNELS + 1} columns")
        if len(counts) and ((counts < 0) | (counts > top)).any():
            raise LabError("ModularEEG count off the rails", f"keep within 0 and {top}")
        frames = np.empty((len(counts), SIZE), np.uint8)
        frames[:, :3] = np.frombuffer(HEAD, np.uint8)
        frames[:, 3] = block.first + np.arange(len(counts)) & 255
        frames[:, 4:-1] = np.ascontiguousarray(counts[:, :-1], dtype=">u2").view(np.uint8)
        frames[:, -1] = counts[:, -1]
        return frames.tobytes()


def _passes(columns: Sequence[Bytes]) -> NDArray[np.bool_]:
    good: NDArray[np.bool_] = (
        (columns[0] == HEAD[0]) & (columns[1] == HEAD[1]) & (columns[2] == HEAD[2])
    )
    for column in columns[4:-1:2]:
        good &= column < 4
    return good


class ModularEegSide:
    """A board that runs freely; opening its port shows as the first byte it hears."""

    def __init__(self) -> None:
        self.streaming = False

    def receive(self, data: bytes) -> bytes:
        """Answer nothing; nothing stops the board."""
        self.streaming = self.streaming or bool(data)
        return b""


class ModularEeg:
    """Driver of boards that send P2 packets."""

    name = "modulareeg"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> ModularEegCodec:
        """Decode and encode one stream."""
        return ModularEegCodec(settings)

    def device_side(self, settings: Any) -> ModularEegSide:
        """Play the device's end of the conversation."""
        return ModularEegSide()

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Nothing is asked: a line end, which the board ignores."""
        return (Exchange(send=b"\n"),)

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Nothing: closing the port is all."""
        return ()


DRIVER = ModularEeg()
