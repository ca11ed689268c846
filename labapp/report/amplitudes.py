"""The section on amplitudes: activation ratios by phase, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labapp.analysis.given import source_words
from labapp.report.activity import reference_notes
from labapp.report.blocks import Block, Bullets, Figure, Heading, Paragraph, Row, Table
from labapp.report.words import (
    DASH,
    NBSP,
    codes,
    count,
    interval,
    mapping,
    muscles_of,
    number,
    pair_name,
    pick,
    texts,
    value,
)

Analysis = Mapping[str, Any]


def ratios(analysis: Analysis) -> list[Block]:
    """Activation ratios by phase, or why there are none; amplitudes."""
    names = codes(muscles_of(analysis))
    found = mapping(analysis, "ratios")
    withheld = texts(analysis, "ratios_withheld")
    blocks: list[Block] = [Heading("Activation ratios")]
    drawn, rows = [], []
    for key, phases in found.items():
        label = f"{NBSP}:{NBSP}".join(pair_name(key, names, ":"))
        shown = [
            {
                "phase": phase,
                "ratio": value(one, "ratio"),
                "low": value(one, "low"),
                "high": value(one, "high"),
            }
            for phase, one in mapping(phases).items()
        ]
        if any(one["ratio"] is not None for one in shown):
            drawn.append({"label": label, "phases": shown})
        for phase, one in mapping(phases).items():
            ratio = value(one, "ratio")
            rows.append(
                Row(
                    (
                        label,
                        str(phase),
                        number(ratio, 2),
                        interval(value(one, "low"), value(one, "high"), 2),
                        count(value(one, "n")),
                        number(value(one, "gcv_percent"), 0),
                        "" if ratio is not None else str(pick(one, "text") or ""),
                    ),
                    "" if ratio is not None else "pale",
                )
            )
    if drawn:
        blocks.append(
            Figure(
                "ratios",
                {"rows": drawn},
                "Geometric mean ratio with 95 % interval, by phase.",
                "The table below holds the same numbers.",
            )
        )
    if withheld:
        blocks.append(Paragraph("No ratios are given for these reasons:"))
        blocks.append(Bullets(withheld))
    elif not rows:
        blocks.append(Paragraph("No ratios: no pair of muscles has normalised amplitudes."))
    if rows and not drawn:
        why = {str(pick(one, "text")) for by in found.values() for one in mapping(by).values()}
        blocks.append(Paragraph(f"No ratio could be estimated: {'; '.join(sorted(why))}."))
    if rows and drawn:
        head = ("pair", "phase", "ratio", "95 % interval", "n", "gCV %", "")
        widths = (1.0, 0.8, 0.7, 1.5, 0.5, 0.7, 2.2)
        blocks.append(Table(head, tuple(rows), "", frozenset({2, 4, 5}), widths))
    return [*blocks, *_amplitudes(analysis, names)]


def _counts(one: Mapping[str, Any], phases: Sequence[str]) -> set[float]:
    """Least and greatest number of repetitions over the phases."""
    found = [value(one, phase, "n") or 0.0 for phase in phases]
    return {min(found), max(found)} if found else {0.0}


def _amplitudes(analysis: Analysis, names: Mapping[str, str]) -> list[Block]:
    reference = mapping(analysis, "reference", "muscles")
    phases = list(
        dict.fromkeys(
            phase for one in mapping(analysis, "amplitudes").values() for phase in mapping(one)
        )
    )
    rows = []
    for code, one in mapping(analysis, "amplitudes").items():
        cells = [names.get(code, code)]
        for phase in phases:
            mean = value(one, phase, "percent")
            limits = interval(value(one, phase, "low"), value(one, phase, "high"))
            cells.append(f"{number(mean, 0)} ({limits})" if mean is not None else DASH)
        cells.append(" to ".join(count(n) for n in sorted(_counts(one, phases))))
        cells.append(number(value(reference, code, "value_uv"), 0))
        low, high = value(reference, code, "low_uv"), value(reference, code, "high_uv")
        cells.append(interval(low, high))
        rows.append(Row(tuple(cells)))
    if not rows:
        return []
    method = pick(analysis, "reference", "method")
    caption = (
        "Amplitude in % of the reference contraction: mean over n repetitions with its 95 % "
        "interval, which holds the reference's own uncertainty."
    )
    if method:
        elsewhere = source_words(mapping(analysis, "reference"))
        caption += f" Reference: {method}{f', of {elsewhere}' if elsewhere else ''}."
    head = ("muscle", *(f"{phase} %" for phase in phases), "n", "reference µV", "95 % interval")
    widths = (0.8, *(1.5 for _ in phases), 0.4, 1.0, 1.2)
    table = Table(head, tuple(rows), caption, frozenset(range(1, len(head) - 1)), widths)
    notes = reference_notes(analysis, names)
    return [table, *([Bullets(notes)] if notes else [])]
