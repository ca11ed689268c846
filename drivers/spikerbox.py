r"""Backyard Brains: Muscle SpikerShield, SpikerBox Pro, Human SpikerBox.

A frame is two bytes per channel with seven bits each; only its first byte has bit 7 set. There is
no counter, checksum or time: a frame is one that has the right length when the next one starts,
the index counts frames from the first good one, and bytes that make no frame count as the samples
they would have been. **Frames lost whole cannot be seen**; an event ``timing_unverified`` says so
at the start, and only the clock model can show it later.

Messages (``FF FF 01 01 80 FF`` text ``FF FF 01 01 81 FF``) may stand between any two bytes; they
are taken out first and become events: ``EVNT:n;`` a marker, the others text. ``BRD:n;`` (expansion
board) changes channels and rate: set them accordingly and start anew.

What cannot be seen: any change of the seven low bits (10-bit boards: of a code within 0 to 1023),
and whole frames cut out of the stream. Of the places of random bytes 1 in 32 makes a frame of two
14-bit channels (measured 3.1 %), 1 in 8192 one of two 10-bit channels (measured 0.012 %).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.device import Exchange, FeedStats
from labapp.errors import LabError
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

BEGIN, END = b"\xff\xff\x01\x01\x80\xff", b"\xff\xff\x01\x01\x81\xff"
UNVERIFIED = "timing unverified: no counter on the wire, frames lost whole cannot be seen"

# FF FF never stands in good samples, so no message is mistaken for them
_MESSAGE = re.compile(re.escape(BEGIN) + rb"([\x00-\x7f]{0,256}+)" + re.escape(END))
_BEGUN = re.compile(
    rb"\xff(?:\xff(?:\x01(?:\x01(?:\x80(?:\xff"
    rb"(?:[\x00-\x7f]{0,256}+(?:\xff(?:\xff(?:\x01(?:\x01\x81?)?)?)?)?)?)?)?)?)?)?\Z"
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Channels, bits of the board, rate in Hz per channel, volts per count (calibrate)."""

    channels: int = 2
    bits: Literal[10, 14] = 14
    rate: float = 5000.0
    scale: float = 1e-6

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= 6:
            raise LabError(f"SpikerBox channels {self.channels}", "give 1 to 6")
        if not 1.0 <= self.rate <= 50_000.0:
            raise LabError(f"SpikerBox rate {self.rate} Hz", "give 1 to 50000")
        if not 0.0 < self.scale < float("inf"):
            raise LabError(f"SpikerBox scale {self.scale}", "give the volts per count, above 0")


