"""What a simulated device is about to send, and what became of what it sent."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Packet:
    """A chunk that is decided but not made: samples ``first .. stop-1``.

    ``whole``: none of them is dropped or damaged.
    """

    first: int
    stop: int
    arrival_ns: int
    dropped: NDArray[np.bool_]
    damaged: NDArray[np.uint8]
    whole: bool


@dataclass(slots=True)
class Account:
    """What happened to the frames of one run (sample indices; ranges half open)."""

    sent: int = 0
    dropped: list[list[int]] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)

    def settle(self, packet: Packet) -> None:
        """Book a packet that was sent, or lost as a whole."""
        self.sent = packet.stop
        if packet.whole:
            return
        for index in (packet.first + np.flatnonzero(packet.dropped)).tolist():
            if self.dropped and self.dropped[-1][1] == index:
                self.dropped[-1][1] = index + 1
            else:
                self.dropped.append([index, index + 1])
        self.damaged.extend((packet.first + np.flatnonzero(packet.damaged)).tolist())
