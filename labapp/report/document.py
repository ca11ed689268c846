"""From analysis documents and sessions to the report's document model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from labapp.report import activity, amplitudes, comparisons, pulling, sections, standing
from labapp.report import facts as behind
from labapp.report.blocks import Block, Document, Figure, Heading, Paragraph, Row, Table
from labapp.report.excluded import excluded
from labapp.report.hands import by_hand
from labapp.report.methods import methods_paragraph
from labapp.report.multiverse import multiverse
from labapp.report.traces import ensemble
from labapp.report.words import codes, items, muscles_of, not_applicable, pick
from labapp.session.facts import reported

if TYPE_CHECKING:
    from labapp.session.file import Session

__all__ = ["DISCLAIMER", "Document", "build_document"]

DISCLAIMER: Final = (
    "Research and education software. Not a medical device (no CE/UKCA/FDA clearance). Not for "
    "diagnosis, treatment decisions or monitoring. Interpret by qualified persons."
)
CLAIM: Final = (
    "The claim that rhomboids activate before the trapezius in pulling has not, to our knowledge, "
    "been demonstrated. Expect differences of tens of milliseconds, comparable to the error."
)


def build_document(
    analyses: Sequence[Mapping[str, Any]],
    sessions: Sequence[Session | None] = (),
    *,
    facts: Mapping[str, Any] | None = None,
) -> Document:
    """Lay out a report.

    Parameters
    ----------
    analyses
        Analysis documents (``labapp-analysis/1``), one a session; missing and null values are
        printed as dashes.
    sessions
        The open sessions in the same order, for the traces and the methods paragraph. Where one
        is None or absent, its report has neither traces nor what only the session knows.
    facts
        What is told about participant, electrodes and devices beside what the sessions know.

    Returns
    -------
    Document
        Plain blocks; nothing in it refers to a file any more.
    """
    blocks: list[Block] = []
    if not analyses:
        blocks.append(Paragraph("There is no session to report on.", "lead"))
    if len(analyses) > 1:
        rows = tuple(Row(behind.verdict_words(one)) for one in analyses)
        head = ("session", "participant", "verdict", "in words")
        blocks.append(Table(head, rows, "", frozenset(), (1.4, 1.1, 1.1, 4.0)))
    for i, analysis in enumerate(analyses):
        session = sessions[i] if i < len(sessions) else None
        if len(analyses) > 1:
            blocks.append(Heading(str(pick(analysis, "session") or f"session {i + 1}"), 1))
            blocks.append(Paragraph(_subtitle(analysis, session), "note"))
        blocks += _one(analysis, session, facts)
    first = analyses[0] if analyses else {}
    if len(analyses) == 1:
        title = str(pick(first, "session") or "Session")
        subtitle = _subtitle(first, sessions[0] if sessions else None)
    else:
        title, subtitle = "Report", f"{len(analyses)} sessions"
    return Document(title, subtitle, tuple(blocks), DISCLAIMER)


def _one(
    analysis: Mapping[str, Any], session: Session | None, facts: Mapping[str, Any] | None
) -> list[Block]:
    info: Mapping[str, Any] = {"report": facts or {}}
    if session is not None:
        info = reported(session, facts)
    text, missing = methods_paragraph(info, analysis)
    blocks: list[Block] = []
    if _simulated(info):
        blocks.append(
            Paragraph("Simulated devices: these are not measurements of a person.", "lead")
        )
    blocks += sections.verdict(analysis)
    blocks += excluded(analysis)
    if not not_applicable(analysis):
        blocks += sections.order(analysis)
        blocks += sections.lags(analysis)
    blocks += by_hand(analysis)
    blocks += multiverse(analysis)
    blocks += standing.standing(analysis)
    if muscles_of(analysis):
        blocks += amplitudes.ratios(analysis)
    blocks += comparisons.conditions(analysis)
    blocks += comparisons.neighbours(analysis)
    blocks += activity.activity(analysis)
    if muscles_of(analysis) or pick(analysis, "force", "peak_n"):
        blocks += behind.force(analysis)
    blocks += pulling.details(analysis)
    blocks += comparisons.calibrations(analysis)
    blocks += standing.forms(analysis)
    if session is not None:
        blocks += _traces(session, analysis)
    blocks += behind.quality(analysis)
    blocks += behind.timing(analysis)
    blocks += behind.parameters(analysis)
    blocks += [Heading("Methods"), Paragraph(text), *_deviations(session)]
    blocks += behind.missing_list(missing)
    if any(code.startswith("RM") for code in muscles_of(analysis)):
        blocks.append(Paragraph(CLAIM, "note"))
    return blocks


def _subtitle(analysis: Mapping[str, Any], session: Session | None) -> str:
    parts = [behind.session_line(analysis)]
    created = pick(session.info, "created_utc") if session is not None else None
    if created:
        parts.append(f"{str(created).replace('T', ' ')[:19]} UTC")
    return " · ".join(parts)


def _deviations(session: Session | None) -> list[Block]:
    """Tell what was done otherwise than the protocol says, as the run marked it."""
    told = (
        [str(m.data["deviation"]) for m in session.markers if "deviation" in m.data]
        if session
        else []
    )
    return [Paragraph(f"Deviations from the protocol: {'; '.join(told)}.")] if told else []


def _simulated(info: Mapping[str, Any]) -> bool:
    ports = [str(pick(stream, "port") or "") for stream in items(info, "streams")]
    return any(port.startswith("sim://") for port in ports)


def _traces(session: Session, analysis: Mapping[str, Any]) -> list[Block]:
    found = ensemble(session, analysis)
    if found is None:
        return []
    names = codes([line["muscle"] for line in found["lines"] if line["kind"] == "emg"])
    lines = [
        {**line, "label": names.get(line["muscle"], "force" if line["kind"] == "force" else "")}
        for line in found["lines"]
    ]
    caption = (
        f"Mean ± SD over {found['n']} repetitions, aligned at the {found['zero']}; EMG as 20 Hz "
        "envelope. For the eye only: onsets are not read from these curves."
    )
    alt = f"Average traces of {', '.join(str(line['label']) for line in lines)}."
    return [Heading("Traces"), Figure("traces", {**found, "lines": lines}, caption, alt)]
