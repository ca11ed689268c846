"""Every name of the session file in one place: groups, datasets, attributes, row types.

The written specification is ``docs/reference/session-format.md``; this module and that page
change together. HDF5 itself is not imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

FORMAT: Final = "labapp-session"
VERSION: Final = "1.1"
MAJOR: Final = 1

State = Literal["closed", "recovered", "imported"]
STATES: Final = ("closed", "recovered", "imported")

# Caps that a reader enforces before it reads anything.
MAX_DEPTH: Final = 8
MAX_OBJECTS: Final = 2000
MAX_DATASET_BYTES: Final = 8 << 30
MAX_CHUNK_BYTES: Final = 16 << 20
MAX_ATTRIBUTE_BYTES: Final = 64 << 10
MAX_ATTRIBUTES: Final = 256
MAX_RATIO: Final = 2000
MAX_RATIO_FREE_BYTES: Final = 64 << 20
MAX_JSON_BYTES: Final = 8 << 20
MAX_JSON_VALUES: Final = 500_000
MAX_TEXT_ROWS: Final = 200_000
MAX_TEXT_BYTES: Final = 16 << 20
MAX_TEXT_VALUES: Final = 1_000_000
# A stream whose clock map runs over its own stamps is placed in time as a whole.
MAX_TICKED: Final = 1 << 26
OBJECT_HEADER: Final = 1
"""Version of the object headers in the oldest HDF5 format, the one that sessions are written in."""
FILTERS: Final = (2, 1, 3)
"""Shuffle, deflate, Fletcher-32, in the order in which they are applied."""

META: Final = "meta"
STREAMS: Final = "streams"
MARKERS: Final = "markers"
NOTES: Final = "notes"
DERIVED: Final = "derived"

COUNTS: Final = "counts"
TICKS: Final = "ticks"
CHANNELS: Final = "channels"
RUNS: Final = "runs"
SEGMENTS: Final = "segments"
READS: Final = "reads"
CLOCK_MAP: Final = "clock_map"
EVENTS: Final = "events"
ROWS: Final = "rows"
TEXT: Final = "text"

RUN_ROW: Final = np.dtype(
    [("first", "<i8"), ("count", "<i8"), ("segment", "<i4"), ("uncertain", "u1")]
)
"""Samples that arrived one after another: absolute index of the first, how many, in which
segment; ``uncertain`` where the number or place of the samples lost before it is a guess."""
SEGMENT_ROW: Final = np.dtype(
    [("base", "<i8"), ("stop", "<i8"), ("t_ns", "<i8"), ("axis", "<f8"), ("axis_offset", "<f8")]
)
"""Unbroken piece: absolute index of the device's sample 0, index after its last sample, lab
time at which the stream was opened; where the segment begins on the axis of the clock map, and
what is added to the device's own time in samples (or its own sample number) to get there."""
READ_ROW: Final = np.dtype(
    [("newest", "<i8"), ("samples", "<i4"), ("segment", "<i4"), ("t_ns", "<i8")]
)
"""One read of the port: absolute index of the newest complete sample, samples it completed,
lab time stamp."""
KNOT_ROW: Final = np.dtype([("segment", "<i4"), ("index", "<f8"), ("time", "<f8")])
"""Knot of the clock map: sample index (or device time in samples) and time in s."""
TEXT_ROW: Final = np.dtype([("t_ns", "<i8"), ("first", "<u8"), ("size", "<u4")])
"""Row of a table of JSON texts: lab time and the bytes ``first .. first+size-1`` of ``text``."""
CHANNEL_ROW: Final = np.dtype(
    [
        ("name", "S32"),
        ("kind", "S16"),
        ("unit", "S16"),
        ("scale", "<f8"),
        ("offset", "<f8"),
        ("low", "<i4"),
        ("high", "<i4"),
        ("muscle", "S32"),
    ]
)
CHANNEL_KINDS: Final = ("emg", "force", "digital")


@dataclass(frozen=True)
class Column:
    """What a dataset must look like: row type, number of dimensions, at most so many rows."""

    dtype: np.dtype[Any]
    ndim: int = 1
    rows: int = 1 << 62


STREAM_DATASETS: Final[dict[str, Column]] = {
    COUNTS: Column(np.dtype("<i4"), 2),
    CHANNELS: Column(CHANNEL_ROW, rows=4096),
    RUNS: Column(RUN_ROW, rows=1 << 21),
    SEGMENTS: Column(SEGMENT_ROW, rows=10_000),
    READS: Column(READ_ROW, rows=1 << 24),
    CLOCK_MAP: Column(KNOT_ROW, rows=1 << 19),
}
OPTIONAL_STREAM_DATASETS: Final[dict[str, Column]] = {TICKS: Column(np.dtype("<i8"))}
TEXT_DATASETS: Final[dict[str, Column]] = {
    ROWS: Column(TEXT_ROW, rows=MAX_TEXT_ROWS),
    TEXT: Column(np.dtype("u1"), rows=MAX_TEXT_BYTES),
}

ROOT_TEXTS: Final = ("format", "format_version", "app_version", "created_utc", "uuid", "state")
STREAM_TEXTS: Final = ("driver", "device", "clock", "axis", "sha256_counts", "sha256_ticks")
STREAM_NUMBERS: Final = (
    "rate_nominal",
    "tick_rate",
    "wire_delay_s",
    "filter_delay_s",
    "filter_delay_u_s",
    "spread_s",
)
STREAM_COUNTS: Final = ("received", "lost", "outage")
# Since 1.1, where known: readers go without.
OPTIONAL_STREAM_TEXTS: Final = ("timing",)
OPTIONAL_STREAM_NUMBERS: Final = ("rate_ppm", "latency_timer_ms", "beat_s")
