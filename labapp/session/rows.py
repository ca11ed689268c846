"""Rows of a file as values of the program and back: channels, runs, clock map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labapp.errors import LabError
from labapp.model import ChannelInfo
from labapp.session import format as f
from labapp.session.content import Table
from labapp.session.hostile import refuse
from labapp.timing.gaps import Indices, overlapping
from labapp.timing.offline import ClockMap, SegmentMap


def channel_table(channels: tuple[ChannelInfo, ...]) -> Table:
    """Channels as rows of `CHANNEL_ROW`; `LabError` where a text does not fit."""
    rows = np.zeros(len(channels), dtype=f.CHANNEL_ROW)
    for row, channel in zip(rows, channels, strict=True):
        for name in f.CHANNEL_ROW.names or ():
            value = getattr(channel, name)
            if f.CHANNEL_ROW[name].kind == "S":
                value = (value or "").encode()
                if len(value) > f.CHANNEL_ROW[name].itemsize:
                    raise LabError(
                        f"channel {channel.name!r}: {name} is longer than "
                        f"{f.CHANNEL_ROW[name].itemsize} bytes",
                        "shorten it",
                    )
            row[name] = value
    return rows


def read_channels(rows: Table, path: Path, stream: str) -> tuple[ChannelInfo, ...]:
    """Columns of a stream; `SessionRefused` where kind, scale or offset make no sense."""
    channels = []
    for row in rows:
        values = {name: row[name].item() for name in f.CHANNEL_ROW.names or ()}
        texts = {k: v.decode(errors="replace") for k, v in values.items() if isinstance(v, bytes)}
        values.update(texts)
        values["muscle"] = values["muscle"] or None
        scale, offset = values["scale"], values["offset"]
        if values["kind"] not in f.CHANNEL_KINDS or not (np.isfinite(scale) and scale > 0):
            raise refuse(path, f"stream {stream}: channel {values['name']!r} makes no sense")
        if not np.isfinite(offset):
            raise refuse(path, f"stream {stream}: channel {values['name']!r} has no offset")
        channels.append(ChannelInfo(**values))
    return tuple(channels)


def pick_channels(
    channels: Sequence[ChannelInfo], wanted: Sequence[str | int] | None, stream: str
) -> list[int]:
    """Column numbers of channels given by number, name or muscle code; all for None."""
    if wanted is None:
        return list(range(len(channels)))
    found = []
    for one in wanted:
        matches = [k for k, c in enumerate(channels) if one in (k, c.name, c.muscle)]
        if not matches:
            have = ", ".join(c.muscle or c.name for c in channels)
            raise LabError(f"{stream} has no channel {one!r}", f"it has {have}")
        found.append(matches[0])
    return found


def rows_between(
    first: Indices, row: Indices, low: int, high: int
) -> tuple[slice, list[tuple[int, slice]]]:
    """Find the stored rows of the samples ``low .. high-1``, and where they belong.

    Parameters
    ----------
    first
        (n_runs,) index of the first sample of each run.
    row
        (n_runs + 1,) row of that sample, and the number of rows.

    Returns
    -------
    rows
        All of them, to be read at once.
    places
        Index of the first sample, and its part of these rows, for each run in the window.
    """
    runs = overlapping(first, np.diff(row), low, high)
    edges = row[runs.start : runs.stop + 1].tolist()
    places: list[tuple[int, slice]] = []
    start = stop = 0
    for index, begin, end in zip(first[runs].tolist(), edges, edges[1:], strict=False):
        stop = min(end, begin + high - index)
        begin += max(low - index, 0)
        start = start if places else begin
        places.append((max(index, low), slice(begin - start, stop - start)))
    return slice(start, stop), places


def read_clock(knots: Table, segments: Table, rate: float, spread_s: float, path: Path) -> ClockMap:
    """Clock map of a stream; `SessionRefused` where it does not rise."""
    maps = []
    if np.any(np.diff(knots["segment"]) < 0):
        raise refuse(path, "the knots of the clock map are out of order")
    edges = np.searchsorted(knots["segment"], np.arange(len(segments) + 1))
    for number, segment in enumerate(segments):
        mine = knots[edges[number] : edges[number + 1]]
        index, time = mine["index"].astype(np.float64), mine["time"].astype(np.float64)
        rising = len(mine) >= 2 and np.all(np.diff(index) > 0) and np.all(np.diff(time) > 0)
        if not rising or not np.all(np.isfinite(index)) or not np.all(np.isfinite(time)):
            raise refuse(path, f"the clock map of segment {number} does not rise")
        maps.append(SegmentMap(float(segment["axis"]), index, time))
    return ClockMap(tuple(maps), rate, spread_s)


def runs_fit(runs: Table, segments: Table, n_rows: int) -> bool:
    """Tell whether runs and segments make sense, and the runs add up to the rows stored."""
    first, count = runs["first"].astype(np.int64), runs["count"].astype(np.int64)
    good = len(segments) > 0
    good = good and bool(np.all(np.diff(segments["base"]) > 0))
    good = good and bool(np.all(np.diff(segments["axis"]) > 0))
    good = good and bool(np.all(np.isfinite(segments["axis_offset"])))
    good = good and bool(np.all(runs["segment"] >= 0))
    good = good and bool(np.all(runs["segment"] < len(segments)))
    good = good and bool(np.all(np.diff(runs["segment"]) >= 0))
    good = good and bool(np.all(count > 0)) and bool(np.all(first >= 0))
    good = good and bool(np.all(first < 2**52)) and bool(np.all(count < 2**40))
    good = good and bool(np.all(first[1:] >= (first + count)[:-1]))
    return good and int(count.sum()) == n_rows
