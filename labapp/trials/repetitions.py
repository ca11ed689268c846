"""Find the pulls of a recording from its cues and its force.

A cue says when a pull was asked for, the force when it happened; either may be missing. What is
odd about a pull (a second pull, tension before the cue, no pull at all) is written into its
reasons, and only what spoils the timing makes it invalid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.errors import LabError
from labapp.trials.cues import Cue, cues_from_markers
from labapp.trials.emg_bursts import emg_bursts
from labapp.trials.force_pulls import (
    ForcePull,
    RepetitionRules,
    checked_series,
    counter_movement,
    force_pulls,
    rest_of,
)
from labapp.trials.repetition import Repetition

__all__ = ["Cue", "Repetition", "RepetitionRules", "cues_from_markers", "find_repetitions"]

Floats = NDArray[np.float64]

REFERENCES = ("reference", "submaximal")
"""Pulls whose amplitude counts, not their onset."""


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
        a valid one that says so (cue missed); where only slow pulls were asked for it is none of
        them, and invalid.

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
    return _from_activity(t, level)


def _from_force(
    t: Floats, f: Floats, cues: Sequence[Cue], rules: RepetitionRules
) -> tuple[Repetition, ...]:
    pulls = force_pulls(t, f, rules)
    owner: dict[int, list[int]] = {}
    free: list[int] = []
    starts = [cue.time for cue in cues]
    for number, pull in enumerate(pulls):
        # A pull belongs to the last cue before it; one that starts just before a cue is early.
        at = int(np.searchsorted(starts, pull.crossed + rules.early_s, side="right")) - 1
        if at + 1 < len(cues) and _anticipates(pull, cues[at + 1]):
            at += 1
        if at >= 0 and pull.crossed - starts[at] <= rules.latest_s:
            owner.setdefault(at, []).append(number)
        else:
            free.append(number)
    built: list[Repetition] = []
    for at, cue in enumerate(cues):
        mine = [pulls[k] for k in owner.get(at, [])]
        built.append(_answered(cue, mine, t, f, rules))
    asked = {cue.pull for cue in cues} - set(REFERENCES)
    # A tug between slow pulls has their force, but neither their tempo nor their hold.
    kind = "fast" if not asked or "fast" in asked else min(asked)
    loose = Repetition(0, "", 0, kind, None, valid=kind == "fast", source="force")
    reasons = ("pull without a cue",) if cues else ()
    built += [_with_force(loose, pulls[k], reasons) for k in free]
    built.sort(key=lambda r: r.cue_s if r.cue_s is not None else (r.force_onset_s or 0.0))
    return tuple(replace(r, index=k) for k, r in enumerate(built))


def _anticipates(pull: ForcePull, cue: Cue) -> bool:
    """Whether a pull is ahead of the beat: up to a quarter of the repetition before its cue."""
    if cue.tempo is None:
        return False
    return 0 <= cue.time - pull.crossed <= min(0.5, 0.25 * sum(cue.tempo))


def _answered(
    cue: Cue, mine: Sequence[ForcePull], t: Floats, f: Floats, rules: RepetitionRules
) -> Repetition:
    base = Repetition(
        0, cue.block, cue.number, cue.pull, cue.time, source="cue+force", tempo=cue.tempo
    )
    reasons = list(cue.reasons)
    valid = not cue.rejected
    if not len(t) or cue.time < t[0] or cue.time > t[-1]:
        plain = _timed(cue, rules)
        return replace(plain, valid=valid, reasons=(*reasons, "force was not recorded at this cue"))
    if not mine:
        return replace(base, valid=False, reasons=(*reasons, "no pull followed the cue"))
    pull = mine[0]
    if len(mine) > 1 and cue.pull not in REFERENCES:
        gap = mine[1].onset - pull.onset
        share = pull.peak / mine[1].peak
        if share < rules.false_start_share:
            valid = False
            words = f"false start: {100 * share:.0f} % of the pull that followed {gap:.1f} s later"
            reasons.append(words)
        else:
            reasons.append(f"pulled twice ({gap:.1f} s apart); the first is used")
    before = f[(t >= cue.time - rules.before_s) & (t < min(cue.time, pull.crossed))]
    if pull.onset < cue.time <= pull.crossed and len(before) >= 5:
        # Tension hides the beginning: the pull starts where the force leaves that tension.
        held = float(np.median(before)) + max(0.05 * pull.peak, 3 * float(before.std()))
        late = np.flatnonzero((t >= cue.time) & (f > held))
        pull = replace(pull, onset=float(t[late[0]]) if len(late) else pull.crossed)
    elif pull.onset < cue.time and cue.tempo is None:
        valid = False
        reasons.append(f"pulled {1000 * (cue.time - pull.onset):.0f} ms before the cue")
    rest = rest_of(f)
    if len(before) >= 5:
        tension = (float(np.median(before)) - rest) / pull.peak
        if tension > rules.pretension_share:
            reasons.append(f"tension before the cue ({100 * tension:.0f} % of the peak)")
            # A weight never hangs slack between the repetitions of a set.
            valid = valid and (cue.pull in REFERENCES or cue.tempo is not None)
    if cue.tempo is None and cue.pull not in REFERENCES:
        dip = counter_movement(t, f, pull, rules)
        if dip > rules.dip_share:
            valid = False
        if dip > 0:
            reasons.append(f"counter-movement before the pull ({100 * dip:.0f} % of the peak)")
    around = (t >= cue.time - rules.before_s) & (t <= pull.off)
    times = t[around]
    if len(times) > 1:
        usual = float(np.median(np.diff(t)))
        hole = float(np.diff(times).max())
        if hole > max(0.1, 5 * usual):
            reasons.append(f"force lost for {1000 * hole:.0f} ms")
    found = replace(_with_force(base, pull, tuple(reasons)), valid=valid)
    if cue.tempo is None:
        return found
    # A weight pulls back alike while it moves and while it is held: the beats say which it is.
    led = _timed(cue, rules)
    return replace(
        found,
        hold_start_s=led.hold_start_s,
        hold_end_s=led.hold_end_s,
        begin_s=led.begin_s,
        end_s=led.end_s,
    )


def _with_force(base: Repetition, pull: ForcePull, reasons: tuple[str, ...]) -> Repetition:
    return replace(
        base,
        force_onset_s=pull.onset,
        peak_s=pull.peak_at,
        hold_start_s=pull.hold[0],
        hold_end_s=pull.hold[1],
        force_off_s=pull.off,
        reasons=reasons,
        begin_s=pull.onset,
        end_s=pull.off,
    )


def _timed(cue: Cue, rules: RepetitionRules) -> Repetition:
    """Build a repetition known from its cue alone: the tempo, or 0.5 s to rise, then the hold."""
    if cue.tempo is not None:
        pull, held, back = cue.tempo
        return Repetition(
            0,
            cue.block,
            cue.number,
            cue.pull,
            cue.time,
            hold_start_s=cue.time + pull,
            hold_end_s=cue.time + pull + held,
            begin_s=cue.time,
            end_s=cue.time + pull + held + back,
            tempo=cue.tempo,
        )
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
    return tuple(
        replace(_timed(cue, rules), index=index, valid=not cue.rejected, reasons=cue.reasons)
        for index, cue in enumerate(cues)
    )


def _from_activity(t: Floats, level: Floats) -> tuple[Repetition, ...]:
    """Bursts of the EMG itself: a fallback that says so in every repetition."""
    return tuple(
        Repetition(
            index,
            "",
            index + 1,
            "fast",
            # A stand-in for the cue, early enough to leave rest between it and the burst.
            cue_s=burst.first - 0.3,
            hold_start_s=burst.hold[0],
            hold_end_s=burst.hold[1],
            reasons=("found from the EMG alone: neither cue nor force",),
            source="emg",
            begin_s=burst.first,
            end_s=burst.last,
        )
        for index, burst in enumerate(emg_bursts(t, level))
    )
