"""The wire between a simulated device and its port: a pseudo-terminal, or plain memory.

Pseudo-terminals exist on POSIX only; everywhere else (and with ``wire=memory``) the bytes are
handed over in memory.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Final, Protocol

from labapp.errors import LabError, PortError
from labapp.record.ports import PortContext

_PIECE: Final = 1024
"""Bytes on the wire at once: a pseudo-terminal's buffer holds 4 kB, none may be dropped."""


class Wire(Protocol):
    """Carries bytes both ways, in order and complete."""

    name: str

    def to_host(self, data: bytes) -> bytes:
        """Put the device's bytes on the wire and read them at our end."""
        ...

    def to_device(self, data: bytes) -> bytes:
        """Put our bytes on the wire and read them at the device's end."""
        ...

    def close(self) -> None:
        """Cut the wire."""
        ...


class MemoryWire:
    """No wire at all."""

    name = "memory"

    def to_host(self, data: bytes) -> bytes:
        """Return ``data``."""
        return data

    def to_device(self, data: bytes) -> bytes:
        """Return ``data``."""
        return data

    def close(self) -> None:
        """Nothing to cut."""


class PtyWire:
    """A pseudo-terminal whose near end is opened through pyserial like any real port."""

    name = "pty"

    def __init__(self, context: PortContext) -> None:
        import pty

        from labapp.record.serial_port import SerialPort

        self._far, near = pty.openpty()
        try:
            # The intake page is for what a device sends, not for both ends of our own wire.
            self._near = SerialPort(os.ttyname(near), replace(context, intake=None))
        except PortError:
            os.close(self._far)
            raise
        finally:
            os.close(near)

    def to_host(self, data: bytes) -> bytes:
        """Write at the far end, read at the near end."""
        parts = []
        for start in range(0, len(data), _PIECE):
            left = len(data[start : start + _PIECE])
            os.write(self._far, data[start : start + _PIECE])
            while left:
                part, _ = self._near.read(5.0)
                if not part:
                    raise PortError("the pseudo-terminal lost bytes", "use wire=memory")
                parts.append(part)
                left -= len(part)
        return b"".join(parts)

    def to_device(self, data: bytes) -> bytes:
        """Write at the near end, read at the far end."""
        parts = []
        for start in range(0, len(data), _PIECE):
            left = len(data[start : start + _PIECE])
            self._near.write(data[start : start + _PIECE])
            while left:
                parts.append(os.read(self._far, left))
                left -= len(parts[-1])
        return b"".join(parts)

    def close(self) -> None:
        """Close both ends."""
        self._near.close()
        if self._far >= 0:
            os.close(self._far)
            self._far = -1


def make_wire(kind: str, context: PortContext) -> Wire:
    """Wire ``"pty"`` (default on POSIX) or ``"memory"``; `LabError` for another word."""
    posix = sys.platform != "win32"
    if kind in ("", "pty") and posix:
        return PtyWire(context)
    if kind in ("", "memory"):
        return MemoryWire()
    known = "pty or memory" if posix else "memory (pseudo-terminals need Linux or macOS)"
    raise LabError(f"unknown wire {kind!r}", f"use {known}")
