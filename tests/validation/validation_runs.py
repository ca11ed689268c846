"""The cells of the validation and what is measured in each: pulls, sessions, packages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import peer_packages as peers
from known_truth import BASELINE, CUE_S, LENGTH_S, RATE, SEARCH, Measure, Muscle, pair

from labapp.analysis import (
    EmgChannel,
    RecordingInput,
    analyse_recording,
    detect_onset,
    onset_lag,
)
from labapp.simulate.scenario import Generator, Rise
from labapp.trials.repetitions import Cue, find_repetitions

REPETITIONS = 12
JITTER_MS = 6.0
NAN = float("nan")


@dataclass(frozen=True)
class Cell:
    """One row: SNR (dB) and rise (ms) of both muscles, and how far the first leads (ms)."""

    snr_db: tuple[float, float]
    rise_ms: tuple[float, float]
    lead_ms: float = 0.0
    kind: Generator = "noise"
    shape: Rise = "cosine"
    by: Measure = "peak"

    @property
    def muscles(self) -> tuple[Muscle, Muscle]:
        """Both muscles; the lead belongs to the first."""
        (sa, sb), (ra, rb) = self.snr_db, self.rise_ms
        return Muscle(sa, ra, self.lead_ms, self.by), Muscle(sb, rb, by=self.by)

    @property
    def text(self) -> str:
        """Name without generator and shape."""
        (sa, sb), (ra, rb) = self.snr_db, self.rise_ms
        measure = " (RMS)" if self.by == "rms" else ""
        return f"{sa:g}/{sb:g} dB{measure}, {ra:g}/{rb:g} ms"


@dataclass(frozen=True)
class Job:
    """A cell, how many of it, and its own seed."""

    cell: Cell
    n: int
    seed: int


@dataclass(frozen=True)
class Pulls:
    """Single pulls of one cell (ms); `flagged` were called not interpretable."""

    cell: Cell
    n: int
    bias: float
    sd: float
    outliers: int
    coverage: float
    flagged: int


@dataclass(frozen=True)
class Sessions:
    """Verdicts of the sessions of one cell.

    `lags` and `own` (ms) are the mean lag with a shared rise and with the muscles' own rises,
    less the truth; `covered` tells whether the 95 % interval of the latter held the truth.
    """

    cell: Cell
    lags: tuple[float, ...]
    own: tuple[float, ...]
    covered: tuple[bool, ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True)
class Scored:
    """One detector on the pulls with equal onsets of a cell.

    `errors` (ms) of every single onset, infinite where none was found; of the pulls in which
    both were found, `front` put one muscle in front; `seconds` per pull of two channels.
    """

    errors: tuple[float, ...]
    front: int
    both: int
    seconds: float


@dataclass(frozen=True)
class Peers:
    """All detectors side by side in one cell."""

    cell: Cell
    scores: dict[str, Scored]


def run_pulls(job: Job) -> Pulls:
    """Measure single pulls; true lags are spread over -40 to 40 ms, as order never is zero."""
    cell, rng = job.cell, np.random.default_rng(job.seed)
    first, second = cell.muscles
    errors, covered, flagged = [], [], 0
    for _ in range(job.n):
        lead = float(rng.uniform(-40, 40))
        a, b = pair(rng, cell.kind, cell.shape, replace(first, lead_ms=lead), second)
        lag = onset_lag(a, b, RATE, baseline=BASELINE, search=SEARCH)
        flagged += lag.state != "ok"
        if np.isfinite(lag.lag):
            errors.append(1000 * lag.lag + lead)
            covered.append(lag.low <= -lead / 1000 <= lag.high)
    e = np.array(errors)
    return Pulls(
        cell,
        len(e),
        float(e.mean()),
        float(e.std(ddof=1)),
        int((np.abs(e - np.median(e)) > 60).sum()),
        float(np.mean(covered)),
        flagged,
    )


def run_sessions(job: Job) -> Sessions:
    """Analyse whole sessions of twelve pulls as the program does."""
    cell, rng = job.cell, np.random.default_rng(job.seed)
    lags, own, covered, verdicts = [], [], [], []
    for _ in range(job.n):
        found = analyse_recording(session(rng, cell))["order"]["pairs"]["RM_R-UT_R"]
        lags.append(NAN if found["lag_ms"] is None else found["lag_ms"] + cell.lead_ms)
        verdicts.append(found["verdict"])
        ramps = found["own_rise"]
        own.append(NAN if ramps is None else ramps["lag_ms"] + cell.lead_ms)
        covered.append(ramps is not None and ramps["low_ms"] <= -cell.lead_ms <= ramps["high_ms"])
    return Sessions(cell, tuple(lags), tuple(own), tuple(covered), tuple(verdicts))


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


def run_peers(job: Job) -> Peers:
    """Time the same equal onsets with every detector.

    A package gives a number without an interval: whatever it puts ahead by more than 5 ms counts
    as an order. Ours counts where the 95 % interval of an interpretable lag excludes 0.
    """
    cell, rng = job.cell, np.random.default_rng(job.seed)
    pulls = []
    for _ in range(job.n):
        onset = CUE_S + rng.uniform(0.18, 0.3)
        pulls.append((onset, pair(rng, cell.kind, cell.shape, *cell.muscles, onset=onset)))
    scores = {"labapp": _ours(pulls)}
    scores |= {name: _theirs(pulls, detect) for name, detect in peers.DETECTORS.items()}
    return Peers(cell, scores)


Pull = tuple[float, tuple[np.ndarray, np.ndarray]]


def _ours(pulls: list[Pull]) -> Scored:
    errors, front, both = [], 0, 0
    timed, spent = _timed(pulls, partial(detect_onset, baseline=BASELINE, search=SEARCH))
    for (truth, (a, b)), onsets in zip(pulls, timed, strict=True):
        lag = onset_lag(a, b, RATE, baseline=BASELINE, search=SEARCH)
        errors += [1000 * (o.time - truth) if o.state == "ok" else np.inf for o in onsets]
        if lag.state == "ok":
            both += 1
            front += lag.low > 0 or lag.high < 0
    return Scored(tuple(errors), front, both, spent)


def _theirs(
    pulls: list[Pull], detect: Callable[[np.ndarray, float, peers.Window, peers.Window], float]
) -> Scored:
    errors, front, both = [], 0, 0
    timed, spent = _timed(pulls, lambda x, rate: detect(x, rate, BASELINE, SEARCH))
    for (truth, _), times in zip(pulls, timed, strict=True):
        errors += [1000 * (t - truth) if np.isfinite(t) else np.inf for t in times]
        if np.isfinite(times).all():
            both += 1
            front += abs(times[0] - times[1]) > 0.005
    return Scored(tuple(errors), front, both, spent)


def _timed(
    pulls: list[Pull], detect: Callable[[np.ndarray, float], Any]
) -> tuple[list[tuple[Any, Any]], float]:
    """Onsets of both muscles, and CPU seconds per pull: a loop of nothing else, once warmed up."""
    detect(pulls[0][1][0], RATE)
    begin = time.process_time()
    found = [(detect(a, RATE), detect(b, RATE)) for _, (a, b) in pulls]
    return found, (time.process_time() - begin) / len(pulls)
