"""What is done to files: report, import, check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labapp.workflow.naming import check_new

if TYPE_CHECKING:
    from labapp.session.check import Finding

Progress = Callable[[str, float], None]

HDF5 = b"\x89HDF\r\n\x1a\n"


def make_report(
    paths: Sequence[str | Path],
    out: str | Path,
    *,
    plan: str | Path | None = None,
    documents: Sequence[dict[str, Any]] = (),
    multiverse: bool = False,
    facts: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write one report on one or several sessions, with figures and methods paragraph.

    Parameters
    ----------
    paths
        Session files, in the order of the report.
    out
        ``.html`` or ``.pdf``; must not exist.
    plan
        Analysis plan for sessions that are analysed now.
    documents
        Analysis documents of the same sessions, if they are at hand.
    multiverse
        Show what other ways to analyse say, for sessions that are analysed now.
    facts
        Facts file that adds to what was entered at the recording.
    progress
        Called with (what, share done 0 … 1).

    Raises
    ------
    LabError
        A path that is no session, or an output that cannot be written; nothing is left behind.
    """
    out = check_new(Path(out), suffixes=(".html", ".pdf"))
    from labapp.session.file import open_session
    from labapp.workflow.analysing import analyse
    from labapp.workflow.report_facts import read_facts
    from labapp.workflow.stored import up_to_date

    told = None if facts is None else read_facts(facts)
    analyses = [up_to_date(one, Path(p)) for one, p in zip(documents, paths, strict=False)]
    for number, path in enumerate(paths[len(analyses) :], len(analyses)):
        tell = None if progress is None else _part(progress, number, len(paths) + 1)
        analyses.append(analyse(path, plan=plan, facts=told, multiverse=multiverse, progress=tell))
    if progress is not None:
        progress("writing the report", len(paths) / (len(paths) + 1))
    with ExitStack() as opened:
        sessions = [opened.enter_context(open_session(path)) for path in paths]
        from labapp.report.document import build_document

        document = build_document(analyses, sessions, facts=told)
    if out.suffix.lower() == ".pdf":
        from labapp.report.pdf import write_pdf

        return write_pdf(document, out)
    from labapp.report.html import write_html

    return write_html(document, out)


def _part(progress: Progress, number: int, of: int) -> Progress:
    return lambda what, share: progress(what, (number + share) / of)


def import_file(
    path: str | Path,
    out: str | Path,
    *,
    rate: float | None = None,
    unit: str | None = None,
    map_path: str | Path | None = None,
) -> Path:
    """Turn a foreign recording (``.npz``, ``.npy``, ``.csv``, ``.tsv``, ``.txt``) into a session.

    Parameters
    ----------
    path, out
        The recording, and the ``.h5`` file to write; must not exist.
    rate
        Hz, if neither the file nor the map tells it.
    unit
        Of the numbers in the file (``"uV"``), if the map does not tell it.
    map_path
        TOML file that says what each column is, and where the events are.

    Raises
    ------
    LabError
        Whatever is missing, ambiguous or contradictory; nothing is assumed or left behind.
    """
    out = check_new(Path(out), suffixes=(".h5",))
    from labapp.exchange.importing import import_recording

    return import_recording(path, out, rate=rate, unit=unit, mapping=map_path)


def check(path: str | Path) -> list[Finding]:
    """Verify a session; an empty list, or one of notes only, means that all is well.

    Raises
    ------
    LabError
        No such file, or not a session at all (a damaged session is a finding).
    """
    from labapp.session.check import check_session
    from labapp.session.file import open_session

    path = Path(path)
    findings = check_session(path)
    if findings and path.is_file():
        with path.open("rb") as file:
            start = file.read(len(HDF5))
        if start != HDF5:
            open_session(path).close()  # says what it is not
    if any(finding.level == "error" for finding in findings):
        return findings
    from labapp.workflow.onset_journal import check_journals

    return [*findings, *check_journals(path)]
