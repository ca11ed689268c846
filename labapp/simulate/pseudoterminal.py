"""A pseudo-terminal: the far end of a serial port that other programs can open (POSIX only).

Writes never block: a reader that stalls loses bytes, as it would behind a real device, and
the lost ones are counted.
"""

from __future__ import annotations

import os
import select
import sys
from dataclasses import dataclass

from labapp.errors import LabError


@dataclass(slots=True)
class PseudoTerminal:
    """Both ends of a pseudo-terminal in raw mode.

    The near end is kept open here as well, so that a client may come and go.

    Attributes
    ----------
    far, near
        File descriptors: the device's end, and the end that clients open by ``path``.
    path
        What a client opens.
    dropped
        Bytes that found no room.
    """

    far: int
    near: int
    path: str
    dropped: int = 0

    def read(self, most: int = 4096) -> bytes:
        """Return what a client has written so far (perhaps nothing); does not wait."""
        try:
            return os.read(self.far, most)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> int:
        """Send to the client; return how many bytes found room, and count the others."""
        sent = 0
        while sent < len(data):
            try:
                sent += os.write(self.far, data[sent:])
            except BlockingIOError:
                break
        self.dropped += len(data) - sent
        return sent

    def wait(self, timeout_s: float) -> bool:
        """Wait until a client has written something; False when the time is over."""
        return bool(select.select([self.far], [], [], max(timeout_s, 0.0))[0])

    def close(self) -> None:
        """Close both ends; a second call does nothing."""
        for end in (self.far, self.near):
            if end >= 0:
                os.close(end)
        self.far = self.near = -1


def open_pair() -> PseudoTerminal:
    """Open a pseudo-terminal.

    Raises
    ------
    LabError
        On Windows, which has none, or when the system has no more of them.
    """
    if sys.platform == "win32":
        raise LabError("pseudo-terminals need Linux or macOS", "use a sim:// port")
    import pty
    import tty

    try:
        far, near = pty.openpty()
    except OSError as error:
        raise LabError(f"no pseudo-terminal: {error}", "close other simulated devices") from None
    tty.setraw(near)
    os.set_blocking(far, False)
    return PseudoTerminal(far, near, os.ttyname(near))
