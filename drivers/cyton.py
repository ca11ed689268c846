"""OpenBCI Cyton (8 channels at 250 Hz) and Cyton with Daisy (16 at 125 Hz), over the dongle.

A packet is ``A0 | counter u8 | 8 x int24 BE | 6 bytes aux | C0..C6``. There is no checksum, so a
chain of packets with start byte, footer and counter going on decides (`labapp.device.chain`):
stricter than "the next byte is A0 and the counter one more", and after a break every byte is a
possible start. Samples come 4 packets late.

With the Daisy an even packet holds channels 9 to 16 and the odd packet after it channels 1 to 8;
only such pairs are samples. Half a pair is dropped and the sample counts as lost.

What cannot be seen: any change inside the 30 bytes of samples and aux. A packet overwritten in
place by random bytes passes in 7 of 2^24 cases (none in 4 x 10^4 tried); 10^7 random bytes made no
chain of five (``tests/drivers/test_cyton.py``). A cut of exactly one packet's length that joins
two halves looks like one packet lost. A loss is known modulo 256 packets.
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

SIZE = 33
RAIL = 1 << 23
GAINS = (1, 2, 4, 6, 8, 12, 24)
BOARD_MODES = {"accel": b"/0", "analog": b"/2", "digital": b"/3", "marker": b"/4"}
G_PER_COUNT = 0.002 / 16
COLUMNS = 12  # of one packet: 8 channels, 3 aux words, footer
NAMES = b"12345678QWERTYUI"  # of the channels in commands
BANNER = b"OpenBCI V3 8-16 channel\n%sLIS3DH Device ID: 0x33\nFirmware: v3.1.2\n"
_LENGTHS = {ord("x"): 9, ord("z"): 5, ord("/"): 2, ord("~"): 2, ord("`"): 2}  # of commands
# counts hold channels 1..8 first; the Daisy's packet comes first on the wire
_CYTON_FIRST = [*range(12, 20), *range(8), *range(20, 24), *range(8, 12)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Daisy fitted, amplifier gain, what the aux words carry, inputs bipolar (SRB2 off) or not."""

    daisy: bool = False
    gain: int = 24
    aux: Literal["accel", "analog", "digital", "marker"] = "accel"
    bipolar: bool = True

    def __post_init__(self) -> None:
        if self.gain not in GAINS:
            raise LabError(f"Cyton gain {self.gain}", f"choose one of {list(GAINS)}")


