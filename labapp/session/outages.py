"""When a stream was away: its port closed, or its device without power."""

from __future__ import annotations

import numpy as np

from labapp.session.stream import Stream

Outage = tuple[float, float]
"""From the last sample before to the first one after, s since the start of the recording."""


def outages(stream: Stream) -> tuple[Outage, ...]:
    """Find where samples were not made because the device was away, in order.

    What was made and lost on the way is none (`Stream.lost` counts it), nor is a new segment
    that begins where the one before ended.
    """
    base = stream.segments["base"]
    if len(base) < 2:
        return ()
    stop = stream.segments["stop"]
    first, count = stream.runs["first"], stream.runs["count"]
    found = []
    for number in range(1, len(base)):
        if base[number] <= stop[number - 1]:
            continue
        before = np.flatnonzero(stream.runs["segment"] < number)
        after = np.flatnonzero(stream.runs["segment"] == number)
        if len(before) and len(after):
            last = first[before[-1]] + count[before[-1]] - 1
            index = np.array([last, first[after[0]]], dtype=np.float64)
            gone, back = stream.clock.time(stream.device_time(index)).tolist()
            found.append((gone, back))
    return tuple(found)
