"""The question of the house and its answer in one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from labapp.analysis.order import Order
from labapp.analysis.pairs import Pair

TRAPEZIUS = ("UT", "MT", "LT")


@dataclass(frozen=True, slots=True)
class Question:
    """Which muscle is asked about, and against which others."""

    muscle: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict of a session.

    Attributes
    ----------
    state
        ``first`` (one muscle came first), ``simultaneous``, ``undecided`` or
        ``not interpretable``.
    muscle
        The muscle that came first, else None.
    headline
        One sentence.
    reasons
        Why it is withheld or undecided.
    n_needed
        Repetitions that would decide, None where decided or out of reach.
    """

    state: Literal["first", "simultaneous", "undecided", "not interpretable"]
    muscle: str | None
    headline: str
    reasons: tuple[str, ...]
    n_needed: int | None


def the_question(muscles: Sequence[str]) -> Question:
    """Rhomboid against the trapezius parts of its side where both exist, else first against rest.

    Codes are ``RM_R``, ``UT_L`` ...; the part before ``_`` is the muscle, after it the side.
    """
    for name in muscles:
        if _muscle(name) == "RM":
            trapezius = [m for m in muscles if _muscle(m) in TRAPEZIUS]
            same = [m for m in trapezius if _side(m) == _side(name)]
            if same or trapezius:
                return Question(name, tuple(same or trapezius))
    return Question(muscles[0], tuple(muscles[1:]))


def short_names(muscles: Sequence[str]) -> dict[str, str]:
    """Names for people: without the side where it does not tell two muscles apart."""
    plain = [_muscle(name) for name in muscles]
    if len(set(plain)) == len(plain) and len({_side(name) for name in muscles}) == 1:
        return dict(zip(muscles, plain, strict=True))
    return {name: name.replace("_", " ") for name in muscles}


def answer(order: Order, question: Question, names: dict[str, str]) -> Answer:
    """Put the pairs of the question together into one answer."""
    pairs = [order.pair(question.muscle, other) for other in question.others]
    subject = names[question.muscle]
    states = {pair.verdict for pair in pairs}
    reasons = tuple(dict.fromkeys(reason for pair in pairs for reason in pair.reasons))
    needed = [pair.n_needed for pair in pairs if pair.verdict == "undecided"]
    n_needed = max((n for n in needed if n is not None), default=None)
    if any(n is None for n in needed):
        n_needed = None
    if states == {"first"}:
        # Said with the pair it leads by least: what holds against all.
        words = "; ".join(lead_words(pair, names) for pair in _nearest_first(pairs))
        return Answer("first", question.muscle, words, (), None)
    seconds = [pair for pair in pairs if pair.verdict == "second"]
    if seconds:
        words = "; ".join(lead_words(pair, names) for pair in seconds)
        winner = min(seconds, key=lambda pair: -pair.mean).second
        rest = tuple(r for pair in pairs if pair.verdict != "second" for r in pair.reasons)
        return Answer("first", winner, words, rest, None)
    others = _listed([names[other] for other in question.others])
    if states == {"simultaneous"}:
        pair = max(pairs, key=lambda p: max(abs(p.tost_low), abs(p.tost_high)))
        words = (
            f"{subject} and {others} started together: "
            f"{_interval(pair)}, inside the equivalence band"
        )
        return Answer("simultaneous", None, words, (), None)
    why = "; ".join(reasons)
    led = [pair for pair in pairs if pair.verdict == "first"]
    if led:
        before = "; ".join(lead_words(pair, names) for pair in led)
        open_ = _listed([names[p.second] for p in pairs if p.verdict != "first"])
        words = f"Cannot tell whether {subject} came before {open_}: {why}. {before}"
        return Answer("undecided", None, words, reasons, n_needed)
    words = f"Cannot tell whether {subject} came before {others}: {why}"
    state: Literal["undecided", "not interpretable"] = (
        "not interpretable" if states == {"not interpretable"} else "undecided"
    )
    return Answer(state, None, words, reasons, n_needed if state == "undecided" else None)


def lead_words(pair: Pair, names: dict[str, str]) -> str:
    """``RM before UT by 18 ms (95 % interval 9 to 27; 12 repetitions)``."""
    first, second, sign = pair.first, pair.second, -1.0
    if pair.mean > 0:
        first, second, sign = pair.second, pair.first, 1.0
    low, high = sorted((sign * pair.low, sign * pair.high))
    return (
        f"{names[first]} before {names[second]} by {abs(pair.mean):.0f} ms "
        f"(95 % interval {low:.0f} to {high:.0f}; {pair.n} repetitions)"
    )


def _interval(pair: Pair) -> str:
    return (
        f"mean lag {pair.mean:.0f} ms (95 % interval {pair.low:.0f} to {pair.high:.0f}; "
        f"{pair.n} repetitions)"
    )


def _nearest_first(pairs: Sequence[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: abs(pair.mean))


def _muscle(name: str) -> str:
    return name.partition("_")[0]


def _side(name: str) -> str:
    return name.partition("_")[2]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
