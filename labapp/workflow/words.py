"""The analysis document in plain words, as the terminal prints it."""

from __future__ import annotations

from typing import Any

from labapp.analysis.given import source_words
from labapp.report.words import not_applicable
from labapp.workflow.given_reference import PART
from labapp.workflow.headline_words import INSTEAD
from labapp.workflow.onset_words import excluded_lines, onset_summary

PHASES = ("pull", "hold", "return")


def summary(document: dict[str, Any]) -> str:
    """Verdict, lags, ratios, force, quality and account of the samples, ready to print."""
    parts = [
        _verdict(document),
        _excluded(document),
        _by_hand(document),
        _order(document),
        _repetitions(document),
        _reference(document),
        _ratios(document),
        _selectivity(document),
        _force(document),
        _standing(document),
        _quality(document),
        _streams(document),
        _plan(document),
    ]
    return "\n\n".join(part for part in parts if part)


def _verdict(document: dict[str, Any]) -> str:
    verdict = document["verdict"]
    lines = [verdict["headline"]]
    if not_applicable(document):
        told = verdict.get(INSTEAD, {}).get("reasons", ())
        return "\n".join([*lines, *(f"  {why}" for why in told if why not in lines[0])])
    lines += [f"  because: {reason}" for reason in verdict["reasons"]]
    if verdict.get("n_needed"):
        lines.append(f"  decidable with about {verdict['n_needed']} repetitions")
    return "\n".join(lines)


def _excluded(document: dict[str, Any]) -> str:
    """Say what was left out after the recording, and the verdict before that."""
    return "\n".join(excluded_lines(document))


def _by_hand(document: dict[str, Any]) -> str:
    """Edited share and verdict of every rater; silent where nobody set an onset."""
    return f"Onsets set by hand\n{onset_summary(document)}" if document.get("edited") else ""


def _order(document: dict[str, Any]) -> str:
    order = document["order"]
    if not_applicable(document):
        return ""
    lines = [f"Order ({order['n']} repetitions; a negative lag: the first-named came first)"]
    for name, pair in order["pairs"].items():
        if pair["lag_ms"] is None:
            lines.append(f"  {name:12} no lag ({pair['verdict']})")
            continue
        line = (
            f"  {name:12} {pair['lag_ms']:+7.1f} ms  [{_number(pair['low_ms'], '+.1f')},"
            f" {_number(pair['high_ms'], '+.1f')}]  n {pair['n']:2}"
            f"  P(before) {_number(pair['p_before'], '.3f')}  {pair['verdict']}"
        )
        lines.append(line)
    chances = [
        f"{muscle} {_number(value, '.3f')}"
        for muscle, value in order["p_first"].items()
        if value is not None
    ]
    if chances:
        lines.append(f"  P(first of all): {', '.join(chances)}")
    return "\n".join(lines)


def _repetitions(document: dict[str, Any]) -> str:
    """One line a repetition: every muscle's onset after the cue (else in the recording), order."""
    rows = []
    for rep in document["repetitions"]:
        zero, unit, form = rep["cue_s"], "ms", "6.0f"
        if zero is None:
            zero, unit, form = 0.0, "s", "9.3f"
        cells = []
        for muscle, onset in rep["onsets"].items():
            time = onset["time_s"]
            shown = None if time is None else (time - zero) * (1000.0 if unit == "ms" else 1.0)
            cells.append(
                f"{muscle} {_number(shown, form):>6} {unit if shown is not None else '  '}"
            )
        end = rep["order"] if rep["valid"] else f"left out: {', '.join(rep['reasons'])}"
        rows.append(f"  {rep['number']:3}  {'  '.join(cells)}  {end or 'no onset found'}")
    return "\n".join(["Repetitions (onset after the cue)", *rows]) if rows else ""


def _reference(document: dict[str, Any]) -> str:
    """Say what 100 % is where another session gave it, or could have; silent without one."""
    if PART not in document:
        return ""
    part, frozen = document["reference"], document[PART]["reference"]
    if frozen is None:
        return "100 %: this session's own reference, as chosen at the analysis"
    words = source_words(part)
    if not words:
        return f"100 %: this session's own reference, not that of {frozen['session']}"
    given = [code for code, one in part["muscles"].items() if one["given"]]
    lines = [f"100 %: {words}: {', '.join(given)}"]
    for code in part["muscles"]:
        why = (frozen["muscles"].get(code) or {}).get("reason", "")
        if code not in given:
            lines.append(f"  not of {code}{f': {why}' if why else ''}")
    return "\n".join(lines)


