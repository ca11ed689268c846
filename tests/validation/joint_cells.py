"""All pulls of a cell read together: the lag when the muscles rise at different speed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from validation_runs import NAN, Cell, Job, session

from labapp.analysis.pooled import OwnRiseLag
from labapp.analysis.pulls import MusclePull, filtered, measure, own_rises, pair_lag
from labapp.analysis.settings import AnalysisSettings


@dataclass(frozen=True)
class Joint:
    """Lag with own rises of one cell, less the truth (ms).

    `lag`, `half` (of the 95 % interval) and `covered` of all `n` pulls together; `lags` and
    `held` the same for each session of twelve by itself.
    """

    cell: Cell
    n: int
    lag: float
    half: float
    covered: bool
    lags: tuple[float, ...]
    held: tuple[bool, ...]


def run_joint(job: Job) -> Joint:
    """Read the pulls of `job.n` sessions one session at a time, then all together."""
    cell, rng = job.cell, np.random.default_rng(job.seed)
    settings = AnalysisSettings()
    every: list[tuple[MusclePull, MusclePull]] = []
    sessions = []
    for _ in range(job.n):
        made = session(rng, cell)
        first, second = (
            [measure(channel, rep, settings) for rep in made.repetitions]
            for channel in (filtered(channel, settings) for channel in made.emg)
        )
        used = [
            (a, b)
            for a, b in zip(first, second, strict=True)
            if math.isfinite(pair_lag(a, b, settings))
        ]
        sessions.append(_error(_read(used, settings), cell.lead_ms))
        every += used
    lag, half, covered = _error(_read(every, settings), cell.lead_ms)
    return Joint(
        cell,
        len(every),
        lag,
        half,
        covered,
        tuple(s[0] for s in sessions),
        tuple(s[2] for s in sessions),
    )


def _read(
    pairs: Sequence[tuple[MusclePull, MusclePull]], settings: AnalysisSettings
) -> OwnRiseLag | None:
    return own_rises([a for a, _ in pairs], [b for _, b in pairs], settings)


def _error(own: OwnRiseLag | None, lead_ms: float) -> tuple[float, float, bool]:
    """Error of the lag and half its 95 % interval (ms), and whether that holds the truth."""
    if own is None:
        return NAN, NAN, False
    low, high = (1000 * limit + lead_ms for limit in own.limits(0.95))
    return 1000 * own.lag + lead_ms, (high - low) / 2, low <= 0 <= high


def joint_table(joint: Sequence[Joint], generators: dict[str, str]) -> str:
    """One row per cell, shape and generator."""
    rows = [
        "| SNR, rise | generator | shape | pulls | read together: error, ms | 95 % interval, ms "
        "| holds the truth | by sessions of 12, ms | hold the truth |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for j in joint:
        lags = np.array(j.lags)[np.isfinite(j.lags)]
        spread = f"{lags.mean():+.1f} ± {lags.std():.1f}" if len(lags) else "none"
        rows.append(
            f"| {j.cell.text} | {generators[j.cell.kind]} | {j.cell.shape.replace('_', ' ')} "
            f"| {j.n} | {j.lag:+.1f} | ± {j.half:.1f} | {'yes' if j.covered else 'no'} "
            f"| {spread} | {sum(j.held)} of {len(j.held)} |"
        )
    return "\n".join(rows)
