r"""Shimmer3 EMG (LogAndStream firmware, Bluetooth SPP): two 24-bit channels per ADS1292R chip.

A packet is ``00 | stamp u24 LE | per chip: status u8, 2 x int24 BE``: no sync, length or checksum,
but the stamp counts 1/32768 s and goes on by the rate divider exactly. The stamps divided by the
divider are therefore the counter of a chain of five packets (`labapp.device.chain`), which also
finds the packets again after lost bytes; samples come 4 packets late. Dividers are powers of two
(1024, 512 and 256 Hz), so that the count stays whole where the stamp wraps (every 512 s).

A packet whose stamp does not go on (zero, wild, out of order) is lost; stamps sent twice are
dropped; a clock that began anew is an event ``restart``, and the index goes on. The clock runs
before the stream: index 0 is the first packet received.

What cannot be seen: a change inside status and samples. A packet overwritten in place by random
bytes passes in 1 of 2^27 cases at 1024 Hz (computed; none in 4 x 10^4 tried). Answers the unit
sends into the stream (``8A ..``) cost the packets around them, as added bytes do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.device.chain import FrameChain, FrameFormat, Run
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

TICK_HZ = 32768
WRAP = 1 << 24
RAIL = 1 << 23
GAINS = {6: 0, 1: 1, 2: 2, 3: 3, 4: 4, 8: 5, 12: 6}  # gain: register code
DATA_RATES = {256: 2, 512: 3, 1024: 4}  # Hz: register code of 500, 1000, 2000 conversions/s
SENSORS = (0x10, 0x18)  # mask of chip 1, of both
CHANNEL_IDS = (b"\x1d\x1e\x1f", b"\x20\x21\x22")
_MORE = {0x05: 2, 0x08: 3, 0x63: 3, 0x61: 3, 0xA3: 1, 0x79: 1}  # bytes after a command
AGAIN = 64  # stamps by which a packet sent again may lie behind; more is a clock that began anew


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Chips (2 channels each), rate in Hz, and the gain the unit is configured to."""

    chips: Literal[1, 2] = 1
    rate: Literal[256, 512, 1024] = 1024
    gain: int = 12

    def __post_init__(self) -> None:
        if self.gain not in GAINS:
            raise LabError(f"Shimmer3 gain {self.gain}", f"choose one of {sorted(GAINS)}")


