"""A session of twelve pulls that is made in no time: RM_R 30 ms before UT_R, but not in pull 5."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labapp.model import ChannelInfo, Marker
from labapp.session.content import SessionContent, SessionHead, StreamContent, StreamHead, unbroken
from labapp.session.write import write_session
from labapp.timing.offline import exact_map

RATE = 1000.0
PULLS, EVERY_S = 12, 3.0
ODD = 5
"""Number of the pull in which UT_R is 150 ms before RM_R."""


def twelve_pulls(
    path: Path,
    *,
    rejected: Sequence[int] = (),
    meta: dict[str, Any] | None = None,
    markers: Sequence[Marker] = (),
) -> Path:
    """Write the session; ``rejected`` are numbers of pulls that the operator rejected in the run.

    Returns
    -------
    Path
        The session.
    """
    rng = np.random.default_rng(5)
    n = round((2 + PULLS * EVERY_S) * RATE)
    uv = 4.0 * rng.normal(size=(n, 2))
    marked = list(markers)
    for number in range(1, PULLS + 1):
        cue = 2.0 + (number - 1) * EVERY_S
        data = {"block": "fast", "repetition": number, "attempt": 1, "pull": "fast", "hold_s": 1.0}
        marked.append(Marker(cue, "cue", data))
        if number in rejected:
            marked.append(Marker(cue + 2.0, "reject", data))
        late = (0.0, 0.030) if number != ODD else (0.150, 0.0)
        start = 0.2 + 0.02 * rng.random()
        for column, delay in enumerate(late):
            first = round((cue + start + delay) * RATE)
            uv[first : first + 1000, column] += 90.0 * rng.normal(size=1000)
    channels = tuple(
        ChannelInfo(f"A{k}", "emg", "V", 1e-6, 0.0, -(2**15), 2**15 - 1, muscle)
        for k, muscle in enumerate(("RM_R", "UT_R"), 1)
    )
    head = StreamHead("emg", "labbox", "box", RATE, "exact", channels)
    stream = StreamContent(head, np.rint(uv).astype(np.int32), unbroken(n, exact_map(RATE)))
    identity = SessionHead("u-12", "2026-01-01T00:00:00+00:00", "0.1.0", 0, "imported")
    marked.sort(key=lambda marker: marker.time)
    write_session(path, SessionContent(identity, (stream,), meta or {}, tuple(marked)))
    return path
