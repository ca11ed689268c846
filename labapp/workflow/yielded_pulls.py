"""What the pulls of a session without a question of order have yielded: EMG levels and force."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from labapp.analysis.asymmetry import compare_sides
from labapp.analysis.statistics import holm, mean_interval
from labapp.workflow.headline_words import as_words
from labapp.workflow.yielded import Document, Yield, nothing, short_codes, spread

PHASES = ("hold", "pull", "return")
"""The phase that is told: the first of these with a value."""
PLACES = {"hold": "in the hold", "pull": "in the pull", "return": "in the return"}
USUAL_PAIR = "UT:LT"
"""Ratio that is told where the protocol names none."""
MOST_PAIRS, MOST_MUSCLES = 2, 4
"""As many are told in one sentence; the cards and tables have them all."""
LEVEL = 0.05
"""Risk of calling any difference where there is none, over all that the headline compares."""
RFD_MS = 100
"""Window of the rate of force development that is told, ms from the onset of the force."""


def _phase(by_phase: Mapping[str, Any]) -> str:
    """Phase to tell; empty where there is none."""
    return next((phase for phase in PHASES if by_phase.get(phase)), "")


def _pairs(there: Mapping[str, Any], asked: Sequence[str]) -> list[str]:
    """Ratios to tell: those that the protocol names (``"UT:LT"``), else one."""
    bare = {pair: ":".join(code.partition("_")[0] for code in pair.split(":")) for pair in there}
    named = [pair for one in asked for pair in there if bare[pair] == one][:MOST_PAIRS]
    usual = [pair for pair in there if bare[pair] == USUAL_PAIR]
    return named or [*usual, *there][:1]


def _ratio_name(pair: str) -> str:
    """``UT:LT`` of two muscles of one side, else with their sides."""
    return ":".join(short_codes(pair.split(":")).values())


def _sure(p_values: Mapping[str, float | None]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Which of several comparisons hold (Holm, 5 % for all of them), and a note that says so.

    Of four muscles that are alike on both sides, one in five sessions would else show a side.
    """
    known = {name: p for name, p in p_values.items() if p is not None}
    adjusted = holm(list(known.values()))
    sure = frozenset(name for name, p in zip(known, adjusted, strict=True) if p < LEVEL)
    several = f"{len(known)} comparisons: a difference counts by Holm's adjusted p below {LEVEL:g}"
    return sure, (several,) if len(known) > 1 else ()


def _limits(low: str, high: str, n: str, before: Sequence[str]) -> str:
    """Interval and number; what the first of a list has said already is not said again."""
    if not before:
        return f"95 % interval {low} to {high}; {n}"
    return f"{low} to {high}" if f" {n})" in before[0] else f"{low} to {high}; {n}"


def conditions(document: Document, asked: Sequence[str]) -> Yield:
    """By which factor a ratio changes from the first condition to each of the others."""
    part, withheld = document.get("conditions") or {}, _withheld(document)
    if not part:
        two = "no two muscles have a usable reference"
        why = _why(two, withheld, "fewer than 2 repetitions in each")
        return Yield(failed=f"Cannot compare the conditions: {why}.", missing=withheld)
    said: list[str] = []
    names: dict[str, None] = {}
    told_pairs = _pairs(part, asked)
    sure, notes = _sure(
        {
            f"{pair} {name}": one["change"]["p"]
            for pair in told_pairs
            for name, one in part[pair][_phase(part[pair])].items()
            if "change" in one
        }
    )
    for pair in told_pairs:
        phase = _phase(part[pair])
        (first, base), *others = part[pair][phase].items()
        differ: list[str] = []
        open_: list[str] = []
        for name, one in others:
            if "change" not in one:
                continue
            names |= {first: None, name: None}
            factor, low, high = spread(one["change"])
            clear = f"{pair} {name}" in sure
            held = f"95 % interval {low} to {high}; {one['n']} and {base['n']} repetitions"
            (differ if clear else open_).append(f"{as_words(name)} {factor} times ({held})")
        code, place, two = _ratio_name(pair), PLACES[phase], as_words(first)
        if differ:
            said.append(f"{code} {place} differs from {two}: {', '.join(differ)}.")
        if open_:
            told = ", ".join(open_)
            said.append(f"Cannot tell whether {code} {place} differs from {two}: {told}.")
    if not said:
        why = "the ratios have no spread"
        return Yield(failed=f"Cannot compare the conditions: {why}.")
    return Yield(tuple(said), notes=notes, names=tuple(names), undecided=not sure)


