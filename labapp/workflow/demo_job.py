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
from labapp.report.saving import save
from labapp.trials.protocol import Protocol, load_protocol
from labapp.workflow.analysing import analyse
from labapp.workflow.devices import PULLING, choose_devices
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

DEMO_PROTOCOL = "isometric_pull"
DEMO_REST_S = 6.0
"""Longest rest of the demo: its person does not tire, the one who watches does."""
_SHARES = {"record": (0.0, 0.7), "analyse": (0.7, 0.85), "report": (0.85, 1.0)}


@dataclass(frozen=True)
class DemoFiles:
    """Where a demo writes: the seed and the scenario are in the names."""

    session: Path
    analysis: Path
    report: Path
    truth: Path

    def words(self) -> str:
        """Return one line a file, for the end of the demo."""
        return "\n".join(
            f"  {label:9} {path}"
            for label, path in (
                ("session", self.session),
                ("analysis", self.analysis),
                ("report", self.report),
                ("truth", self.truth),
            )
        )


def demo_files(out: Path, *, seed: int, scenario: str) -> DemoFiles:
    """Make the folder ready and free the names of the files that a demo writes into it.

    Files of an earlier demo with the same seed and scenario are deleted: they hold nothing that
    the demo does not write again.

    Raises
    ------
    LabError
        A folder that cannot be written to, or one with a demo that was cut short.
    """
    folder = ensure_folder(out)
    name = f"{DEMO_PARTICIPANT}_{DEMO_PROTOCOL}_{safe(Path(scenario).stem)}_seed{seed}"
    session = folder / f"{name}.h5"
    files = DemoFiles(
        session,
        folder / f"{name}.analysis.json",
        folder / f"{name}.html",
        truth_path(session),
    )
    if recording_folder(session).exists():
        raise LabError(
            f"{recording_folder(session)} is left from a demo that was cut short",
            f"labapp recover {recording_folder(session)}, or delete it",
        )
    for path in (files.session, files.analysis, files.report, files.truth):
        path.unlink(missing_ok=True)
    return files


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
    files = demo_files(out, seed=seed, scenario=scenario)
    run_protocol(
        demo_protocol(),
        DEMO_PARTICIPANT,
        files.session,
        choose_devices(PULLING),
        scenario=scenario,
        clock=ClockConfig("stepped") if speed is None else ClockConfig("scaled", speed),
        seed=seed,
        progress=_part(progress, "record"),
    )
    document = analyse(files.session, save=True, progress=_part(progress, "analyse"))
    write_analysis(files.analysis, document)
    make_report(
        [files.session], files.report, documents=[document], progress=_part(progress, "report")
    )
    return DemoResult(
        files.session,
        files.analysis,
        files.report,
        files.truth,
        document,
        closing_words(document, files),
    )


def closing_words(document: dict[str, Any], files: DemoFiles) -> str:
    """Return what a demo says at its end: result, files, and what the simulator made happen."""
    known = known_truth(parse_json(files.truth.read_bytes(), name=str(files.truth)))
    return f"{summary(document)}\n\nFiles\n{files.words()}\n\n{known}"


def demo_protocol() -> Protocol:
    """Load the isometric pull as the demo runs it: with short rests, which the session notes."""
    return load_protocol(DEMO_PROTOCOL).with_rests_up_to(DEMO_REST_S)


def write_analysis(path: Path, document: dict[str, Any]) -> None:
    """Write an analysis document whole or not at all; the same bytes for the same document."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    save(path, f"{text}\n".encode())


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
