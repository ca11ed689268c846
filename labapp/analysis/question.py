"""The question of the house and its answer in one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from labapp.analysis.order import Order
from labapp.analysis.pairs import Pair
from labapp.muscles import MUSCLE_NAMES

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


def spoken_names(muscles: Sequence[str]) -> dict[str, str]:
    """Names for a sentence: ``rhomboid major``; with the side where it tells muscles apart."""
    plain = {name: MUSCLE_NAMES.get(_muscle(name), _muscle(name)) for name in muscles}
    if len(set(plain.values())) == len(plain) and len({_side(name) for name in muscles}) == 1:
        return plain
    side = {"R": "right ", "L": "left "}
    return {
        name: side[_side(name)] + plain[name] if _side(name) in side else name.replace("_", " ")
        for name in muscles
    }


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
        return Answer("first", question.muscle, lead_words(_nearest_first(pairs), names), (), None)
    seconds = [pair for pair in pairs if pair.verdict == "second"]
    if seconds:
        words = " ".join(lead_words([pair], names) for pair in seconds)
        winner = min(seconds, key=lambda pair: -pair.mean).second
        rest = tuple(r for pair in pairs if pair.verdict != "second" for r in pair.reasons)
        return Answer("first", winner, words, rest, None)
    others = _listed([names[other] for other in question.others])
    if states == {"simultaneous"}:
        pair = max(pairs, key=lambda p: max(abs(p.tost_low), abs(p.tost_high)))
        words = (
            f"{_sentence(subject)} and {others} started together: "
            f"{_interval(pair)}, inside the equivalence band."
        )
        return Answer("simultaneous", None, words, (), None)
    why = "; ".join(reasons)
    led = [pair for pair in pairs if pair.verdict == "first"]
    if led:
        open_ = _listed([names[p.second] for p in pairs if p.verdict != "first"])
        words = f"Cannot tell whether {subject} came before {open_}: {why}. "
        words += lead_words(_nearest_first(led), names)
        return Answer("undecided", None, words, reasons, n_needed)
    words = f"Cannot tell whether {subject} came before {others}: {why}."
    state: Literal["undecided", "not interpretable"] = (
        "not interpretable" if states == {"not interpretable"} else "undecided"
    )
    return Answer(state, None, words, reasons, n_needed if state == "undecided" else None)


def lead_words(pairs: Sequence[Pair], names: dict[str, str]) -> str:
    """One sentence of what one muscle led, the 95 % interval behind each lag.

    ``Rhomboid major before upper trapezius by 18 ms (95 % interval 9 to 27), middle trapezius
    by 20 ms (13 to 27); 12 repetitions.`` The pairs name one and the same leading muscle.
    """
    one_n = len(pairs) > 1 and len({pair.n for pair in pairs}) == 1
    parts: list[str] = []
    leader = ""
    for pair in pairs:
        leader, second, sign = pair.first, pair.second, -1.0
        if pair.mean > 0:
            leader, second, sign = pair.second, pair.first, 1.0
        low, high = sorted((sign * pair.low, sign * pair.high))
        interval = f"{round(low)} to {round(high)}"
        interval = interval if parts else f"95 % interval {interval}"
        count = "" if one_n else f"; {pair.n} repetitions"
        parts.append(f"{names[second]} by {abs(pair.mean):.0f} ms ({interval}{count})")
    end = f"; {pairs[0].n} repetitions." if one_n else "."
    return f"{_sentence(names[leader])} before {_listed(parts)}{end}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _interval(pair: Pair) -> str:
    return (
        f"mean lag {round(pair.mean)} ms (95 % interval {round(pair.low)} to {round(pair.high)}; "
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
