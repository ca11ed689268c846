"""The page of the validation: every figure of it comes from a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import peer_packages as peers

if TYPE_CHECKING:
    from validation_campaign import Plan, Pulls, Sessions

GIVEN = ("first", "second", "simultaneous", "undecided")
GENERATORS = {"noise": "noise", "motor_units": "motor units"}


def page(pulls: Sequence[Pulls], sessions: Sequence[Sessions], plan: Plan, seed: int) -> str:
    """Markdown of a whole run."""
    null = [s for s in sessions if s.cell.lead_ms == 0]
    lead = [s for s in sessions if s.cell.lead_ms != 0]
    cells = len(plan.shapes) * len(plan.kinds)
    parts = [
        "# Validation: onsets, lags and verdicts against known truth",
        "Written by `python3 run.py validate` (module "
        "`tests/validation/validation_campaign.py`, first "
        f"seed {seed}); do not edit. {len(plan.shapes)} rise shapes "
        f"({', '.join(plan.shapes)}) and {len(plan.kinds)} generators "
        f"({', '.join(GENERATORS[k] for k in plan.kinds)}) of the simulated lab, 1 kHz. SNR "
        "and rise are given for the first / the second muscle. This run: "
        f"{len(pulls)} of {len(plan.pull_cells) * cells} cells of single pulls, {len(sessions)} of "
        f"{(len(plan.null_cells) + len(plan.lead_cells)) * cells} cells of sessions.",
        "## What must hold",
        must_hold(pulls, null),
        f"## Verdicts of sessions where nothing leads\n\nSessions of 12 pulls, each onset "
        f"jittered by 6 ms; {plan.sessions} sessions per shape and generator, {cells} of "
        "these per row. A session counts as *given* unless it is not interpretable.",
        session_table(null),
        "## Verdicts of sessions where the first muscle leads",
        session_table(lead),
        f"## Single pulls\n\n{plan.pulls} pulls per shape and generator, true lags -40 to 40 "
        "ms; bias and SD in ms, coverage of the 95 % interval.",
        pull_table(pulls),
        "## Side by side with published packages",
        peer_table(pulls),
    ]
    return "\n\n".join(parts) + "\n"


def must_hold(pulls: Sequence[Pulls], null: Sequence[Sessions]) -> str:
    """Goal, worst and share of cells that meet it."""
    equal = [p for p in pulls if len(set(p.cell.snr_db)) == 1 and len(set(p.cell.rise_ms)) == 1]
    unequal = [p for p in pulls if len(set(p.cell.snr_db)) > 1]
    slow = [p for p in pulls if len(set(p.cell.rise_ms)) > 1]
    ten = [p for p in equal if p.cell.snr_db[0] < 11]
    clean = [p for p in equal if p.cell.snr_db[0] == 25]
    rows = ["| what | goal | cells that meet it | worst cell |", "|---|---|---|---|"]

    def add(what: str, goal: str, values: Sequence[float], good: Sequence[bool]) -> None:
        if values:
            worst = values[int(np.argmax(np.abs(values)))]
            rows.append(f"| {what} | {goal} | {sum(good)} of {len(good)} | {worst:+.1f} |")

    for what, limit, group in (
        ("bias, equal SNR and rise", 2.0, equal),
        ("bias, unequal SNR", 5.0, unequal),
        ("bias, unequal rise", 7.0, slow),
    ):
        values = [p.bias for p in group]
        add(f"{what}, ms", f"≤ {limit:g}", values, [abs(v) <= limit for v in values])
    for what, limit, group in (("10 dB", 12.0, ten), ("25 dB", 5.0, clean)):
        values = [p.sd for p in group]
        add(f"SD per pull, {what}, ms", f"≤ {limit:g}", values, [v <= limit for v in values])
    cover = [100 * p.coverage for p in (*equal, *unequal)]
    if cover:
        good = sum(92 <= v <= 98 for v in cover)
        rows.append(
            f"| coverage of the 95 % interval, equal rise | 92 to 98 % | {good} of {len(cover)} "
            f"| {min(cover):.0f} to {max(cover):.0f} % |"
        )
    given, false = tally(null)
    worst = max((tally([s]) for s in null), key=lambda pair: pair[1] / max(pair[0], 1))
    rows.append(
        f"| false “first”, share of verdicts given | ≤ 5 % | {share(false, given)} "
        f"| {worst[1]} of {worst[0]} |"
    )
    return "\n".join(rows)


def tally(sessions: Sequence[Sessions]) -> tuple[int, int]:
    """Verdicts given, and those that say which muscle was first."""
    words = [word for s in sessions for word in s.verdicts]
    return sum(w in GIVEN for w in words), sum(w in ("first", "second") for w in words)


def share(k: int, n: int) -> str:
    """Share with its 95 % Wilson interval."""
    if n == 0:
        return "none given"
    z, p = 1.96, k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (
        f"{k} of {n} = {100 * p:.1f} % ({100 * max(middle - half, 0):.1f} to "
        f"{100 * (middle + half):.1f})"
    )


def session_table(sessions: Sequence[Sessions]) -> str:
    """One row per cell: mean lag and the verdicts."""
    rows = [
        "| SNR, rise, lead | mean lag ± SD, ms | first | second | simultaneous | undecided "
        "| not interpretable |",
        "|---|---|---|---|---|---|---|",
    ]
    groups: dict[str, list[Sessions]] = {}
    for s in sessions:
        name = s.cell.text + (f", lead {s.cell.lead_ms:g} ms" if s.cell.lead_ms else "")
        groups.setdefault(name, []).append(s)
    for name, group in groups.items():
        words = [w for s in group for w in s.verdicts]
        lags = np.array([lag for s in group for lag in s.lags])
        lags = lags[np.isfinite(lags)]
        spread = f"{lags.mean():+.1f} ± {lags.std():.1f}" if len(lags) else "none"
        counts = " | ".join(str(words.count(w)) for w in (*GIVEN, "not interpretable"))
        rows.append(f"| {name} | {spread} | {counts} |")
    given, named = tally(sessions)
    rows.append(f"\n“First” or “second” in {share(named, given)} of the verdicts given.")
    return "\n".join(rows)


def pull_table(pulls: Sequence[Pulls]) -> str:
    """One row per cell, shape and generator."""
    rows = [
        "| SNR, rise | generator | shape | n | bias | SD | more than 60 ms off | covers |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for p in pulls:
        rows.append(
            f"| {p.cell.text} | {GENERATORS[p.cell.kind]} | {p.cell.shape.replace('_', ' ')} "
            f"| {p.n} | {p.bias:+.1f} | {p.sd:.1f} | {p.outliers} | {100 * p.coverage:.0f} % |"
        )
    return "\n".join(rows)


def peer_table(pulls: Sequence[Pulls]) -> str:
    """False order in pulls with equal onsets, and time per pull of two channels."""
    names = ["labapp", *peers.DETECTORS]
    rows = [
        "Pulls with equal onsets in which one muscle is put in front: by a 95 % interval that "
        "excludes 0 (labapp), by more than 5 ms (packages, which give no interval).",
        "",
        "| SNR, rise | " + " | ".join(f"{n}: false order, ms per pull" for n in names) + " |",
        "|---|" + "---|" * len(names),
    ]
    groups: dict[str, list[Pulls]] = {}
    for p in pulls:
        groups.setdefault(p.cell.text, []).append(p)
    for text, group in groups.items():
        cells = []
        for name in names:
            front, found, tried = np.sum([p.equal[name] for p in group], axis=0)
            cost = 1000 * np.mean([p.seconds[name] for p in group])
            cells.append(f"{front} of {found} (found in {found} of {tried}), {cost:.0f}")
        rows.append(f"| {text} | " + " | ".join(cells) + " |")
    rows += [f"\n{name} {reason}." for name, reason in peers.ABSENT.items()]
    return "\n".join(rows)
