"""The sections of protocols without a pull: quiet standing on a plate, and filled-in forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.report.blocks import Block, Bullets, Heading, Paragraph, Row, Table
from labapp.report.words import (
    DASH,
    count,
    interval,
    items,
    mapping,
    number,
    pick,
    texts,
    value,
)

Analysis = Mapping[str, Any]

_MEASURES = (
    ("velocity_mm_s", "mean speed of the centre of pressure", 1),
    ("path_mm", "path of the centre of pressure", 0),
    ("ellipse_mm2", "ellipse that holds 95 % of its places", 0),
    ("rms_ml_mm", "sway to the sides, RMS", 1),
    ("rms_ap_mm", "sway to front and back, RMS", 1),
    ("range_ml_mm", "range to the sides", 0),
    ("range_ap_mm", "range to front and back", 0),
    ("left_percent", "weight on the left", 1),
    ("front_percent", "weight on the front", 1),
)


def standing(analysis: Analysis) -> list[Block]:
    """Tell sway by condition, the Romberg quotient and every trial; empty without a plate."""
    part = mapping(analysis, "standing")
    if not part:
        return []
    rows = [
        Row(
            (
                str(condition),
                words,
                str(pick(one, name, "unit") or ""),
                number(value(one, name, "mean"), digits),
                interval(value(one, name, "low"), value(one, name, "high"), digits),
                count(value(one, name, "n")),
            )
        )
        for condition, one in mapping(part, "summary").items()
        for name, words, digits in _MEASURES
    ]
    blocks: list[Block] = [Heading("Quiet standing")]
    if rows:
        head = ("condition", "", "unit", "mean", "95 % interval", "trials")
        widths = (1.1, 2.6, 0.6, 0.7, 1.4, 0.6)
        blocks.append(Table(head, tuple(rows), "", frozenset({3, 5}), widths))
    else:
        blocks.append(Paragraph("No trial could be measured."))
    blocks += _romberg(part)
    blocks += _trials(part)
    method = pick(part, "method")
    if method:
        blocks.append(Paragraph(f"Method: {method}.", "note"))
    return blocks


def _romberg(part: Mapping[str, Any]) -> list[Block]:
    quotient, names = value(part, "romberg"), texts(part, "conditions")
    if quotient is None or len(names) != 2:
        return []
    limits = mapping(part, "romberg_interval")
    low, high = value(limits, "low"), value(limits, "high")
    n = " and ".join(count(float(one)) for one in items(limits, "n"))
    held = f" (95 % interval {interval(low, high, 2)}; {n} trials)" if low is not None else ""
    text = f"Romberg quotient, ellipse with {names[1]} over {names[0]}: {number(quotient, 2)}{held}"
    doubt = ""
    if low is None or high is None:
        doubt = " One trial a condition gives no interval."
    elif low <= 1 <= high:
        doubt = " The interval holds 1: the conditions are not told apart."
    return [Paragraph(f"{text}.{doubt}")]


def _trials(part: Mapping[str, Any]) -> list[Block]:
    rows = []
    for one in items(part, "trials"):
        why = "; ".join(texts(one, "reasons"))
        cells = (
            str(pick(one, "condition") or pick(one, "block") or DASH),
            count(value(one, "number")),
            number(value(one, "duration_s"), 0),
            number(value(one, "velocity_mm_s"), 1),
            number(value(one, "ellipse_mm2"), 0),
            number(value(one, "weight_n"), 0),
            number(value(one, "left_percent"), 1),
            why,
        )
        rows.append(Row(cells, "pale" if why else ""))
    if not rows:
        return []
    head = ("condition", "trial", "s", "mm/s", "mm²", "weight N", "left %", "left out because")
    numeric, widths = frozenset({1, 2, 3, 4, 5, 6}), (1.2, 0.5, 0.5, 0.7, 0.7, 0.9, 0.7, 2.0)
    return [Table(head, tuple(rows), "Every trial.", numeric, widths)]


def forms(analysis: Analysis) -> list[Block]:
    """Tell what was filled in, item by item; empty where the protocol has no forms."""
    rows, open_items = [], []
    for one in items(analysis, "forms"):
        label = str(pick(one, "text") or pick(one, "item") or DASH)
        side = {"L": "left", "R": "right"}.get(str(pick(one, "side")), "")
        n, asked = value(one, "n") or 0, value(one, "asked")
        if not n:
            open_items.append(f"{label}{f' ({side})' if side else ''}")
            continue
        found, unit = value(one, "value"), str(pick(one, "unit") or "")
        said = str(pick(one, "value")) if found is None else f"{found:g} {unit}".strip()
        limits = interval(value(one, "low"), value(one, "high"), 1)
        rows.append(
            Row(
                (
                    label,
                    side,
                    said,
                    limits,
                    f"{count(n)} of {count(asked)}",
                    str(pick(one, "note") or ""),
                )
            )
        )
    if not rows and not open_items:
        return []
    blocks: list[Block] = [Heading("Forms")]
    if rows:
        head = ("item", "side", "answer", "95 % interval", "answers", "note")
        widths = (2.6, 0.6, 1.1, 1.2, 0.8, 2.0)
        blocks.append(Table(head, tuple(rows), "Measurements, no diagnosis.", frozenset(), widths))
    if open_items:
        blocks.append(Paragraph("Not answered:"))
        blocks.append(Bullets(tuple(open_items)))
    return blocks
