"""What a simulated device hears: how the device's end of several drivers takes its commands."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 64
"""Bytes of an unfinished command that are kept; no device here has a longer one."""


class CommandLines:
    """Cuts what is sent to a device into its commands, at the byte that ends them.

    ``ignored``: bytes that some programs add to the end, such as the LF of a CRLF.
    """

    def __init__(self, end: bytes, ignored: bytes = b"") -> None:
        self._end, self._ignored = end, ignored
        self._input = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Give the whole commands, without their ends; the beginning of one waits for its rest."""
        *commands, rest = (self._input + data.translate(None, self._ignored)).split(self._end)
        self._input = rest[-LONGEST:]
        return commands


class SwitchSide:
    """A simulated source that is only switched: ``B`` begins, ``S`` stops, nothing is answered."""

    def __init__(self) -> None:
        self.streaming = False

    def receive(self, data: bytes) -> bytes:
        """Begin or stop."""
        for byte in data:
            if byte in b"BS":
                self.streaming = byte == ord("B")
        return b""
