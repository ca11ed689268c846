"""The section about other ways to analyse the same pulls, where they were tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.report.blocks import Block, Heading, Paragraph, Row, Table
from labapp.report.words import (
    DASH,
    NBSP,
    codes,
    count,
    items,
    muscles_of,
    number,
    pick,
    value,
)

Analysis = Mapping[str, Any]


def multiverse(analysis: Analysis) -> list[Block]:
    """One row per detector and threshold, one column per band; empty where it was not asked for."""
    ways = items(analysis, "multiverse", "analyses")
    if not ways:
        return []
    names = codes(muscles_of(analysis))
    bands: dict[tuple[Any, ...], None] = {}
    rows: dict[tuple[str, str], dict[tuple[Any, ...], Any]] = {}
    for way in ways:
        band = tuple(items(way, "band_hz"))
        bands[band] = None
        rows.setdefault((str(way["detector"]), str(way["threshold"])), {})[band] = way
    holding = (pick(analysis, "verdict", "state"), pick(analysis, "verdict", "muscle"))
    table = Table(
        ("Detector", "Threshold", *(f"{count(low)}–{count(high)}{NBSP}Hz" for low, high in bands)),
        tuple(
            Row((name, threshold, *(_cell(found.get(band), names, holding) for band in bands)))
            for (name, threshold), found in rows.items()
        ),
        "What each way says, and the smallest mean lag of the question's pairs. "
        "A tick marks the ways that agree with the verdict above.",
        widths=(1.2, 1.5, *([2.0] * len(bands))),
    )
    return [
        Heading("Other ways to analyse"),
        Paragraph(str(pick(analysis, "multiverse", "text") or "")),
        table,
    ]


def _cell(way: Any, names: Mapping[str, str], holding: tuple[Any, Any]) -> str:
    if way is None:
        return DASH
    state, muscle = pick(way, "state"), pick(way, "muscle")
    said = f"{names.get(str(muscle), str(muscle))} first" if state == "first" else str(state)
    lags = [value(way, "lag_ms", pair) for pair in pick(way, "lag_ms") or ()]
    known = [lag for lag in lags if lag is not None]
    if known:
        said += f", {number(min(known, key=abs), 0)}{NBSP}ms"
    return f"✓{NBSP}{said}" if (state, muscle) == holding else said
