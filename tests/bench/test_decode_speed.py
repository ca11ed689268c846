"""Block decoding against a plain decoder that takes frame by frame, in the same run."""

from __future__ import annotations

import binascii
import time
from collections.abc import Callable

import numpy as np
import pytest

from labapp import device
from labapp.model import SampleBlock

CRC4 = (0, 3, 6, 5, 12, 15, 10, 9, 11, 8, 13, 14, 7, 4, 1, 2)


def plain_bitalino(wire: bytes) -> list[list[int]]:
    """Four channels the way client programs do it: nibble CRC, shifts, lists."""
    rows = []
    for at in range(0, len(wire), 7):
        frame = wire[at : at + 7]
        crc = 0
        for byte in frame[:-1]:
            crc = CRC4[crc] ^ (byte >> 4)
            crc = CRC4[crc] ^ (byte & 15)
        crc = CRC4[CRC4[crc] ^ (frame[-1] >> 4)]
        if crc == frame[-1] & 15:
            rows.append(
                [
                    (frame[5] & 15) << 6 | frame[4] >> 2,
                    (frame[4] & 3) << 8 | frame[3],
                    frame[2] << 2 | frame[1] >> 6,
                    (frame[1] & 63) << 4 | frame[0] >> 4,
                    frame[5] >> 4,
                ]
            )
    return rows


def plain_labbox(wire: bytes) -> list[list[int]]:
    """Four channels, slice by slice; even the CRC comes from C."""
    rows = []
    for at in range(0, len(wire), 26):
        frame = wire[at : at + 26]
        if binascii.crc_hqx(frame[:-2], 0xFFFF) == int.from_bytes(frame[-2:], "little"):
            starts = range(12, 24, 3)
            rows.append([int.from_bytes(frame[i : i + 3], "little", signed=True) for i in starts])
    return rows


def best(work: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return min(spent)


@pytest.mark.parametrize(
    ("name", "plain", "ratio"), [("bitalino", plain_bitalino, 20.0), ("labbox", plain_labbox, 10.0)]
)
def test_blocks_beat_frames(name, plain, ratio, record_property):
    driver = device.get_driver(name)
    chosen = device.parse_settings(driver, {})
    n = 40_000
    rng = np.random.default_rng(1)
    codec = driver.codec(chosen)
    low = [channel.low for channel in codec.channels]
    high = [channel.high + 1 for channel in codec.channels]
    counts = rng.integers(low, high, (n, len(low))).astype(np.int32)
    wire = codec.encode(SampleBlock(0, counts))

    def blocks() -> np.ndarray:
        fresh = driver.codec(chosen)
        items = [*fresh.feed(wire), *fresh.finish()]
        return np.concatenate([item.counts for item in items if isinstance(item, SampleBlock)])

    np.testing.assert_array_equal(blocks(), counts)
    assert plain(wire) == counts.tolist()
    ours, theirs = best(blocks, 7) / n, best(lambda: plain(wire), 3) / n
    record_property("us_per_frame", ours * 1e6)
    print(f"{name}: {ours * 1e6:.3f} us per frame, plain {theirs * 1e6:.3f}, {theirs / ours:.0f} x")
    assert theirs > ratio * ours


def test_text_lines_cost_next_to_nothing(record_property):
    driver = device.get_driver("chronojump")
    chosen = device.parse_settings(driver, {})
    n = 40_000
    counts = np.random.default_rng(2).integers(-50_000, 50_000, (n, 1)).astype(np.int32)
    wire = driver.codec(chosen).encode(SampleBlock(0, counts))
    spent = best(lambda: driver.codec(chosen).feed(wire), 5) / n
    record_property("us_per_line", spent * 1e6)
    print(f"chronojump: {spent * 1e6:.3f} us per line")
    assert spent * 80 < 0.001, "80 lines a second take below 0.1 % of a core"