class CytonCodec:
    """Packets of one stream; see the module text for what makes a packet certain."""

    def __init__(self, settings: Settings) -> None:
        self._boards = 2 if settings.daisy else 1
        scale = 4.5 / settings.gain / (RAIL - 1)
        unit = G_PER_COUNT if settings.aux == "accel" else 1.0
        words = ("X", "Y", "Z") if settings.aux == "accel" else ("AUX1", "AUX2", "AUX3")
        top = (1 << 15) - 1
        channels = [
            ChannelInfo(f"CH{i}", "emg", "V", scale, 0.0, -RAIL, RAIL - 1)
            for i in range(1, 8 * self._boards + 1)
        ]
        for end in ("", "_DAISY")[: self._boards]:
            names = [word + end for word in words]
            channels += [ChannelInfo(x, "digital", "", unit, 0.0, -top - 1, top) for x in names]
            channels.append(ChannelInfo("FOOTER" + end, "digital", "", 1.0, 0.0, 0, 6))
        self.channels = tuple(channels)
        self.rate = 250.0 / self._boards
        self.tick_rate: float | None = None
        self.counter_modulus: int | None = 256 // self._boards
        self.stats = FeedStats()
        self._markers = settings.aux == "marker"
        self._packets = FeedStats() if settings.daisy else self.stats
        form = FrameFormat(
            size=SIZE,
            modulus=256,
            passes=lambda columns: (columns[0] == 0xA0) & (columns[-1] - np.uint8(0xC0) < 7),
            sequence=lambda columns: columns[1],
        )
        self._chain = FrameChain(form, self._packets)
        self._stop = 0  # index after the newest packet
        self._first_half: NDArray[np.uint8] | None = None  # even packet (1, 33) without its odd
        self._halves = 0
        self._given = 0

    @property
    def pending(self) -> int:
        """Samples held back until the next packets make them certain, 0 to 4."""
        if self._boards == 1:
            return self._chain.pending
        follows = self._stop - (self._first_half is not None) == 2 * self._given
        return (self._stop + self._chain.pending) // 2 - self._given if follows else 0

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode; samples come 4 packets late (`finish` gives the last ones)."""
        return self._samples(self._chain.feed(data))

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out the good packets still held at the end of the stream."""
        out = self._samples(self._chain.finish())
        if self._first_half is not None:
            self._drop_half()
            self._account()
        return out

    def _samples(self, runs: list[Run]) -> list[SampleBlock | DeviceEvent]:
        out: list[SampleBlock | DeviceEvent] = []
        for run in runs:
            pairs = run if self._boards == 1 else self._pair(run)
            if len(pairs.frames):
                self._give(pairs, out)
        if self._boards == 2:
            self._account()
        return out

    def _pair(self, run: Run) -> Run:
        """Even packets with the odd ones right after them; a half at either end is dropped."""
        first, frames = run.first, run.frames
        if self._first_half is not None and first == self._stop:
            first, frames = first - 1, np.concatenate([self._first_half, frames])
            self._first_half = None
        elif self._first_half is not None:
            self._drop_half()
        self._stop = run.first + len(run.frames)
        if first & 1:
            first, frames = first + 1, frames[1:]
            self._halves += 1
        if len(frames) & 1:
            self._first_half, frames = frames[-1:].copy(), frames[:-1]
        return Run(first, frames)

    def _drop_half(self) -> None:
        self._first_half = None
        self._halves += 1

    def _account(self) -> None:
        self.stats.bad_frames = self._packets.bad_frames + self._halves
        self.stats.junk_bytes = self._packets.junk_bytes + SIZE * self._halves

    def _give(self, run: Run, out: list[SampleBlock | DeviceEvent]) -> None:
        counts = _unpack(run.frames)
        footers = counts[:, -1]
        special = np.flatnonzero(footers) if footers.any() else ()
        for row in special:  # rare: accelerometer packets without time have footer C0
            self._tell(int(footers[row]), counts[row, 8:11], run.first + int(row), out)
        if self._boards == 2:
            first, n = run.first // 2, len(counts) // 2
            counts = counts.reshape(n, 2 * COLUMNS)[:, _CYTON_FIRST].copy()
            self.stats.lost += first - self._given
            self.stats.samples += n
        else:
            first, n = run.first, len(counts)
        self._given = first + n
        out.append(SampleBlock(first, counts))

    def _tell(
        self, footer: int, aux: NDArray[np.int32], packet: int, out: list[SampleBlock | DeviceEvent]
    ) -> None:
        """Markers, and the moments at which the board's clock was set."""
        index = packet // self._boards
        if self._markers and footer in (1, 5) and aux[0]:
            code = int(aux[0])
            text = chr(code) if 32 < code < 127 else str(code)
            out.append(DeviceEvent("marker", index=index, text=text))
        if footer in (3, 5):
            out.append(DeviceEvent("time_set", index=index, text=f"{board_ms(aux)} ms"))

    def encode(self, block: SampleBlock) -> bytes:
        """One packet per row (with the Daisy two), counter = packet modulo 256."""
        counts = np.asarray(block.counts)
        low = [channel.low for channel in self.channels]
        high = [channel.high for channel in self.channels]
        if counts.ndim != 2 or counts.shape[1] != len(low):
            raise LabError(f"Cyton block of shape {counts.shape}", f"{len(low)} columns")
        if len(counts) and ((counts < low) | (counts > high)).any():
            raise LabError("Cyton count off the rails", "24 bits, aux 16 bits, footer 0 to 6")
        if self._boards == 2:
            counts = counts[:, np.argsort(_CYTON_FIRST)].reshape(-1, COLUMNS)
        first = block.first * self._boards
        frames = np.empty((len(counts), SIZE), np.uint8)
        frames[:, 0] = 0xA0
        frames[:, 1] = first + np.arange(len(counts)) & 255
        wide = np.ascontiguousarray(counts[:, :8], dtype=">i4").view(np.uint8)
        frames[:, 2:26] = wide.reshape(-1, 8, 4)[:, :, 1:].reshape(-1, 24)
        frames[:, 26:32] = np.ascontiguousarray(counts[:, 8:11], dtype=">i2").view(np.uint8)
        frames[:, 32] = 0xC0 + counts[:, 11]
        return frames.tobytes()