class SpikerboxCodec:
    """Frames of one stream; see the module text for what is and what is not seen."""

    def __init__(self, settings: Settings) -> None:
        codes = 1 << settings.bits
        self.channels = tuple(
            ChannelInfo(f"CH{i}", "emg", "V", settings.scale, codes / 2, 0, codes - 1)
            for i in range(1, settings.channels + 1)
        )
        self.rate = settings.rate
        self.tick_rate: float | None = None
        self.counter_modulus: int | None = None
        self.stats = FeedStats()
        self._size = 2 * settings.channels
        self._top = codes >> 7
        self._text = b""  # the beginning of a message, perhaps
        self._tail = b""  # the frame under way, if it starts as one should
        self._broken = 0  # bytes since the last good frame that make none
        self._next = 0  # index of the next frame
        self._given = 0
        self._started = False
        self._out: list[SampleBlock | DeviceEvent] = []

    @property
    def pending(self) -> int:
        """1 while a whole frame waits for the start of the next one."""
        return int(self._next == self._given and self._broken == 0 and self._whole(self._tail))

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode; a frame is given out when the next one starts."""
        data = self._text + data
        self._text = b""
        at = 0
        if b"\xff" in data:
            for message in _MESSAGE.finditer(data):
                self._frames(data[at : message.start()])
                self._tell(message[1])
                at = message.end()
            begun = _BEGUN.search(data, at)
            if begun:
                data, self._text = data[: begun.start()], data[begun.start() :]
        self._frames(data[at:])
        out, self._out = self._out, []
        return out

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out the last frame if it is a whole one."""
        self.stats.junk_bytes += len(self._text)
        if self._whole(self._tail):
            self._give(np.frombuffer(self._tail, np.uint8).reshape(1, -1))
        else:
            self.stats.junk_bytes += len(self._tail)
        self._text = self._tail = b""
        out, self._out = self._out, []
        return out

    def _whole(self, frame: bytes) -> bool:
        high = frame[2::2]
        return (
            len(frame) == self._size
            and frame[0] & 127 < self._top
            and (not high or max(high) < self._top)
        )

    def _frames(self, data: bytes) -> None:
        """Cut bytes without messages at their start bytes; the last piece stays."""
        if not data:
            return
        text = self._tail + data
        array = np.frombuffer(text, np.uint8)
        starts = np.flatnonzero(array & 0x80)
        if not len(starts) or starts[0] > 0:  # the rest of something whose start is gone
            rest = int(starts[0]) if len(starts) else len(text)
            self._bad(rest)
            if not len(starts):
                self._tail = b""
                return
        sizes = np.diff(starts)
        good = sizes == self._size
        whole = starts[:-1][good]
        if len(whole):
            frames = array[whole[:, None] + np.arange(self._size)]
            sound = ((frames[:, ::2] & 0x7F) < self._top).all(axis=1)
            good[good] = sound
            frames = frames[sound]
        else:
            frames = np.empty((0, self._size), np.uint8)
        edges = np.flatnonzero(np.diff(good, prepend=False, append=False)).reshape(-1, 2)
        done, piece = 0, 0
        for start, stop in edges.tolist():
            self._bad(int(sizes[piece:start].sum()))
            self._give(frames[done : done + stop - start])
            done, piece = done + stop - start, stop
        self._bad(int(sizes[piece:].sum()))
        self._tail = text[int(starts[-1]) :]
        if len(self._tail) > self._size:  # no frame, however it ends
            self._bad(len(self._tail))
            self._tail = b""

    def _bad(self, n: int) -> None:
        self._broken += n
        self.stats.junk_bytes += n

    def _give(self, frames: NDArray[np.uint8]) -> None:
        """Give out good frames; what lay before them is counted as samples by its length."""
        if self._broken:
            self.stats.bad_frames += 1
            if self._started:
                self._next += max(1, (2 * self._broken + self._size) // (2 * self._size))
            self._broken = 0
        if not self._started:
            self._started = True
            self._out.append(DeviceEvent("timing_unverified", index=0, text=UNVERIFIED))
        counts = (frames[:, ::2] & 0x7F).astype(np.int32) << 7
        counts |= frames[:, 1::2]
        self._out.append(SampleBlock(self._next, counts))
        self.stats.lost += self._next - self._given
        self.stats.samples += len(counts)
        self._given = self._next = self._next + len(counts)

    def _tell(self, text: bytes) -> None:
        for item in filter(None, text.decode("ascii").split(";")):
            key, _, value = item.partition(":")
            name, said = ("marker", value) if key == "EVNT" else ("text", item)
            self._out.append(DeviceEvent(name, index=self._next, text=said))

    def encode(self, block: SampleBlock) -> bytes:
        """One frame per row; nothing on the wire tells its index."""
        counts = np.asarray(block.counts)
        top = self.channels[0].high
        if counts.ndim != 2 or counts.shape[1] != len(self.channels):
            raise LabError(
                f"SpikerBox block of shape {counts.shape}", f"{len(self.channels)} columns"
            )
        if len(counts) and ((counts < 0) | (counts > top)).any():
            raise LabError("SpikerBox count off the rails", f"keep within 0 and {top}")
        frames = np.empty((len(counts), self._size), np.uint8)
        frames[:, ::2] = counts >> 7
        frames[:, 1::2] = counts & 0x7F
        frames[:, 0] |= 0x80
        return frames.tobytes()


def message(text: str) -> bytes:
    """Wire bytes of a message (``"EVNT:1;"``)."""
    return BEGIN + text.encode("ascii") + END


class SpikerboxSide:
    """A box that runs freely; told the channels it sends that many."""

    def __init__(self, bits: int) -> None:
        self.streaming = False
        self._hello = message("HWT:HUMANSB;" if bits == 14 else "HWT:MUSCLESS;")
        self._input = b""

    def receive(self, data: bytes) -> bytes:
        """Answer whole lines: ``b:;`` who are you, ``conf ...`` set channels; nothing stops it."""
        *lines, self._input = (self._input + data).split(b"\n")
        self._input = self._input[-64:]
        answer = b""
        for line in lines:
            if line.strip() == b"b:;":
                answer += self._hello
            elif line.startswith(b"conf "):
                self.streaming = True
        return answer


class Spikerbox:
    """Driver of the Backyard Brains boxes and shields."""

    name = "spikerbox"
    settings_type: type[msgspec.Struct] = Settings

    def codec(self, settings: Any) -> SpikerboxCodec:
        """Decode and encode one stream."""
        return SpikerboxCodec(settings)

    def device_side(self, settings: Any) -> SpikerboxSide:
        """Play the device's end of the conversation."""
        return SpikerboxSide(settings.bits)

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Ask who it is, set the channels; never again, for asking stops the sampling."""
        hello = rb"HWT:[\x00-\x7f]*" + re.escape(END)
        configure = b"conf s:%d;c:%d;\n" % (round(settings.rate), settings.channels)
        return (
            Exchange(send=b"b:;\n", expect=hello, timeout_s=3.0, required=False),
            Exchange(send=configure, pause_before_s=0.1),
        )

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Nothing: closing the port is all."""
        return ()


DRIVER = Spikerbox()
