"""Many reads decoded in one go: the same samples, runs, reads, segments as one by one."""

import numpy as np
import pytest

from labapp import device
from labapp.model import SampleBlock
from labapp.session.decode import StreamDecoder

LABBOX = {"channels": 2, "rate": 1000.0}


def wire_of(name, settings, rng, damage):
    """Bytes of 1500 frames, some left out, with flipped, missing and added bytes."""
    driver = device.get_driver(name)
    codec = driver.codec(device.parse_settings(driver, settings))
    top = min(c.high for c in codec.channels)
    wire = bytearray()
    for first in range(0, 1500, 10):
        if rng.random() < damage:
            continue
        counts = rng.integers(0, min(top, 1000) + 1, (10, len(codec.channels))).astype(np.int32)
        start = first if first < 1000 or rng.random() < 0.999 or damage == 0 else 0
        part = bytearray(codec.encode(SampleBlock(start, counts)))
        kind = rng.random()
        if kind < damage / 2:
            part[int(rng.integers(len(part)))] ^= 1 << int(rng.integers(8))
        elif kind < damage:
            del part[int(rng.integers(len(part)))]
        elif kind < 1.5 * damage:
            part += rng.bytes(int(rng.integers(1, 40)))
        wire += part
    return bytes(wire)


def decode(name, settings, reads, together):
    taken = []
    decoder = StreamDecoder(
        {"id": "x", "driver": name, "settings": settings}, lambda c, t: taken.append((c, t))
    )
    decoder.open(0)
    for start in range(0, len(reads), together):
        decoder.feed_reads(reads[start : start + together])
    decoder.finish(10**12)
    account = {key: list(value) for key, value in vars(decoder.account).items()}
    counts = np.concatenate([c for c, _ in taken])
    ticks = [t for _, t in taken if t is not None]
    return account, counts.tobytes(), np.concatenate(ticks).tobytes() if ticks else b"", (
        decoder.stats.samples, decoder.stats.lost, decoder.stats.junk_bytes, decoder.events,
    )  # fmt: skip


@pytest.mark.parametrize("damage", [0.0, 0.01, 0.1])
@pytest.mark.parametrize(
    ("name", "settings"), [("labbox", LABBOX), ("bitalino", {}), ("chronojump", {})]
)
def test_reads_together_are_reads_one_by_one(name, settings, damage):
    rng = np.random.default_rng([3, round(100 * damage), len(name)])
    wire = wire_of(name, settings, rng, damage)
    edges = np.unique(rng.integers(0, len(wire), 250)).tolist()
    parts = np.split(np.frombuffer(wire, np.uint8), edges)
    reads = [(part.tobytes(), 1000 + k) for k, part in enumerate(parts) if len(part)]
    alone = decode(name, settings, reads, 1)
    assert len(alone[0]["read_newest"]) > 30
    for together in (7, 1000):
        assert decode(name, settings, reads, together) == alone


def test_undamaged_reads_take_the_fast_way(monkeypatch):
    """It is the fast way that is tested above, not only the one it falls back to."""
    rng = np.random.default_rng(1)
    fed = []
    monkeypatch.setattr(StreamDecoder, "feed", lambda self, data, t_ns: fed.append(data))
    wire = wire_of("labbox", LABBOX, rng, 0.05)
    reads = [(wire[k : k + 100], k) for k in range(0, len(wire), 100)]
    assert len(decode("labbox", LABBOX, reads, 64)[1])
    assert len(fed) <= 1
