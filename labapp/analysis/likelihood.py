"""How well every ramp explains a signal from every onset on: one matrix product, done twice.

A first look on bins put together in fours finds the candidate onsets and gains that can matter;
only these are worked out in full. What is left out weighs less than ``exp(-KEEP)`` of the best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Places = NDArray[np.intp]

COARSE = 4
"""Bins put together in the first look ..."""

STRIDE = 8
"""... and its steps between candidate onsets, in bins."""

KEEP = 9.0
"""Candidates and gains whose log posterior is not this close to the best are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Ramps:
    """What one grid of ramps needs; a column is a gain and a shape, gain by gain.

    Attributes
    ----------
    table
        (longest + 3, columns): ``1/v`` on the ramp, then on the plateau, ``ln v`` of the
        plateau, and ``ln v`` summed over the ramp. Multiplied by the power on the ramp, its sum
        on the plateau, the number of bins on the plateau, and 1, this is the cost.
    logs
        (longest + 1, columns): running sum of ``ln v``, for ramps that the signal cuts short.
    grouped
        `table` for bins put together.
    gains, shapes
        How many.
    """

    table: Singles
    logs: Singles
    grouped: Singles
    gains: int
    shapes: int

    @classmethod
    def of(cls, share: Floats, gains: Floats) -> Ramps:
        """Ramps whose variance is ``1 + gain share``: `share` (longest, shapes), 1 at the end.

        Its length is a multiple of `COARSE`.
        """
        longest, shapes = share.shape
        # Single precision throughout: it is what the products are worked out in.
        strong = gains.astype(np.float32)
        v = (strong[None, :, None] * share.astype(np.float32)[:, None, :]).reshape(longest, -1)
        v += 1
        logs = np.zeros((longest + 1, v.shape[1]), dtype=np.float32)
        np.cumsum(np.log(v), axis=0, out=logs[1:])
        plateau = np.repeat(1 + strong, shapes)
        ends = np.stack([1 / plateau, np.log(plateau), logs[-1]])
        np.divide(1, v, out=v)
        grouped = v.reshape(longest // COARSE, COARSE, -1).mean(axis=1)
        return cls(
            np.concatenate([v, ends]), logs, np.concatenate([grouped, ends]), len(gains), shapes
        )


class Likelihood:
    """One signal (``power``: (n_bins,), 1 at rest), compared with ramps from any bin on.

    Parameters
    ----------
    power
        (n_bins,) mean square per bin.
    ramps
        The ramps.
    nu
        Tempering times the number of samples in a bin.
    """

    def __init__(self, power: Floats, ramps: Ramps, nu: float) -> None:
        self.ramps, self.nu, self.n = ramps, nu, len(power)
        self.longest = len(ramps.logs) - 1
        # Beyond the end lies nothing; room for a whole ramp from the last candidate.
        self.power = np.zeros(-(-self.n // COARSE) * COARSE + self.longest, dtype=np.float32)
        self.power[: self.n] = power
        self.total = np.concatenate([[0.0], np.cumsum(power)])

    def promising(self, count: int) -> tuple[Places, slice]:
        """Which of the first `count` bins, and which gains, can matter."""
        r = self.ramps
        at = np.arange(0, count, STRIDE)
        sums = self.power.reshape(-1, COARSE).sum(axis=1)
        cost = self._cost(at, sums, at // COARSE, r.grouped, slice(0, r.gains))
        least = cost.reshape(len(at), r.gains, r.shapes).min(axis=2) + self.total[at][:, None]
        near = least <= least.min() + 2.0 * KEEP / self.nu
        gains = np.flatnonzero(near.any(axis=0))
        # Everything within a step of a candidate that matters.
        here = near.any(axis=1)
        wanted = here.copy()
        wanted[:-1] |= here[1:]
        wanted = np.repeat(wanted, STRIDE)
        wanted[STRIDE::STRIDE] |= here[:-1]
        return np.flatnonzero(wanted[:count]), slice(int(gains[0]), int(gains[-1]) + 1)

    def log(self, at: Places, gains: slice) -> Floats:
        """Tempered log likelihood (len(at), shapes) of onsets at these bins, gains summed out."""
        cost = self._cost(at, self.power, at, self.ramps.table, gains)
        cost = cost.reshape(len(at), -1, self.ramps.shapes)
        least = cost.min(axis=1)
        cost -= least[:, None, :]
        cost *= np.float32(-0.5 * self.nu)
        summed = np.exp(cost, out=cost).sum(axis=1)
        # The rest before the onset in double precision: it is large at high ratios.
        before = self.total[at][:, None]
        return np.asarray(np.log(summed) - (0.5 * self.nu) * (least + before), dtype=np.float64)

    def _cost(
        self, at: Places, power: Singles, row: Places, table: Singles, gains: slice
    ) -> Singles:
        """(len(at), gains x shapes) minus twice the log likelihood from these bins on."""
        columns = slice(gains.start * self.ramps.shapes, gains.stop * self.ramps.shapes)
        size = len(table) - 3
        after = np.minimum(at + self.longest, self.n)
        data = np.empty((len(at), size + 3), dtype=np.float32)
        # A view of every stretch of `size` bins, without the price of `sliding_window_view`.
        stretches = (len(power) - size + 1, size)
        data[:, :size] = np.ndarray(stretches, np.float32, power, strides=power.strides * 2)[row]
        data[:, size] = self.total[-1] - self.total[after]
        data[:, size + 1] = self.n - after
        data[:, size + 2] = 1.0
        cost: Singles = data @ table[:, columns]
        # Places rise: those whose ramp the signal cuts short are the last.
        short = int(np.searchsorted(at, self.n - self.longest, side="right"))
        if short < len(at):
            logs = self.ramps.logs[:, columns]
            cost[short:] += logs[after[short:] - at[short:]] - logs[-1]
        return cost
