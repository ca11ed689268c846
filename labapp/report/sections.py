"""The sections of a report about one session, in the order of the result page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.report.blocks import (
    Block,
    Bullets,
    Figure,
    Heading,
    Paragraph,
    Row,
    Table,
    Verdict,
)
from labapp.report.hands import hand_dots
from labapp.report.methods import side_note
from labapp.report.words import (
    DASH,
    NBSP,
    codes,
    count,
    interval,
    items,
    mapping,
    muscles_of,
    not_applicable,
    number,
    pair_name,
    percent,
    pick,
    probability,
    texts,
    value,
    verdict_state,
)

Analysis = Mapping[str, Any]

_WITHHELD = "not interpretable"


def verdict(analysis: Analysis) -> list[Block]:
    """One large sentence, its reasons, and what would make it decidable."""
    state = str(pick(analysis, "verdict", "state") or _WITHHELD)
    headline = str(pick(analysis, "verdict", "headline") or "No verdict: nothing was analysed.")
    reasons = texts(analysis, "verdict", "reasons")
    if not_applicable(analysis):
        why = texts(analysis, "verdict", "instead", "reasons")
        state, reasons = verdict_state(analysis), tuple(r for r in why if r not in headline)
    blocks: list[Block] = [Verdict(state, headline, reasons)]
    needed = value(analysis, "verdict", "n_needed")
    have = value(analysis, "order", "n")
    if needed is not None:
        more = f" ({count(needed - have)} more)" if have is not None and needed > have else ""
        blocks.append(
            Paragraph(f"About {count(needed)} valid repetitions would decide it{more}.", "body")
        )
    legend = side_note(analysis)
    if legend:
        blocks.append(Paragraph(f"{legend}.", "note"))
    return blocks


def order(analysis: Analysis) -> list[Block]:
    """Order raster, and how alike the repetitions are."""
    muscles = muscles_of(analysis)
    names = codes(muscles)
    zero, starts = _zero(analysis)
    rows = []
    for i, repetition in enumerate(items(analysis, "repetitions")):
        start = starts[i]
        dots = [] if start is None else _dots(repetition, muscles, start)
        if start is not None:
            dots += hand_dots(analysis, repetition, start)
        label = str(pick(repetition, "number") or i + 1)
        rows.append({"label": label, "valid": bool(pick(repetition, "valid")), "dots": dots})
    if not any(row["dots"] for row in rows):
        return [Heading("Order of onsets"), Paragraph("No onset was found in any repetition.")]
    slow = ""
    if zero == "force onset" and pick(analysis, "force", "emd_valid") is False:
        # A slow load cell moves whole rows; it cannot change the order inside one.
        slow = " The force sensor is slow, so rows shift against each other: compare within a row."
    figure = Figure(
        "raster",
        {"rows": rows, "muscles": muscles, "names": names, "zero": zero},
        f"Onset of each muscle in each repetition, aligned at the {zero}; lines are 95 % "
        f"intervals. Repetitions that do not count are pale; hollow dots were set by hand.{slow}",
        f"{len(rows)} repetitions, {len(muscles)} muscles; the table of lags holds the same in "
        "numbers.",
    )
    facts = []
    modal = pick(analysis, "order", "modal_order", "order")
    if modal:
        for code, short in sorted(names.items(), key=lambda item: -len(item[0])):
            modal = str(modal).replace(code, short)
        modal = modal.replace(">", " > ").replace("=", " = ")
        share = value(analysis, "order", "modal_order", "share")
        facts.append(f"Most frequent order: {modal}, in {percent(share)} of repetitions.")
    kendall = value(analysis, "order", "kendall_w")
    if kendall is not None:
        low, high = (value(analysis, "order", "kendall_interval", k) for k in (0, 1))
        chance = value(analysis, "order", "kendall_chance", "p95")
        extra = "" if low is None or high is None else f" ({interval(low, high, 2)})"
        extra += "" if chance is None else f", by chance up to {number(chance, 2)}"
        facts.append(
            f"Agreement between repetitions (Kendall's W): {number(kendall, 2)}{extra}; 0 is none, "
            "1 is the same order every time."
        )
    left_out = _left_out(analysis)
    facts += [f"Not counted: {line}." for line in left_out]
    return [Heading("Order of onsets"), figure, *([Bullets(tuple(facts))] if facts else [])]


def _zero(analysis: Analysis) -> tuple[str, list[float | None]]:
    """Zero of the raster per repetition: force onset, else cue, else the first muscle."""
    repetitions = items(analysis, "repetitions")
    for key, words in (("force_onset_s", "force onset"), ("cue_s", "cue")):
        found = [value(one, key) for one in repetitions]
        if any(start is not None for start in found):
            return words, found
    firsts = [
        min(
            (t for m in mapping(one, "onsets").values() if (t := value(m, "time_s")) is not None),
            default=None,
        )
        for one in repetitions
    ]
    return "first onset", firsts


def _dots(repetition: Any, muscles: list[str], start: float) -> list[dict[str, Any]]:
    dots = []
    for code in muscles:
        onset = mapping(repetition, "onsets", code)
        time = value(onset, "time_s")
        if time is None:
            continue
        low, high = value(onset, "low_s"), value(onset, "high_s")
        dots.append(
            {
                "muscle": code,
                "ms": 1000 * (time - start),
                "low": None if low is None else 1000 * (low - start),
                "high": None if high is None else 1000 * (high - start),
                "hollow": False,
            }
        )
    return dots


def _left_out(analysis: Analysis) -> list[str]:
    lines = []
    for i, one in enumerate(items(analysis, "repetitions")):
        if not pick(one, "valid"):
            why = "; ".join(texts(one, "reasons")) or "no reason given"
            lines.append(f"repetition {pick(one, 'number') or i + 1}: {why}")
    return lines


def lags(analysis: Analysis) -> list[Block]:
    """Forest plot and table of the pairs, and who is first."""
    names = codes(muscles_of(analysis))
    pairs = mapping(analysis, "order", "pairs")
    if not pairs:
        return [Heading("Lags"), Paragraph("There is no pair of muscles to compare.")]
    drawn, rows = [], []
    for key, pair in pairs.items():
        first, second = pair_name(key, names)
        label = NBSP.join((first, "−", second))
        said = _pair_words(str(pick(pair, "verdict") or _WITHHELD), first, second)
        low, high = value(pair, "low_ms"), value(pair, "high_ms")
        drawn.append(
            {
                "label": label,
                "lag": value(pair, "lag_ms"),
                "low": low,
                "high": high,
                "lags": [value({"x": lag}, "x") for lag in items(pair, "lags_ms")],
                "decided": pick(pair, "verdict") in ("first", "second", "simultaneous"),
                "words": said,
            }
        )
        rows.append(
            Row(
                (
                    label,
                    number(value(pair, "lag_ms"), 1),
                    interval(low, high, 1),
                    count(value(pair, "n")),
                    number(value(pair, "sd_ms"), 1),
                    probability(value(pair, "p_before")),
                    _p(value(pair, "p_holm")),
                    number(value(pair, "bias_ms"), 1),
                    said,
                ),
                "pale" if pick(pair, "verdict") == _WITHHELD else "",
            )
        )
    resolution = value(analysis, "timing", "resolution_ms")
    rope = value(analysis, "parameters", "rope_ms")
    if rope is None:
        rope = value(next(iter(pairs.values())), "rope_ms")
    figure = Figure(
        "forest",
        {"pairs": drawn, "rope": rope, "resolution": resolution},
        "Mean lag of each pair with its 95 % interval; ticks are single repetitions. Hollow: not "
        "decided.",
        "The table below holds the same numbers.",
    )
    head = (
        "pair",
        "lag ms",
        "95 % interval",
        "n",
        "SD ms",
        "P(before)",
        "p (Holm)",
        "bias ms",
        "verdict",
    )
    table = Table(
        head,
        tuple(rows),
        "A negative lag means that the first-named muscle came first. Bias is what a detector "
        "without noise equalisation would add.",
        frozenset({1, 3, 4, 5, 6, 7}),
        (1.35, 0.85, 1.6, 0.5, 0.85, 1.1, 1.0, 0.9, 1.6),
    )
    reasons = tuple(
        f"{' − '.join(pair_name(key, names))}: {'; '.join(texts(pair, 'reasons'))}"
        for key, pair in pairs.items()
        if texts(pair, "reasons")
    )
    blocks: list[Block] = [Heading("Lags"), figure, table]
    if reasons:
        blocks.append(Bullets(reasons))
    return [*blocks, *chances(analysis)]


def _pair_words(state: str, first: str, second: str) -> str:
    return {"first": f"{first} first", "second": f"{second} first"}.get(state, state)


def _p(found: float | None) -> str:
    if found is None:
        return DASH
    return "< 0.001" if found < 0.001 else number(found, 3)


def chances(analysis: Analysis) -> list[Block]:
    """Who is first of all: probability of the mean order, and share of repetitions."""
    muscles = list(texts(analysis, "order", "muscles"))
    names = codes(muscles_of(analysis))
    bars = [
        {
            "muscle": code,
            "label": names.get(code, code),
            "p": value(analysis, "order", "p_first", code),
            "share": value(analysis, "order", "share_first", code),
            "low": value(analysis, "order", "share_first_interval", code, "low"),
            "high": value(analysis, "order", "share_first_interval", code, "high"),
        }
        for code in muscles
    ]
    if not any(bar["p"] is not None or bar["share"] is not None for bar in bars):
        return []
    complete = value(analysis, "order", "n_complete")
    said = "; ".join(f"{bar['label']} {probability(bar['p'])}" for bar in bars)  # type: ignore[arg-type]
    figure = Figure(
        "chances",
        {"bars": bars, "chance": 1 / len(muscles)},
        "Which muscle is first of all: probability that its mean onset is the earliest (bar), and "
        f"share of the {count(complete)} complete repetitions in which it was (dot, 95 % "
        "interval). They answer different questions.",
        f"Probability of the earliest mean onset: {said}.",
    )
    return [figure]
