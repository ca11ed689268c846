"""The card of quiet standing: sway of the centre of pressure by condition, and every trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from labapp.translate import phrase, tr
from labapp.ui.parts import Card, clear, label, named
from labapp.ui.theme import GRID
from labapp.ui.words import capital, readable
from labapp.workflow.protocol_words import item_told
from labapp.workflow.spoken import spoken

MEASURES = (
    (
        "velocity_mm_s",
        phrase("Mean speed"),
        phrase("Mean speed of the centre of pressure: its path over the time."),
        1,
    ),
    ("path_mm", phrase("Path"), phrase("How far the centre of pressure has wandered."), 0),
    (
        "ellipse_mm2",
        phrase("Ellipse"),
        phrase("Area of the ellipse that holds 95 % of the places of the centre of pressure."),
        0,
    ),
    (
        "rms_ml_mm",
        phrase("Sway to the sides"),
        phrase("Root mean square (RMS) of the distance from the mean, left to right."),
        1,
    ),
    (
        "rms_ap_mm",
        phrase("Sway front to back"),
        phrase("Root mean square (RMS) of the distance from the mean, front to back."),
        1,
    ),
    (
        "left_percent",
        phrase("Weight on the left"),
        phrase("Share of the weight on the left half of the plate."),
        1,
    ),
    (
        "front_percent",
        phrase("Weight on the front"),
        phrase("Share of the weight on the front half of the plate."),
        1,
    ),
)
"""Key in the document, what it is called, what it is, digits."""


class StandingCard(Card):
    """Shows the part ``standing`` of an analysis document; hidden where there is none."""

    def __init__(self) -> None:
        super().__init__(
            tr("Quiet standing"),
            "standing_card",
            tr(
                "Centre of pressure: the point on the plate that the weight acts on. Mean of the "
                "trials, below it the 95 % interval."
            ),
        )
        self.table = QWidget()
        named(self.table, "standing_table", tr("Sway by condition"))
        self._grid = QGridLayout(self.table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(GRID // 2)
        self.romberg = label("", name="romberg", wrap=True)
        self.romberg.setToolTip(
            tr("Romberg quotient: ellipse with closed eyes over ellipse with open eyes.")
        )
        self.left_out = label("", "soft", name="trials_left_out", wrap=True)
        for one in (self.table, self.romberg, self.left_out):
            self.column.addWidget(one)
        self.column.addStretch(1)

    def show_standing(self, part: Mapping[str, Any] | None, protocol: str = "") -> None:
        """Fill in what was measured."""
        self.setVisible(bool(part))
        if not part:
            return
        clear(self._grid)
        summary: Mapping[str, Any] = part["summary"]
        self.table.setVisible(bool(summary))
        self._heads(summary, protocol)
        for line, (key, words, tip, digits) in enumerate(MEASURES, 1):
            name = label(tr(words), "soft", name=f"standing_{key}", wrap=True)
            name.setToolTip(tr(tip))
            self._grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
            for place, one in enumerate(summary.values(), 1):
                cell = label(value_words(one[key], digits), name=f"{key}_{place}", wrap=True)
                cell.setToolTip(tr(tip))
                self._grid.addWidget(cell, line, place)
        self.romberg.setText(romberg_words(part))
        self.romberg.setVisible(bool(self.romberg.text()))
        self.left_out.setText("\n".join(_left_out(part["trials"], protocol)))
        self.left_out.setVisible(bool(self.left_out.text()))
        method = str(part.get("method") or "")
        self.note.setToolTip(tr("How: {method}", method=spoken(method)) if method else "")

    def _heads(self, summary: Mapping[str, Any], protocol: str) -> None:
        for place, (condition, one) in enumerate(summary.items(), 1):
            n = one["velocity_mm_s"]["n"]
            words = item_told(protocol, str(condition))
            trials = tr("1 trial") if n == 1 else tr("{n} trials", n=n)
            head = f"{capital(words)}\n{trials}"
            self._grid.addWidget(label(head, "faint", name=f"condition_{place}"), 0, place)
            self._grid.setColumnStretch(place, 1)


def value_words(one: Mapping[str, Any], digits: int) -> str:
    """Return a mean with its unit, its interval on the next line: ``5.2 mm/s`` (1.8 to 8.5)."""
    if one["mean"] is None:
        return "–"
    words = f"{one['mean']:.{digits}f}\u00a0{one['unit']}"
    if one["low"] is None or one["high"] is None:
        return words
    low, high = f"{one['low']:.{digits}f}", f"{one['high']:.{digits}f}"
    return f"{words}\n{readable(tr('{low} to {high}', low=low, high=high))}"


def romberg_words(part: Mapping[str, Any]) -> str:
    """Say the Romberg quotient with its interval; empty where there is none."""
    quotient, held = part.get("romberg"), part.get("romberg_interval") or {}
    if quotient is None:
        return ""
    number = f"{quotient:.2f}"
    if held.get("low") is None or held.get("high") is None:
        return tr(
            "Romberg quotient {number}; one trial a condition gives no interval.", number=number
        )
    low, high = f"{held['low']:.2f}", f"{held['high']:.2f}"
    words = tr(
        "Romberg quotient {number} (95 % interval {low} to {high}).",
        number=number,
        low=low,
        high=high,
    )
    if held["low"] <= 1 <= held["high"]:
        words += " " + tr("The interval holds 1: the conditions are not told apart.")
    return readable(words)


def _left_out(trials: Sequence[Mapping[str, Any]], protocol: str) -> list[str]:
    return [
        tr(
            "{condition}, trial {n}: left out: {why}",
            condition=item_told(protocol, str(one["condition"] or one["block"])),
            n=one["number"],
            why=spoken("; ".join(one["reasons"])),
        )
        for one in trials
        if one["reasons"]
    ]
