"""A load cell in software: masses can be hung on it, and everything about it is known.

For trying a calibration without a cell: it swings for a moment after each change, it is noisy,
it bends and lags a little, as real ones do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SWING_HZ = 3.0
_SWING_S = 0.5
_KEPT_S = 60.0


@dataclass(frozen=True, slots=True)
class CellTruth:
    """What is true of the cell: ``count = zero + force / slope``, plus how it strays.

    ``hysteresis_percent`` is what a falling load reads too much half way down, and
    ``bend_percent`` what every load reads too much there, % of ``full_n``.
    """

    slope: float = 2.5e-4
    zero: float = 84_000.0
    noise: float = 40.0
    full_n: float = 200.0
    hysteresis_percent: float = 0.05
    bend_percent: float = 0.05
    rate: float = 80.0


class SimulatedCell:
    """Use it as a context manager, as the counts of a real device.

    Parameters
    ----------
    truth, seed
        What is true, and the seed of its noise.
    speed
        Seconds of the cell per second of ``clock``.
    """

    rails = (-8_388_608.0, 8_388_607.0)

    def __init__(
        self,
        truth: CellTruth | None = None,
        *,
        seed: int = 0,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.truth = truth or CellTruth()
        self.rate = self.truth.rate
        self._clock, self._speed = clock, speed
        self._random = np.random.default_rng(seed)
        self._counts = np.zeros(0)
        self._made = 0
        self._force, self._falling = 0.0, False
        self._step_n, self._since = 0.0, -math.inf
        self._begin = clock()

    def __enter__(self) -> SimulatedCell:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def seconds(self) -> float:
        """Give the time since it was switched on, s of the cell."""
        return (self._clock() - self._begin) * self._speed

    def hang(self, force_n: float) -> None:
        """Put another load on it; what hung there before is taken off."""
        self._fill()
        if force_n != self._force:
            self._falling = force_n < self._force
        self._step_n, self._since = force_n - self._force, self.seconds()
        self._force = force_n

    def recent(self, seconds: float) -> NDArray[np.float64]:
        """Give the counts of the last seconds, fewer where it has not run as long."""
        self._fill()
        return self._counts[-max(round(seconds * self.rate), 1) :].copy()

    def _fill(self) -> None:
        """Make the samples up to now."""
        stop = int(self.seconds() * self.rate)
        n = min(stop - self._made, round(_KEPT_S * self.rate))
        if n <= 0:
            return
        truth = self.truth
        t = np.arange(stop - n, stop) / self.rate - self._since
        share = min(max(self._force / truth.full_n, 0.0), 1.0)
        stray = truth.bend_percent + (truth.hysteresis_percent if self._falling else 0.0)
        still = self._force + stray / 100 * truth.full_n * 4 * share * (1 - share)
        force = np.full(n, still)
        if math.isfinite(self._since):
            decay = np.exp(-np.maximum(t, 0.0) / _SWING_S)
            force -= 0.3 * self._step_n * decay * np.cos(2 * math.pi * _SWING_HZ * t)
        counts = truth.zero + force / truth.slope + truth.noise * self._random.normal(size=n)
        self._counts = np.concatenate([self._counts, np.rint(counts)])
        self._counts = self._counts[-round(_KEPT_S * self.rate) :]
        self._made = stop
