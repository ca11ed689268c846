"""Events beside a foreign recording become markers: cues, responses, others."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from labapp.errors import LabError
from labapp.exchange.plan import EventPlan
from labapp.exchange.text import read_table
from labapp.model import Marker


def read_events(
    path: Path, plan: EventPlan, *, rate: float, n: int, start_s: float
) -> tuple[Marker, ...]:
    """Read a table with the columns ``code`` and ``sample`` (from 0) or ``time`` (s).

    Parameters
    ----------
    path
        The table.
    rate, n, start_s
        Hz, number of samples and first time of the recording: events must lie inside it.

    Returns
    -------
    tuple of Marker
        In order of time. Kinds ``cue``, ``response`` and ``event``, each with ``code`` and the
        number of its row; cues count their repetitions from 1.
    """
    titles, table, _ = read_table(path)
    lower = [title.lower() for title in titles]
    if "code" not in lower or not {"sample", "time"} & set(lower):
        raise LabError(
            f"{path} has the columns {', '.join(titles) or 'without titles'}",
            "it needs code, and sample or time",
        )
    if "sample" in lower:
        times = table[:, lower.index("sample")] / rate
    else:
        times = table[:, lower.index("time")] - start_s
    codes = table[:, lower.index("code")]
    if not np.all(np.isfinite(times)) or not np.all(codes == np.rint(codes)):
        raise LabError(f"{path} holds codes or times that are no numbers", "mend the table")
    outside = np.flatnonzero((times < 0) | (times > n / rate))
    if len(outside):
        raise LabError(
            f"{path}: event {outside[0] + 1} lies at {times[outside[0]]:.3f} s,"
            f" the recording lasts {n / rate:.3f} s",
            "check the rate and the table",
        )
    absent = [code for code in (*plan.cue_codes, *plan.response_codes) if code not in codes]
    if absent:
        have = ", ".join(f"{code:g}" for code in np.unique(codes))
        raise LabError(f"{path} has no event with code {absent[0]}", f"it has {have}")
    markers = []
    cues = 0
    for row in np.argsort(times, kind="stable").tolist():
        code = int(codes[row])
        data: dict[str, int] = {"code": code, "row": row}
        kind = "event"
        if code in plan.cue_codes:
            kind = "cue"
            cues += 1
            data["repetition"] = cues
        elif code in plan.response_codes:
            kind = "response"
        markers.append(Marker(float(times[row]), kind, data))
    return tuple(markers)
