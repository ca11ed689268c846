"""Lab time: the one monotonic clock of a recording, real, scaled or stepped.

Real devices are stamped with the host's performance counter. Simulated devices live in
*lab time*, so that a protocol can run faster than the wall clock (`ScaledClock`) or in
lock-step with a test (`SteppedClock`) and give the same numbers every time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

_HALT_S: Final = 0.1
"""Whoever waits on a scaled clock looks this often whether it has been halted."""
FOREVER: Final = (1 << 63) - 1
"""A lab time that never comes (292 years)."""


class LabClock(Protocol):
    """What the recorder asks of a clock."""

    def now_ns(self) -> int:
        """Lab time in nanoseconds."""
        ...

    def wait_until(self, t_ns: int, stop: threading.Event) -> bool:
        """Block until lab time reaches ``t_ns``; False if ``stop`` was set first."""
        ...


class RealClock:
    """The host's monotonic performance counter (shared by all processes of a machine)."""

    def now_ns(self) -> int:
        """Lab time in nanoseconds."""
        return time.perf_counter_ns()

    def wait_until(self, t_ns: int, stop: threading.Event) -> bool:
        """Block until lab time reaches ``t_ns``; False if ``stop`` was set first."""
        while (left := t_ns - time.perf_counter_ns()) > 0:
            if stop.wait(left * 1e-9):
                return False
        return not stop.is_set()


class ScaledClock:
    """Lab time that runs ``speed`` times as fast as the host's clock.

    Parameters
    ----------
    origin_ns
        Host performance counter at which lab time was ``origin_ns`` too; shared between
        processes, it makes their lab times equal.
    speed
        Lab seconds per host second, > 0.
    """

    def __init__(self, origin_ns: int, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be > 0, not {speed}")
        self.origin_ns = origin_ns
        self.speed = speed
        self.end_ns = FOREVER
        """Lab time at which it stands still: nothing waits for what comes later."""

    def now_ns(self) -> int:
        """Lab time in nanoseconds."""
        running = self.origin_ns + int((time.perf_counter_ns() - self.origin_ns) * self.speed)
        return min(running, self.end_ns)

    def halt(self) -> int:
        """Let lab time stand still from now on, here and not in other processes; returns it."""
        self.end_ns = self.now_ns()
        return self.end_ns

    def wait_until(self, t_ns: int, stop: threading.Event) -> bool:
        """Block until lab time reaches ``t_ns``; False if ``stop`` came first, or it never will."""
        while (left := t_ns - self.now_ns()) > 0:
            if t_ns > self.end_ns or stop.wait(min(left * 1e-9 / self.speed, _HALT_S)):
                return False
        return not stop.is_set()


class SteppedClock:
    """Lab time that moves only when told to: for tests and the headless demo.

    Threads that `join` form a discrete-event simulation: `advance` lets exactly one of them run
    at a time, always the one with the earliest wake-up (ties by ``order``), and returns when all
    of them wait for something later. So the order of everything they do is the same in every
    run, whatever the scheduler of the host does.
    """

    def __init__(self, start_ns: int = 0) -> None:
        self._now = start_ns
        self._limit = start_ns
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)
        self._parties: dict[int, _Party] = {}

    def now_ns(self) -> int:
        """Lab time in nanoseconds (of the event that is being worked on)."""
        with self._lock:
            return self._now

    def join(self, order: int, settle: Callable[[], None] | None = None) -> None:
        """Make the calling thread a party: time does not pass while it works.

        It calls ``settle`` before it waits for what comes after the time of `advance`.
        """
        with self._lock:
            turn = threading.Condition(self._lock)
            self._parties[threading.get_ident()] = _Party(order, turn, settle)

    def leave(self) -> None:
        """Take the calling thread out; time passes without it."""
        with self._lock:
            if self._parties.pop(threading.get_ident(), None):
                self._pass_on()

    @property
    def joined(self) -> bool:
        """Whether the calling thread is a party."""
        return threading.get_ident() in self._parties

    def advance(self, t_ns: int, timeout_s: float | None = None) -> bool:
        """Move lab time forward to ``t_ns`` (never back), event by event.

        Returns when every party waits for a time after ``t_ns``; False if that took more than
        ``timeout_s`` host seconds.
        """
        with self._lock:
            self._limit = max(self._limit, t_ns)
            self._pass_on()
            return self._moved.wait_for(self._is_quiet, timeout_s)

    def wake(self) -> None:
        """Let every waiting thread look at its ``stop`` event."""
        with self._lock:
            self._moved.notify_all()
            for party in self._parties.values():
                party.turn.notify_all()

    def wait_until(self, t_ns: int, stop: threading.Event) -> bool:
        """Block until lab time reaches ``t_ns``; False if ``stop`` was set first."""
        party = self._parties.get(threading.get_ident())
        if party is not None and party.settle is not None and t_ns > self._limit:
            party.settle()  # the limit stays while this party is at work
        with self._lock:
            if party is None:
                while self._now < t_ns:
                    if stop.is_set():
                        return False
                    self._moved.wait(0.05)
                return not stop.is_set()
            party.target = t_ns
            self._pass_on()
            while party.waits:
                if stop.is_set():
                    party.target = None
                    return False
                party.turn.wait(0.5)
            return not stop.is_set()

    def _is_quiet(self) -> bool:
        return all(
            party.target is not None and party.target > self._limit
            for party in self._parties.values()
        )

    def _pass_on(self) -> None:
        """Wake the party whose time has come, unless one is at work; else time stands at limit."""
        waiting = []
        for party in self._parties.values():
            if party.target is None:
                return
            waiting.append((party.target, party.order, party))
        if waiting:
            target, _, first = min(waiting, key=lambda entry: entry[:2])
            if target <= self._limit:
                self._now = max(self._now, target)
                first.target = None
                first.turn.notify()
                return
        self._now = max(self._now, self._limit)
        self._moved.notify_all()


@dataclass(eq=False)
class _Party:
    """A thread in the lock-step: its wake-up time, None while it works."""

    order: int
    turn: threading.Condition
    settle: Callable[[], None] | None
    target: int | None = None

    @property
    def waits(self) -> bool:
        return self.target is not None


def make_clock(kind: str, speed: float, origin_ns: int) -> RealClock | ScaledClock | SteppedClock:
    """Clock of a recording: ``"real"``, ``"scaled"`` or ``"stepped"``.

    Raises
    ------
    ValueError
        Unknown kind, or a speed that is not positive.
    """
    if kind == "real":
        return RealClock()
    if kind == "scaled":
        return ScaledClock(origin_ns, speed)
    if kind == "stepped":
        return SteppedClock(origin_ns)
    raise ValueError(f"unknown clock {kind!r}")
