"""The section on activity beside order and ratio: variability, fatigue, sides, the heart."""

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
    listed,
    mapping,
    muscles_of,
    number,
    pair_name,
    pick,
    texts,
    value,
)

Analysis = Mapping[str, Any]

_REMOVAL = {
    "off": "Beats were left in.",
    "high_pass": "For amplitudes, not for onsets, a 30 Hz high-pass took them out.",
    "template": "For amplitudes, not for onsets, their template was subtracted.",
}


def activity(analysis: Analysis) -> list[Block]:
    """Tables of what the muscles did in the hold and from pull to pull; empty without any."""
    names = codes(muscles_of(analysis))
    blocks = [
        *_muscles(analysis, names),
        *_co_activation(analysis, names),
        *_sides(analysis),
        *_heart(analysis, names),
    ]
    return [Heading("Activity in detail"), *blocks] if blocks else []


def _muscles(analysis: Analysis, names: Mapping[str, str]) -> list[Block]:
    rows: list[Row] = []
    reasons: dict[str, list[str]] = {}
    muscles = mapping(analysis, "variability", "muscles")
    for code in dict.fromkeys([*muscles, *mapping(analysis, "fatigue")]):
        own = mapping(muscles, code)
        cv = mapping(own, "cv", "hold")
        tired = mapping(analysis, "fatigue", code)
        trend = mapping(tired, "frequency")
        held = [hz for hz in tired.get("median_hz") or () if hz is not None]
        cells = (
            number(value(cv, "percent"), 0),
            interval(value(cv, "low"), value(cv, "high")),
            count(value(cv, "n")),
            number(value(own, "cmc"), 2),
            interval(value(own, "cmc_low"), value(own, "cmc_high"), 2),
            number(sum(held) / len(held) if held else None, 0),
            number(value(trend, "percent_per_min"), 1),
            interval(value(trend, "low"), value(trend, "high"), 1),
            count(value(trend, "n")),
            str(pick(tired, "pattern") or DASH),
        )
        if any(cell not in (DASH, "0") for cell in cells):
            rows.append(Row((names.get(code, code), *cells)))
        reason = pick(tired, "reason")
        if reason:
            reasons.setdefault(str(reason), []).append(names.get(code, code))
    if not rows:
        return []
    head = ("muscle", "CV %", "95 %", "n", "CMC", "95 %", "MDF Hz", "% per min", "95 %", "n",
            "pattern")  # fmt: skip
    caption = (
        "CV: variation of the hold from pull to pull. CMC: likeness of the envelope's shape, 1 is "
        "the same every time. MDF: median frequency in the hold, with its trend over the session; "
        "fatigue is called only where it falls and the amplitude rises, both beyond error."
    )
    widths = (0.8, 0.5, 0.8, 0.3, 0.6, 1.2, 0.7, 0.9, 1.2, 0.3, 1.3)
    table = Table(head, tuple(rows), caption, frozenset({1, 3, 4, 6, 7, 9}), widths)
    told = tuple(f"No trend of {listed(who)}: {why}." for why, who in reasons.items())
    return [table, *([Bullets(told)] if told else [])]


def _co_activation(analysis: Analysis, names: Mapping[str, str]) -> list[Block]:
    rows = []
    for key, one in mapping(analysis, "co_activation").items():
        first, second = pair_name(key, names, ":")
        cells = [f"{first}{NBSP}and{NBSP}{second}"]
        for index, digits in (("falconer_winter_percent", 0), ("rudolph", 0), ("overlap", 2)):
            found = mapping(one, index)
            cells.append(number(value(found, "mean"), digits))
            cells.append(interval(value(found, "low"), value(found, "high"), digits))
        rows.append(Row((*cells, count(value(one, "n")))))
    if not rows:
        return []
    head = ("co-activation", "FW %", "95 %", "Rudolph", "95 %", "overlap", "95 %", "n")
    caption = (
        "From begin to end of the pull, in % of the reference. Falconer and Winter (FW): share of "
        "common activity; Rudolph: 0 to 200, grows with its level. They must not be mixed."
    )
    widths = (1.5, 0.6, 1.0, 0.8, 1.0, 0.8, 1.3, 0.4)
    return [Table(head, tuple(rows), caption, frozenset({1, 3, 5, 7}), widths)]


def _sides(analysis: Analysis) -> list[Block]:
    rows = []
    for muscle, phases in mapping(analysis, "asymmetry").items():
        for phase, one in mapping(phases).items():
            found = value(one, "percent")
            if found is None:
                continue
            state = str(pick(one, "state"))
            words = f"{state} greater" if state in ("left", "right") else state
            limits = interval(value(one, "low"), value(one, "high"))
            n = f"{count(value(one, 'n_left'))} + {count(value(one, 'n_right'))}"
            rows.append(Row((muscle, str(phase), number(found), limits, n, words)))
    if not rows:
        return []
    head = ("sides", "phase", "100 ln(R/L)", "95 % interval", "n", "")
    caption = (
        "Right against left, each in % of its own reference; the interval includes theirs. A row "
        "is judged by its own interval, not adjusted for the number of rows."
    )
    return [Table(head, tuple(rows), caption, frozenset({2}), (0.8, 0.8, 1.0, 1.5, 0.8, 1.5))]


def _heart(analysis: Analysis, names: Mapping[str, str]) -> list[Block]:
    seen = [
        f"{names.get(code, code)} (R wave {number(value(one, 'r_ratio'), 0)} times the rest)"
        for code, one in mapping(analysis, "ecg", "channels").items()
        if pick(one, "state") == "present"
    ]
    if not seen:
        return []
    rates = [
        rate
        for one in mapping(analysis, "ecg", "channels").values()
        if (rate := value(one, "rate_bpm")) is not None
    ]
    middle = sorted(rates)[len(rates) // 2] if rates else None
    removal = _REMOVAL.get(str(pick(analysis, "ecg", "removal")), "")
    text = f"Heart beats, {number(middle)} per minute, show in {', '.join(seen)}. {removal}"
    return [Paragraph(text, "note")]


def reference_notes(analysis: Analysis, names: Mapping[str, str]) -> tuple[str, ...]:
    """Say what there is to say about the reference contractions, one line a muscle."""
    return tuple(
        f"{names.get(code, code)}: {'; '.join(texts(one, 'notes'))}."
        for code, one in mapping(analysis, "reference", "muscles").items()
        if texts(one, "notes")
    )


def heart_words(analysis: Mapping[str, Any]) -> str:
    """Say what became of the heart beats in the EMG."""
    how = {
        "high_pass": "heart beats were taken out of amplitudes by a 30 Hz high-pass",
        "template": "heart beats were taken out of amplitudes by template subtraction",
    }
    removal = str(pick(analysis, "ecg", "removal"))
    return how.get(removal, "heart beats were not removed")
