"""Lost samples as everything downstream sees them: runs, gaps, NaN views, masks.

A stream stores the samples that arrived and a table of *runs*: (first index, number of
samples). What lies between runs never arrived. Nothing here fills, splices or interpolates.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from labapp.model import Floats, Gap

Indices = NDArray[np.int64]


def gaps_of(first: Indices, count: Indices, *, begin: int = 0) -> tuple[Gap, ...]:
    """Ranges without samples before and between runs, from index ``begin`` on.

    Parameters
    ----------
    first, count
        (n_runs,) first index and number of samples of each run, in order, not overlapping.
    begin
        Index the stream starts at; samples between it and the first run count as lost.
    """
    if not len(first):
        return ()
    stops = np.concatenate([[begin], first + count])[:-1]
    holes = np.flatnonzero(first > stops)
    return tuple(Gap(int(stops[k]), int(first[k])) for k in holes)


def overlapping(first: Indices, count: Indices, start: int, stop: int) -> slice:
    """Slice of the runs that touch the index range ``start .. stop-1``."""
    low = int(np.searchsorted(first + count, start, side="right"))
    high = int(np.searchsorted(first, stop, side="left"))
    return slice(low, max(low, high))


def valid_mask(first: Indices, count: Indices, start: int, stop: int) -> NDArray[np.bool_]:
    """(stop - start,) True where a sample arrived."""
    mask = np.zeros(max(0, stop - start), dtype=np.bool_)
    part = overlapping(first, count, start, stop)
    for a, n in zip(first[part].tolist(), count[part].tolist(), strict=True):
        mask[max(a, start) - start : min(a + n, stop) - start] = True
    return mask


def nan_view(
    pieces: Iterable[tuple[int, Floats]], start: int, stop: int, n_channels: int
) -> Floats:
    """(stop - start, n_channels) with NaN rows where no piece lies.

    Parameters
    ----------
    pieces
        (first index, (n, n_channels) values) of the samples that arrived, any order.
    """
    values = np.full((max(0, stop - start), n_channels), np.nan)
    for first, rows in pieces:
        low, high = max(first, start), min(first + len(rows), stop)
        if high > low:
            values[low - start : high - start] = rows[low - first : high - first]
    return values


def touches_gap(gaps: Iterable[Gap], start: int, stop: int) -> bool:
    """Whether any lost sample lies in ``start .. stop-1``."""
    return any(gap.first < stop and gap.stop > start for gap in gaps)
