"""What a session without a question of order has yielded: references, standing, forms.

Each function says it in sentences from the parts of the analysis document, with interval, unit
and number, or says why there is nothing to say. Pulls are in `labapp.workflow.yielded_pulls`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labapp.workflow.form_filling import REASONS
from labapp.workflow.headline_words import as_words

Document = Mapping[str, Any]
NOTHING = "Nothing measured: "


@dataclass(frozen=True, slots=True)
class Yield:
    """What one part of the document says.

    Attributes
    ----------
    said
        Sentences; empty where nothing could be told.
    failed
        The one sentence instead, with its reason.
    missing
        Why parts of it could not be measured.
    notes
        What else to know of it.
    names
        Words of the protocol in it (its conditions), which may be told in another language.
    undecided
        Whether the sentences say no more than that one cannot tell.
    """

    said: tuple[str, ...] = ()
    failed: str = ""
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    undecided: bool = False


def nothing(why: str, *missing: str) -> Yield:
    """Say that nothing was measured, and why."""
    return Yield(failed=f"{NOTHING}{why}.", missing=missing)


def digits_of(value: float) -> int:
    """Decimals that leave about three significant digits."""
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2


def spread(part: Mapping[str, Any], scale: float = 1.0) -> tuple[str, str, str]:
    """Mean (or value), low and high of a part, with equal decimals; the limits may be empty."""
    middle = scale * next(
        part[key] for key in ("mean", "ratio", "factor", "percent") if key in part
    )
    form = f".{digits_of(middle)}f"
    low, high = part.get("low"), part.get("high")
    if low is None or high is None:
        return format(middle, form), "", ""
    return format(middle, form), format(scale * low, form), format(scale * high, form)


def short_codes(muscles: Sequence[str]) -> dict[str, str]:
    """Name muscles by their codes, without the side where all have the same."""
    one_side = len({code.partition("_")[2] for code in muscles}) == 1
    return {code: code.partition("_")[0] if one_side else code for code in muscles}


# ------------------------------------------------------------------ 100 %


def references(document: Document) -> Yield:
    """For how many muscles 100 % is known, how surely, and which electrodes are selective."""
    part = document.get("reference") or {}
    # Contractions of this session count here even where another session's gave the 100 %.
    muscles = {**part.get("muscles", {}), **part.get("own", {}).get("muscles", {})}
    if not muscles:
        return nothing("no reference contraction was recorded")
    names = short_codes(list(muscles))
    known = {code: one for code, one in muscles.items() if one["low_uv"] is not None}
    unknown = {code: one for code, one in muscles.items() if code not in known}
    reasons = [f"{code}: {one['reason']}" for code, one in unknown.items()]
    notes = list(dict.fromkeys(one["reason"] for one in known.values() if one["reason"]))
    notes += [f"{code}: {note}" for code, one in known.items() for note in one["notes"]]
    why = _unknown({names[code]: one for code, one in unknown.items()})
    submaximal = any(one["kind"] == "submaximal" for one in (known or unknown).values())
    if not known:
        failed = f"100 % is known for none of {len(muscles)} muscles ({why})."
        if submaximal:
            failed = f"A submaximal reference is known for none of {len(muscles)} muscles ({why})."
        return Yield(failed=failed, missing=tuple(reasons))
    head = f"100 % is known for {len(known)} of {len(muscles)} muscles"
    if submaximal:
        head = f"A submaximal reference is known for {len(known)} of {len(muscles)} muscles"
    said = [f"{head} ({why})." if why else f"{head}."]
    code = max(known, key=lambda code: known[code]["high_uv"] / known[code]["value_uv"])
    one = known[code]
    low, high = (100 * one[key] / one["value_uv"] for key in ("low_uv", "high_uv"))
    said.append(
        f"Least sure: {names[code]}, {low:.0f} to {high:.0f} % (95 % interval; "
        f"{one['n']} contractions)."
    )
    for code, grade in (document.get("selectivity") or {}).items():
        said.append(
            f"Selectivity of the electrode {names.get(code, code)}: grade {grade['grade']}."
        )
        notes += [f"{code}: {reason}" for reason in grade["reasons"]]
    return Yield(tuple(said), missing=tuple(reasons), notes=tuple(notes))


def _unknown(muscles: Mapping[str, Mapping[str, Any]]) -> str:
    """``LT, SA: fewer than 2 usable contractions``; by what is wrong with them."""
    groups: dict[str, list[str]] = {}
    for name, one in muscles.items():
        told = ("no quiet rest to correct for", "reference contractions below")
        why = (
            one["reason"]
            if any(words in one["reason"] for words in told)
            else "fewer than 2 usable contractions"
        )
        groups.setdefault(why, []).append(name)
    return "; ".join(f"{', '.join(codes)}: {why}" for why, codes in groups.items())


# ------------------------------------------------------------------ standing


def standing(document: Document) -> Yield:
    """Mean speed of the sway in each condition, over its trials."""
    part = document.get("standing")
    if part is None:
        return nothing("no force plate of four cells in newtons was recorded")
    trials = part["trials"]
    if not trials:
        return nothing("no trial of standing was recorded")
    bad = [one for one in trials if one["reasons"]]
    lost = tuple(
        f"{len(bad)} of {len(trials)} trials could not be measured: {reason}"
        for reason in dict.fromkeys(reason for one in bad for reason in one["reasons"])
    )
    told = []
    for condition, values in part["summary"].items():
        speed, low, high = spread(values["velocity_mm_s"])
        n = values["velocity_mm_s"]["n"]
        held = f"95 % interval {low} to {high}; {n} trials" if low else "1 trial: no interval"
        told.append(f"{as_words(condition)} {speed} mm/s ({held})")
    if not told:
        return nothing(lost[0], *lost)
    said = f"Sway speed: {', '.join(told)}."
    return Yield((said,), missing=lost, names=tuple(part["summary"]))


# ------------------------------------------------------------------ forms


def forms(document: Document) -> Yield:
    """How many of the values that the forms ask for were entered."""
    rows = [row for row in document.get("forms") or () if row["form"] != REASONS]
    asked = sum(row["asked"] for row in rows)
    entered = sum(min(row["n"], row["asked"]) for row in rows)
    if not asked:
        return Yield()
    if not entered:
        return Yield(failed=f"Forms: none of {asked} values entered.")
    return Yield((f"Forms: {entered} of {asked} values entered.",))
