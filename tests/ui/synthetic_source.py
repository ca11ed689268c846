"""A source of samples for the live view: what a ring gives, without a recorder."""

from __future__ import annotations

import numpy as np

from labapp.model import ChannelInfo
from labapp.ui.lanes import LiveStream

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

    def advance(self, samples: int) -> None:
        self.stop = min(len(self.counts), self.stop + samples)

    def newest(self, stream: str) -> int:
        return self.stop

    def start_s(self, stream: str) -> float:
        return 0.25

    def read(self, stream: str, first: int, stop: int):
        return self.counts[first:stop].copy(), self.valid[first:stop].copy()
