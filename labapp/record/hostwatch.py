"""Whether the computer slept, or its wall clock was set: told apart by three clocks.

*Awake* stands still while the computer sleeps, *total* does not, *wall* is what the person sees and
may be set. Total running ahead of awake is sleep; wall running away from total is a clock that
was set, forward or back. Stamps are never taken from the wall clock, so that one costs nothing;
after sleep every stream begins a new segment, for what its device did meanwhile is unknown.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

SLEPT_NS: Final = 200_000_000
"""Shorter sleep is not sleep: reading two clocks may be interrupted in between."""
_SET_NS: Final = 500_000_000
_TORN_NS: Final = 50_000_000


@dataclass(frozen=True)
class HostClocks:
    """The three clocks, ns: only their differences count."""

    awake: Callable[[], int]
    total: Callable[[], int]
    wall: Callable[[], int]


@dataclass(frozen=True)
class HostEvent:
    """``"suspend"`` (asleep for so many seconds) or ``"clock set"`` (forward, or back: < 0)."""

    what: str
    seconds: float


def host_clocks() -> HostClocks:
    """Clocks of this system."""
    if sys.platform == "win32":
        return HostClocks(_windows_awake(), time.perf_counter_ns, _wall)
    total = time.CLOCK_MONOTONIC if sys.platform == "darwin" else time.CLOCK_BOOTTIME
    return HostClocks(time.perf_counter_ns, partial(time.clock_gettime_ns, total), _wall)


class HostWatch:
    """Compares the clocks with how they stood; `slept_ns` may be asked by any thread."""

    def __init__(self, clocks: HostClocks) -> None:
        self._clocks = clocks
        self._asleep = clocks.total() - clocks.awake()
        self._offset = clocks.wall() - clocks.total()
        self._told = 0

    def slept_ns(self) -> int:
        """Time asleep since the beginning."""
        return self._clocks.total() - self._clocks.awake() - self._asleep

    def look(self) -> list[HostEvent]:
        """Tell what has happened since the last look; one thread asks."""
        found = []
        slept = self.slept_ns()
        if slept - self._told > SLEPT_NS:
            found.append(HostEvent("suspend", (slept - self._told) * 1e-9))
            self._told = slept
        before = self._clocks.total()
        wall = self._clocks.wall()
        after = self._clocks.total()
        if after - before < _TORN_NS:  # else this look was interrupted: the next one tells
            shift = wall - before - self._offset
            if abs(shift) > _SET_NS:
                found.append(HostEvent("clock set", shift * 1e-9))
            self._offset += shift  # a clock that is slewed moves a little between two looks
        return found


def _wall() -> int:
    return time.time_ns()


def _windows_awake() -> Callable[[], int]:
    """QueryUnbiasedInterruptTime: 100 ns since start-up, without sleep."""
    import ctypes

    query = getattr(ctypes, "windll").kernel32.QueryUnbiasedInterruptTime  # noqa: B009

    def awake() -> int:
        ticks = ctypes.c_ulonglong()
        query(ctypes.byref(ticks))
        return int(ticks.value) * 100

    return awake
