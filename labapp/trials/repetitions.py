"""Find the pulls of a recording from its cues and its force.

A cue says when a pull was asked for, the force when it happened; either may be missing. What is
odd about a pull (a second pull, tension before the cue, no pull at all) is written into its
reasons, and only what spoils the timing makes it invalid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.errors import LabError
from labapp.trials.cues import Cue, cues_from_markers
from labapp.trials.force_pulls import (
    ForcePull,
    RepetitionRules,
    checked_series,
    force_pulls,
    runs,
)

__all__ = ["Cue", "Repetition", "RepetitionRules", "cues_from_markers", "find_repetitions"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Repetition:
    """One pull and its landmarks (s since the start of the recording; None where unknown).

    Attributes
    ----------
    index
        Position among all repetitions, from 0.
    block, number, pull
        From the cue: block name, number within the block (from 1), kind of pull.
    cue_s
        Time of the cue, None for a pull that nobody asked for.
    force_onset_s, peak_s, hold_start_s, hold_end_s, force_off_s
        Landmarks of the force: first rise, greatest force, the stretch above 70 % of it, and
        the return to rest. Without force, hold and end come from the cue's timing.
    valid
        Whether onsets of this repetition may be used.
    reasons
        Plain words for everything odd, also where the repetition is still valid.
    source
        ``"cue+force"``, ``"cue"``, ``"force"`` or ``"emg"``.
    """

    index: int
    block: str
    number: int
    pull: str
    cue_s: float | None
    force_onset_s: float | None = None
    peak_s: float | None = None
    hold_start_s: float | None = None
    hold_end_s: float | None = None
    force_off_s: float | None = None
    valid: bool = True
    reasons: tuple[str, ...] = ()
    source: str = "cue"


def find_repetitions(
    time: ArrayLike | None,
    force: ArrayLike | None,
    cues: Sequence[Cue],
    *,
    activity: tuple[ArrayLike, ArrayLike] | None = None,
    rules: RepetitionRules | None = None,
) -> tuple[Repetition, ...]:
    """Find the pulls.

    Parameters
    ----------
    time, force
        (n_samples,) s and N, NaN where lost; None where no force was recorded.
    cues
        Cues in any order; may be empty.
    activity
        (times, level): EMG envelope (s; any unit, all muscles together), used only when there
        is neither a cue nor a force; such repetitions say so.
    rules
        Numbers that decide; the defaults where None.

    Returns
    -------
    tuple of Repetition
        In order of time. A cue without a pull is an invalid repetition, a pull without a cue
        a valid one that says so (cue missed).

    Raises
    ------
    LabError
        If times and values do not fit together.
    """
    rules = rules or RepetitionRules()
    ordered = sorted(cues, key=lambda cue: cue.time)
    if (time is None) != (force is None):
        raise LabError("force was given without times or times without force", "give both")
    if time is not None and force is not None:
        t, f = checked_series(time, force, "force")
        if len(t) >= 10:
            return _from_force(t, f, ordered, rules)
    if ordered:
        return _from_cues(ordered, rules)
    if activity is None:
        return ()
    t, level = checked_series(activity[0], activity[1], "activity")
    return _from_activity(t, level, rules)


def _from_force(
    t: Floats, f: Floats, cues: Sequence[Cue], rules: RepetitionRules
) -> tuple[Repetition, ...]:
    pulls = force_pulls(t, f, rules)
    owner: dict[int, list[int]] = {}
    free: list[int] = []
    starts = [cue.time for cue in cues]
    for number, pull in enumerate(pulls):
        # A pull belongs to the last cue before it; one that starts just before a cue is early.
        at = int(np.searchsorted(starts, pull.crossed + 0.15, side="right")) - 1
        if at >= 0 and pull.crossed - starts[at] <= rules.latest_s:
            owner.setdefault(at, []).append(number)
        else:
            free.append(number)
    built: list[Repetition] = []
    for at, cue in enumerate(cues):
        mine = [pulls[k] for k in owner.get(at, [])]
        built.append(_answered(cue, mine, t, f, rules))
    for k in free:
        pull = pulls[k]
        built.append(
            _with_force(
                Repetition(0, "", 0, "fast", None, source="force"),
                pull,
                ("pull without a cue",) if cues else (),
            )
        )
    built.sort(key=lambda r: r.cue_s if r.cue_s is not None else (r.force_onset_s or 0.0))
    return tuple(replace(r, index=k) for k, r in enumerate(built))


def _answered(
    cue: Cue, mine: Sequence[ForcePull], t: Floats, f: Floats, rules: RepetitionRules
) -> Repetition:
    base = Repetition(0, cue.block, cue.number, cue.pull, cue.time, source="cue+force")
    reasons: list[str] = []
    valid = True
    if cue.rejected:
        valid = False
        reasons.append(cue.reject_reason or "rejected by the operator")
    if not len(t) or cue.time < t[0] or cue.time > t[-1]:
        plain = _timed(cue, rules)
        return replace(plain, valid=valid, reasons=(*reasons, "force was not recorded at this cue"))
    if not mine:
        return replace(base, valid=False, reasons=(*reasons, "no pull followed the cue"))
    pull = mine[0]
    if len(mine) > 1 and cue.pull != "reference":
        gap = mine[1].onset - pull.onset
        reasons.append(f"pulled twice ({gap:.1f} s apart); the first is used")
    before = f[(t >= cue.time - rules.before_s) & (t < min(cue.time, pull.crossed))]
    if pull.onset < cue.time <= pull.crossed and len(before) >= 5:
        # Tension hides the beginning: the pull starts where the force leaves that tension.
        held = float(np.median(before)) + max(0.05 * pull.peak, 3 * float(before.std()))
        late = np.flatnonzero((t >= cue.time) & (f > held))
        pull = replace(pull, onset=float(t[late[0]]) if len(late) else pull.crossed)
    elif pull.onset < cue.time:
        valid = False
        reasons.append(f"pulled {1000 * (cue.time - pull.onset):.0f} ms before the cue")
    rest = float(np.percentile(f, 20))
    if len(before) >= 5:
        tension = (float(np.median(before)) - rest) / pull.peak
        if tension > rules.pretension_share:
            reasons.append(f"tension before the cue ({100 * tension:.0f} % of the peak)")
            valid = valid and cue.pull == "reference"
    around = (t >= cue.time - rules.before_s) & (t <= pull.off)
    times = t[around]
    if len(times) > 1:
        usual = float(np.median(np.diff(t)))
        hole = float(np.diff(times).max())
        if hole > max(0.1, 5 * usual):
            reasons.append(f"force lost for {1000 * hole:.0f} ms")
    return replace(_with_force(base, pull, tuple(reasons)), valid=valid)


def _with_force(base: Repetition, pull: ForcePull, reasons: tuple[str, ...]) -> Repetition:
    return replace(
        base,
        force_onset_s=pull.onset,
        peak_s=pull.peak_at,
        hold_start_s=pull.hold[0],
        hold_end_s=pull.hold[1],
        force_off_s=pull.off,
        reasons=reasons,
    )


def _timed(cue: Cue, rules: RepetitionRules) -> Repetition:
    """Build a repetition known from its cue alone: 0.5 s to react and rise, then the hold."""
    hold = cue.hold_s if cue.hold_s and cue.hold_s > 0 else rules.default_hold_s
    return Repetition(
        0,
        cue.block,
        cue.number,
        cue.pull,
        cue.time,
        hold_start_s=cue.time + 0.7,
        hold_end_s=cue.time + 0.5 + max(hold, 0.5),
        source="cue",
    )


def _from_cues(cues: Sequence[Cue], rules: RepetitionRules) -> tuple[Repetition, ...]:
    built = []
    for index, cue in enumerate(cues):
        reasons = (cue.reject_reason or "rejected by the operator",) if cue.rejected else ()
        built.append(
            replace(_timed(cue, rules), index=index, valid=not cue.rejected, reasons=reasons)
        )
    return tuple(built)


def _from_activity(t: Floats, level: Floats, rules: RepetitionRules) -> tuple[Repetition, ...]:
    """Bursts of the EMG itself: a fallback that says so in every repetition."""
    if len(t) < 10:
        return ()
    rest = float(np.percentile(level, 20))
    spread = 1.4826 * float(np.median(np.abs(level[level <= np.median(level)] - rest)))
    top = float(np.percentile(level, 99))
    if top - rest <= 10 * spread:
        return ()
    high = rest + max(0.2 * (top - rest), 5 * spread)
    bursts = [
        (float(t[a]), float(t[b - 1])) for a, b in runs(level > high) if t[b - 1] - t[a] >= 0.1
    ]
    merged: list[tuple[float, float]] = []
    for burst in bursts:
        if merged and burst[0] - merged[-1][1] < 0.5:
            merged[-1] = (merged[-1][0], burst[1])
        else:
            merged.append(burst)
    return tuple(
        Repetition(
            index,
            "",
            index + 1,
            "fast",
            # A stand-in for the cue, early enough to leave rest between it and the burst.
            cue_s=first - 0.3,
            hold_start_s=first + 0.5 * (last - first) if last - first < 1 else first + 0.5,
            hold_end_s=last,
            reasons=("found from the EMG alone: neither cue nor force",),
            source="emg",
        )
        for index, (first, last) in enumerate(merged)
    )
