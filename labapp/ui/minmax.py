"""Running minima and maxima of a stream, so that a painter draws pixels and not samples.

Only new samples are looked at. A bin that lost a sample says so; lost samples are never
bridged. Each bar also reaches the sample before its bin, so that steep signals stay joined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class MinMaxRing:
    """The newest ``bins`` bins of ``per_bin`` samples, for all channels of a stream.

    Attributes
    ----------
    low, high, last
        (n_channels, bins) smallest, largest and last value of each bin, NaN where nothing
        arrived. Bin ``k`` (counted from sample 0 of the stream) lies at ``k % bins``.
    clipped
        (n_channels, bins) True where a sample lay on a rail of its device.
    lost
        (bins,) True where at least one sample of the bin never arrived.
    stop
        Index after the newest sample fed; 0 before any.
    """

    def __init__(self, channels: int, bins: int, per_bin: int) -> None:
        self.bins = max(2, bins)
        self.per_bin = max(1, per_bin)
        self.low: Floats = np.full((channels, self.bins), np.nan)
        self.high: Floats = np.full((channels, self.bins), np.nan)
        self.last: Floats = np.full((channels, self.bins), np.nan)
        self.clipped: Bools = np.zeros((channels, self.bins), dtype=bool)
        self.lost: Bools = np.zeros(self.bins, dtype=bool)
        self.stop = 0
        self._before: Floats = np.full(channels, np.nan)

    @property
    def capacity(self) -> int:
        """Samples that the ring covers."""
        return self.bins * self.per_bin

    @property
    def newest_bin(self) -> int:
        """Number of the bin that holds the newest sample; -1 before any."""
        return (self.stop - 1) // self.per_bin if self.stop else -1

    def slots(self, count: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of the newest ``count`` bins (else all), oldest first, and where they lie."""
        newest, count = self.newest_bin, min(self.bins, count or self.bins)
        numbers = np.arange(newest - count + 1, newest + 1, dtype=np.int64)
        return numbers, numbers % self.bins

    def feed(self, first: int, values: Floats, clipped: Bools | None = None) -> None:
        """Take the samples from index ``first`` on.

        Parameters
        ----------
        first
            Absolute index of the first row; a jump ahead of `stop` is a loss.
        values
            (n, n_channels), NaN in the rows that were lost.
        clipped
            (n, n_channels), True on the rails.
        """
        if len(values) > self.capacity:
            cut = len(values) - self.capacity
            first, values = first + cut, values[cut:]
            clipped = None if clipped is None else clipped[cut:]
        if not len(values):
            return
        if self.stop and first > self.stop:
            self._jump(first)
        elif not self.stop:
            self.stop = first
        starts, bins = self._edges(first, len(values))
        low = np.fmin.reduceat(values, starts, axis=0).T
        high = np.fmax.reduceat(values, starts, axis=0).T
        before = np.vstack([self._before, values[starts[1:] - 1]]).T
        some = ~np.isnan(low)
        low[some] = np.fmin(low, before)[some]
        high[some] = np.fmax(high, before)[some]
        lost = np.logical_or.reduceat(np.isnan(values).any(axis=1), starts)
        at = bins % self.bins
        going_on = int(bins[0] == self.newest_bin and first > bins[0] * self.per_bin)
        if going_on:
            slot = at[0]
            low[:, 0] = np.fmin(low[:, 0], self.low[:, slot])
            high[:, 0] = np.fmax(high[:, 0], self.high[:, slot])
            lost[0] |= self.lost[slot]
        rails = (
            np.zeros(low.shape, dtype=bool)
            if clipped is None
            else np.logical_or.reduceat(clipped, starts, axis=0).T
        )
        if going_on:
            rails[:, 0] |= self.clipped[:, at[0]]
        self.low[:, at], self.high[:, at] = low, high
        self.clipped[:, at], self.lost[at] = rails, lost
        ends = np.append(starts[1:], len(values)) - 1
        self.last[:, at] = values[ends].T
        self._before = values[-1].copy()
        self.stop = first + len(values)

    def _edges(self, first: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row at which each bin starts, and the bin numbers."""
        bins = np.arange(
            first // self.per_bin, (first + count - 1) // self.per_bin + 1, dtype=np.int64
        )
        return np.maximum(bins * self.per_bin - first, 0), bins

    def _jump(self, first: int) -> None:
        """Mark the bins between `stop` and ``first`` as lost."""
        numbers = np.arange(self.newest_bin, first // self.per_bin + 1)[-self.bins :]
        at = numbers % self.bins
        fresh = at[numbers > self.newest_bin]
        for array in (self.low, self.high, self.last):
            array[:, fresh] = np.nan
        self.clipped[:, fresh] = False
        self.lost[at] = True
        self._before[:] = np.nan
        self.stop = first
