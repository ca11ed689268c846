"""What was entered about participant, electrodes and devices, wherever in the session it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labapp.session.file import Session

MARKER = "facts"
"""Kind of the marker that holds what was entered for a recording."""
PERSON = "person"
EVERY = "all"
"""Name of the electrode entry that holds for all electrodes."""


def reported(session: Session, later: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return ``Session.meta`` with the group ``report`` as all that was entered makes it.

    Parameters
    ----------
    session
        Its header, its markers ``facts`` and ``person``.
    later
        Facts that were given only now; they win over older ones, entry by entry.
    """
    report: dict[str, Any] = {}
    parts: list[Any] = [session.meta.get("report")]
    for marker in session.markers:
        if marker.kind == MARKER:
            parts.append(marker.data)
        elif marker.kind == PERSON:
            told = {
                "dominance": marker.data.get("dominant"),
                "side_tested": marker.data.get("tested"),
            }
            parts.append({"participant": {key: one for key, one in told.items() if one}})
    codes = [
        channel.muscle
        for stream in session.streams.values()
        for channel in stream.channels
        if channel.kind == "emg" and channel.muscle
    ]
    for part in [*parts, later]:
        if isinstance(part, Mapping):
            _merge(report, part, codes)
    return {**session.meta, "report": report}


def _merge(report: dict[str, Any], part: Mapping[str, Any], codes: list[str]) -> None:
    for group, entries in part.items():
        if not isinstance(entries, Mapping):
            continue
        own = report.setdefault(str(group), {})
        if group != "electrodes":
            own.update(entries)
            continue
        every = entries.get(EVERY)
        for code in codes:
            for one in (every, entries.get(code)):
                if isinstance(one, Mapping):
                    own.setdefault(code, {}).update(one)
