"""A source of samples for the live view: what a ring gives, without a recorder."""

from __future__ import annotations

import numpy as np

from labapp.model import ChannelInfo
from labapp.workflow.live_source import LiveStream

CODES = tuple(f"{m}_{s}" for s in "RL" for m in ("RM", "UT", "MT", "LT", "PD", "LD", "SA", "IS"))


class SyntheticSource:
    """Bursts of noise on every channel; `advance` lets time pass."""

    def __init__(self, channels: int = 16, rate: float = 2000.0, seconds: float = 60.0) -> None:
        rng = np.random.default_rng(1)
        n = int(rate * seconds)
        level = 150 + 1500 * (np.sin(2 * np.pi * 0.4 * np.arange(n) / rate) > 0.3)
        self.counts = (rng.normal(size=(n, channels)) * level[:, None]).astype(np.int32)
        self.valid = np.ones(n, dtype=bool)
        infos = tuple(
            ChannelInfo(f"A{i + 1}", "emg", "V", 1e-7, 0.0, -(2**23), 2**23 - 1, CODES[i % 16])
            for i in range(channels)
        )
        self.streams = (LiveStream("emg", rate, infos),)
        self.stop = 0
        self._start = 0.25

    def reconnect(self, later_s: float) -> None:
        self._start += later_s

    def advance(self, samples: int) -> None:
        self.stop = min(len(self.counts), self.stop + samples)

    def newest(self, stream: str) -> int:
        return self.stop

    def start_s(self, stream: str) -> float:
        return self._start

    def read(self, stream: str, first: int, stop: int):
        return self.counts[first:stop].copy(), self.valid[first:stop].copy()


class TwoDevices:
    """EMG with a lost stretch and clipped samples, and a slow device with losses beside it."""

    SLOW = 131.7

    def __init__(self) -> None:
        self.emg = SyntheticSource(3)
        self.emg.valid[22_000:22_700] = False
        self.emg.counts[24_000:24_010] = 2**23 - 1
        self.emg.counts[21_100, 1] = 2**23 - 1
        rng = np.random.default_rng(2)
        self.cell = rng.integers(0, 9000, (8000, 1), dtype=np.int32)
        self.arrived = np.ones(len(self.cell), dtype=bool)
        self.arrived[1450:1500:7] = False
        info = ChannelInfo("force", "force", "N", 0.01, 0.0, -(2**31), 2**31 - 1)
        self.streams = (*self.emg.streams, LiveStream("cell", self.SLOW, (info,)))
        self._last: int | None = None

    def advance(self, samples: int) -> None:
        self.emg.advance(samples)

    def lose(self, stream: str) -> None:
        self._last = self.newest(stream)

    def newest(self, stream: str) -> int:
        if stream == "emg":
            return self.emg.newest(stream)
        now = int((self.emg.newest("emg") / 2000 - 0.03) * self.SLOW)
        return max(0, now) if self._last is None else self._last

    def start_s(self, stream: str) -> float:
        return 0.25 if stream == "emg" else 0.261

    def read(self, stream: str, first: int, stop: int):
        if stream == "emg":
            return self.emg.read(stream, first, stop)
        return self.cell[first:stop].copy(), self.arrived[first:stop].copy()
