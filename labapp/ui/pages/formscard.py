"""The card of the forms: what was answered, item by item, and what was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from labapp.translate import tr
from labapp.ui.parts import Card, clear, label
from labapp.ui.theme import GRID
from labapp.ui.words import SIDES, readable
from labapp.workflow.protocol_words import item_told


class FormsCard(Card):
    """Shows the part ``forms`` of an analysis document; hidden where there is none."""

    def __init__(self) -> None:
        super().__init__(tr("Forms"), "forms_card", tr("Measurements, no diagnosis."))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID // 2)
        self.column.addLayout(self._rows)
        self.column.addStretch(1)

    def show_forms(self, items: Sequence[Mapping[str, Any]] | None, protocol: str) -> None:
        """Fill in the answers; what was not asked again is told in one line."""
        self.setVisible(bool(items))
        clear(self._rows)
        unanswered = []
        for index, one in enumerate(items or ()):
            name = item_told(protocol, str(one["text"] or one["item"]))
            if one.get("side"):
                name += f" ({tr(SIDES[one['side']])})"
            if not one["n"]:
                unanswered.append(name)
                continue
            line = label(_answer(name, one, protocol), name=f"form_{index}", wrap=True)
            line.setToolTip(item_told(protocol, str(one.get("note") or "")))
            self._rows.addWidget(line)
        if unanswered:
            words = tr("Not answered: {items}", items="; ".join(unanswered))
            self._rows.addWidget(label(words, "soft", name="forms_open", wrap=True))


def _answer(name: str, one: Mapping[str, Any], protocol: str) -> str:
    value, unit = one["value"], item_told(protocol, str(one["unit"]))
    said = f"{value:g}" if isinstance(value, int | float) else item_told(protocol, str(value))
    words = f"{name}: {said} {unit}".rstrip()
    if one.get("low") is not None and one.get("high") is not None:
        low, high = f"{one['low']:.1f}", f"{one['high']:.1f}"
        words += tr(" (95 % interval {low} to {high})", low=low, high=high)
    if one["asked"] > 1:
        words += tr(", {n} of {of} answers", n=one["n"], of=one["asked"])
    return readable(words)
