"""Filling in forms: what was answered, what is missing, and what means that a test must end.

The reasons of a protocol not to test somebody (its contraindications) are asked as a form of
their own, so that the session tells that they were asked, and what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labapp.errors import LabError
from labapp.translate import phrase, tr
from labapp.trials.forms import Answer, Form, Item, answer_data
from labapp.trials.protocol import Protocol

ANSWER: Final = "answer"
"""Kind of the marker that keeps an answer in the recording."""
REASONS: Final = "contraindications"
"""Id of the form that asks for the reasons not to test."""
NO, YES = phrase("no"), phrase("yes")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to enter: an item, for one side and one of its repeats (1-based)."""

    form: Form
    item: Item
    side: str = ""
    repeat: int = 1

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What tells it from the others."""
        return self.form.id, self.item.id, self.side, self.repeat


def reasons_form(protocol: Protocol) -> Form:
    """Ask for each contraindication of a protocol, no or yes; yes means: do not test."""
    items = tuple(
        Item(
            id=f"reason_{number}",
            text=text,
            kind="choice",
            choices=(NO, YES),
            stop_at=(YES,),
        )
        for number, text in enumerate(protocol.safety.contraindications, 1)
    )
    note = phrase("Ask each. Yes: the test does not begin.")
    return Form(REASONS, phrase("Reasons not to test"), items, note)


def forms_of(protocol: Protocol) -> tuple[Form, ...]:
    """Every form to fill in for a protocol: reasons not to test first, then its own."""
    return (reasons_form(protocol), *protocol.forms)


def fields_of(form: Form) -> Iterator[Field]:
    """Every field of a form, in the order in which it is filled in."""
    for item in form.items:
        for side in ("L", "R") if item.sides else ("",):
            for repeat in range(1, (1 if item.kind == "choice" else item.repeats) + 1):
                yield Field(form, item, side, repeat)


def read_answer(item: Item, text: str) -> Answer | None:
    """Turn what was typed or pressed into an answer; None for an empty field.

    Raises
    ------
    LabError
        No number. (Whether it is within range says `answer_data`.)
    """
    words = text.strip()
    if not words:
        return None
    if item.kind == "choice":
        return words
    try:
        return float(words.replace(",", "."))
    except ValueError:
        raise LabError(f"{words[:20]!r} is no number", f"{item.low:g} to {item.high:g}") from None


def stop_reason(item: Item, value: Answer) -> str:
    """Say why an answer means that the test does not go on; empty where it may."""
    if isinstance(value, str):
        return item.text if value in item.stop_at else ""
    if item.stop_above is not None and value > item.stop_above:
        unit = f" {item.unit}" if item.unit else ""
        return f"{item.text}: {value:g}{unit}, more than {item.stop_above:g}"
    return ""


class Answers:
    """The answers to the forms of one protocol and participant, until a recording takes them."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self.forms = tuple(forms)
        self.fields = tuple(field for form in self.forms for field in fields_of(form))
        self._given: dict[tuple[str, str, str, int], Answer] = {}

    def enter(self, field: Field, text: str) -> dict[str, Any] | None:
        """Enter an answer, or take it back with an empty text.

        Returns
        -------
        dict or None
            Data of its marker, with the value None for an answer that is taken back; None where
            nothing has changed.

        Raises
        ------
        LabError
            Out of range or of the wrong kind; an earlier answer to the field stays.
        """
        before = self._given.get(field.key)
        value = read_answer(field.item, text)
        if value is not None:
            answer_data(field.form, field.item.id, value, side=field.side)
            self._given[field.key] = value
        else:
            self._given.pop(field.key, None)
        return None if value == before else _data(field, value)

    def value(self, field: Field) -> Answer | None:
        """Give the answer to a field, None where there is none."""
        return self._given.get(field.key)

    @property
    def stops(self) -> tuple[str, ...]:
        """Why the test must not go on, a line each; empty where it may."""
        found = [
            stop_reason(field.item, value)
            for field in self.fields
            if (value := self._given.get(field.key)) is not None
        ]
        return tuple(dict.fromkeys(reason for reason in found if reason))

    def open(self, form: str) -> int:
        """Count the fields of a form that have no answer."""
        return sum(f.form.id == form and f.key not in self._given for f in self.fields)

    @property
    def asked(self) -> bool:
        """Whether every reason not to test was asked for."""
        return self.open(REASONS) == 0

    def markers(self) -> tuple[dict[str, Any], ...]:
        """Give the data of a marker for each answer, in the order of the forms."""
        return tuple(
            _data(field, value)
            for field in self.fields
            if (value := self._given.get(field.key)) is not None
        )

    def words(self, say: Callable[[str], str] = tr) -> str:
        """Say how far it is, in one line; ``say`` puts a protocol's reasons into the language."""
        if self.stops:
            return tr("Do not test: {reasons}.", reasons="; ".join(map(say, self.stops)))
        if not self.asked:
            return tr("{n} reasons not to test have not been asked yet.", n=self.open(REASONS))
        left = sum(self.open(form.id) for form in self.forms)
        if left:
            return tr("No reason against the test; {n} fields open.", n=left)
        return tr("All answered.")


def _data(field: Field, value: Answer | None) -> dict[str, Any]:
    data = {"form": field.form.id, "item": field.item.id, "value": value, "repeat": field.repeat}
    return data | ({"side": field.side} if field.side else {})


def latest(answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the last answer of each field: one may be corrected, or taken back (None).

    Answers that do not say which of the repeats they are all count, in their order.
    """
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for number, one in enumerate(answers):
        place = one.get("form"), one.get("item"), one.get("side", "")
        repeat = one.get("repeat")
        kept[(*place, repeat, None if repeat else number)] = one
    return [one for one in kept.values() if one.get("value") is not None]
