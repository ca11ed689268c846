"""The result of a session as it stands: the stored analysis, with what people did since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labapp.analysis.document import SCHEMA
from labapp.analysis.excluded import EXCLUDED, recorded_document
from labapp.session.file import open_session
from labapp.workflow.analysing import analyse, analyse_without
from labapp.workflow.edited_part import Known, automatic_document, known_of, with_edits
from labapp.workflow.exclusions import read_exclusions
from labapp.workflow.onset_journal import raters_of

Progress = Callable[[str, float], None]


def result_of(path: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Analysis document of a session: the stored one, else a new one (which is not stored).

    Raises
    ------
    LabError
        Not a session, damaged, or nothing to analyse.
    """
    return result_and_known(path, progress)[0]


def result_and_known(path: Path, progress: Progress | None = None) -> tuple[dict[str, Any], Known]:
    """Return `result_of`, and what whoever goes on to edit must know of the session."""
    with open_session(path) as session:
        document, known = session.results, known_of(session)
    if document is None or document.get("schema") != SCHEMA:
        return analyse(path, progress=progress), known
    return up_to_date(document, path, progress, known), known


def up_to_date(
    document: Mapping[str, Any],
    path: Path,
    progress: Progress | None = None,
    known: Known | None = None,
) -> dict[str, Any]:
    """Return a document with what the journals beside its session say now.

    Repetitions excluded after the recording are left out of every part; that analyses the
    session again, with the document's own settings, unless the document left out the same.
    """
    fresh = automatic_document(document)
    recorded = recorded_document(fresh)
    if known is None and raters_of(path):
        with open_session(path) as session:
            known = known_of(session)
    exclusions = read_exclusions(path, recorded, None if known is None else known.identity)
    now = {"repetitions": list(exclusions.rows), "taken_back": exclusions.taken_back}
    before = fresh.get(EXCLUDED) or {}
    if not exclusions.rows:
        fresh = recorded
    elif now != {key: before.get(key) for key in now}:
        fresh = analyse_without(path, recorded, exclusions, progress)
    return with_edits(fresh, path, known)
