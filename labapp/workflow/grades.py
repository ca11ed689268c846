"""How selective the electrodes of a participant were when they were last tested in this study."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labapp.errors import LabError
from labapp.workflow.naming import check_participant, newest_first

MOST = 40
"""Newest sessions of a participant that are looked at."""


@dataclass(frozen=True)
class ElectrodeGrade:
    """Selectivity grade of one electrode (FW, A, B, C), from which session, and why not better."""

    muscle: str
    grade: str
    when: datetime
    reasons: tuple[str, ...]


def latest_grades(study: Path, participant: str) -> dict[str, ElectrodeGrade]:
    """Read the newest grade of each electrode from the analysed sessions of a participant.

    Sessions that cannot be read are passed over: the library tells about them.
    """
    try:
        check_participant(participant)
    except LabError:
        return {}
    if not study.is_dir():
        return {}
    found: dict[str, ElectrodeGrade] = {}
    for path in newest_first(study.glob(f"{participant}_*.h5"))[:MOST]:
        for one in _grades_in(path):
            found.setdefault(one.muscle, one)
    return found


def _grades_in(path: Path) -> list[ElectrodeGrade]:
    from labapp.session.file import open_session  # here: the window's first frame needs no HDF5

    try:
        when = datetime.fromtimestamp(path.stat().st_mtime)
        with open_session(path) as session:
            results = session.results or {}
    except (LabError, OSError):
        return []
    part: Any = results.get("selectivity")
    if not isinstance(part, dict):
        return []
    return [
        ElectrodeGrade(
            muscle=str(muscle),
            grade=str(entry["grade"]),
            when=when,
            reasons=tuple(str(reason) for reason in entry.get("reasons", ())),
        )
        for muscle, entry in part.items()
        if isinstance(entry, dict) and entry.get("grade") in ("FW", "A", "B", "C")
    ]
