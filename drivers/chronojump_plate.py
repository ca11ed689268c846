"""Chronojump force platform (``Force_Platform-0.1``): four cells, 16-byte frames, microseconds.

A frame is ``FF FF FF FF | microseconds u32 | 4 x int16``, little endian; the numbers are the codes
of the 12-bit converter less the offset found at the last tare. There is no counter and no
checksum, and two cells at -1 look like a start mark. Therefore frames lie 16 bytes apart and their
time rises: a frame is given out once the next one, or the one after it, stands where it should
with a later time; after a break three frames in a row with regular times are looked for. Lost
frames follow from the microseconds (`labapp.device.stamped`).

What cannot be seen: a changed bit of a cell, or one of the time worth less than a period; bytes
dropped or added by exactly a frame's length across two frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.device.commands import CommandLines
from labapp.device.stamped import EARLY, Stamp, StampedSamples
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

MARK = b"\xff\xff\xff\xff"
SIZE = 16
WRAP = 1 << 32
RAIL = 1 << 15
LOCK = 3  # frames in a row that make a lock, at most REGULAR periods apart
REGULAR = 3.6
LATEST_US = 2_000_000  # a frame later than this after the last one does not prove it


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nominal frames per second, and N per count of each cell (none: bare counts)."""

    rate: float = 150.0
    newton_per_count: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 10.0 <= self.rate <= 500.0:
            raise LabError(f"force platform rate {self.rate} Hz", "give 10 to 500, about 150")
        factors = self.newton_per_count
        if factors and (len(factors) != 4 or not all(0.0 < f < 1e6 for f in factors)):
            raise LabError(
                f"force platform newton_per_count {list(factors)}", "give 4 above 0, or none"
            )


