"""The result of a session as it stands: the newest stored analysis, with the newest edits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from labapp.analysis.document import SCHEMA
from labapp.session.file import open_session
from labapp.workflow.analysing import analyse
from labapp.workflow.edited_part import with_edits

Progress = Callable[[str, float], None]


def result_of(path: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Analysis document of a session: the stored one, else a new one (which is not stored).

    Raises
    ------
    LabError
        Not a session, damaged, or nothing to analyse.
    """
    with open_session(path) as session:
        document = session.results
    if document is None or document.get("schema") != SCHEMA:
        return analyse(path, progress=progress)
    return with_edits(document, path)
