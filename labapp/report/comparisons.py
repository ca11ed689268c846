"""The sections on what electrodes see of their neighbours, and on conditions compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.report.blocks import Block, Bullets, Heading, Paragraph, Row, Table
from labapp.report.words import (
    DASH,
    NBSP,
    codes,
    count,
    interval,
    items,
    mapping,
    muscles_of,
    number,
    pair_name,
    pick,
    texts,
    value,
)

Analysis = Mapping[str, Any]

_GRADES = {
    "FW": "fine wire",
    "A": "A: caudal window, close electrodes, both tasks passed",
    "B": "B: surface, passed in part or site not certain",
    "C": "C: rhomboid/middle trapezius region",
}


def neighbours(analysis: Analysis) -> list[Block]:
    """Tell how selective the rhomboid electrode is, and signs of crosstalk; empty without both."""
    names = codes(muscles_of(analysis))
    blocks = [*_selectivity(analysis, names), *_crosstalk(analysis, names)]
    return [Heading("What each electrode sees"), *blocks] if blocks else []


def _selectivity(analysis: Analysis, names: Mapping[str, str]) -> list[Block]:
    rows, reasons = [], []
    for code, one in mapping(analysis, "selectivity").items():
        grade = str(pick(one, "grade") or DASH)
        cells = [
            names.get(code, code),
            names.get(str(pick(one, "against")), str(pick(one, "against"))),
            _GRADES.get(grade, grade),
            number(value(one, "index"), 2),
            interval(value(one, "low"), value(one, "high"), 2),
        ]
        for at, task in enumerate(("t1", "t2")):
            n = value(one, "n", at)
            cells.append(number(value(one, task, "ratio"), 2))
            cells.append(interval(value(one, task, "low"), value(one, task, "high"), 2))
            cells.append(count(n))
        rows.append(Row(tuple(cells), "warn" if grade == "C" else ""))
        reasons += [f"{names.get(code, code)}: {reason}" for reason in texts(one, "reasons")]
    if not rows:
        return []
    head = ("electrode", "against", "grade", "index", "95 %", "T1 ratio", "95 %", "n", "T2 ratio",
            "95 %", "n")  # fmt: skip
    caption = (
        "T1 is the shrug, T2 the hand behind the back; ratios in % of the references. The index is "
        "ln(T2 ratio) minus ln(T1 ratio): 0 means an electrode that sees the same in both tasks, "
        "above ln 3 = 1.10 the tasks are told apart well."
    )
    widths = (0.9, 0.8, 1.9, 0.6, 1.1, 0.7, 1.1, 0.3, 0.7, 1.1, 0.3)
    table = Table(head, tuple(rows), caption, frozenset({3, 5, 7, 8, 10}), widths)
    return [table, *([Bullets(tuple(reasons))] if reasons else [])]


def _crosstalk(analysis: Analysis, names: Mapping[str, str]) -> list[Block]:
    rows = []
    for key, one in mapping(analysis, "crosstalk").items():
        first, second = pair_name(key, names)
        found, limit = value(one, "coherence"), value(one, "coherence_limit")
        shared = found is not None and limit is not None and found > limit
        rows.append(
            Row(
                (
                    f"{first}{NBSP}and{NBSP}{second}",
                    number(found, 3),
                    number(limit, 3),
                    number(value(analysis, "order", "pairs", key, "crosstalk_r"), 2),
                    number(value(one, "envelope_r"), 2),
                    count(value(one, "segments")),
                    "shared signal" if shared else "",
                ),
                "warn" if shared else "",
            )
        )
    if not rows:
        return []
    head = ("pair", "coherence", "by chance", "peak |R|", "envelopes r", "stretches", "")
    caption = (
        "Coherence of 20 to 450 Hz in the holds, and what unrelated signals exceed in 5 % of "
        "cases; greatest cross-correlation within 30 ms; correlation of the 6 Hz envelopes. These "
        "are signs, not corrections: muscles that work together correlate too."
    )
    widths = (1.4, 0.8, 0.8, 0.8, 0.9, 0.8, 1.1)
    return [Table(head, tuple(rows), caption, frozenset({1, 2, 3, 4, 5}), widths)]


def conditions(analysis: Analysis) -> list[Block]:
    """Ratios by condition and their change; empty where the protocol compares nothing."""
    names = codes(muscles_of(analysis))
    rows = []
    for key, phases in mapping(analysis, "conditions").items():
        label = f"{NBSP}:{NBSP}".join(pair_name(key, names, ":"))
        for phase, by_condition in mapping(phases).items():
            for condition, one in mapping(by_condition).items():
                change = mapping(one, "change")
                low, high = value(change, "low"), value(change, "high")
                told = "" if low is None or high is None or low <= 1 <= high else "beyond error"
                rows.append(
                    Row(
                        (
                            label,
                            str(phase),
                            str(condition),
                            number(value(one, "ratio"), 2),
                            interval(value(one, "low"), value(one, "high"), 2),
                            count(value(one, "n")),
                            number(value(change, "factor"), 2) if change else "",
                            interval(low, high, 2) if change else "",
                            told,
                        )
                    )
                )
    if not rows:
        return []
    head = ("pair", "phase", "condition", "ratio", "95 % interval", "n", "change ×", "95 %", "")
    caption = "Geometric mean ratios; the change is against the first condition (Welch)."
    widths = (1.0, 0.7, 1.3, 0.6, 1.3, 0.4, 0.8, 1.2, 1.0)
    table = Table(head, tuple(rows), caption, frozenset({3, 5, 6}), widths)
    several = len(rows) > 6
    note = "Many comparisons: one in twenty is beyond error by chance." if several else ""
    return [Heading("Conditions"), table, *([Paragraph(note, "note")] if note else [])]


def calibrations(analysis: Analysis) -> list[Block]:
    """Tell what the load cells were calibrated with; empty without calibration."""
    rows = tuple(
        Row(
            (
                f"{pick(one, 'stream')} {pick(one, 'channel')}",
                str(pick(one, "id") or DASH),
                str(pick(one, "made_utc") or DASH)[:10],
                count(float(len(items(one, "masses_kg")))),
                number(value(one, "nonlinearity_percent"), 2),
                number(value(one, "hysteresis_percent"), 2),
                str(pick(one, "state") or DASH),
            )
        )
        for one in items(analysis, "calibrations")
    )
    if not rows:
        return []
    head = ("channel", "calibration", "made", "masses", "non-linearity % FS", "hysteresis % FS", "")
    return [Heading("Calibration"), Table(head, rows, "", frozenset({3, 4, 5}))]