def board_ms(aux: Sequence[int] | NDArray[np.int32]) -> int:
    """Board time, ms, from the three aux words of a packet with footer 3 to 6."""
    return (int(aux[1]) & 0xFFFF) << 16 | int(aux[2]) & 0xFFFF


def _unpack(frames: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Packets (n, 33) to channels, aux words and footer (n, 12)."""
    counts = np.empty((len(frames), COLUMNS), np.int32)
    wide = np.zeros((len(frames), 8, 4), np.uint8)
    wide[:, :, :3] = frames[:, 2:26].reshape(-1, 8, 3)
    counts[:, :8] = wide.view(">i4")[:, :, 0].astype(np.int32) >> 8
    counts[:, 8:11] = np.ascontiguousarray(frames[:, 26:32]).view(">i2")
    counts[:, 11] = frames[:, 32] - np.uint8(0xC0)
    return counts


class CytonSide:
    """The board behind its dongle; answers only while not streaming."""

    def __init__(self, daisy: bool = False) -> None:
        self.streaming = False
        self.gains = [24] * 16
        self._daisy = daisy
        self._input = b""

    def receive(self, data: bytes) -> bytes:
        """Take whole commands; the beginning of a longer one waits for its rest."""
        self._input += data
        answers = []
        while self._input:
            length = _LENGTHS.get(self._input[0], 1)
            if len(self._input) < length:
                break
            command, self._input = self._input[:length], self._input[length:]
            was = self.streaming
            answer = self._command(command)
            if not was and not self.streaming and answer:
                answers.append(answer + b"$$$")
        return b"".join(answers)

    def _command(self, command: bytes) -> bytes:
        if command in (b"b", b"s"):
            self.streaming = command == b"b"
        elif command in (b"v", b"d"):
            self.gains = [24] * 16
            if command == b"d":
                return b"updating channel settings to default"
            self.streaming = False
            boards = [b"On Board", b"On Daisy"] if self._daisy else [b"On Board"]
            return BANNER % b"".join(board + b" ADS1299 Device ID: 0x3E\n" for board in boards)
        elif command[:1] == b"x":
            return self._channel(command)
        elif command[:1] == b"/":
            return b"Success: board mode set" if command[1:].isdigit() else b"Failure: board mode"
        fixed = {b"V": b"v3.1.5", b"D": b"060110", b"c": b"8"}
        fixed[b"C"] = b"16" if self._daisy else b"no daisy to attach!8"
        fixed[b"~6"] = fixed[b"~~"] = b"Success: Sample rate is 250Hz"
        return fixed.get(command, b"")

    def _channel(self, command: bytes) -> bytes:
        channel, gain = NAMES.find(command[1:2]), command[3] - ord("0")
        if channel < 0 or not 0 <= gain < len(GAINS) or command[8:] != b"X":
            return b"Failure: too few chars"
        self.gains[channel] = GAINS[gain]
        return b"Success: Channel set for %d" % (channel + 1)


class Cyton:
    """Driver of the OpenBCI Cyton, with or without Daisy."""

    name = "cyton"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> CytonCodec:
        """Decode and encode one stream."""
        return CytonCodec(settings)

    def device_side(self, settings: Any) -> CytonSide:
        """Play the device's end of the conversation."""
        return CytonSide(settings.daisy)

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Stop whatever runs, reset, set channels and aux; emulators leave settings unanswered."""
        gain, srb2 = GAINS.index(settings.gain), 0 if settings.bipolar else 1
        names = NAMES if settings.daisy else NAMES[:8]
        chosen = [b"x%c0%d01%d0X" % (name, gain, srb2) for name in names]
        chosen += [] if settings.aux == "accel" else [BOARD_MODES[settings.aux]]
        boards, answer = (b"C", rb"16\$\$\$") if settings.daisy else (b"c", rb"\$\$\$")
        hello = rb"OpenBCI[^$]*\$\$\$"
        return (
            Exchange(send=b"s"),
            Exchange(send=b"v", expect=hello, timeout_s=6.0, pause_before_s=0.2),
            Exchange(send=boards, expect=answer, timeout_s=1.0, required=settings.daisy),
            *(Exchange(send=x, expect=rb"\$\$\$", timeout_s=1.0, required=False) for x in chosen),
            Exchange(send=b"b", pause_before_s=0.1),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Stop; the board does not answer."""
        return (Exchange(send=b"s", required=False),)


DRIVER = Cyton()
