"""The true clock of a simulated device: when it took which sample.

Rate = nominal x (1 + ppm + warm-up + random walk), constant within a second, so that the map
between index and time is a chain of straight pieces made in order, with bounded memory.
"""

from __future__ import annotations

import numpy as np

from labapp.model import Floats
from labapp.simulate.scenario import Device
from labapp.simulate.seeds import generator

_WARM_S = 400.0
# RC clocks (HX711: 92 to 94 Hz measured where the sheet says 80): how much shorter the period
# is, what it grows by while the chip warms up, and how it wanders per square root of a second.
_RC_SHORTER = (0.05, 0.17)
_RC_WARMUP = 2000e-6
_RC_WARM_S = 60.0
_RC_WANDER = 5e-6
_BLOCK = 256
_KEEP = 512


class TrueClock:
    """Sample times of one run of a device, seconds since the run started.

    Parameters
    ----------
    rate
        Nominal rate, Hz; pieces are ``ceil(rate)`` samples long.
    device
        Its rate error, warm-up drift and wander.
    seed, role, run
        Where its chance comes from.
    first_s
        Time of sample 0.
    age_s
        How long the device has been warming up then.
    """

    def __init__(
        self,
        rate: float,
        device: Device,
        *,
        seed: int,
        role: str,
        run: int,
        first_s: float,
        age_s: float = 0.0,
    ) -> None:
        self.rate = rate
        self.first_s = first_s
        self._piece = int(np.ceil(rate))
        self._device = device
        self._where = (seed, f"clock/{role}", run)
        self._age_s = age_s
        self._shorter = 0.0
        if device.clock == "rc":  # a property of the chip: the same in every run
            self._shorter = float(generator(seed, f"rc/{role}").uniform(*_RC_SHORTER))
        self._walk = 0.0
        self._steps = np.zeros(0)
        self._first = 0
        """Piece that ``_times`` starts with."""
        self._times = [first_s]
        self._periods: list[float] = []

    def times(self, first: int, stop: int) -> Floats:
        """Return times (stop - first,) of samples ``first .. stop-1``; 512 s back at most."""
        index = np.arange(first, stop)
        low, high = first // self._piece, max(stop - 1, first) // self._piece
        if low == high:
            start, period = self._at(low)
            return np.asarray(start + (index - low * self._piece) * period)
        parts = [
            self.times(first, (low + 1) * self._piece),
            self.times((low + 1) * self._piece, stop),
        ]
        return np.concatenate(parts)  # fmt: skip

    def count_before(self, t: float, after: int) -> int:
        """Return how many samples were taken up to time ``t``, knowing that it is >= ``after``."""
        piece = after // self._piece
        while True:
            start, period = self._at(piece)
            count = int(np.floor((t - start) / period)) + 1
            if count <= self._piece:
                return max(after, piece * self._piece + max(count, 0))
            piece += 1

    def ppm(self, piece: int) -> float:
        """Return the rate error, ppm, in that piece (used at the newest one)."""
        _, period = self._at(piece)
        return (1.0 / (period * self.rate) - 1.0) * 1e6

    def _at(self, piece: int) -> tuple[float, float]:
        while piece >= self._first + len(self._periods):
            self._extend()
        at = piece - self._first
        if at > _KEEP:
            del self._times[: at - _KEEP], self._periods[: at - _KEEP]
            self._first += at - _KEEP
            at = _KEEP
        return self._times[at], self._periods[at]

    def _extend(self) -> None:
        number = self._first + len(self._periods)
        block, row = divmod(number, _BLOCK)
        if row == 0 or len(self._steps) == 0:
            seed, role, run = self._where
            self._steps = generator(seed, role, run, block).standard_normal(_BLOCK)
        self._periods.append(self._next_period(number + self._age_s, float(self._steps[row])))
        self._times.append(self._times[-1] + self._piece * self._periods[-1])

    def _next_period(self, age_s: float, step: float) -> float:
        """Seconds per sample at that age; ``step`` is the next one of the random walk."""
        if self._device.clock == "rc":
            self._walk += _RC_WANDER * step
            warm = _RC_WARMUP * (1.0 - np.exp(-age_s / _RC_WARM_S))
            return float((1.0 - self._shorter + warm + self._walk) / self.rate)
        self._walk += self._device.wander_ppm * step
        warm = self._device.warmup_ppm * (1.0 - np.exp(-age_s / _WARM_S))
        error = (self._device.ppm + warm + self._walk) * 1e-6
        return 1.0 / (self.rate * (1.0 + float(error)))
