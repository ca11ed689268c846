"""Where samples of a recording at hand are read: its ring, or what stands for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from labapp.model import ChannelInfo


@dataclass(frozen=True)
class LiveStream:
    """What must be known of a device: its name in the recording, its rate (Hz), its columns."""

    id: str
    rate: float
    channels: tuple[ChannelInfo, ...]


def away(status: Mapping[str, Any]) -> frozenset[str]:
    """Names of the devices that give no samples now, by the status of a recorder.

    Their newest samples are old: nothing that is shown as of now may come from them.
    """
    streams = status.get("streams", {})
    return frozenset(name for name, stream in streams.items() if stream["state"] != "open")


class LiveSource(Protocol):
    """Where the samples come from: the ring of a recording."""

    @property
    def streams(self) -> Sequence[LiveStream]:
        """The devices."""
        ...

    def newest(self, stream: str) -> int:
        """Index after the newest sample."""
        ...

    def start_s(self, stream: str) -> float:
        """Time of sample 0 since the start of the recording, s (to a display's accuracy)."""
        ...

    def read(
        self, stream: str, first: int, stop: int
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return counts (n, n_channels), and whether each row arrived (n,)."""
        ...
