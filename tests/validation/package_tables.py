"""The part of the page about published packages, side by side with ours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import peer_packages as peers
from joint_cells import Joint
from numpy.typing import NDArray
from validation_runs import Peers, Pulls, Scored

if TYPE_CHECKING:
    from validation_campaign import Plan

Measured = TypeVar("Measured", Joint, Peers, Pulls)


def by_text(results: Iterable[Measured]) -> dict[str, list[Measured]]:
    """Results of the same row: all its shapes and generators."""
    groups: dict[str, list[Measured]] = {}
    for one in results:
        groups.setdefault(one.cell.text, []).append(one)
    return groups


def ahead(compared: Sequence[Peers]) -> list[str]:
    """One row per measure: in how many cells ours is ahead of every package."""
    rows = []
    measures = (
        ("median error of an onset", _middle),
        ("share of onsets more than 25 ms off", lambda group: float(np.mean(_sizes(group) > 25))),
        ("share of pulls in a false order", _false_order),
        ("CPU time of a pull", lambda group: float(np.mean([s.seconds for s in group]))),
    )
    groups = by_text(compared)
    for what, of in measures:
        ratios: dict[str, tuple[float, str]] = {}
        for text, group in groups.items():
            ours = of([p.scores["labapp"] for p in group])
            theirs = {name: of([p.scores[name] for p in group]) for name in peers.DETECTORS}
            known = {name: ours / v for name, v in theirs.items() if math.isfinite(v) and v > 0}
            if known:
                name = max(known, key=lambda name: known[name])
                ratios[text] = known[name], f"{name}, {text}"
        if ratios:
            worst = max(ratios.values())
            rows.append(
                f"| {what}, times that of the best package | < 1 "
                f"| {sum(r < 1 for r, _ in ratios.values())} of {len(ratios)} "
                f"| {worst[0]:.2f} ({worst[1]}) |"
            )
    return rows


def _sizes(scored: Sequence[Scored]) -> NDArray[np.float64]:
    return np.abs([e for s in scored for e in s.errors])


def _middle(scored: Sequence[Scored]) -> float:
    return float(np.median(_sizes(scored)))


def _false_order(scored: Sequence[Scored]) -> float:
    """NaN where no order was found at all."""
    both = sum(s.both for s in scored)
    return sum(s.front for s in scored) / both if both else math.nan


def peer_table(compared: Sequence[Peers], plan: Plan) -> str:
    """Error, false order and time of every detector, cell by cell."""
    rows = [
        f"The same pulls with equal onsets for all, {plan.compared} per shape and generator: "
        "median error of the single onsets and share within 25 ms (an onset that was not found "
        "counts as wrong); pulls in which one muscle is put in front, of those in which both were "
        "found (labapp: by the 95 % interval of an interpretable lag; packages, which give no "
        "interval: by more than 5 ms); CPU time per pull of two channels.",
        "",
        "| SNR, rise | detector | median error, ms | within 25 ms | false order | ms per pull |",
        "|---|---|---|---|---|---|",
    ]
    for text, group in by_text(compared).items():
        for name in ("labapp", *peers.DETECTORS):
            rows.append(f"| {text} | {name} | {_scores([p.scores[name] for p in group])} |")
    rows += [f"\n{name}: {reason}." for name, reason in peers.ABSENT.items()]
    return "\n".join(rows)


def _scores(scored: Sequence[Scored]) -> str:
    size, middle = _sizes(scored), _middle(scored)
    median = f"{middle:.1f}" if math.isfinite(middle) else "most not found"
    front, both = sum(s.front for s in scored), sum(s.both for s in scored)
    order = f"{front} of {both}" + (f" = {100 * front / both:.0f} %" if both else "")
    cost = 1000 * float(np.mean([s.seconds for s in scored]))
    return f"{median} | {100 * np.mean(size <= 25):.0f} % | {order} | {cost:.1f}"
