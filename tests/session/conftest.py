"""Logs of known content: wire bytes of the real codecs, damaged where a test says so."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from labapp import device
from labapp.model import SampleBlock
from labapp.record.log import NO_STREAM, FrameKind, LogWriter

ORIGIN_NS = 1_000_000_000
PROTOCOL = 'name = "pull"\n# “exactly” so, µ\n'


@dataclass
class WireStream:
    """One device of a made-up recording: samples, which of them are lost, when they arrive."""

    driver: str
    settings: dict = field(default_factory=dict)
    montage: dict = field(default_factory=dict)
    seconds: float = 10.0
    start_s: float = 0.5
    ppm: float = 0.0
    read_s: float = 0.02
    delay_s: float = 0.002
    lost: tuple = ()  # index ranges (first, stop)
    seed: int = 0
    reopen: tuple = ()  # seconds at which the port is opened again (0.7 s later)

    def parts(self):
        driver = device.get_driver(self.driver)
        settings = device.parse_settings(driver, self.settings)
        return driver.codec(settings)

    def samples(self, n):
        codec = self.parts()
        rng = np.random.default_rng(self.seed)
        low = [max(c.low, -100_000) for c in codec.channels]
        high = [min(c.high, 100_000) for c in codec.channels]
        return rng.integers(low, np.array(high) + 1, (n, len(codec.channels)), dtype=np.int32)

    def frames(self):
        """(kind, t_ns, payload) of this stream."""
        spans = np.array_split(np.arange(0), 1) and []
        edges = [0.0, *self.reopen, self.seconds]
        for k in range(len(edges) - 1):
            begin = edges[k] + (0.7 if k else 0.0)
            spans.append((begin, edges[k + 1]))
        for begin, end in spans:
            codec = self.parts()
            period = (1 + self.ppm * 1e-6) / codec.rate
            n = int((end - begin) * codec.rate)
            rows = self.samples(n)
            keep = np.ones(n, bool)
            for first, stop in self.lost:
                keep[first:stop] = False
            times = self.start_s + begin + np.arange(n) * period
            yield FrameKind.OPEN, times[0] - 0.01, b'{"segment":0}'
            chunk = np.floor((times - times[0]) / self.read_s).astype(int)
            for c in range(chunk[-1] + 1):
                mine = np.flatnonzero((chunk == c) & keep)
                if not len(mine):
                    continue
                wire = bytearray()
                for run in np.split(mine, np.flatnonzero(np.diff(mine) > 1) + 1):
                    ticks = None
                    if codec.tick_rate:
                        ticks = np.round(run * 1e6 / codec.rate).astype(np.int64) + 1000
                    wire += codec.encode(SampleBlock(int(run[0]), rows[run], ticks))
                yield FrameKind.DATA, times[mine[-1]] + self.delay_s, bytes(wire)


@pytest.fixture(scope="session")
def make_log():
    """``make_log(folder, streams, end=True, markers=()) -> path of a capture log``."""

    def make(folder, streams, *, end=True, markers=()):
        path = folder / "capture.log"
        header = {
            "format": "labapp-log",
            "version": 1,
            "uuid": "00000000-0000-4000-8000-000000000000",
            "app_version": "0.1.0",
            "created_utc": "2026-01-01T00:00:00+00:00",
            "origin_ns": ORIGIN_NS,
            "streams": [
                {"id": name, "number": k, "driver": s.driver, "settings": s.settings,
                 "montage": s.montage, "port": "sim://x", "serial": None}
                for k, (name, s) in enumerate(streams.items())
            ],
            "participant": "P01",
            "protocol": {"name": "pull", "text": PROTOCOL, "sha256": ""},
            "plan": None,
            "seed": 1,
            "clock": {"kind": "stepped"},
            "versions": {"labapp": "0.1.0"},
        }  # fmt: skip
        frames = []
        for number, stream in enumerate(streams.values()):
            frames += [(t, number, kind, data) for kind, t, data in stream.frames()]
        frames.sort(key=lambda frame: frame[0])
        writer = LogWriter(path, header)
        try:
            for t, number, kind, data in frames:
                writer.append(kind, number, ORIGIN_NS + round(t * 1e9), data)
            for t, kind, data in markers:
                t_ns = ORIGIN_NS + round(t * 1e9)
                writer.append_json(FrameKind.MARKER, NO_STREAM, t_ns, {"kind": kind, "data": data})
            if end:
                t_ns = ORIGIN_NS + round(20e9)
                writer.append_json(FrameKind.END, NO_STREAM, t_ns, {"streams": {}})
        finally:
            writer.close()
        return path

    return make


@pytest.fixture(scope="session")
def wire():
    return WireStream
