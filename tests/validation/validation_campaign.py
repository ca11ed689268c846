"""Validation of onsets, lags and verdicts against known truth: ``python3 run.py validate``.

Seeded: the same command gives the same table. The full form writes
docs/reference/validation.md; ``--short`` prints a small one in less than a minute.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# The campaign is a program beside the package: it finds both without being installed.
sys.path[:0] = [str(HERE), str(HERE.parent / "analysis"), str(ROOT)]
# Each process works on one small matrix at a time: threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from joint_cells import Joint, run_joint  # noqa: E402
from known_truth import KINDS, SHAPES  # noqa: E402
from validation_runs import (  # noqa: E402
    Cell,
    Job,
    Peers,
    Pulls,
    Sessions,
    run_peers,
    run_pulls,
    run_sessions,
)

from labapp.simulate.scenario import Generator, Rise  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "validation.md"
FIRST_SEED = 9_100_000

PULL_CELLS = (
    Cell((10.5, 10.5), (50, 50)),
    Cell((15, 15), (50, 50)),
    Cell((25, 25), (50, 50)),
    Cell((10.5, 25), (50, 50)),
    Cell((20, 20), (150, 150)),
    Cell((20, 20), (50, 100)),
    Cell((20, 20), (25, 150)),
)
RMS_CELLS = (
    Cell((10, 10), (50, 50), by="rms"),
    Cell((25, 25), (50, 50), by="rms"),
    Cell((10, 25), (50, 50), by="rms"),
)
"""The ratio as the reference's simulations state it: active RMS over RMS of rest."""

JOINT_CELLS = (*PULL_CELLS[5:], Cell((25, 25), (25, 150)), Cell((30, 30), (25, 150)))
"""Unequal rise: what single pulls cannot tell, all pulls of a cell together should."""

NULL_CELLS = (
    Cell((12, 12), (50, 50)),
    Cell((20, 20), (50, 50)),
    Cell((30, 30), (50, 50)),
    Cell((26, 12), (50, 50)),
    Cell((20, 20), (150, 150)),
    Cell((20, 20), (50, 75)),
    Cell((20, 20), (50, 100)),
    Cell((26, 12), (50, 75)),
    Cell((12, 26), (50, 75)),
    Cell((20, 20), (25, 150)),
)
LEAD_CELLS = (
    Cell((20, 20), (50, 50), 20),
    Cell((20, 20), (50, 50), 30),
    Cell((20, 20), (150, 150), 30),
    Cell((12, 26), (50, 50), 30),
    Cell((20, 20), (50, 75), 30),
    Cell((20, 20), (75, 50), 30),
)


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    shapes: tuple[Rise, ...]
    kinds: tuple[Generator, ...]
    pulls: int
    sessions: int
    compared: int
    pull_cells: tuple[Cell, ...] = PULL_CELLS
    rms_cells: tuple[Cell, ...] = RMS_CELLS
    null_cells: tuple[Cell, ...] = NULL_CELLS
    lead_cells: tuple[Cell, ...] = LEAD_CELLS
    joint: int = 0
    joint_cells: tuple[Cell, ...] = JOINT_CELLS


FULL = Plan(SHAPES, KINDS, pulls=200, sessions=5, compared=8, joint=17)
SHORT = Plan(
    ("cosine",),
    KINDS,
    pulls=24,
    sessions=1,
    compared=2,
    pull_cells=PULL_CELLS[1:4],
    rms_cells=RMS_CELLS[:1],
    null_cells=(NULL_CELLS[1], NULL_CELLS[3], NULL_CELLS[5]),
    lead_cells=LEAD_CELLS[1:2],
)


@dataclass(frozen=True)
class Results:
    """Everything that was measured."""

    pulls: list[Pulls]
    sessions: list[Sessions]
    peers: list[Peers]
    joint: list[Joint]


def jobs(cells: Sequence[Cell], plan: Plan, n: int, seed: int) -> list[Job]:
    """One job per cell, shape and generator, each with its own seed."""
    every = [
        replace(cell, kind=kind, shape=shape)
        for cell in cells
        for kind in plan.kinds
        for shape in plan.shapes
    ]
    return [Job(cell, n, seed + k) for k, cell in enumerate(every)] if n else []


def run(plan: Plan, seed: int, workers: int = 1) -> Results:
    """Run the whole plan; `workers` processes, the result does not depend on their number."""
    cells = (*plan.null_cells, *plan.lead_cells)
    # Seeds of their own: those of the other cells stay what they were.
    pulls = jobs(plan.pull_cells, plan, plan.pulls, seed)
    pulls += jobs(plan.rms_cells, plan, plan.pulls, seed + 400_000)
    sessions = jobs(cells, plan, plan.sessions, seed + 100_000)
    compared = jobs(plan.pull_cells, plan, plan.compared, seed + 200_000)
    joint = jobs(plan.joint_cells, plan, plan.joint, seed + 300_000)
    if workers == 1:
        return Results(
            [run_pulls(j) for j in pulls],
            [run_sessions(j) for j in sessions],
            [run_peers(j) for j in compared],
            [run_joint(j) for j in joint],
        )
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = (
            [pool.submit(run_pulls, j) for j in pulls],
            [pool.submit(run_sessions, j) for j in sessions],
            [pool.submit(run_peers, j) for j in compared],
            [pool.submit(run_joint, j) for j in joint],
        )
        first, second, third, fourth = waiting
        return Results(
            [f.result() for f in first],
            [f.result() for f in second],
            [f.result() for f in third],
            [f.result() for f in fourth],
        )


def main(words: Sequence[str]) -> int:
    """Run, print, and write the page (full form)."""
    import validation_page

    parser = argparse.ArgumentParser(prog="run.py validate", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small table; writes no page")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="first seed")
    parser.add_argument("--pulls", type=int, help="single pulls per cell, instead of 200")
    parser.add_argument("--sessions", type=int, help="sessions per cell, instead of 5")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    given = parser.parse_args(words)
    plan = SHORT if given.short else FULL
    if given.pulls is not None:
        if given.pulls < 16:
            parser.error(f"--pulls is {given.pulls}; give at least 16")
        plan = replace(plan, pulls=given.pulls)
    if given.sessions is not None:
        if given.sessions < 1:
            parser.error(f"--sessions is {given.sessions}; give at least 1")
        plan = replace(plan, sessions=given.sessions)
    begin = time.perf_counter()
    results = run(plan, given.seed, given.workers)
    text = validation_page.page(results, plan, given.seed)
    print(text)
    minutes = (time.perf_counter() - begin) / 60
    print(f"{minutes:.1f} minutes with {given.workers} processes", file=sys.stderr)
    if not given.short:
        PAGE.write_text(text, encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
