"""Forms: what an operator looks at, measures by hand and writes down, as data.

An answer becomes a marker of kind ``answer`` in the recording, checked when it is given. Nothing
here judges a person: scores are sums and means with their sides, no norms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from labapp.errors import LabError

Answer = float | str


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a form.

    ``scale``: whole numbers ``low`` to ``high``, named by ``choices`` if given; ``number``: any
    number from ``low`` to ``high`` in ``unit``; ``choice``: one of ``choices``. ``sides`` asks
    for left and right, ``repeats`` for that many values a side.

    A number above ``stop_above``, or a choice of ``stop_at``, means that the test does not begin,
    or ends: whoever fills the form in is told at once.
    """

    id: str
    text: str
    kind: Literal["scale", "number", "choice"]
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    choices: tuple[str, ...] = ()
    sides: bool = False
    repeats: int = 1
    note: str = ""
    stop_above: float | None = None
    stop_at: tuple[str, ...] = ()


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named list of items; ``note`` says what the form can and cannot tell."""

    id: str
    title: str
    items: tuple[Item, ...]
    note: str = ""

    def item(self, name: str) -> Item:
        """Item by its id; `LabError` lists what there is."""
        for item in self.items:
            if item.id == name:
                return item
        known = ", ".join(item.id for item in self.items)
        raise LabError(f"form {self.id} has no item {name!r}", f"use one of: {known}")


def form_mistakes(place: str, form: Form) -> Iterator[tuple[str, str, str]]:
    """Place, mistake and remedy of what the types of a form's keys do not refuse."""
    names = [item.id for item in form.items]
    if not names or len(set(names)) != len(names):
        yield f"{place}.items", f"ids {names} are missing or repeated", "give each its own id"
    for i, item in enumerate(form.items):
        where = f"{place}.items[{i}]"
        if item.kind == "choice" and len(item.choices) < 2:
            yield f"{where}.choices", f"{len(item.choices)} choices", "give two or more"
        if item.kind != "choice" and not item.low < item.high:
            yield f"{where}.low", f"{item.low} to {item.high}", "give low below high"
        if item.kind == "number" and not item.unit:
            yield f"{where}.unit", "is empty", "a number needs its unit"
        if item.kind == "scale" and item.choices and len(item.choices) != item.high - item.low + 1:
            yield f"{where}.choices", f"{len(item.choices)} names", "name every step of the scale"
        if not 1 <= item.repeats <= 10:
            yield f"{where}.repeats", f"{item.repeats}", "ask for 1 to 10 values"
        if not item.text.strip():
            yield f"{where}.text", "is empty", "say what is looked at"
        if item.stop_above is not None and not item.low <= item.stop_above < item.high:
            yield f"{where}.stop_above", f"{item.stop_above:g}", "give a number of its range"
        if not set(item.stop_at) <= set(item.choices) or (item.stop_at and item.kind != "choice"):
            yield f"{where}.stop_at", f"{list(item.stop_at)}", "name choices of this item"


def answer_data(form: Form, name: str, value: Answer, *, side: str = "") -> dict[str, Any]:
    """Check an answer and give the data of its marker.

    Raises
    ------
    LabError
        No such item, a value out of range or of the wrong kind, a side missing or too many.
    """
    item = form.item(name)
    if item.sides and side not in ("L", "R"):
        raise LabError(f"{name}: side {side!r}", "say L or R")
    if not item.sides and side:
        raise LabError(f"{name}: side {side!r}, but it has none", "leave the side out")
    if item.kind == "choice":
        if value not in item.choices:
            raise LabError(f"{name}: {value!r}", f"choose one of: {', '.join(item.choices)}")
    else:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or not math.isfinite(float(value)) or not item.low <= float(value) <= item.high:
            raise LabError(
                f"{name}: {value!r}", f"give a number from {item.low:g} to {item.high:g}"
            )
        if item.kind == "scale" and float(value) != round(float(value)):
            raise LabError(f"{name}: {value!r}", "give a whole number of the scale")
    data: dict[str, Any] = {"form": form.id, "item": name, "value": value}
    return data | ({"side": side} if side else {})


def form_results(form: Form, answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results of a form: per item and side the mean of its values and n, or the last choice.

    Items that nobody answered are there too, with ``n`` 0: what is missing shows.
    """
    rows: list[dict[str, Any]] = []
    for item in form.items:
        for side in ("L", "R") if item.sides else ("",):
            values = [
                a["value"]
                for a in answers
                if a.get("form") == form.id
                and a.get("item") == item.id
                and a.get("side", "") == side
            ]
            row: dict[str, Any] = {
                "form": form.id,
                "item": item.id,
                "text": item.text,
                "side": side,
                "unit": item.unit,
                "n": len(values),
                "asked": item.repeats,
                "note": item.note,
            }
            if item.kind == "choice":
                row["value"] = values[-1] if values else None
            else:
                numbers = [float(v) for v in values]
                row["value"] = sum(numbers) / len(numbers) if numbers else None
            rows.append(row)
    return rows