class Shimmer3Codec:
    """Packets of one stream; see the module text for what makes a packet certain."""

    def __init__(self, settings: Settings) -> None:
        scale = 2.42 / (RAIL - 1) / settings.gain
        chips = range(1, settings.chips + 1)
        channels = [
            ChannelInfo(f"EXG{chip}_CH{number}", "emg", "V", scale, 0.0, -RAIL, RAIL - 1)
            for chip in chips
            for number in (1, 2)
        ]
        channels += [
            ChannelInfo(f"EXG{chip}_STATUS", "digital", "", 1.0, 0.0, 0, 255) for chip in chips
        ]
        self.channels = tuple(channels)
        self.rate = float(settings.rate)
        self.tick_rate: float | None = float(TICK_HZ)
        self.counter_modulus: int | None = None
        self.stats = FeedStats()
        self._chips = settings.chips
        self._size = 4 + 7 * settings.chips
        self._divider = TICK_HZ // settings.rate
        self._modulus = WRAP // self._divider
        self._packets = FeedStats()
        form = FrameFormat(
            size=self._size,
            modulus=self._modulus,
            passes=lambda columns: columns[0] == 0,
            sequence=lambda columns: _stamps(columns[1:4]) // self._divider,
        )
        self._chain = FrameChain(form, self._packets)
        self._offset = 0  # of the chain's count where it took a step back for a step round
        self._stop: int | None = None  # count after the newest packet
        self._base = 0  # count of index 0
        self._given = 0
        self._dropped = 0  # packets sent again

    @property
    def pending(self) -> int:
        """Samples held back until the next ones make them certain, 0 to 4."""
        return self._chain.pending

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode; samples come 4 packets late (`finish` gives the last ones)."""
        return self._samples(self._chain.feed(data))

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out the good packets still held at the end of the stream."""
        return self._samples(self._chain.finish())

    def _samples(self, runs: list[Run]) -> list[SampleBlock | DeviceEvent]:
        out: list[SampleBlock | DeviceEvent] = []
        for run in runs:
            count, frames = self._place(run, out)
            if len(frames):
                ticks = count * self._divider + _ticks(frames, self._divider)
                first = count - self._base
                out.append(SampleBlock(first, self._unpack(frames), ticks))
                self.stats.lost += first - self._given
                self.stats.samples += len(frames)
                self._given = first + len(frames)
                self._stop = count + len(frames)
        self.stats.bad_frames = self._packets.bad_frames + self._dropped
        self.stats.junk_bytes = self._packets.junk_bytes + self._dropped * self._size
        return out

    def _place(
        self, run: Run, out: list[SampleBlock | DeviceEvent]
    ) -> tuple[int, NDArray[np.uint8]]:
        """Count of a run's first packet; the chain only knows steps forward."""
        count, frames = run.first - self._offset, run.frames
        if self._stop is None:
            self._base = self._stop = count
        if count - self._stop >= self._modulus // 2:
            again = self._stop - (count - self._modulus)
            if again > AGAIN:
                out.append(DeviceEvent("restart", index=self._given))
                self._base = count - self._given
            else:
                self._offset += self._modulus
                count -= self._modulus
        if count < self._stop:
            again = min(self._stop - count, len(frames))
            self._dropped += again
            count, frames = count + again, frames[again:]
        return count, frames

    def _unpack(self, frames: NDArray[np.uint8]) -> NDArray[np.int32]:
        chips = frames[:, 4:].reshape(-1, self._chips, 7)
        wide = np.zeros((len(frames), self._chips, 2, 4), np.uint8)
        wide[..., :3] = chips[:, :, 1:].reshape(-1, self._chips, 2, 3)
        counts = np.empty((len(frames), 3 * self._chips), np.int32)
        samples = wide.view(">i4").astype(np.int32) >> 8
        counts[:, : 2 * self._chips] = samples.reshape(len(frames), -1)
        counts[:, 2 * self._chips :] = chips[:, :, 0]
        return counts

    def encode(self, block: SampleBlock) -> bytes:
        """One packet per row; without ticks the stamps are index times divider."""
        counts = np.asarray(block.counts)
        low = [channel.low for channel in self.channels]
        high = [channel.high for channel in self.channels]
        if counts.ndim != 2 or counts.shape[1] != len(low):
            raise LabError(f"Shimmer3 block of shape {counts.shape}", f"{len(low)} columns")
        if len(counts) and ((counts < low) | (counts > high)).any():
            raise LabError("Shimmer3 count off the rails", "24 bits, status 8 bits")
        index = block.first + np.arange(len(counts), dtype=np.int64)
        ticks = index * self._divider if block.ticks is None else block.ticks
        frames = np.zeros((len(counts), self._size), np.uint8)
        frames[:, 1:4] = (ticks % WRAP).astype("<u4").reshape(-1, 1).view(np.uint8)[:, :3]
        chips = frames[:, 4:].reshape(-1, self._chips, 7)
        chips[:, :, 0] = counts[:, 2 * self._chips :]
        wide = np.ascontiguousarray(counts[:, : 2 * self._chips], dtype=">i4").view(np.uint8)
        chips[:, :, 1:] = wide.reshape(-1, self._chips, 2, 4)[..., 1:].reshape(-1, self._chips, 6)
        frames[:, 4:] = chips.reshape(len(counts), -1)
        return frames.tobytes()


def _stamps(columns: Sequence[NDArray[np.uint8]]) -> NDArray[np.int32]:
    low, middle, high = (column.astype(np.int32) for column in columns)
    return low | middle << 8 | high << 16


def _ticks(frames: NDArray[np.uint8], divider: int) -> NDArray[np.int64]:
    """Ticks of packets with consecutive counts, less those of the first one's count."""
    within = _stamps(list(frames[:, 1:4].T)).astype(np.int64) % divider
    return np.arange(len(frames)) * divider + within