def _ratios(document: dict[str, Any]) -> str:
    lines = []
    for name, phases in document["ratios"].items():
        cells = [
            f"{phase} {_number(value['ratio'], '.2f')}"
            f" [{_number(value['low'], '.2f')}, {_number(value['high'], '.2f')}]"
            for phase in PHASES
            if (value := phases.get(phase)) and value["ratio"] is not None
        ]
        lines.append(f"  {name:12} {'   '.join(cells) if cells else 'not estimable'}")
    if lines and all(line.endswith("not estimable") for line in lines):
        lines = ["  none of the pairs could be estimated"]
    lines += [f"  withheld: {reason}" for reason in document.get("ratios_withheld", ())]
    return "\n".join(["Activation ratios (% of reference contraction)", *lines]) if lines else ""


def _selectivity(document: dict[str, Any]) -> str:
    lines = []
    for muscle, one in document.get("selectivity", {}).items():
        tasks = ", ".join(
            f"{name.upper()} {_number(one[name]['ratio'], '.2f')} {_limits(one[name], '.2f')}"
            for name in ("t1", "t2")
        )
        lines.append(
            f"  {muscle} against {one['against']}: grade {one['grade']}, index"
            f" {_number(one['index'], '.2f')} {_limits(one, '.2f')} ({tasks})"
        )
        lines += [f"    {reason}" for reason in one["reasons"]]
    head = "Selectivity of the electrodes (ln ratio, T2 minus T1)"
    return "\n".join([head, *lines]) if lines else ""


def _force(document: dict[str, Any]) -> str:
    force = document["force"]
    lines = []
    peak = force.get("peak_n")
    if peak and peak.get("mean") is not None:
        lines.append(
            f"  peak {peak['mean']:.0f} N {_limits(peak, '.0f')} (SD {_number(peak['sd'], '.0f')},"
            f" n {peak['n']})"
        )
    if force.get("emd_text"):
        lines.append(f"  {force['emd_text']}")
    return "\n".join(["Force", *lines]) if lines else ""


def _standing(document: dict[str, Any]) -> str:
    lines = []
    for condition, values in document.get("standing", {}).get("summary", {}).items():
        speed, area = values["velocity_mm_s"], values["ellipse_mm2"]
        lines.append(
            f"  {condition}: velocity {_number(speed['mean'], '.1f')} mm/s"
            f" {_limits(speed, '.1f')}, 95 % ellipse"
            f" {_number(area['mean'], '.0f')} mm² {_limits(area, '.0f')}, {speed['n']} trials"
        )
    quotient = document.get("standing", {}).get("romberg")
    if quotient is not None:
        held = document["standing"]["romberg_interval"]
        lines.append(f"  Romberg quotient (ellipses) {quotient:.2f} {_limits(held, '.2f')}")
    return "\n".join(["Standing", *lines]) if lines else ""


def _plan(document: dict[str, Any]) -> str:
    """Return what differs from the frozen plan; silent where there was none."""
    plan = document.get("plan") or {}
    if not plan.get("frozen"):
        return ""
    changes = [f"  changed: {change}" for change in plan["changes"]]
    head = f"Plan frozen before the first repetition ({plan['sha256'][:12]})"
    return "\n".join([f"{head}, kept" if not changes else head, *changes])


def _quality(document: dict[str, Any]) -> str:
    lines = [
        f"  {item['level']:4} {item['channel']}: {item['text']}"
        for item in document["quality"]
        if item["level"] != "good"
    ]
    timing = document["timing"]
    lines.append(
        f"  timing: resolves {_number(timing['resolution_ms'], '.1f')} ms, {timing['sync']},"
        f" uncertainty {_number(timing['uncertainty_ms'], '.2f')} ms"
    )
    return "\n".join(["Quality", *lines])


def _streams(document: dict[str, Any]) -> str:
    lines = [
        f"  {name}: {stream['driver']}, {stream['rate_hz']:.3f} Hz, {stream['received']} received"
        f" + {stream['lost']} lost = {stream['received'] + stream['lost']} sent,"
        f" {stream['gaps']} gaps"
        + (f", away for {_away_s(stream):.1f} s" if _away_s(stream) else "")
        for name, stream in document["streams"].items()
    ]
    return "\n".join(["Samples", *lines])


def _away_s(stream: dict[str, Any]) -> float:
    """Time for which the device was away, s; a document of an earlier version does not tell."""
    return float(sum(back - gone for gone, back in stream.get("outages_s", ())))


def _limits(one: dict[str, Any], form: str) -> str:
    """95 % interval in brackets."""
    return f"[{_number(one['low'], form)}, {_number(one['high'], form)}]"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
