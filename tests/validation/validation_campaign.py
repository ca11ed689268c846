"""Validation of onsets, lags and verdicts against known truth: ``python3 run.py validate``.

Seeded: the same command gives the same table. The full form writes
docs/reference/validation.md; ``--short`` prints a small one in less than a minute.
"""

from __future__ import annotations

import argparse
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
sys.path[:0] = [str(HERE), str(ROOT)]

import numpy as np  # noqa: E402
import peer_packages as peers  # noqa: E402
from known_truth import (  # noqa: E402
    BASELINE,
    CUE_S,
    KINDS,
    LENGTH_S,
    RATE,
    SEARCH,
    SHAPES,
    Muscle,
    pair,
)

from labapp.analysis import (  # noqa: E402
    EmgChannel,
    RecordingInput,
    analyse_recording,
    onset_lag,
)
from labapp.simulate.scenario import Generator, Rise  # noqa: E402
from labapp.trials.repetitions import Cue, find_repetitions  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "validation.md"
REPETITIONS = 12
JITTER_MS = 6.0
PEER_PULLS = 3
"""Pulls with equal onsets per cell that the packages see: they are slow."""


@dataclass(frozen=True)
class Cell:
    """One row: SNR (dB) and rise (ms) of both muscles, and how far the first leads (ms)."""

    snr_db: tuple[float, float]
    rise_ms: tuple[float, float]
    lead_ms: float = 0.0
    kind: Generator = "noise"
    shape: Rise = "cosine"

    @property
    def muscles(self) -> tuple[Muscle, Muscle]:
        """Both muscles; the lead belongs to the first."""
        (sa, sb), (ra, rb) = self.snr_db, self.rise_ms
        return Muscle(sa, ra, self.lead_ms), Muscle(sb, rb)

    @property
    def text(self) -> str:
        """Name without generator and shape."""
        (sa, sb), (ra, rb) = self.snr_db, self.rise_ms
        return f"{sa:g}/{sb:g} dB, {ra:g}/{rb:g} ms"


PULL_CELLS = (
    Cell((10.5, 10.5), (50, 50)),
    Cell((15, 15), (50, 50)),
    Cell((25, 25), (50, 50)),
    Cell((10.5, 25), (50, 50)),
    Cell((20, 20), (150, 150)),
    Cell((20, 20), (25, 150)),
)
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
    Cell((20, 20), (50, 50), 30),
    Cell((20, 20), (150, 150), 30),
    Cell((12, 26), (50, 50), 30),
)


@dataclass(frozen=True)
class Plan:
    """How much is run."""

    shapes: tuple[Rise, ...]
    kinds: tuple[Generator, ...]
    pulls: int
    sessions: int
    pull_cells: tuple[Cell, ...] = PULL_CELLS
    null_cells: tuple[Cell, ...] = NULL_CELLS
    lead_cells: tuple[Cell, ...] = LEAD_CELLS


FULL = Plan(SHAPES, KINDS, pulls=200, sessions=3)
SHORT = Plan(
    ("cosine",),
    KINDS,
    pulls=24,
    sessions=1,
    pull_cells=PULL_CELLS[1:4],
    null_cells=(NULL_CELLS[1], NULL_CELLS[3], NULL_CELLS[5]),
    lead_cells=LEAD_CELLS[:1],
)


@dataclass(frozen=True)
class Pulls:
    """Single pulls of one cell (ms).

    `equal` counts, per detector, the pulls with equal onsets: one muscle put in front, both
    onsets found, all. `seconds` are per pull of two channels.
    """

    cell: Cell
    n: int
    bias: float
    sd: float
    outliers: int
    coverage: float
    equal: dict[str, tuple[int, int, int]]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Sessions:
    """Verdicts of the sessions of one cell."""

    cell: Cell
    lags: tuple[float, ...]
    verdicts: tuple[str, ...]


