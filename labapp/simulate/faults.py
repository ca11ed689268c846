"""What goes wrong on the way: lost frames, bursts of them, damaged bytes.

Decided per block of frames with a generator of its own; a burst runs on into the next block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labapp.simulate.scenario import Device
from labapp.simulate.seeds import generator

BLOCK = 1024
WRONG_BITS = 1
SHORT = 2


class Faults:
    """Which frames of one run are dropped or damaged, asked in rising order.

    Parameters
    ----------
    device
        Probabilities.
    rate
        Frames per second.
    extra_loss
        Probability added to ``device.loss``.
    """

    def __init__(
        self, device: Device, rate: float, *, seed: int, role: str, run: int, extra_loss: float
    ) -> None:
        self._device = device
        self._loss = 1.0 - (1.0 - device.loss) * (1.0 - extra_loss)
        self._burst = min(device.bursts_per_minute / 60.0 / rate, 1.0)
        self._where = (seed, f"faults/{role}", run)
        self._block = -1
        self._left = 0
        self._dropped = np.zeros(BLOCK, dtype=bool)
        self._damaged = np.zeros(BLOCK, dtype=np.uint8)

    def of(self, first: int, stop: int) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
        """Return (stop - first,) dropped flags, and damage: 0, `WRONG_BITS` or `SHORT`."""
        parts = []
        while first < stop:
            block = first // BLOCK
            while self._block < block:
                self._draw()
            end = min(stop, (block + 1) * BLOCK)
            rows = slice(first - block * BLOCK, end - block * BLOCK)
            parts.append((self._dropped[rows], self._damaged[rows]))
            first = end
        if len(parts) == 1:
            return parts[0]
        return (
            np.concatenate([part[0] for part in parts]),
            np.concatenate([part[1] for part in parts]),
        )

    def _draw(self) -> None:
        self._block += 1
        seed, role, run = self._where
        rng = generator(seed, role, run, self._block)
        dropped = rng.random(BLOCK) < self._loss
        chance = rng.random(BLOCK)
        damaged = np.where(chance < self._device.corruption, WRONG_BITS, 0).astype(np.uint8)
        damaged[chance > 1.0 - self._device.missing_bytes] = SHORT
        starts = np.flatnonzero(rng.random(BLOCK) < self._burst)
        low, high = self._device.burst_frames
        lengths = rng.integers(low, high + 1, len(starts))
        dropped[: self._left] = True
        self._left = max(self._left - BLOCK, 0)
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            dropped[start : start + length] = True
            self._left = max(self._left, start + length - BLOCK)
        self._dropped, self._damaged = dropped, np.where(dropped, np.uint8(0), damaged)


def damage(frame: bytes, kind: int, rng: np.random.Generator) -> bytes:
    """Return the frame with a burst of one to four wrong bits, or one byte `SHORT`."""
    if kind == SHORT:
        at = int(rng.integers(len(frame)))
        return frame[:at] + frame[at + 1 :]
    pattern = int(rng.integers(1, 16))
    shift = int(rng.integers(0, len(frame) * 8 - 3))
    whole = int.from_bytes(frame, "big") ^ (pattern << shift)
    return whole.to_bytes(len(frame), "big")
