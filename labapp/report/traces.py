"""Ensemble traces: what the repetitions look like on average, around the start of the force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.filters import band_pass, envelope
from labapp.model import ChannelInfo, Floats
from labapp.report.words import items, pick, value

if TYPE_CHECKING:
    from labapp.session.file import Session

BEFORE_S: Final = 0.4
AFTER_S: Final = 1.4
MARGIN_S: Final = 0.3
STEP_S: Final = 0.005
ENVELOPE_HZ: Final = 20.0


def ensemble(session: Session, analysis: Mapping[str, Any]) -> dict[str, Any] | None:
    """Mean and SD over the valid repetitions, per muscle (µV, 20 Hz envelope) and for force (N).

    Repetitions with lost samples inside the window are left out of that line. Only the windows
    around the repetitions are read. None where nothing can be aligned.
    """
    starts, zero = alignment(analysis)
    if len(starts) < 2:
        return None
    grid = np.arange(-BEFORE_S, AFTER_S + STEP_S / 2, STEP_S)
    lines = []
    for name, stream in session.streams.items():
        shown = [
            (column, channel)
            for column, channel in enumerate(stream.channels)
            if channel.kind in ("emg", "force") and channel.muscle
        ]
        rows: dict[int, list[Floats]] = {column: [] for column, _ in shown}
        for start in starts if shown else ():
            window = (start - BEFORE_S - MARGIN_S, start + AFTER_S + MARGIN_S)
            times = session.times(name, *window) - start
            values = session.values(name, *window)
            for column, channel in shown:
                row = _row(times, values[:, column], channel.kind, stream.rate, grid)
                if row is not None:
                    rows[column].append(row)
        lines += [
            _line(channel, rows[column]) for column, channel in shown if len(rows[column]) >= 2
        ]
    if not lines:
        return None
    lines.sort(key=lambda line: line["kind"] == "force")
    return {"ms": _plain(1000 * grid), "lines": lines, "zero": zero, "n": len(starts)}


def alignment(analysis: Mapping[str, Any]) -> tuple[list[float], str]:
    """Zero of every valid repetition: force onsets, or cues where no force was measured."""
    valid = [one for one in items(analysis, "repetitions") if pick(one, "valid")]
    for key, words in (("force_onset_s", "force onset"), ("cue_s", "cue")):
        starts = [start for one in valid if (start := value(one, key)) is not None]
        if starts:
            return starts, words
    return [], "force onset"


def _row(times: Floats, values: Floats, kind: str, rate: float, grid: Floats) -> Floats | None:
    """One repetition on the common grid, None where it is not whole."""
    if len(times) < 16 or times[0] > grid[0] or times[-1] < grid[-1]:
        return None
    if not np.isfinite(values).all():
        return None
    if kind == "emg":
        values = envelope(band_pass(values, rate), rate, ENVELOPE_HZ)
    return np.interp(grid, times, values)


def _line(channel: ChannelInfo, rows: list[Floats]) -> dict[str, Any]:
    stack = np.stack(rows)
    scale, unit = (1e6, "µV") if channel.unit == "V" else (1.0, channel.unit)
    mean, spread = scale * stack.mean(axis=0), scale * stack.std(axis=0, ddof=1)
    low = mean - spread
    if channel.kind == "emg":
        low = np.maximum(low, 0.0)  # an envelope is never negative
    return {
        "muscle": str(channel.muscle),
        "kind": channel.kind,
        "unit": unit,
        "mean": _plain(mean),
        "low": _plain(low),
        "high": _plain(mean + spread),
        "n": len(rows),
    }


def _plain(values: NDArray[np.float64]) -> list[float]:
    return [round(float(x), 4) for x in values]
