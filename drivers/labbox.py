"""labbox: our own open wire format, for boards one builds and for lossless replay.

A frame (little endian; ``hardware/labbox/README.md`` is the specification, version 1)::

    A5 5A | version u8 | channels u8 | counter u32 | microseconds u32 | n x int24 | crc u16

The CRC (CCITT polynomial 0x1021, start 0xFFFF, no reflection, as ``binascii.crc_hqx``) covers
everything before it. It stands alone: any burst up to 16 bits is caught, and of frames hit by
dropped or added bytes 1 in 65 536 passes. The counter starts at 0 and tells every loss exactly.
"""

from __future__ import annotations

import binascii
import functools
import itertools
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, Kind, SampleBlock

SYNC = b"\xa5\x5a"
VERSION = 1
HEAD = 12
WRAP = 1 << 32
RAIL = 1 << 23
WINDOW = 4096  # frames looked at in one go, far fewer just after a break

_KINDS: dict[str, Kind] = {"V": "emg", "N": "force", "": "digital"}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Channels, rate in Hz, unit per count (``unit`` V: EMG, N: force), names if not ``ch1``.."""

    channels: int = 4
    rate: float = 2000.0
    scale: float = 1e-7
    unit: Literal["V", "N", ""] = "V"
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= 64:
            raise LabError(f"labbox channels {self.channels}", "give 1 to 64")
        if not 0.1 <= self.rate <= 100_000.0:
            raise LabError(f"labbox rate {self.rate} Hz", "give 0.1 to 100000")
        if not 0.0 < self.scale < float("inf"):
            raise LabError(f"labbox scale {self.scale}", "give the unit per count, above 0")
        if self.names and len(set(self.names)) != self.channels:
            raise LabError(f"labbox names {list(self.names)}", f"give {self.channels} of them")


@functools.cache
def _crc_tables(length: int) -> NDArray[np.uint16]:
    """Share of each byte value at each place in the CRC: (length, 256), and the start value.

    The CRC of a message is the xor of one entry per byte (it is linear but for its start value,
    which the table of the first place contains).
    """
    table = np.zeros((length, 256), np.uint16)
    for value in range(256):
        crc = binascii.crc_hqx(bytes([value]), 0)
        for place in range(length - 1, -1, -1):
            table[place, value] = crc
            crc = binascii.crc_hqx(b"\x00", crc)
    table[0] ^= np.uint16(binascii.crc_hqx(bytes(length), 0xFFFF))
    table.flags.writeable = False
    return table


class LabboxCodec:
    """Frames of one stream."""

    pending = 0  # nothing is held back

    def __init__(self, settings: Settings) -> None:
        names = settings.names or tuple(f"ch{i}" for i in range(1, settings.channels + 1))
        kind = _KINDS[settings.unit]
        self.channels = tuple(
            ChannelInfo(name, kind, settings.unit, settings.scale, 0.0, -RAIL, RAIL - 1)
            for name in names
        )
        self.rate = settings.rate
        self.tick_rate: float | None = 1e6
        self.counter_modulus: int | None = WRAP
        self.stats = FeedStats()
        self._n = settings.channels
        self._size = HEAD + 3 * self._n + 2
        self._head = SYNC + bytes([VERSION, self._n])
        self._start = np.uint32(int.from_bytes(self._head, "little"))
        self._layout = np.dtype({
            "names": ["head", "counter", "us", "message", "crc"],
            "formats": ["<u4", "<u4", "<u4", (np.uint8, self._size - 2), "<u2"],
            "offsets": [0, 4, 8, 0, self._size - 2],  # what the CRC covers begins at the head
        })  # fmt: skip
        self._table = _crc_tables(self._size - 2)
        self._rows = 256 * np.arange(len(self._table))  # where each place begins in it
        self._data = b""
        self._at = 0
        self._base = 0  # index of the device's sample 0; moves when the device restarts
        self._last: tuple[int, int] | None = None  # counter (unwrapped) and ticks
        self._given = 0
        self._window = WINDOW
        self._spans: list[tuple[int, int, int]] = []  # of the last feed: place, frames from, to

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode; a frame is given out as soon as it is complete."""
        self._data = self._data[self._at :] + data
        self._at = 0
        self._spans = []
        out: list[SampleBlock | DeviceEvent] = []
        while self._step(out):
            pass
        return out

    def feed_placed(self, data: bytes) -> tuple[list[SampleBlock | DeviceEvent], NDArray[np.int64]]:
        """Decode, and tell the number of bytes of ``data`` after which each sample was complete."""
        before = len(self._data) - self._at
        items = self.feed(data)
        ends = [np.zeros(0, np.int64)]
        for at, start, stop in self._spans:
            ends.append(at - before + self._size * np.arange(start + 1, stop + 1))
        return items, ends[1] if len(ends) == 2 else np.concatenate(ends)

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Nothing is held but bytes of an unfinished frame."""
        self.stats.junk_bytes += len(self._data) - self._at
        self._data, self._at = b"", 0
        return []

    def _step(self, out: list[SampleBlock | DeviceEvent]) -> bool:
        """Take the good frames at hand, or skip to where the next one may start."""
        slots = min((len(self._data) - self._at) // self._size, self._window)
        if slots == 0:
            return False
        frames = np.frombuffer(self._data, self._layout, slots, self._at)
        good = (self._crc(frames["message"]) == frames["crc"]) & (frames["head"] == self._start)
        lead = slots if good.all() else int(good.argmin())
        if lead:
            self._take(frames[:lead], out)
            self._at += lead * self._size
            self._window = min(2 * self._window, WINDOW)
            return True
        return self._seek()

    def _seek(self) -> bool:
        """Skip to the next good frame, or to where one may begin; True if there is one.

        One candidate at a time: bytes full of heads must not cost a block of work each.
        """
        start = self._at
        self.stats.bad_frames += 1
        self._window = 4
        at = self._data.find(self._head, start + 1)
        while at >= 0 and at + self._size <= len(self._data):
            crc = binascii.crc_hqx(self._data[at : at + self._size - 2], 0xFFFF)
            if crc == int.from_bytes(self._data[at + self._size - 2 : at + self._size], "little"):
                break
            at = self._data.find(self._head, at + 1)
        if at < 0:  # the beginning of a head may be at the very end
            ends = (n for n in (3, 2, 1) if self._data.endswith(self._head[:n]))
            at = max(len(self._data) - next(ends, 0), start + 1)
        self.stats.junk_bytes += at - start
        self._at = at
        return at + self._size <= len(self._data)

    def _crc(self, messages: NDArray[np.uint8]) -> NDArray[np.uint16]:
        if len(messages) < 512:  # a live batch: few calls count more than how memory is walked
            shares = self._table.ravel().take(messages + self._rows)
            return np.asarray(np.bitwise_xor.reduce(shares, axis=1))
        # one row per place, as indices already: gathering is then a fifth faster
        columns = np.ascontiguousarray(messages.T).astype(np.intp)
        crc = np.asarray(self._table[0].take(columns[0]), np.uint16)
        for place in range(1, len(self._table)):
            crc ^= self._table[place].take(columns[place])
        return crc

    def _take(self, frames: NDArray[np.void], out: list[SampleBlock | DeviceEvent]) -> None:
        """Unwrap counters and times of good frames and give out runs of them."""
        numbers, us = frames["counter"].astype(np.uint32), frames["us"].astype(np.uint32)
        counts = self._unpack(frames)
        jumps = (numbers[1:] - numbers[:-1] != 1).nonzero()[0] + 1  # u32 wraps like the counter
        cuts = [0, *jumps.tolist(), len(frames)]
        for start, stop in itertools.pairwise(cuts):
            counter = int(numbers[start])
            if self._last is not None:
                ahead = (counter - self._last[0]) % WRAP
                if ahead == 0:  # the same frame twice
                    self.stats.bad_frames += 1
                    self.stats.junk_bytes += self._size
                    start += 1
                    ahead = 1
                    if start == stop:
                        continue
                if ahead < WRAP // 2:
                    counter = self._last[0] + ahead
                else:
                    out.append(DeviceEvent("restart", index=self._given))
                    self._base, self._last = self._given, None
            ticks = self._ticks(counter, us[start:stop])
            first = self._base + counter
            rows = counts if stop - start == len(counts) else counts[start:stop].copy()
            out.append(SampleBlock(first, rows, ticks))
            self._spans.append((self._at, start, stop))
            self.stats.lost += first - self._given
            self.stats.samples += stop - start
            self._given = first + stop - start
            self._last = (counter + stop - start - 1, int(ticks[-1]))

    def _ticks(self, counter: int, us: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Whole wraps of the first time follow from the counter, of the others from order."""
        if self._last is None:
            due = round(counter * 1e6 / self.rate)
        else:
            due = self._last[1] + round((counter - self._last[0]) * 1e6 / self.rate)
        ticks = np.empty(len(us), np.int64)
        ticks[0] = due + (int(us[0]) - due + WRAP // 2) % WRAP - WRAP // 2
        ticks[1:] = (us[1:] - us[:-1]).view(np.int32)  # modulo 2^32, either way
        return ticks.cumsum(out=ticks)

    def _unpack(self, frames: NDArray[np.void]) -> NDArray[np.int32]:
        # Each count is read with the byte before it, which the shift throws away again.
        place, strides = HEAD - 1, (self._size, 3)
        wide = np.ndarray((len(frames), self._n), "<i4", frames, place, strides)
        counts: NDArray[np.int32] = np.right_shift(wide, 8).astype(np.int32, copy=False)
        return counts

    def encode(self, block: SampleBlock) -> bytes:
        """One frame per row; without ticks the times are index / rate."""
        counts = np.asarray(block.counts)
        if counts.ndim != 2 or counts.shape[1] != self._n:
            raise LabError(f"labbox block of shape {counts.shape}", f"{self._n} columns")
        if len(counts) and (counts.min() < -RAIL or counts.max() >= RAIL):
            raise LabError("labbox count off the rails", "24 bits: keep within +-8388607")
        index = block.first + np.arange(len(counts))
        ticks = np.round(index * (1e6 / self.rate)) if block.ticks is None else block.ticks
        frames = np.zeros(len(counts), self._layout)
        frames["head"], frames["counter"] = self._start, index % WRAP
        frames["us"] = ticks.astype(np.int64) % WRAP
        wide = np.ascontiguousarray(counts, "<i4").view(np.uint8).reshape(len(counts), self._n, 4)
        frames["message"][:, HEAD:] = wide[:, :, :3].reshape(len(counts), -1)
        frames["crc"] = self._crc(frames["message"])
        return frames.tobytes()


class LabboxSide:
    """The device's end: ``V`` version line, ``B`` begin, ``S`` stop; anything else ignored."""

    def __init__(self, channels: int) -> None:
        self.streaming = False
        self._version = f"labbox {VERSION} {channels}\n".encode("ascii")

    def receive(self, data: bytes) -> bytes:
        """Answer single-letter commands; ``V`` is answered only while not streaming."""
        answer = b""
        for byte in data:
            if byte == ord("B"):
                self.streaming = True
            elif byte == ord("S"):
                self.streaming = False
            elif byte == ord("V") and not self.streaming:
                answer += self._version
        return answer


class Labbox:
    """Driver of boards that speak the labbox format."""

    name = "labbox"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> LabboxCodec:
        """Decode and encode one stream."""
        return LabboxCodec(settings)

    def device_side(self, settings: Any) -> LabboxSide:
        """Play the device's end of the conversation."""
        return LabboxSide(settings.channels)

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Stop whatever runs, check version and number of channels, begin."""
        version = f"labbox {VERSION} {settings.channels}\n".encode("ascii")
        return (
            Exchange(send=b"S"),
            Exchange(send=b"V", expect=version, timeout_s=2.5, pause_before_s=0.05),
            Exchange(send=b"B"),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Stop; the board does not answer."""
        return (Exchange(send=b"S", required=False),)


DRIVER = Labbox()
