"""The force in detail: how fast, how steadily, in which tempo, and what the empty cell showed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.report.blocks import Block, Bullets, Row
from labapp.report.facts import statistic, statistics_table
from labapp.report.words import count, interval, mapping, number, pick, texts, value

Analysis = Mapping[str, Any]


def details(analysis: Analysis) -> list[Block]:
    """Tell impulse, steadiness, tempo, tare and other onset rules; empty without force."""
    force = mapping(analysis, "force")
    blocks: list[Block] = []
    rows = [
        *_row("time from force onset to peak", pick(force, "time_to_peak_s"), 2),
        *_row("impulse of the whole pull", pick(force, "impulse_n_s"), 0),
        *_row("force in the hold", pick(force, "hold", "mean_n"), 0),
        *_row("steadiness in the hold, CV", pick(force, "hold", "cv_percent"), 1),
    ]
    if pick(force, "rfd_valid"):
        rows += _row("greatest rate of force development", pick(force, "rfd_peak"), 0)
        rows += _row("impulse in the first 100 ms", pick(force, "impulse_100_ns"), 1)
        rows += _row("impulse in the first 200 ms", pick(force, "impulse_200_ns"), 1)
        for window, one in mapping(force, "rfd_relative").items():
            rows += _row(f"rate of force development {window} ms over the peak", one, 1)
    if rows:
        blocks.append(statistics_table(rows))
    tempo = mapping(force, "tempo")
    beats = []
    for phase in ("pull", "hold", "return"):
        asked = value(tempo, phase, "asked_s")
        words = f"{phase}, {number(asked, 1)} s asked" if asked is not None else phase
        beats += _row(f"duration of the {words}", pick(tempo, phase, "duration_s"), 2)
        beats += _row(f"adherence in the {phase}", pick(tempo, phase, "adherence_percent"), 0)
    beats += _row("adherence to the tempo", pick(tempo, "adherence_percent"), 0)
    beats += _row("begin of the pull after its beat", pick(tempo, "asynchrony_ms"), 0)
    if beats:
        caption = "Tempo against the metronome; 100 % is the duration asked for."
        blocks.append(statistics_table(beats, caption))
    told = _notes(force)
    return [*blocks, *([Bullets(told)] if told and blocks else [])]


def _row(label: str, one: Any, digits: int) -> list[Row]:
    if value(one, "mean") is None:
        return []
    return [statistic(label, str(pick(one, "unit") or ""), one, digits)]


def _notes(force: Mapping[str, Any]) -> tuple[str, ...]:
    unsteady = texts(force, "hold", "reasons")
    notes = [f"Steadiness was not measured: {unsteady[0]}."] if unsteady else []
    tare = mapping(force, "tare")
    if value(tare, "mean_n") is not None:
        notes.append(
            f"Empty cell before the pulls: {number(value(tare, 'mean_n'), 1)} N, between pulls "
            f"within {number(value(tare, 'range_n'), 2)} N ({pick(tare, 'text')}; "
            f"{count(value(tare, 'n'))} pulls)."
        )
    rules = mapping(force, "onset_rules")
    off = [
        f"{name} {number(value(one, 'mean'), 0)} ms "
        f"({interval(value(one, 'low'), value(one, 'high'))})"
        for name, one in rules.items()
        if not pick(one, "used") and value(one, "mean") is not None
    ]
    if off:
        used = pick(force, "onset_rule")
        notes.append(f"Force onset: {used}. Other rules find it later by: {'; '.join(off)}.")
    return tuple(notes)
