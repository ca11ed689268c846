"""The card of the recording: samples, timing, force and reference of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from labapp.translate import tr
from labapp.ui.glossary import explained
from labapp.ui.numbers import number
from labapp.ui.parts import Card, Level, clear, fact, label
from labapp.ui.theme import GRID
from labapp.ui.words import muscle_short, readable
from labapp.workflow.spoken import spoken


class RecordCard(Card):
    """Shows what an analysis rests on beside the onsets."""

    def __init__(self) -> None:
        super().__init__(tr("Recording"), "record_card")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID)
        self.column.addLayout(self._rows)
        self.column.addStretch(1)

    def show_record(self, document: Mapping[str, Any]) -> None:
        """Fill in the rows."""
        clear(self._rows)
        for name, stream in document["streams"].items():
            self._stream(name, stream)
        self._say(self._timing(document["timing"]), "timing_words", explained("lags"))
        force = document.get("force") or {}
        peak = force.get("peak_n")
        if peak and peak.get("mean") is not None:
            mean, n = f"{peak['mean']:.0f}", peak["n"]
            words = (
                tr("Peak force {mean} N, {n} repetitions", mean=mean, n=n)
                if peak.get("sd") is None
                else tr(
                    "Peak force {mean} N (SD {sd}), {n} repetitions",
                    mean=mean,
                    sd=f"{peak['sd']:.0f}",
                    n=n,
                )
            )
            self._say(words, "force_words", explained("" if peak.get("sd") is None else "SD"))
        if force.get("emd_text") and document["order"]["muscles"]:
            text = str(force["emd_text"])
            words = tr("Electromechanical delay: {text}", text=spoken(text))
            self._say(words, "emd_words", explained("electromechanical delay", text))
        reference = document.get("reference")
        if reference:
            names = ", ".join(
                muscle_short(code)
                + (f" {one['value_uv']:.0f} µV" if one["value_uv"] is not None else " –")
                for code, one in reference["muscles"].items()
            )
            words = tr(
                "Reference contraction: {method} ({names})",
                method=spoken(str(reference["method"])),
                names=names,
            )
            tip = explained("reference contraction", str(reference["method"]))
            self._say(words, "reference_words", tip)
            self._source(reference)
        plan = document.get("plan") or {}
        for index, change in enumerate(plan.get("changes") or ()):
            words = tr("Other than planned: {change}", change=spoken(str(change)))
            self._say(words, f"plan_{index}", tr("The plan was frozen before the first pull."))
        for code, one in (document.get("selectivity") or {}).items():
            self._selectivity(str(code), one)

    def _source(self, reference: Mapping[str, Any]) -> None:
        """Say which other session 100 % is from, if one is."""
        from labapp.analysis.given import source_words  # brings the analysis: not at the start

        source = source_words(reference)
        if not source:
            return
        given = {code: one for code, one in reference["muscles"].items() if one["given"]}
        names = ", ".join(muscle_short(code) for code in given)
        words = tr("100 % of {names}: {source}", names=names, source=spoken(source))
        counts = ", ".join(f"{muscle_short(code)} {one['n']}" for code, one in given.items())
        tip = tr("Contractions per muscle: {counts}", counts=counts)
        self._say(words, "reference_source", tip)

    def _selectivity(self, code: str, one: Mapping[str, Any]) -> None:
        words = tr(
            "Electrode of {muscle}: selectivity grade {grade} against {other}",
            muscle=muscle_short(code),
            grade=one["grade"],
            other=muscle_short(str(one["against"])),
        )
        if one["index"] is not None:
            index, low, high = (f"{one[key]:.2f}" for key in ("index", "low", "high"))
            words += tr(", index {index} ({low} to {high})", index=index, low=low, high=high)
        if one["reasons"]:
            words += "; " + "; ".join(spoken(str(reason)) for reason in one["reasons"])
        tip = tr(
            "Selectivity: how far the electrode hears its own muscle alone, from two tasks.\n"
            "A: shown; B: shown, with a reservation; C: not shown, so no order is told; FW: wire."
        )
        self._say(words, f"selectivity_{code}", tip)

    def _say(self, words: str, name: str, tip: str) -> None:
        line = label(readable(words), "soft", name=name, wrap=True)
        line.setToolTip(tip)
        self._rows.addWidget(line)

    def _stream(self, name: str, stream: Mapping[str, Any]) -> None:
        lost = int(stream["lost"])
        away = sum(back - gone for gone, back in stream.get("outages_s", ()))
        state: Level = "warn" if lost or away else "good"
        rate = stream.get("rate_hz")
        words = f"{name}: {stream['driver']}, " + (f"{rate:.2f} Hz, " if rate else "")
        words += tr("{n} samples received", n=number(int(stream["received"])))
        if lost:
            words += tr(", {lost} lost in {gaps} gaps", lost=number(lost), gaps=stream["gaps"])
        if away:
            words += tr(", away for {s} s", s=f"{away:.1f}")
        tip = tr(
            "Onset from this device: {capable}. {reason}",
            capable=tr(str(stream["onset_capable"])),
            reason=spoken(str(stream["onset_reason"])),
        )
        said = tr("losses") if lost else tr("was away") if away else tr("nothing lost")
        self._rows.addWidget(fact(said, state, words, f"stream_{name}", tip))

    @staticmethod
    def _timing(timing: Mapping[str, Any]) -> str:
        words = tr("Timing: {sync}", sync=tr(str(timing["sync"])))
        if timing.get("resolution_ms") is not None:
            words += tr(
                "; this set-up resolves lags ≥ {ms} ms", ms=f"{timing['resolution_ms']:.0f}"
            )
        if timing.get("uncertainty_ms") is not None:
            words += tr("; uncertainty ±{ms} ms", ms=f"{timing['uncertainty_ms']:.1f}")
        return words
