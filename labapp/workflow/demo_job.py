"""The whole main job on simulated devices: record, analyse, report, and compare with the truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labapp.errors import LabError
from labapp.load import parse_json
from labapp.record.config import ClockConfig
from labapp.workflow.analysing import analyse
from labapp.workflow.devices import choose_devices
from labapp.workflow.files import make_report
from labapp.workflow.naming import (
    DEMO_PARTICIPANT,
    ensure_folder,
    recording_folder,
    safe,
    truth_path,
)
from labapp.workflow.record import run_protocol
from labapp.workflow.words import summary

Progress = Callable[[str, float], None]

DEMO_DEVICES = ("emg=bitalino@sim://bitalino", "force=chronojump@sim://chronojump")
DEMO_PROTOCOL = "isometric_pull"
_SHARES = {"record": (0.0, 0.7), "analyse": (0.7, 0.85), "report": (0.85, 1.0)}


@dataclass(frozen=True)
class DemoResult:
    """What the demo wrote, and the analysis document."""

    session: Path
    analysis: Path
    report: Path
    truth: Path
    document: dict[str, Any]
    text: str


def demo(
    out: Path,
    *,
    seed: int = 1,
    scenario: str = "demo",
    speed: float | None = None,
    progress: Progress | None = None,
) -> DemoResult:
    """Record the isometric pull of a simulated person, analyse it and write the report.

    Parameters
    ----------
    out
        Folder, created if need be. Files of an earlier demo with the same seed and scenario
        are replaced: they hold nothing that this run does not write again.
    seed
        Decides everything: two runs with one seed give the same numbers.
    speed
        Lab seconds per second; None: as fast as the machine can.

    Raises
    ------
    LabError
        A folder that cannot be written to, a scenario that is not one.
    """
    folder = ensure_folder(out)
    name = f"{DEMO_PARTICIPANT}_{DEMO_PROTOCOL}_{safe(Path(scenario).stem)}_seed{seed}"
    session = folder / f"{name}.h5"
    analysis = folder / f"{name}.analysis.json"
    report = folder / f"{name}.html"
    truth = truth_path(session)
    if recording_folder(session).exists():
        raise LabError(
            f"{recording_folder(session)} is left from a demo that was cut short",
            f"labapp recover {recording_folder(session)}, or delete it",
        )
    for path in (session, analysis, report, truth):
        path.unlink(missing_ok=True)
    run_protocol(
        DEMO_PROTOCOL,
        DEMO_PARTICIPANT,
        session,
        choose_devices(DEMO_DEVICES),
        scenario=scenario,
        clock=ClockConfig("stepped") if speed is None else ClockConfig("scaled", speed),
        seed=seed,
        progress=_part(progress, "record"),
    )
    document = analyse(session, save=True, progress=_part(progress, "analyse"))
    analysis.write_text(encode(document), encoding="utf-8")
    make_report([session], report, documents=[document], progress=_part(progress, "report"))
    known = known_truth(parse_json(truth.read_bytes(), name=str(truth)))
    files = "\n".join(
        f"  {label:9} {path}"
        for label, path in (
            ("session", session),
            ("analysis", analysis),
            ("report", report),
            ("truth", truth),
        )
    )
    text = f"{summary(document)}\n\nFiles\n{files}\n\n{known}"
    return DemoResult(session, analysis, report, truth, document, text)


def encode(document: dict[str, Any]) -> str:
    """JSON text of an analysis document, the same characters for the same document."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def known_truth(truth: dict[str, Any], *, pull: str = "fast") -> str:
    """Say what the simulator made happen: who led whom, on average over the fast pulls.

    This reads the truth beside the session; the analysis never sees it.
    """
    onsets: dict[str, list[float]] = {code: [] for code in truth["muscles"]}
    for one in truth["pulls"]:
        if one["pull"] != pull:
            continue
        for code, t_ns in one["onsets_ns"].items():
            onsets[code].append(t_ns / 1e6)
    if not any(onsets.values()):
        return "known truth: nobody pulled"
    silent = [code for code, times in onsets.items() if not times]
    heard = {code: times for code, times in onsets.items() if times}
    means = {code: sum(times) / len(times) for code, times in heard.items()}
    first = min(means, key=means.__getitem__)
    delays = ", ".join(
        f"{code} by {means[code] - means[first]:.1f} ms"
        for code in sorted(means, key=means.__getitem__)
        if code != first
    )
    line = f"known truth: {first} leads {delays}" if delays else f"known truth: only {first}"
    if silent:
        line += f"; {', '.join(silent)} gave no signal"
    return line


def _part(progress: Progress | None, name: str) -> Progress | None:
    """Progress within the demo's part of the bar."""
    if progress is None:
        return None
    low, high = _SHARES[name]
    return lambda what, share: progress(what, low + (high - low) * share)