class Shimmer3Side:
    """The unit's end (LogAndStream 0.16.0): acknowledges every command, answers the known ones."""

    def __init__(self, settings: Settings) -> None:
        self.streaming = False
        self.divider = TICK_HZ // settings.rate
        self._ids = b"".join(CHANNEL_IDS[: settings.chips])
        gain = GAINS[settings.gain] << 4
        chip = bytes([2, 0xA0, 0x10, gain | 9, gain, 0x20, 0, 0, 2, 3])
        self.registers = [bytearray(chip), bytearray(chip)]
        self._input = b""

    def receive(self, data: bytes) -> bytes:
        """Take whole commands; the beginning of a longer one waits for its rest."""
        self._input += data
        answer = b""
        while self._input:
            code = self._input[0]
            length = 1 + _MORE.get(code, 0)
            if len(self._input) >= length and code in (0x61, 0x79):
                length += self._input[length - 1]
            if len(self._input) < length:
                break
            argument, self._input = self._input[1:length], self._input[length:]
            answer += b"\xff" + self._command(code, argument)
        return answer

    def _command(self, code: int, argument: bytes) -> bytes:
        if code in (0x07, 0x20):
            self.streaming = code == 0x07
        elif code == 0x05:
            self.divider = int.from_bytes(argument, "little")
        elif code == 0x01:
            config = b"\x01\xff\x01\x09" + bytes([len(self._ids), 1])
            return b"\x02" + self.divider.to_bytes(2, "little") + config + self._ids
        elif code == 0x03:
            return b"\x04" + self.divider.to_bytes(2, "little")
        elif code == 0x61:
            chip, offset = argument[0] & 1, argument[1] % 10
            new = argument[3 : 3 + 10 - offset]
            self.registers[chip][offset : offset + len(new)] = new
        elif code == 0x63:
            part = self.registers[argument[0] & 1][argument[1] : argument[1] + argument[2]]
            return bytes([0x62, len(part), *part])
        fixed = {0x2E: b"\x2f\x03\x00\x00\x00\x10\x00", 0x72: b"\x8a\x71\x00"}
        return fixed.get(code, b"")


class Shimmer3:
    """Driver of the Shimmer3 EMG."""

    name = "shimmer3"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> Shimmer3Codec:
        """Decode and encode one stream."""
        return Shimmer3Codec(settings)

    def device_side(self, settings: Any) -> Shimmer3Side:
        """Play the unit's end of the conversation."""
        return Shimmer3Side(settings)

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Stop, identify, set rate and sensors, see that the gain is as told, start.

        The amplifier's other registers stay as the unit was configured; only the conversion
        rate (register 0) follows the packet rate.
        """
        divider = (TICK_HZ // settings.rate).to_bytes(2, "little")
        ids = b"".join(CHANNEL_IDS[: settings.chips])
        gain = GAINS[settings.gain]
        steps = [
            Exchange(send=b"\x2e", expect=rb"\xff\x2f[\x01\x03]\x00(?s:.{4})", pause_before_s=0.5),
            Exchange(send=b"\x05" + divider, expect=rb"\xff"),
            Exchange(send=bytes([0x08, SENSORS[settings.chips - 1], 0, 0]), expect=rb"\xff"),
        ]
        for chip in range(settings.chips):
            rate = bytes([0x61, chip, 0, 1, DATA_RATES[settings.rate]])
            gains = rb"\xff\x62\x02[\x%d0-\x%df]{2}" % (gain, gain)
            steps.append(Exchange(send=rate, expect=rb"\xff"))
            steps.append(Exchange(send=bytes([0x63, chip, 3, 2]), expect=gains))
        inquiry = rb"\xff\x02" + _literal(divider) + rb"(?s:.{4})" + _literal(bytes([len(ids)]))
        return (
            Exchange(send=b"\x20"),
            *steps,
            Exchange(send=b"\x01", expect=inquiry + rb"(?s:.)" + _literal(ids)),
            Exchange(send=b"\x07", expect=rb"\xff"),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Stop; its FF is not waited for, since samples hold FF too."""
        return (Exchange(send=b"\x20", required=False),)


def _literal(data: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in data)


DRIVER = Shimmer3()
