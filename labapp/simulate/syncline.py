"""The line of synchronisation pulses that every device of a simulated laboratory can see.

Intervals are pseudo-random, so that pulses can be matched by their pattern and not only by
their nearness; they depend on the seed alone, whoever asks first.
"""

from __future__ import annotations

import threading

import numpy as np

from labapp.model import Floats
from labapp.simulate.scenario import SyncLine
from labapp.simulate.seeds import generator

_BLOCK = 64


class PulseLine:
    """Pulses of one recording, in lab time; used from any thread.

    Parameters
    ----------
    line
        Intervals, width and rise.
    seed
        Seed of the laboratory.
    origin_ns
        Lab time from which the first pulse counts.
    """

    def __init__(self, line: SyncLine, seed: int, origin_ns: int) -> None:
        self.line = line
        self._seed = seed
        self._lock = threading.Lock()
        self._starts: list[float] = [origin_ns + line.first_s * 1e9]
        self._asked_ns = float(origin_ns)

    def starts(self, first_ns: float, stop_ns: float) -> Floats:
        """Return the beginnings of pulses, ns, with ``first_ns <= start < stop_ns``."""
        with self._lock:
            self._asked_ns = max(self._asked_ns, stop_ns)
            while self._starts[-1] < stop_ns:
                block = (len(self._starts) - 1) // _BLOCK
                steps = generator(self._seed, "sync", block).uniform(*self.line.interval_s, _BLOCK)
                self._starts.extend((self._starts[-1] + np.cumsum(steps) * 1e9).tolist())
            known = np.array(self._starts)
        return known[np.searchsorted(known, first_ns) : np.searchsorted(known, stop_ns)]

    def changes(self, first_ns: float, stop_ns: float) -> list[tuple[float, bool]]:
        """(lab time ns, whether it rises) of the edges with ``first_ns < time <= stop_ns``."""
        width = self.line.width_ms * 1e6
        found = []
        for start in self.starts(first_ns - 2 * width, stop_ns + 1).tolist():
            found += [(start, True), (start + width, False)]
        return [(t, rises) for t, rises in found if first_ns < t <= stop_ns]

    def levels(self, t_ns: Floats, *, rounded: bool) -> Floats:
        """Level (n,), 0 to 1, at rising lab times ``t_ns`` (n,), ns.

        ``rounded``: through the input's resistor and capacitor; else as a bit.
        """
        width, tau = self.line.width_ms * 1e6, self.line.rise_ms * 1e6
        tail = 12.0 * tau
        level = np.zeros(len(t_ns))
        for start in self.starts(t_ns[0] - width - tail, t_ns[-1] + 1).tolist():
            low, high = np.searchsorted(t_ns, (start, start + width))
            if not rounded or tau == 0.0:
                level[low:high] = 1.0
                continue
            end = int(np.searchsorted(t_ns, start + width + tail))
            level[low:high] = 1.0 - np.exp(-(t_ns[low:high] - start) / tau)
            top = 1.0 - np.exp(-width / tau)
            level[high:end] += top * np.exp(-(t_ns[high:end] - start - width) / tau)
        return level

    def truth(self) -> list[int]:
        """Return the beginnings of all pulses that a device could have seen so far, ns."""
        with self._lock:
            return [round(start) for start in self._starts if start < self._asked_ns]