def sides(document: Document) -> Yield:
    """Right over left of every muscle on both sides, and which side is greater for sure."""
    told: list[str] = []
    states: dict[str, str] = {}
    p_values: dict[str, float | None] = {}
    place = ""
    missing: list[str] = []
    withheld = _withheld(document)
    for muscle, by_phase in (document.get("asymmetry") or {}).items():
        measured = {p: one for p, one in by_phase.items() if one["percent"] is not None}
        phase = _phase(measured)
        if not phase:
            missing += [f"{muscle}: {one['reason']}" for one in by_phase.values()][:1]
            continue
        place = place or PLACES[phase]
        one = measured[phase]
        ratio, low, high = _right_over_left(one)
        n = f"{one['n_right']} and {one['n_left']} repetitions"
        told.append(f"{muscle} {ratio} ({_limits(low, high, n, told)})")
        states[muscle], p_values[muscle] = one["state"], one["p"]
    if not told:
        both = "no muscle has a usable reference on both sides"
        unknown = _why(both, withheld, "no muscle was measured on both sides")
        why = missing[0] if missing else unknown
        failed = f"Cannot tell left from right: {why}."
        return Yield(failed=failed, missing=tuple(missing) or withheld)
    sure, notes = _sure(p_values)
    greater = {
        side: [muscle for muscle, state in states.items() if state == side and muscle in sure]
        for side in ("right", "left")
    }
    said = [f"Greater on the {side}: {', '.join(m)}." for side, m in greater.items() if m]
    said = said or ["No side is greater for sure."]
    said.append(f"Right over left {place}: {', '.join(told)}.")
    unsure = not any(greater.values())
    return Yield(tuple(said), missing=tuple(missing), notes=notes, undecided=unsure)


def ratios(document: Document, asked: Sequence[str]) -> Yield:
    """Activation ratios that the protocol names."""
    part = document.get("ratios") or {}
    said = []
    for pair in _pairs(part, asked):
        there = {p: v for p, v in part[pair].items() if v["ratio"] is not None}
        if phase := _phase(there):
            ratio, low, high = spread(there[phase])
            held = f"95 % interval {low} to {high}; {there[phase]['n']} repetitions"
            said.append(f"{_ratio_name(pair)} {PLACES[phase]} {ratio} ({held}).")
    if not said:
        withheld = _withheld(document)
        two = "no two muscles have a usable reference"
        why = _why(two, withheld, "no pair could be estimated")
        return Yield(failed=f"Cannot tell any ratio: {why}.", missing=withheld)
    return Yield(tuple(said))


def levels(document: Document) -> Yield:
    """Activation of the muscles in % of their reference."""
    part = document.get("amplitudes") or {}
    names = short_codes(list(part))
    told: list[str] = []
    place = ""
    for muscle, by_phase in part.items():
        there = {p: v for p, v in by_phase.items() if v["percent"] is not None and v["n"] > 1}
        phase = _phase({p: v for p, v in there.items() if v["low"] is not None})
        if not phase or len(told) == MOST_MUSCLES:
            continue
        place = place or PLACES[phase]
        percent, low, high = spread(there[phase])
        n = f"{there[phase]['n']} repetitions"
        told.append(f"{names[muscle]} {percent} % ({_limits(low, high, n, told)})")
    if not told:
        withheld = _withheld(document)
        none = "no muscle has a usable reference"
        why = _why(none, withheld, "fewer than 2 repetitions could be measured")
        return nothing(why, *withheld)
    return Yield((f"Activation {place} in % of the reference: {', '.join(told)}.",))


