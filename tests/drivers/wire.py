"""What the driver tests share: true streams, damages to their bytes, and a strict judge."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from labapp import device
from labapp.model import DeviceEvent, SampleBlock

# changed digits cannot be seen there: damage with other bytes, and drop only these
TEXT = {
    "hx711": b":",
    "hx711:ms": b",",
    "nau7802": b":",
    "nau7802:reading": b":",
    "openscale": b",",
    "loadstar": b"\r",
    "loadstar:text": b".",
    "mark10": b" ",
    "mtsics": b" ",
    "chronojump": b";.",
    "ascii_lines": b",",
    "ascii_lines:us": b",",
}
FREE = {
    "shimmer3",
    "spikerbox",
    "openscale",
    "hx711:ms",
    "modulareeg",
}  # runs before one listens: index 0 is the first frame received
BLIND = {
    "spikerbox",
    "hx711",
    "nau7802",
    "nau7802:reading",
    "loadstar",
    "loadstar:text",
    "mark10",
    "mtsics",
    "ascii_lines",
}  # neither counter nor time: lost frames cannot be seen
# no checksum either: changes show only in these bytes of the frame (start, counter, end)
MARKS = {
    "chronojump_plate": (0, 1, 2, 3),
    "cyton": (0, 1, 32),
    "chords": (0, 1, 2, 15),
    "modulareeg": (0, 1, 2, 3),
    "shimmer3": (0, 1, 2, 3),
    "spikerbox": (1, 2, 3),
}
# the same driver once more, with settings that change the wire
VARIANTS: dict[str, dict[str, Any]] = {
    "hx711:ms": {"label": "", "milliseconds": True, "unit": "N"},
    "loadstar:text": {"form": "text"},
    "nau7802:reading": {"column": "reading"},
    "cyton:daisy": {"daisy": True},
    "ascii_lines:us": {"columns": [{"name": "a"}, {"name": "b"}], "rate": 250.0, "time": "us"},
}
NO_VALUE = {"loadstar": -1, "nau7802:reading": 0}  # counts by which the device means: none
NOISE = {"spikerbox": (0, 0x80)}  # bytes that begin no frame
PACKET = {"cyton:daisy": 33}  # bytes, where a sample is more than one packet


def base(name: str) -> str:
    """Driver of a name or variant."""
    return name.split(":")[0]


@dataclass(frozen=True)
class Truth:
    """A stream as the device sent it: one row, one tick and one piece of wire per frame."""

    counts: np.ndarray
    ticks: np.ndarray | None
    frames: list[bytes]
    first: int


@dataclass(frozen=True)
class Got:
    """A stream as decoded, all blocks in a row."""

    index: np.ndarray
    counts: np.ndarray
    ticks: np.ndarray | None
    events: list[DeviceEvent]
    stats: device.FeedStats


def new_codec(name: str, **changes: Any) -> device.Codec:
    driver = device.get_driver(base(name))
    return driver.codec(device.parse_settings(driver, VARIANTS.get(name, {}) | changes))


def true_stream(
    codec: device.Codec,
    n: int,
    rng: np.random.Generator,
    *,
    counts: np.ndarray | None = None,
    first: int = 0,
    tick_first: int = 0,
) -> Truth:
    low = [channel.low for channel in codec.channels]
    high = [channel.high + 1 for channel in codec.channels]
    if counts is None:
        counts = rng.integers(low, high, (n, len(low)))
    counts = np.ascontiguousarray(counts, np.int32)
    ticks = None
    if codec.tick_rate is not None:
        period = codec.tick_rate / codec.rate
        even = (first + np.arange(n)) * period + tick_first
        # the Shimmer's stamps are exact, all others jitter
        spread = 0.0 if codec.tick_rate == 32768 else 0.12
        ticks = np.round(even + rng.uniform(-spread, spread, n) * period).astype(np.int64)
        ticks = np.maximum(ticks, 0)
    # one call for all, cut into frames by encoding rows one by one only where lines vary
    whole = codec.encode(SampleBlock(first, counts, ticks))
    size, odd = divmod(len(whole), n)
    if odd or b"\r\n" in whole[-2:]:
        frames = whole.splitlines(keepends=True)
    else:
        frames = [whole[i : i + size] for i in range(0, len(whole), size)]
    assert len(frames) == n
    return Truth(counts, ticks, frames, first)


def decode(codec: device.Codec, chunks: list[bytes]) -> Got:
    items: list[SampleBlock | DeviceEvent] = []
    for chunk in chunks:
        items += codec.feed(chunk)
    items += codec.finish()
    blocks = [item for item in items if isinstance(item, SampleBlock)]
    stop = 0
    for block in blocks:
        assert block.counts.dtype == np.int32
        assert block.counts.flags.c_contiguous
        assert block.counts.ndim == 2
        assert len(block.counts) > 0
        assert block.first >= stop, "indices must rise"
        stop = block.stop
        assert (block.ticks is None) == (codec.tick_rate is None)
        if block.ticks is not None:
            assert block.ticks.dtype == np.int64
            assert block.ticks.shape == (len(block.counts),)
    columns = len(codec.channels)
    index = np.concatenate([np.arange(b.first, b.stop) for b in blocks] or [np.empty(0, np.int64)])
    counts = np.concatenate([b.counts for b in blocks] or [np.empty((0, columns), np.int32)])
    ticks = None
    if codec.tick_rate is not None:
        ticks = np.concatenate([b.ticks for b in blocks] or [np.empty(0, np.int64)])
    events = [item for item in items if isinstance(item, DeviceEvent)]
    assert codec.stats.samples == len(index)
    assert codec.stats.samples + codec.stats.lost == stop
    low = np.array([channel.low for channel in codec.channels])
    high = np.array([channel.high for channel in codec.channels])
    assert ((counts >= low) & (counts <= high)).all()
    return Got(index, counts, ticks, events, codec.stats)


def wrong_samples(got: Got, truth: Truth) -> np.ndarray:
    """Indices of decoded rows that are not what the device sent under that index."""
    place = got.index - truth.first
    inside = (place >= 0) & (place < len(truth.counts))
    same = inside.copy()
    same[inside] = (got.counts[inside] == truth.counts[place[inside]]).all(axis=1)
    if truth.ticks is not None and got.ticks is not None:
        same[inside] &= got.ticks[inside] == truth.ticks[place[inside]]
    return got.index[~same]


def far_losses(lost: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """Lost places more than two frames away from any place hit."""
    if not len(lost):
        return lost
    after = np.searchsorted(hit, lost)
    near = np.stack([hit[np.clip(after - 1, 0, None)], hit[np.clip(after, None, len(hit) - 1)]])
    return lost[np.abs(near - lost).min(axis=0) > 2]


def missing(got: Got, truth: Truth) -> np.ndarray:
    """Places (0-based, in the truth) that were not decoded."""
    return np.setdiff1d(np.arange(len(truth.counts)), got.index - truth.first)


def noise(name: str, rng: np.random.Generator, length: int) -> bytes:
    low, high = (0x80, 256) if name in TEXT else NOISE.get(name, (0, 256))
    return rng.integers(low, high, length, np.uint8).tobytes()


def damage(
    name: str, frames: list[bytes], at: int, kind: str, rng: np.random.Generator
) -> list[int]:
    """Damage ``frames`` in place at frame ``at``; returns the places hit."""
    frame = bytearray(frames[at])
    hit = [at]
    if kind == "flip" or kind == "burst":
        # without a checksum only a byte that stops being text can be noticed
        bits = 1 if kind == "flip" else int(rng.integers(2, 5))
        start = int(rng.integers(0, 8 * len(frame) - bits + 1))
        if name in TEXT:
            frame[start // 8] ^= 0x80
        elif base(name) in MARKS:
            frame[int(rng.choice(MARKS[base(name)]))] ^= 0x80
        else:
            pattern = 1 | 1 << bits - 1 | int(rng.integers(0, 1 << bits))
            for bit in range(bits):
                if pattern >> bit & 1:
                    frame[(start + bit) // 8] ^= 0x80 >> (start + bit) % 8
        frames[at] = bytes(frame)
    elif kind == "drop_byte":
        if name in TEXT:  # a dropped digit of the force is still a force
            place = int(rng.choice([frame.index(byte) for byte in TEXT[name]]))
        else:
            place = int(rng.integers(0, len(frame)))
        del frame[place]
        frames[at] = bytes(frame)
    elif kind == "drop_bytes":
        length = int(rng.integers(2, 2 * len(frame)))
        # a cut of exactly a packet's length that joins two halves cannot always be told
        if name in TEXT or length % PACKET.get(name, len(frame)) == 0:
            length = 1 + (len(frame) > 2)
        if name in TEXT:
            ends = [frame.index(byte) for byte in TEXT[name]]
            frames[at] = bytes(frame[: ends[0]] + frame[ends[-1] + (ends[0] == ends[-1]) :])
            return hit
        whole = b"".join(frames[at : at + 3])
        start = int(rng.integers(0, len(frame)))
        size = len(frame)
        hit = list(range(at, at + (start + length - 1) // size + 1))
        rest = whole[:start] + whole[start + length :]
        frames[at : at + 3] = [rest, b"", b""]
    elif kind == "add_bytes":
        place = int(rng.integers(0, len(frame) + 1))
        length = int(rng.integers(1, 3 * len(frame)))
        length += length % PACKET.get(name, len(frame)) == 0
        frame[place:place] = noise(name, rng, length)
        frames[at] = bytes(frame)
        hit = [at] if place < len(frame) - length else [at, at + 1]
    elif kind == "drop_frame":
        length = int(rng.integers(1, 6))
        hit = list(range(at, at + length))
        for place in hit:
            frames[place] = b""
    else:
        raise AssertionError(kind)
    return hit


DAMAGES = ("flip", "burst", "drop_byte", "drop_bytes", "add_bytes", "drop_frame")
BLINDING = ("drop_byte", "drop_bytes", "drop_frame")
EXACT = ("flip", "burst", "drop_frame")  # kinds that cost the frames they hit and no other


def damaged_stream(
    name: str, kind: str, n_damages: int, rng: np.random.Generator, **settings: Any
) -> tuple[Got, Truth, np.ndarray]:
    """Decode a long stream with a damage every 20 to 40 frames.

    Returns what was got, the truth, and the places damaged.
    """
    codec = new_codec(name, **settings)
    gaps = rng.integers(20, 40, n_damages)
    places = np.cumsum(gaps)
    truth = true_stream(codec, int(places[-1]) + 40, rng)
    frames = list(truth.frames)
    hit: list[int] = []
    for place in places.tolist():
        hit += damage(name, frames, place, kind, rng)
    wire = b"".join(frames)
    cuts = [0, *np.sort(rng.integers(0, len(wire), 50)).tolist(), len(wire)]
    got = decode(codec, [wire[a:b] for a, b in itertools.pairwise(cuts)])
    return got, truth, np.array(sorted(set(hit)))
