"""Onsets set by hand in plain words, as the terminal prints them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.analysis.raters import zero_of


def onset_table(document: Mapping[str, Any], rater: str | None = None) -> str:
    """One line a pull: every muscle's automatic onset, and what raters made of it.

    Times are seconds of the recording, as ``labapp onsets --set`` takes them, and behind them ms
    after the cue (else the force onset) of the pull.
    """
    raters = _raters(document, rater)
    lines = ["Onsets (s in the recording; ms after the cue, else after the force onset)"]
    for number, rep in enumerate(document["repetitions"], 1):
        zero = zero_of(rep)
        name = f"{rep['block']} {rep['number']}".strip()
        left = "" if rep["valid"] else f"  left out: {', '.join(rep['reasons'])}"
        lines.append(f"  pull {number:2}  {name}{left}")
        known = [m for m in document["order"]["muscles"] if m in rep["onsets"]]
        for muscle in known or rep["onsets"]:
            onset = rep["onsets"][muscle]
            line = f"    {muscle:6} automatic {_time(onset.get('time_s'), zero)}"
            state = onset.get("state", "")
            line += "" if state == "ok" else f"  {state}"
            for letter, part in raters.items():
                for row in part["onsets"]:
                    if (row["repetition"], row["muscle"]) == (rep["index"], muscle):
                        said = _time(row["onset_manual_s"], zero)
                        line += f"  | {letter} {said} {row['operator']}"
                        line += f" ({row['reason']})" if row["reason"] else ""
            lines.append(line)
    return "\n".join([*lines, "", hand_summary(document, rater)])


def onset_summary(document: Mapping[str, Any], rater: str | None = None) -> str:
    """Edited share and verdict of every rater beside the automatic verdict."""
    part = document.get("edited") or {}
    automatic = part.get("automatic", document["verdict"])
    lines = [f"Automatic: {automatic['headline']}"]
    raters = _raters(document, rater)
    for letter, one in raters.items():
        how = "blind" if one["blind"] else "names shown"
        lines.append(f"Rater {letter} ({how}, {one['words']}): {one['verdict']['headline']}")
        if one["confirmed"]:
            lines.append(f"  {one['confirmed']} onsets confirmed as they were")
        for muscle, row in one["channels"].items():
            if row["edited"]:
                lines.append(f"  {muscle}: {row['edited']} of {row['total']} edited")
        if one["left_out"]:
            lines.append(f"  {one['left_out']} edits fit no pull of this analysis and are left out")
        if one["torn_bytes"]:
            lines.append(f"  the journal's last line was cut short ({one['torn_bytes']} bytes)")
    if not raters:
        lines.append("No onset was set by hand.")
    lines += [f"left out: {problem}" for problem in part.get("problems", ())]
    return "\n".join(lines)


def hand_summary(document: Mapping[str, Any], rater: str | None = None) -> str:
    """Say what was done by hand: repetitions that were excluded, onsets that were set."""
    return "\n".join([*excluded_lines(document), onset_summary(document, rater)])


def excluded_lines(document: Mapping[str, Any]) -> list[str]:
    """Say which repetitions were excluded afterwards, by whom, when, why; the verdict before."""
    part = document.get("excluded")
    if not part:
        return []
    lines = [f"{part['n']} of {part['of']} repetitions excluded afterwards by hand"]
    for row in part["repetitions"]:
        how = ", blind" if row["blind"] else ""
        who = f"{row['operator']}, rater {row['rater']}{how}, {row['utc'][:16].replace('T', ' ')}"
        lines.append(f"  {row['block']} {row['number']}: {row['reason']} ({who} UTC)")
    if part["taken_back"]:
        lines.append(f"  exclusions that were taken back: {part['taken_back']}")
    lines.append(f"  as recorded: {part['as_recorded']['verdict']['headline']}")
    return lines


def agreement_words(agreement: Mapping[str, Any]) -> str:
    """How two raters agree: all onsets, per muscle, and the lags of every pair."""
    lines = []
    for key, part in agreement.items():
        first, _, second = key.partition("-")
        lines.append(f"Raters {first} and {second} (second minus first)")
        rows = {"all onsets": part["onsets"], **part["muscles"]}
        rows |= {f"lag {name}": row for name, row in part["pairs"].items()}
        lines += [f"  {name:14} {_agreed(row)}" for name, row in rows.items()]
        if part["one_sided"]:
            lines.append(f"  {part['one_sided']} times only one of them says there is an onset")
    return "\n".join(lines)


def _agreed(row: Mapping[str, Any]) -> str:
    if row["bias_ms"] is None:
        return f"n {row['n']:3}  {row['reason']}"
    icc, within = row["icc"], row["within"]
    said = "ICC -" if icc is None else f"ICC(2,1) {_number(icc['value'], '.3f')}"
    if icc is not None and icc["low"] is not None:
        said += f" [{icc['low']:.3f}, {icc['high']:.3f}]"
    return (
        f"n {row['n']:3}  {said}  bias {row['bias_ms']:+.1f} ms"
        f" [{_number(row['bias_low_ms'], '+.1f')}, {_number(row['bias_high_ms'], '+.1f')}]"
        f"  limits {_number(row['limit_low_ms'], '+.1f')} to"
        f" {_number(row['limit_high_ms'], '+.1f')} ms"
        f"  within {within['ms']:.0f} ms: {100 * within['share']:.0f} %"
    )


def _raters(document: Mapping[str, Any], rater: str | None) -> dict[str, Any]:
    found: Mapping[str, Any] = (document.get("edited") or {}).get("raters", {})
    return {key: one for key, one in found.items() if rater in (None, key)}


def _time(time_s: float | None, zero: float | None) -> str:
    if time_s is None:
        return "no onset          "
    after = "" if zero is None else f" {1000 * (time_s - zero):+5.0f} ms"
    return f"{time_s:9.3f} s{after}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
