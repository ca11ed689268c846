"""The last step of a read: how bytes get from an open serial port to us, and when.

On POSIX the port is asked directly, with one wait, one count and one read per arrival, and the
read goes into the intake page (`labapp.record.intake`). Windows reads through pyserial.
"""

from __future__ import annotations

import errno
import os
import select
import sys
import time
from array import array
from typing import Protocol

import serial

from labapp.record.intake import ROOM, Intake
from labapp.timing.labclock import LabClock


class Inlet(Protocol):
    """Reads what has arrived at a port."""

    def read(self, timeout_s: float) -> tuple[bytes, int]:
        """Wait for a byte, then take all that is there; empty on time-out.

        The stamp (lab time, ns) is taken after counting the waiting bytes and before copying
        them, so that every byte it stands for had arrived: a stamp may be late, never early.
        """
        ...


class PyserialInlet:
    """The way of Windows: a read for the first byte, one for the rest."""

    def __init__(self, port: serial.Serial, clock: LabClock) -> None:
        self._port = port
        self._clock = clock

    def read(self, timeout_s: float) -> tuple[bytes, int]:
        """Wait for a byte, then take all that is there (a bigger read would wait to fill up)."""
        port = self._port
        end = time.monotonic() + timeout_s
        while True:
            first = port.read(1)
            if first:
                waiting = port.in_waiting
                stamp = self._clock.now_ns()
                return (first + port.read(waiting) if waiting else first), stamp
            if time.monotonic() >= end:
                return b"", self._clock.now_ns()


if sys.platform != "win32":
    import fcntl
    import termios

    class TerminalInlet:
        """The way of POSIX: select, FIONREAD, stamp, readv."""

        def __init__(self, port: serial.Serial, clock: LabClock, intake: Intake | None) -> None:
            self._fd: int = port.fileno()
            self._wanted = [self._fd]
            self._clock = clock
            self._intake = intake
            self._count = array("i", [0])

        def read(self, timeout_s: float) -> tuple[bytes, int]:
            """Wait for a byte, then take all that is there."""
            if not select.select(self._wanted, (), (), timeout_s)[0]:
                return b"", self._clock.now_ns()
            fcntl.ioctl(self._fd, termios.FIONREAD, self._count)
            waiting, stamp = max(1, self._count[0]), self._clock.now_ns()
            intake = self._intake
            try:
                if intake is None or not intake.open:
                    data = os.read(self._fd, min(waiting, ROOM))
                else:
                    with intake.begin(waiting, stamp) as buffer:
                        data = bytes(buffer[: os.readv(self._fd, [buffer])])
            except BlockingIOError:
                return b"", stamp
            if not data:  # ready without a byte
                raise OSError(errno.EIO, "the line was cut")
            return data, stamp


def make_inlet(port: serial.Serial, clock: LabClock, intake: Intake | None) -> Inlet:
    """Inlet of an open port for this system."""
    if sys.platform == "win32":
        return PyserialInlet(port, clock)
    return TerminalInlet(port, clock, intake)