class PlateCodec:
    """Frames of one capture; see the module text for what makes a frame certain."""

    def __init__(self, settings: Settings) -> None:
        factors, unit = settings.newton_per_count or (1.0,) * 4, ""
        if settings.newton_per_count:
            unit = "N"
        self.channels = tuple(
            ChannelInfo(f"F{i}", "force", unit, factor, 0.0, -RAIL, RAIL - 1)
            for i, factor in enumerate(factors, 1)
        )
        self.rate = settings.rate
        self.tick_rate: float | None = 1e6
        self.counter_modulus: int | None = None
        self.stats = FeedStats()
        self._period = 1e6 / settings.rate
        self._samples = StampedSamples(Stamp(self._period, WRAP), self.stats)
        self._data = b""
        self._locked = False  # _data begins where a frame is due

    @property
    def pending(self) -> int:
        """Whole frames held back until the next ones make them certain."""
        return len(self._data) // SIZE + self._samples.held

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode; frames come two frames late (`finish` gives the last ones)."""
        self._data += data
        while self._follow() if self._locked else self._search():
            pass
        return self._samples.give()

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out the whole frames still held at the end of the stream."""
        start = 0 if self._locked else len(self._data) % SIZE
        frames = self._frames(start, (len(self._data) - start) // SIZE)
        good = self._marked(frames)
        if len(good) and (self._locked or good.all()):
            more = self._data[start + frames.size :]
            follows = self._follows(frames, good)
            follows[-1] = MARK.startswith(more[: len(MARK)])
            good &= follows
            self._take(frames[good])
            self.stats.junk_bytes -= SIZE * int(good.sum())
        self.stats.junk_bytes += len(self._data)
        self._data, self._locked = b"", False
        return self._samples.finish()

    def _follow(self) -> bool:
        """Take frames while they stand where they are due; True if the place is lost."""
        slots = len(self._data) // SIZE
        if slots < LOCK:
            return False
        frames = self._frames(0, slots)
        good = self._marked(frames)
        sure = (good & self._follows(frames, good))[: slots - 2]
        # damaged in place: the next frame is where it is due, and is certain itself
        bridged = ~good[: slots - 2] & good[1 : slots - 1]
        lost = ~(sure | bridged)
        stop = int(lost.argmax()) if lost.any() else slots - 2
        self._take(frames[:stop][sure[:stop]])
        damaged = stop - int(sure[:stop].sum())
        self.stats.bad_frames += damaged
        self.stats.junk_bytes += damaged * SIZE
        self._data = self._data[stop * SIZE :]
        if stop == slots - 2:
            return False
        self._locked = False
        self.stats.bad_frames += 1
        self._skip(1)
        return True

    def _search(self) -> bool:
        """Find ``LOCK`` frames in a row with regular times; True if found."""
        data, at = self._data, 0
        while (at := data.find(MARK, at)) >= 0 and at + LOCK * SIZE <= len(data):
            self._locked = all(self._goes_on(at + i * SIZE) for i in range(LOCK - 1))
            if self._locked:  # with five FF in a row, which four are the mark is not certain
                self._skip(at + SIZE * (at > 0 and data[at + 4] == 0xFF))
                return True
            at += 1
        self._skip(at if at >= 0 else max(0, len(self._data) - len(MARK) + 1))
        return False

    def _goes_on(self, at: int) -> bool:
        """Whether the next frame's mark and a regular time follow; plain bytes, for speed."""
        data, after = self._data, at + SIZE
        if not data.startswith(MARK, after):
            return False
        times = [int.from_bytes(data[i + 4 : i + 8], "little") for i in (at, after)]
        return EARLY * self._period <= (times[1] - times[0]) % WRAP < REGULAR * self._period

    def _skip(self, count: int) -> None:
        self.stats.junk_bytes += count
        self._data = self._data[count:]

    def _frames(self, start: int, count: int) -> NDArray[np.uint8]:
        view = np.frombuffer(self._data, np.uint8, count * SIZE, start)
        return view.reshape(count, SIZE)

    def _marked(self, frames: NDArray[np.uint8]) -> NDArray[np.bool_]:
        return np.asarray((frames[:, :4] == 0xFF).all(axis=1))

    def _times(self, frames: NDArray[np.uint8]) -> NDArray[np.int64]:
        return frames[:, 4:8].copy().view("<u4")[:, 0].astype(np.int64)

    def _follows(self, frames: NDArray[np.uint8], marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether one of the next two frames stands where it should, with a later time."""
        times, sure = self._times(frames), np.zeros(len(frames), bool)
        for ahead in (1, 2):
            steps = (times[ahead:] - times[:-ahead]) % WRAP
            later = (steps >= EARLY * self._period) & (steps <= LATEST_US)
            sure[: len(later)] |= later & marked[ahead:]
        return sure

    def _take(self, frames: NDArray[np.uint8]) -> None:
        counts = frames[:, 8:].copy().view("<i2").astype(np.int64)
        self._samples.take(self._times(frames), counts)

    def encode(self, block: SampleBlock) -> bytes:
        """One frame per row; without ticks they lie one nominal period apart."""
        counts = np.asarray(block.counts)
        if counts.ndim != 2 or counts.shape[1] != 4:
            raise LabError(f"force platform block of shape {counts.shape}", "4 columns")
        if len(counts) and (counts.min() < -RAIL or counts.max() >= RAIL):
            raise LabError("force platform count off the rails", "16 bits: within +-32767")
        index = block.first + np.arange(len(counts))
        ticks = np.round(index * self._period) if block.ticks is None else block.ticks
        frames = np.full((len(counts), SIZE), 0xFF, np.uint8)
        times = (ticks.astype(np.int64) % WRAP).astype("<u4").reshape(-1, 1)
        frames[:, 4:8] = times.view(np.uint8)
        frames[:, 8:] = np.ascontiguousarray(counts, "<i2").view(np.uint8)
        return frames.tobytes()


class PlateSide:
    """The device's end, firmware 0.1: starting and taring are not answered."""

    def __init__(self) -> None:
        self.streaming = False
        self._input = CommandLines(b":")

    def receive(self, data: bytes) -> bytes:
        """Answer whole commands; keep the beginning of one."""
        commands = self._input.feed(data)
        return b"".join(self._answer(command.strip(b"\r\n ;")) for command in commands)

    def _answer(self, command: bytes) -> bytes:
        if command in (b"start_capture", b"end_capture"):
            self.streaming = command == b"start_capture"
        answers = {
            b"get_version": b"Force_Platform-0.1\r\n",
            b"start_capture": b"",
            b"end_capture": b"Capture ended\r\n",
            b"tare": b"",
        }
        return answers.get(command, b"Not a valid command\r\n")


class ChronojumpPlate:
    """Driver of the Chronojump force platform."""

    name = "chronojump_plate"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> PlateCodec:
        """Decode and encode one capture."""
        return PlateCodec(settings)

    def device_side(self, settings: Any) -> PlateSide:
        """Play the device's end of the conversation."""
        return PlateSide()

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Identify and start; the first tries go unheard while a board resets on opening.

        The firmware waits for the end of a command with a string timeout of about 1 s.
        """
        version = rb"Force_Platform-[0-9.]+\r?\n"
        ended = rb"Capture ended:?\r?\n"
        return (
            Exchange(send=b"get_version:", expect=version, timeout_s=2.5, required=False),
            Exchange(send=b"end_capture:", expect=ended, timeout_s=2.5, required=False),
            Exchange(send=b"get_version:", expect=version, timeout_s=3.0),
            Exchange(send=b"start_capture:", pause_before_s=0.1),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """End the capture."""
        ended = rb"Capture ended:?\r?\n"
        return (Exchange(send=b"end_capture:", expect=ended, timeout_s=3.0, required=False),)


DRIVER = ChronojumpPlate()