def force(document: Document, sides_of: Mapping[str, str], *, rfd: bool) -> Yield:
    """Peak force, by side where the blocks have sides, and the early rate of its development.

    Parameters
    ----------
    sides_of
        Block to the side that works (``"L"``, ``"R"``).
    rfd
        Whether its rate of development is asked for.
    """
    part = document["force"]
    if part["peak_n"] is None:
        return nothing(str(part["emd_text"]))
    rows = [row for row in document["repetitions"] if row["valid"]]
    peaks: dict[str, list[float]] = {}
    for row in rows:
        if row["force_peak_n"] is not None:
            peaks.setdefault(sides_of.get(row["block"], ""), []).append(row["force_peak_n"])
    if not peaks:
        lost = len(document["repetitions"])
        return nothing(
            f"none of {lost} pulls could be measured" if lost else "no pull was recorded"
        )
    if set(peaks) == {"L", "R"}:
        said = _both_sides(peaks["L"], peaks["R"])
    else:
        every = [peak for some in peaks.values() for peak in some]
        peak, held = _held(mean_interval(every).as_row())
        said = [f"Peak force {peak} N ({held})."]
    missing = []
    rate = part["rfd"].get(f"0-{RFD_MS}")
    if rfd and not part.get("rfd_valid"):
        missing.append("the load cell is too slow for a rate of force development")
    elif rfd and rate and rate["n"]:
        mean, held = _held(rate)
        said.append(f"Rate of force development in the first {RFD_MS} ms {mean} N/s ({held}).")
    elif rfd:
        missing.append("no pull began steadily enough for a rate of force development")
    return Yield(tuple(said), missing=tuple(missing))


def _held(part: Mapping[str, Any]) -> tuple[str, str]:
    """Mean, and what stands in brackets behind it and its unit."""
    middle, low, high = spread({**part, **_without_nan(part)})
    if not low:
        return middle, "1 pull: no interval"
    return middle, f"95 % interval {low} to {high}; {part['n']} pulls"


def _without_nan(part: Mapping[str, Any]) -> dict[str, float | None]:
    limits = {key: part.get(key) for key in ("low", "high")}
    return {k: v if v is not None and math.isfinite(v) else None for k, v in limits.items()}


def _both_sides(left: Sequence[float], right: Sequence[float]) -> list[str]:
    told = []
    for side, peaks in (("left", left), ("right", right)):
        peak, held = _held(mean_interval(peaks).as_row())
        told.append(f"{side} {peak} N ({held})")
    said = [f"Peak force: {', '.join(told)}."]
    positive = all(peak > 0 for peak in (*left, *right))
    if positive and min(len(left), len(right)) > 2:
        ratio, low, high = _right_over_left(asdict(compare_sides(left, right)))
        said.append(f"Right over left {ratio} (95 % interval {low} to {high}).")
    return said


def _right_over_left(one: Mapping[str, Any]) -> tuple[str, str, str]:
    """Ratio of the sides with its limits, from 100 times its logarithm."""
    logs = {"ratio": one["percent"], "low": one["low"], "high": one["high"]}
    return spread({key: math.exp(value / 100) for key, value in logs.items()})


def _why(unusable: str, withheld: Sequence[str], otherwise: str) -> str:
    """Tell that references are unusable, in brackets why, if all for one reason; else otherwise."""
    if not withheld:
        return otherwise
    parts = [reason.partition(": ") for reason in withheld]
    # A reason begins with its muscle, or holds for the whole session.
    whys = {head if " " in head else rest for head, _, rest in parts}
    return f"{unusable} ({whys.pop()})" if len(whys) == 1 else unusable


def _withheld(document: Document) -> tuple[str, ...]:
    """Why references could not be used; empty where nothing was withheld."""
    return tuple(document.get("ratios_withheld") or ())
