"""Edges of the pulse line as a device with a trigger input writes them: lines between samples."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from labapp.model import DeviceEvent, Floats
from labapp.simulate.syncline import PulseLine


@runtime_checkable
class WritesEvents(Protocol):
    """A codec that can also write what a device says beside its samples."""

    rate: float
    tick_rate: float | None

    def encode_event(self, event: DeviceEvent) -> bytes:
        """Wire bytes of an event."""
        ...


def edge_lines(
    codec: WritesEvents, line: PulseLine, first: int, times_ns: Floats, tick_phase: float
) -> list[tuple[int, bytes]]:
    """Edges that the device noticed between its samples.

    Parameters
    ----------
    first
        Index of the first sample in ``times_ns``.
    times_ns
        (n,) lab times of samples ``first ..``, rising; edges after the first one and up to the
        last one are told.
    tick_phase
        Device time of sample 0, in sample periods.

    Returns
    -------
    list of (index, bytes)
        The sample that each line comes before, and the line.
    """
    index = first + np.arange(len(times_ns))
    period = (codec.tick_rate or 1.0) / codec.rate
    found = []
    for t_ns, rises in line.changes(float(times_ns[0]), float(times_ns[-1])):
        at = float(np.interp(t_ns, times_ns, index))
        ticks = int(np.floor((at + tick_phase) * period))
        event = DeviceEvent("trigger_rise" if rises else "trigger_fall", ticks=ticks)
        found.append((int(np.ceil(at)), codec.encode_event(event)))
    return found
