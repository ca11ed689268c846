"""What a session holds, in memory: the form that building and importing share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from labapp.model import ChannelInfo, Counts, Marker, Ticks
from labapp.session.format import KNOT_ROW, READ_ROW, RUN_ROW, SEGMENT_ROW, State
from labapp.timing.clock import ClockKind
from labapp.timing.facts import TimingFacts
from labapp.timing.offline import ClockMap

Table = NDArray[np.void]


@dataclass(frozen=True)
class StreamHead:
    """What is known of a stream before its samples.

    ``clock`` is ``"crystal"``, ``"rc"`` or ``"exact"`` (right by definition). ``tick_rate`` is
    set where the device stamps its own time. ``axis`` says what the clock map runs over: the
    sample index, or, for devices without a sample counter, device time in samples,
    ``ticks * rate_nominal / tick_rate``.
    """

    id: str
    driver: str
    device: str
    rate_nominal: float
    clock: str
    channels: tuple[ChannelInfo, ...]
    tick_rate: float | None = None
    axis: Literal["index", "ticks"] = "index"
    wire_delay_s: float = 0.0
    filter_delay_s: float = 0.0
    filter_delay_u_s: float = 0.0


@dataclass(frozen=True, eq=False)
class StreamTables:
    """What is known of a stream after its samples: their indices and their clock.

    Attributes
    ----------
    runs, segments, reads
        Tables of `RUN_ROW`, `SEGMENT_ROW`, `READ_ROW`.
    clock
        Index (or device time in samples) to seconds.
    lost
        Samples that the device sent and that never arrived.
    outage
        Samples the device would have sent while its port was closed (estimated from the clock).
    events
        (lab time ns, JSON object) of what the device said beside its samples.
    facts, kind
        What is known of its clock and the kind it turned out to be; None for an import.
    """

    runs: Table
    segments: Table
    reads: Table
    clock: ClockMap
    lost: int = 0
    outage: int = 0
    events: Sequence[tuple[int, dict[str, Any]]] = ()
    facts: TimingFacts | None = None
    kind: ClockKind | None = None


@dataclass(frozen=True, eq=False)
class StreamContent:
    """A whole stream in memory: (n_received, n_channels) counts, ticks, tables."""

    head: StreamHead
    counts: Counts
    tables: StreamTables
    ticks: Ticks | None = None


@dataclass(frozen=True)
class SessionHead:
    """What identifies a session."""

    uuid: str
    created_utc: str
    app_version: str
    origin_ns: int
    state: State


@dataclass(frozen=True, eq=False)
class SessionContent:
    """A whole session in memory.

    ``markers`` carry times in seconds from the start; ``meta`` and ``notes`` hold JSON values.
    """

    head: SessionHead
    streams: tuple[StreamContent, ...]
    meta: dict[str, Any]
    markers: tuple[Marker, ...] = ()
    notes: Sequence[tuple[int, dict[str, Any]]] = field(default_factory=tuple)


def unbroken(n: int, clock: ClockMap, origin_ns: int = 0) -> StreamTables:
    """Tables of a stream that arrived whole, in one run, at once (an imported recording)."""
    return tables_of_runs(
        np.array([0], dtype=np.int64) if n else np.zeros(0, dtype=np.int64),
        np.array([n], dtype=np.int64) if n else np.zeros(0, dtype=np.int64),
        n,
        clock,
        origin_ns,
    )


def tables_of_runs(
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    n: int,
    clock: ClockMap,
    origin_ns: int = 0,
) -> StreamTables:
    """Tables of one segment of ``n`` samples of which only the given runs are there."""
    runs = np.zeros(len(first), dtype=RUN_ROW)
    runs["first"], runs["count"] = first, count
    segments = np.array([(0, n, origin_ns, 0.0, 0.0)], dtype=SEGMENT_ROW)
    reads = np.zeros(0, dtype=READ_ROW)
    return StreamTables(runs, segments, reads, clock, lost=n - int(count.sum()))


def knot_table(clock: ClockMap) -> Table:
    """Lay out the clock map as rows of `KNOT_ROW`."""
    segment, index, time = clock.knots
    rows = np.zeros(len(index), dtype=KNOT_ROW)
    rows["segment"], rows["index"], rows["time"] = segment, index, time
    return rows
