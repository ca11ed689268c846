"""Onsets that were set by hand: the sentence of the methods, the table, the dots of the raster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.report.blocks import Block, Bullets, Heading, Paragraph, Row, Table
from labapp.report.words import (
    DASH,
    codes,
    count,
    interval,
    items,
    mapping,
    muscles_of,
    number,
    percent,
    pick,
    texts,
    value,
)

Analysis = Mapping[str, Any]


def hand_words(analysis: Analysis) -> str:
    """Say which share of the onsets every rater set, and what the verdict rests on."""
    raters = mapping(analysis, "edited", "raters")
    if not raters:
        return "no onset was set by hand"
    told = ", ".join(
        f"{count(value(one, 'edited'))} of {count(value(one, 'total'))} onsets "
        f"({percent(value(one, 'share'))}) by rater {rater}, "
        f"{'who did not see the names of the channels' if pick(one, 'blind') else 'not blind'}"
        for rater, one in raters.items()
    )
    return f"set by hand: {told}; the verdict rests on {_ground(analysis)} onsets"


def _ground(analysis: Analysis) -> str:
    return "these" if pick(analysis, "edited", "headline") == "edited" else "the automatic"


def by_hand(analysis: Analysis) -> list[Block]:
    """One row a rater beside the automatic verdict, and how two raters agree."""
    raters = mapping(analysis, "edited", "raters")
    if not raters:
        return []
    automatic = pick(analysis, "edited", "automatic")
    rows = [Row(("automatic", DASH, DASH, *_verdict_cells(automatic)))]
    rows += [
        Row(
            (
                f"rater {rater}{', blind' if pick(one, 'blind') else ''}",
                f"{count(value(one, 'edited'))} of {count(value(one, 'total'))}",
                percent(value(one, "share")),
                *_verdict_cells(pick(one, "verdict")),
            )
        )
        for rater, one in raters.items()
    ]
    head = ("onsets", "edited", "share", "verdict", "in words")
    note = (
        "An onset set by hand has no interval of its own: the lag of such a pull is the plain "
        f"difference. The verdict at the top rests on {_ground(analysis)} onsets."
    )
    table = Table(head, tuple(rows), note, frozenset({1, 2}), (1.0, 0.8, 0.7, 1.0, 4.0))
    blocks: list[Block] = [Heading("Onsets set by hand"), table]
    names = codes(muscles_of(analysis))
    shares = [
        f"rater {rater}: "
        + ", ".join(
            f"{names.get(muscle, muscle)} {count(value(row, 'edited'))} of "
            f"{count(value(row, 'total'))}"
            for muscle, row in mapping(one, "channels").items()
        )
        for rater, one in raters.items()
    ]
    blocks.append(Bullets(tuple(shares)))
    blocks += [
        Paragraph(f"Left out: {problem}.") for problem in texts(analysis, "edited", "problems")
    ]
    return [*blocks, *_agreement(analysis)]


def _verdict_cells(verdict: Any) -> tuple[str, str]:
    return str(pick(verdict, "state") or DASH), str(pick(verdict, "headline") or DASH)


def _agreement(analysis: Analysis) -> list[Block]:
    names = codes(muscles_of(analysis))
    rows = []
    for key, part in mapping(analysis, "edited", "agreement").items():
        found = {"all onsets": pick(part, "onsets")}
        found |= {names.get(m, m): row for m, row in mapping(part, "muscles").items()}
        for pair, row in mapping(part, "pairs").items():
            one, _, other = pair.partition("-")
            found[f"lag {names.get(one, one)} − {names.get(other, other)}"] = row
        rows += [
            Row((key.replace("-", " and "), what, *_agreed(row)))
            for what, row in found.items()
            if value(row, "bias_ms") is not None
        ]
    if not rows:
        return []
    head = ("raters", "of", "n", "ICC(2,1)", "95 %", "bias ms", "limits ms", "within 10 ms")
    note = (
        "Onsets are ms after the cue (else the force onset). Bias is the second rater minus the "
        "first; limits of agreement are bias ± 1.96 SD."
    )
    widths = (0.9, 1.7, 0.5, 0.9, 1.5, 0.8, 1.5, 1.1)
    return [Table(head, tuple(rows), note, frozenset({2, 3, 5, 7}), widths)]


def _agreed(row: Any) -> tuple[str, ...]:
    icc = [value(row, "icc", key) for key in ("value", "low", "high")]
    return (
        count(value(row, "n")),
        number(icc[0], 3),
        interval(icc[1], icc[2], 2),
        number(value(row, "bias_ms"), 1),
        interval(value(row, "limit_low_ms"), value(row, "limit_high_ms"), 1),
        percent(value(row, "within", "share")),
    )


def hand_dots(analysis: Analysis, repetition: Any, start: float) -> list[dict[str, Any]]:
    """Dots of the raster for the onsets that raters moved in one repetition, ms after `start`."""
    return [
        {
            "muscle": pick(row, "muscle"),
            "ms": 1000 * (time - start),
            "low": None,
            "high": None,
            "hollow": True,
        }
        for one in mapping(analysis, "edited", "raters").values()
        for row in items(one, "onsets")
        if pick(row, "repetition") == pick(repetition, "index")
        and pick(row, "changed")
        and (time := value(row, "onset_manual_s")) is not None
    ]
