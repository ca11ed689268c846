"""The sections behind the result: force, quality, timing, losses, parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labapp.report.blocks import Block, Bullets, Heading, Paragraph, Row, Table, Tone
from labapp.report.excluded import excluded_count
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
    significant,
    texts,
    value,
    verdict_state,
)

Analysis = Mapping[str, Any]

_TONES: dict[str, Tone] = {"good": "good", "warn": "warn", "bad": "bad"}
_SYNC = {
    "one clock": "All muscles were sampled by one clock.",
    "verified": "The clocks of the devices were related by a signal that both recorded.",
    "unsynchronised": "Streams run on clocks of their own; nothing verified how they relate.",
}
_SYNC_WITHOUT_EMG = _SYNC | {"one clock": "Everything was sampled by one clock."}


def force(analysis: Analysis) -> list[Block]:
    """Peak force, rate of force development, electromechanical delay."""
    names = codes(muscles_of(analysis))
    rows = []
    if value(analysis, "force", "peak_n", "mean") is not None:
        rows.append(statistic("peak force", "N", mapping(analysis, "force", "peak_n"), 0))
    rates = mapping(analysis, "force", "rfd")
    for window, one in () if pick(analysis, "force", "rfd_valid") is False else rates.items():
        if value(one, "mean") is not None:
            rows.append(statistic(f"rate of force development {window} ms", "N/s", one, 0))
    if pick(analysis, "force", "emd_valid"):
        for code, one in mapping(analysis, "force", "emd_ms").items():
            label = f"electromechanical delay, {names.get(code, code)}"
            u_ms = value(one, "u_ms")
            label += f" (± {number(u_ms, 1)})" if u_ms is not None else ""
            rows.append(statistic(label, "ms", one, 0))
    blocks: list[Block] = [Heading("Force")]
    if rows:
        blocks.append(statistics_table(rows))
    else:
        there = pick(analysis, "force", "peak_n") is not None
        words = "No repetition has a force that counts." if there else "No force was recorded."
        blocks.append(Paragraph(words))
        return blocks
    text = pick(analysis, "force", "emd_text")
    if text:
        blocks.append(Paragraph(f"Electromechanical delay: {text}.", "note"))
    return blocks


def statistics_table(rows: Sequence[Row], caption: str = "") -> Table:
    """Table of rows made by `statistic`."""
    head = ("", "unit", "mean", "SD", "95 % interval", "n")
    widths = (3.2, 0.6, 0.8, 0.7, 1.4, 0.5)
    return Table(head, tuple(rows), caption, frozenset({2, 3, 5}), widths)


def statistic(label: str, unit: str, one: Any, digits: int) -> Row:
    """Row of a mean with its SD, its 95 % interval and n."""
    low, high = value(one, "low"), value(one, "high")
    if low is None or high is None:
        low, high = _t_interval(value(one, "mean"), value(one, "sd"), value(one, "n"))
    return Row(
        (
            label,
            unit,
            number(value(one, "mean"), digits),
            number(value(one, "sd"), digits),
            interval(low, high, digits),
            count(value(one, "n")),
        )
    )


def _t_interval(
    mean: float | None, sd: float | None, n: float | None
) -> tuple[float | None, float | None]:
    """95 % t-interval of a mean, where the document gives mean, SD and n alone."""
    if mean is None or sd is None or n is None or n < 2:
        return None, None
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, 0.975)) * sd / n**0.5
    return mean - half, mean + half


def quality(analysis: Analysis) -> list[Block]:
    """List findings, the worst first; what is good in one line."""
    order = {"bad": 0, "warn": 1, "good": 2}
    findings = sorted(
        items(analysis, "quality"), key=lambda one: order.get(str(pick(one, "level")), 3)
    )
    rows = tuple(
        Row(
            (
                str(pick(one, "channel") or DASH),
                str(pick(one, "check") or DASH),
                significant(value(one, "value")),
                str(pick(one, "level") or DASH),
                str(pick(one, "text") or ""),
            ),
            _TONES.get(str(pick(one, "level")), ""),
        )
        for one in findings
        if pick(one, "level") != "good"
    )
    good = [one for one in findings if pick(one, "level") == "good"]
    blocks: list[Block] = [Heading("Quality")]
    if rows:
        head = ("channel", "check", "value", "level", "what it means")
        widths = (0.9, 0.9, 0.7, 0.6, 4.5)
        blocks.append(Table(head, rows, "", frozenset({2}), widths))
    if good:
        checks = len(good) + len(rows)
        blocks.append(Paragraph(f"{len(good)} of {checks} checks found nothing to report.", "note"))
    if not findings:
        blocks.append(Paragraph("No quality checks were made."))
    return blocks


def timing(analysis: Analysis) -> list[Block]:
    """Say what the set-up can resolve, and what each stream lost."""
    sync = str(pick(analysis, "timing", "sync") or "")
    resolution = value(analysis, "timing", "resolution_ms")
    uncertainty = value(analysis, "timing", "uncertainty_ms")
    muscles = texts(analysis, "order", "muscles")
    clocks = _SYNC if muscles else _SYNC_WITHOUT_EMG
    lines = [clocks.get(sync, sync or "How the streams relate is not known.")]
    if muscles and resolution is not None:
        lines.insert(0, f"This set-up resolves mean lags of {number(resolution, 1)} ms or more.")
    elif muscles:
        lines.insert(0, "What lags this set-up resolves is not known.")
    if uncertainty is not None:
        lines.append(f"Uncertainty of times between streams: {number(uncertainty, 1)} ms.")
    for name, link in mapping(analysis, "timing", "links").items():
        lines.append(f"{name} against {pick(link, 'reference')}: {pick(link, 'text')}.")
        lines += [f"{name}: {note}." for note in texts(link, "notes")]
    blocks: list[Block] = [Heading("Timing and losses"), Bullets(tuple(lines))]
    rows = []
    for name, stream in mapping(analysis, "streams").items():
        received, lost = value(stream, "received"), value(stream, "lost")
        sent = (received or 0) + (lost or 0)
        share = lost / sent if lost is not None and sent else None
        rows.append(
            Row(
                (
                    name,
                    str(pick(stream, "driver") or DASH),
                    number(value(stream, "rate_hz"), 3),
                    count(received),
                    count(lost),
                    percent(share),
                    count(value(stream, "gaps")),
                    str(pick(stream, "onset_capable") or DASH),
                ),
                "warn" if lost else "",
            )
        )
    if rows:
        head = ("stream", "driver", "rate Hz", "received", "lost", "share", "gaps", "onsets")
        caption = "Samples that were lost are gaps; nothing was filled in."
        blocks.append(Table(head, tuple(rows), caption, frozenset({2, 3, 4, 5, 6})))
    notes = tuple(
        f"{name}: {pick(stream, 'onset_reason')}"
        for name, stream in mapping(analysis, "streams").items()
        if pick(stream, "onset_reason") and pick(stream, "onset_capable") != "yes"
    )
    return [*blocks, *([Bullets(notes)] if notes else [])]


def parameters(analysis: Analysis) -> list[Block]:
    """Every parameter of the analysis, and the hash that two equal analyses share."""
    rows = tuple(
        Row((str(name), json.dumps(one, ensure_ascii=False).strip('"')))
        for name, one in mapping(analysis, "parameters").items()
    )
    digest = pick(analysis, "parameters_sha256")
    version = pick(analysis, "labapp") or DASH
    blocks: list[Block] = [Heading("Parameters")]
    if rows:
        half = (len(rows) + 1) // 2
        blank = Row(("", ""))
        pairs = [
            Row((*left.cells, *(rows[i + half] if i + half < len(rows) else blank).cells))
            for i, left in enumerate(rows[:half])
        ]
        head = ("parameter", "value", "parameter", "value")
        blocks.append(Table(head, tuple(pairs), "", frozenset(), (1.6, 1.2, 1.6, 1.2)))
    blocks.append(
        Paragraph(f"labapp {version}; SHA-256 of the parameters {digest or DASH}.", "note")
    )
    return blocks


def session_line(analysis: Analysis) -> str:
    """``AB-014 · isometric_pull · 12 of 13 repetitions``."""
    repetitions = items(analysis, "repetitions")
    valid = sum(1 for one in repetitions if pick(one, "valid"))
    parts = [
        str(pick(analysis, "participant") or "no participant named"),
        str(pick(analysis, "protocol") or "no protocol"),
    ]
    if repetitions:
        parts.append(f"{valid} of {len(repetitions)} repetitions count")
    return " · ".join(parts)


def missing_list(missing: list[str]) -> list[Block]:
    """List everything that is printed as [?] above it."""
    if not missing:
        return [Paragraph("Nothing that a report should state is missing.", "note")]
    return [
        Paragraph(
            f"Missing ({len(missing)}), printed as [?] above: {'; '.join(missing)}.",
            "note",
        )
    ]


def verdict_words(analysis: Analysis) -> tuple[str, ...]:
    """Short words about a session for the table of several sessions."""
    left_out = excluded_count(analysis)
    return (
        str(pick(analysis, "session") or DASH),
        str(pick(analysis, "participant") or DASH),
        verdict_state(analysis) or DASH,
        str(
            pick(analysis, "verdict", "headline")
            or "; ".join(texts(analysis, "verdict", "reasons"))
        )
        + (f" ({left_out})" if left_out else ""),
    )
