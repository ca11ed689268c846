"""Upside Down Labs Chords firmware: Arduino-class boards with BioAmp amplifiers.

A frame is ``C7 7C | counter u8 | n x u16 BE | 01``; the board, asked ``WHORU``, says what it is,
and that fixes rate, channels and bits. There is no checksum: a chain of five frames with start,
end, codes within the board's bits and the counter going on decides (`labapp.device.chain`);
samples come 4 frames late. ``C7 7C`` can stand inside the samples of a 16-bit board: that alone
is never a start.

What cannot be seen: a change of a code within its range. A frame of six channels overwritten in
place by random bytes passes in 1 of 2^44 cases with 14 bits, 1 of 2^32 with 16 (computed; none in
4 x 10^4 tried). A loss is known modulo 256 frames.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.device.chain import Bytes, FrameChain, FrameFormat, Run
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock


class Board(NamedTuple):
    """What a board is: rate in Hz, channels, bits, reference in V, counter of its first frame."""

    rate: float
    channels: int
    bits: int
    vref: float
    first: int = 0


_AVR = Board(250.0, 6, 10, 5.0)
_NPG = Board(500.0, 3, 12, 2.5, 1)
BOARDS = {
    "UNO-R3": _AVR,
    "UNO-CLONE": _AVR,
    "GENUINO-UNO": _AVR,
    "NANO-CLASSIC": _AVR._replace(channels=8),
    "NANO-CLONE": _AVR._replace(channels=8),
    "MEGA-2560-R3": _AVR._replace(channels=16),
    "MEGA-2560-CLONE": _AVR._replace(channels=16),
    "UNO-R4": Board(500.0, 6, 14, 5.0),
    "RPI-PICO-RP2040": Board(500.0, 3, 12, 3.3),
    "GIGA-R1": Board(500.0, 6, 16, 3.3),
    "STM32F4-BLACK-PILL": Board(500.0, 8, 12, 3.3),
    "STM32G4-CORE-BOARD": Board(500.0, 16, 12, 3.3),
    "NPG-LITE": _NPG,
    "NPG-LITE-3CH": _NPG,
    "NPG-LITE-6CH": _NPG._replace(channels=6),
    "ESP32-S3": Board(500.0, 16, 12, 3.3),
}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Board by its ``WHORU`` name, gain before the converter, rate if the sketch was changed."""

    board: str = "UNO-R4"
    gain: float = 1.0
    rate: float | None = None

    def __post_init__(self) -> None:
        if self.board not in BOARDS:
            raise LabError(f"Chords board {self.board[:40]!r}", f"choose of {', '.join(BOARDS)}")
        if not 0.0 < self.gain < float("inf"):
            raise LabError(
                f"Chords gain {self.gain}", "give a number above 0 (1: volts at the pin)"
            )
        if self.rate is not None and not 1.0 <= self.rate <= 20_000.0:
            raise LabError(f"Chords rate {self.rate} Hz", "give 1 to 20000")


class ChordsCodec:
    """Frames of one stream; see the module text for what makes a frame certain."""

    def __init__(self, settings: Settings) -> None:
        board = BOARDS[settings.board]
        codes = 1 << board.bits
        scale = board.vref / codes / settings.gain
        self.channels = tuple(
            ChannelInfo(f"A{i}", "emg", "V", scale, codes / 2, 0, codes - 1)
            for i in range(board.channels)
        )
        self.rate = settings.rate or board.rate
        self.tick_rate: float | None = None
        self.counter_modulus: int | None = 256
        self.stats = FeedStats()
        self._board = board
        self._size = 4 + 2 * board.channels
        first = np.uint8(board.first)
        form = FrameFormat(
            size=self._size,
            modulus=256,
            passes=self._passes,
            sequence=lambda columns: columns[2] - first,
        )
        self._chain = FrameChain(form, self.stats)

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

    def _passes(self, columns: Sequence[Bytes]) -> NDArray[np.bool_]:
        good: NDArray[np.bool_] = (columns[0] == 0xC7) & (columns[1] == 0x7C) & (columns[-1] == 1)
        if self._board.bits < 16:
            top = 1 << self._board.bits - 8
            for column in columns[3:-1:2]:
                good &= column < top
        return good

    def _blocks(self, runs: list[Run]) -> list[SampleBlock | DeviceEvent]:
        out: list[SampleBlock | DeviceEvent] = []
        for run in runs:
            codes = np.ascontiguousarray(run.frames[:, 3:-1]).view(">u2")
            out.append(SampleBlock(run.first, codes.astype(np.int32)))
        return out

    def encode(self, block: SampleBlock) -> bytes:
        """One frame per row, the counter going on from the board's first one."""
        counts = np.asarray(block.counts)
        top = self.channels[0].high
        if counts.ndim != 2 or counts.shape[1] != len(self.channels):
            raise LabError(f"Chords block of shape {counts.shape}", f"{len(self.channels)} columns")
        if len(counts) and ((counts < 0) | (counts > top)).any():
            raise LabError("Chords count off the rails", f"keep within 0 and {top}")
        frames = np.empty((len(counts), self._size), np.uint8)
        frames[:, 0], frames[:, 1], frames[:, -1] = 0xC7, 0x7C, 1
        frames[:, 2] = block.first + self._board.first + np.arange(len(counts)) & 255
        frames[:, 3:-1] = np.ascontiguousarray(counts, dtype=">u2").view(np.uint8)
        return frames.tobytes()


class ChordsSide:
    """The board's end; any byte it receives stops the stream."""

    def __init__(self, board: str) -> None:
        self.streaming = False
        self._board = board.encode("ascii")
        self._npg = board.startswith("NPG")
        self._input = b""

    def receive(self, data: bytes) -> bytes:
        """Answer whole lines; the beginning of one waits for its end."""
        answer = b""
        for byte in data:
            was, self.streaming = self.streaming, False
            if byte != ord("\n"):
                self._input = (self._input + bytes([byte]))[-64:]
                continue
            line, self._input = self._input.strip(), b""
            self.streaming = line == b"START"
            answer += self._answer(line, was)
        return answer

    def _answer(self, line: bytes, was_streaming: bool) -> bytes:
        if line == b"WHORU":
            return self._board + b"\r\n"
        if line == b"STATUS":
            words = (b"STOPPED", b"RUNNING") if self._npg else (b"STOP", b"START")
            return words[was_streaming] + b"\r\n"
        known = line in (b"START", b"STOP") or not self._npg
        return b"" if known else b"UNKNOWN COMMAND\r\n"


class Chords:
    """Driver of boards with the Chords firmware."""

    name = "chords"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> ChordsCodec:
        """Decode and encode one stream."""
        return ChordsCodec(settings)

    def device_side(self, settings: Any) -> ChordsSide:
        """Play the device's end of the conversation."""
        return ChordsSide(settings.board)

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Stop whatever runs, ask for the name (a board that resets hears the later tries), go."""
        name = re.escape(settings.board.encode("ascii")) + rb"\r?\n"
        question = b"WHORU\n"
        return (
            Exchange(send=b"STOP\n", pause_before_s=0.1),
            Exchange(send=question, expect=name, timeout_s=1.5, required=False),
            Exchange(send=question, expect=name, timeout_s=1.5, required=False),
            Exchange(send=question, expect=name, timeout_s=2.5),
            Exchange(send=b"START\n", pause_before_s=0.1),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Stop; the board does not answer."""
        return (Exchange(send=b"STOP\n", required=False),)


DRIVER = Chords()
