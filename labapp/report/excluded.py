"""Repetitions excluded after the recording: who, when, why, and the result before that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.analysis.excluded import BY_HAND
from labapp.report.blocks import Block, Heading, Paragraph, Row, Table
from labapp.report.words import (
    DASH,
    codes,
    count,
    interval,
    items,
    mapping,
    muscles_of,
    number,
    pair_name,
    pick,
    value,
)

Analysis = Mapping[str, Any]

WERE = f"were {BY_HAND}"


def excluded_count(analysis: Analysis) -> str:
    """Say how many repetitions were excluded afterwards; empty where none was."""
    part = mapping(analysis, "excluded")
    if not part:
        return ""
    n, of = count(value(part, "n")), count(value(part, "of"))
    return f"{n} of {of} repetitions {BY_HAND}"


def excluded_words(analysis: Analysis) -> list[str]:
    """Write the sentence of the methods paragraph."""
    if not (told := excluded_count(analysis)):
        return []
    rows = items(analysis, "excluded", "repetitions")
    reasons = dict.fromkeys(str(pick(row, "reason")) for row in rows)
    people = dict.fromkeys(str(pick(row, "operator")) for row in rows)
    blind = all(pick(row, "blind") for row in rows)
    seen = "blind to names and results" if blind else "not blind to the results"
    before = pick(analysis, "excluded", "as_recorded", "verdict", "headline")
    return [
        f"{told.replace(BY_HAND, WERE)} by {', '.join(people)}, {seen} ({'; '.join(reasons)}); "
        f"with all repetitions as recorded the verdict was: {before}"
    ]


def excluded(analysis: Analysis) -> list[Block]:
    """List the exclusions, and show verdict and lags as recorded beside those without them."""
    if not (told := excluded_count(analysis)):
        return []
    rows = [
        Row(
            (
                f"{pick(one, 'block')} {pick(one, 'number')}",
                str(pick(one, "reason")),
                f"{pick(one, 'operator')}{', blind' if pick(one, 'blind') else ''}",
                str(pick(one, "utc"))[:16].replace("T", " "),
            )
        )
        for one in items(analysis, "excluded", "repetitions")
    ]
    back = value(analysis, "excluded", "taken_back")
    note = f"Exclusions that were made and taken back: {count(back)}." if back else ""
    head = ("repetition", "why", "operator", "when (UTC)")
    blocks: list[Block] = [
        Heading("Repetitions excluded afterwards"),
        Paragraph(f"{told}. The result as recorded stands beside the one without them."),
        Table(head, tuple(rows), note, frozenset(), (1.0, 3.5, 1.1, 1.3)),
    ]
    return [*blocks, _beside(analysis)]


def _beside(analysis: Analysis) -> Table:
    """Verdict, lags and ratios as recorded, and without what was excluded."""
    names = codes(muscles_of(analysis))
    recorded = {**analysis, **mapping(analysis, "excluded", "as_recorded")}
    both = (recorded, analysis)
    rows = [Row(("verdict", *(str(pick(one, "verdict", "headline") or DASH) for one in both)))]
    for key in mapping(recorded, "order", "pairs"):
        name = "lag {} − {}, ms".format(*pair_name(key, names))
        found = [mapping(one, "order", "pairs", key) for one in both]
        rows.append(Row((name, *(_cell(one, "lag_ms", "low_ms", "high_ms", 1) for one in found))))
    for key in mapping(recorded, "ratios"):
        name = "ratio {} : {}, pull".format(*pair_name(key, names, ":"))
        found = [mapping(one, "ratios", key, "pull") for one in both]
        rows.append(Row((name, *(_cell(one, "ratio", "low", "high", 2) for one in found))))
    head = ("with 95 % interval", "as recorded", "without the excluded")
    return Table(head, tuple(rows), "", frozenset(), (1.4, 2.8, 2.8))


def _cell(found: Analysis, mean: str, low: str, high: str, digits: int) -> str:
    if value(found, mean) is None:
        return DASH
    between = interval(value(found, low), value(found, high), digits)
    return f"{number(value(found, mean), digits)} ({between}), n {count(value(found, 'n'))}"
