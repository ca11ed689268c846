"""Keep a library's listening sockets on this computer, where the system lets us.

liblsl listens on every network interface whatever its settings say; they only decide who can
find a stream. On Linux a socket can be bound to the loopback device afterwards: from then on
packets of other computers do not reach it.
"""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path


def confine_to_loopback() -> bool:
    """Bind this process's internet sockets to the loopback device; True if all are.

    Call it after the sockets were made, in a process that has no others. False on systems
    without SO_BINDTODEVICE, or where it is refused.
    """
    bind_to = getattr(socket, "SO_BINDTODEVICE", None)
    if sys.platform != "linux" or bind_to is None:
        return False
    confined = True
    for entry in Path("/proc/self/fd").iterdir():
        number = int(entry.name)
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            with socket.socket(fileno=os.dup(number)) as one:
                if one.family in (socket.AF_INET, socket.AF_INET6):
                    one.setsockopt(socket.SOL_SOCKET, bind_to, b"lo\0")
        except OSError:
            # The descriptor of the listing itself is gone by now; a socket is not.
            confined = confined and not entry.exists()
    return confined
