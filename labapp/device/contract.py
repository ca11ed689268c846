"""The driver contract: a driver is a codec plus a data sheet.

A driver file (``drivers/<name>.py``) turns bytes into samples (`Codec.feed`) and back
(`Codec.encode`), and knows the conversation that starts and stops the device, from both
ends. It holds no port, thread, clock, file or window, so that one file serves the real
device, the simulated one, the replay and the fuzzer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

Capability = Literal["yes", "marginal", "no"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One step of a conversation with a device.

    ``send`` is written first (after ``pause_before_s``); then, if ``expect`` is given, input is
    read until it matches that regular expression (bytes) or ``timeout_s`` is over. A step that
    is ``required`` and gets no answer ends the attempt with `PortError`.
    """

    send: bytes = b""
    expect: bytes | None = None
    timeout_s: float = 2.0
    pause_before_s: float = 0.0
    required: bool = True


@dataclass(slots=True)
class FeedStats:
    """Running account of one codec: what arrived, what did not, what was not data."""

    samples: int = 0
    lost: int = 0
    junk_bytes: int = 0
    bad_frames: int = 0


class Codec(Protocol):
    """Bytes in, samples out, and the way back.

    Attributes
    ----------
    channels
        One `ChannelInfo` per column of the counts.
    rate
        Nominal sampling rate, Hz.
    tick_rate
        Ticks per second of the device's own time stamps, or None.
    counter_modulus
        Samples after which the wire counter wraps, None where there is no counter
        (index from ticks or from counting lines). `timing.counters` repairs whole wraps.
    stats
        Account so far.
    pending
        Samples that are complete on the wire and follow the last one given out, but are held
        back until the next ones make them certain. The newest sample of a read, for a clock
        model, is the last one given out plus these.
    """

    channels: tuple[ChannelInfo, ...]
    rate: float
    tick_rate: float | None
    counter_modulus: int | None
    stats: FeedStats

    @property
    def pending(self) -> int:  # noqa: D102 (told above)
        ...

    def feed(self, data: bytes) -> list[SampleBlock | DeviceEvent]:
        """Decode what arrived; any split of a byte stream gives the same samples.

        Never raises for any bytes. A frame is given out once it is certain; damage and loss
        show as a jump of `SampleBlock.first`, counted in `stats.lost`, never as samples.
        """
        ...

    def finish(self) -> list[SampleBlock | DeviceEvent]:
        """Give out what `feed` still holds back: the stream (or segment) has ended.

        A codec may hold a frame until the following ones make it certain (BITalino: 4 frames).
        Call it once, after the last `feed`; every file or live reader of a stream does.
        """
        ...

    def encode(self, block: SampleBlock) -> bytes:
        """Wire bytes of a block, one frame per row (for simulator, replay and fuzzer)."""
        ...


class PlacingCodec(Codec, Protocol):
    """Optional: a codec that can tell at which byte each sample became complete.

    Many reads can then be decoded in one go and still be told apart, which makes building a
    session several times faster. Nothing else changes; a codec without this method is fed read
    by read.
    """

    def feed_placed(
        self, data: bytes
    ) -> tuple[list[SampleBlock | DeviceEvent], NDArray[np.int64]] | None:
        """Decode as `feed` does, and tell where the samples end.

        Returns
        -------
        items, ends
            What `feed` returns, and, ascending, the number of bytes of ``data`` after which each
            sample was certain or `pending`: first the samples of the blocks, then the pending
            ones. 0 or less: it already was when the call was made. An event happens at the byte
            that ends the sample after it. None (and nothing was taken) if the bytes do not allow
            it: feed them in smaller parts, at last by `feed`.
        """
        ...


class DeviceSide(Protocol):
    """The device's end of the conversation, for the simulated device."""

    streaming: bool

    def receive(self, data: bytes) -> bytes:
        """Take what the host wrote; return the answer, and start or stop streaming."""
        ...


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Data sheet of a device, from ``hardware/<name>/sheet.toml``."""

    title: str
    maker: str
    link: str
    baud: int
    usb_ids: tuple[str, ...]
    bits: int
    onset_capable: Capability
    onset_reason: str
    clock: Literal["crystal", "rc"]
    filter_delay_s: float
    filter_delay_u_s: float
    wire_delay_s: float
    provenance: str
    wiring: str
    notes: tuple[str, ...] = ()


class Driver(Protocol):
    """What a driver module offers under the name ``DRIVER``."""

    name: str
    settings_type: type[msgspec.Struct]

    def codec(self, settings: Any) -> Codec:
        """Make a fresh codec for these settings."""
        ...

    def device_side(self, settings: Any) -> DeviceSide:
        """Make a fresh simulated end of the conversation."""
        ...

    def start(self, settings: Any) -> Sequence[Exchange]:
        """Conversation that identifies the device and starts the stream."""
        ...

    def stop(self, settings: Any) -> Sequence[Exchange]:
        """Conversation that stops the stream."""
        ...


@dataclass(frozen=True)
class DriverInfo:
    """A driver as the faces list it."""

    name: str
    sheet: Sheet
    channels: tuple[ChannelInfo, ...]
    rate: float
    source: str = field(default="")