def run_pulls(job: tuple[Cell, int, int]) -> Pulls:
    """Measure single pulls; true lags are spread over -40 to 40 ms, as order never is zero."""
    cell, n, seed = job
    rng = np.random.default_rng(seed)
    errors, covered = [], []
    seconds = {"labapp": 0.0} | dict.fromkeys(peers.DETECTORS, 0.0)
    order: dict[str, list[bool | None]] = {name: [] for name in seconds}
    first, second = cell.muscles
    for k in range(n):
        lead = float(rng.uniform(-40, 40))
        # Every eighth pull has equal onsets: what is called first there is called falsely.
        equal = k % 8 == 0
        a, b = pair(
            rng, cell.kind, cell.shape, replace(first, lead_ms=0 if equal else lead), second
        )
        begin = time.perf_counter()
        lag = onset_lag(a, b, RATE, baseline=BASELINE, search=SEARCH)
        seconds["labapp"] += time.perf_counter() - begin
        if equal:
            known = bool(np.isfinite(lag.lag))
            order["labapp"].append(bool(lag.high < 0 or lag.low > 0) if known else None)
        if np.isfinite(lag.lag):
            truth = 0.0 if equal else -lead / 1000
            errors.append(1000 * (lag.lag - truth))
            covered.append(lag.low <= truth <= lag.high)
        if not equal or k >= 8 * PEER_PULLS:
            continue
        for name, detect in peers.DETECTORS.items():
            begin = time.perf_counter()
            times = [detect(x, RATE, BASELINE, SEARCH) for x in (a, b)]
            seconds[name] += time.perf_counter() - begin
            # A package gives a number without an interval: whatever is ahead by 5 ms counts.
            gap = abs(times[0] - times[1])
            order[name].append(bool(gap > 0.005) if np.isfinite(gap) else None)
    e = np.array(errors)
    return Pulls(
        cell,
        len(e),
        float(e.mean()),
        float(e.std(ddof=1)),
        int((np.abs(e - np.median(e)) > 60).sum()),
        float(np.mean(covered)),
        {
            name: (hits.count(True), len(hits) - hits.count(None), len(hits))
            for name, hits in order.items()
        },
        {
            name: total / (n if name == "labapp" else max(len(order[name]), 1))
            for name, total in seconds.items()
        },
    )


def run_sessions(job: tuple[Cell, int, int]) -> Sessions:
    """Analyse whole sessions of twelve pulls as the program does."""
    cell, n, seed = job
    rng = np.random.default_rng(seed)
    lags, verdicts = [], []
    for _ in range(n):
        document = analyse_recording(session(rng, cell))
        found = document["order"]["pairs"]["RM_R-UT_R"]
        lags.append(float("nan") if found["lag_ms"] is None else found["lag_ms"])
        verdicts.append(found["verdict"])
    return Sessions(cell, tuple(lags), tuple(verdicts))


def session(rng: np.random.Generator, cell: Cell) -> RecordingInput:
    """Twelve pulls of two muscles end to end, the onsets of each jittered by 6 ms."""
    pulls = [
        pair(rng, cell.kind, cell.shape, *cell.muscles, jitter_ms=JITTER_MS)
        for _ in range(REPETITIONS)
    ]
    cues = [Cue(CUE_S + LENGTH_S * k, "fast", k + 1, "fast", 1.0) for k in range(REPETITIONS)]
    t = np.arange(int(REPETITIONS * LENGTH_S * RATE)) / RATE
    emg = [
        EmgChannel(name, 3e-6 * np.concatenate([p[m] for p in pulls]), t, RATE)
        for m, name in enumerate(("RM_R", "UT_R"))
    ]
    return RecordingInput(emg, find_repetitions(None, None, cues))


def jobs(cells: Sequence[Cell], plan: Plan, n: int, seed: int) -> list[tuple[Cell, int, int]]:
    """One job per cell, shape and generator, each with its own seed."""
    every = [
        replace(cell, kind=kind, shape=shape)
        for cell in cells
        for kind in plan.kinds
        for shape in plan.shapes
    ]
    return [(cell, n, seed + k) for k, cell in enumerate(every)]


def run(plan: Plan, seed: int, workers: int = 1) -> tuple[list[Pulls], list[Sessions]]:
    """Run the whole plan; `workers` processes, the result does not depend on their number."""
    pull_jobs = jobs(plan.pull_cells, plan, plan.pulls, seed)
    session_jobs = jobs((*plan.null_cells, *plan.lead_cells), plan, plan.sessions, seed + 100_000)
    if workers == 1:
        return [run_pulls(j) for j in pull_jobs], [run_sessions(j) for j in session_jobs]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        sessions = [pool.submit(run_sessions, j) for j in session_jobs]
        pulls = [pool.submit(run_pulls, j) for j in pull_jobs]
        return [f.result() for f in pulls], [f.result() for f in sessions]


def main(words: Sequence[str]) -> int:
    """Run, print, and write the page (full form)."""
    import validation_page

    parser = argparse.ArgumentParser(prog="run.py validate", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small table; writes no page")
    parser.add_argument("--seed", type=int, default=4_000_000, help="first seed")
    parser.add_argument("--pulls", type=int, help="single pulls per cell, instead of 200")
    parser.add_argument("--sessions", type=int, help="sessions per cell, instead of 3")
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
    pulls, sessions = run(plan, given.seed, given.workers)
    text = validation_page.page(pulls, sessions, plan, given.seed)
    print(text)
    minutes = (time.perf_counter() - begin) / 60
    print(f"{minutes:.1f} minutes with {given.workers} processes", file=sys.stderr)
    if not given.short:
        PAGE.write_text(text, encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
