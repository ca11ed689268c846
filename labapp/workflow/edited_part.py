"""The part ``edited`` of an analysis document: what raters set, and the verdict under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labapp.analysis.document import plain
from labapp.analysis.edited import automatic, changes, edited_result
from labapp.errors import LabError
from labapp.session.file import Session, open_session
from labapp.workflow.hands import agreements, read_hands
from labapp.workflow.onset_edits import OnsetEdits
from labapp.workflow.onset_journal import Identity, identity_of, raters_of
from labapp.workflow.protocol_facts import protocol_of
from labapp.workflow.standing_acts import Hand

BY_HAND = "onsets_by_hand"
"""Word in a protocol's list ``analysis``: the verdict under the raters' onsets is the headline."""


@dataclass(frozen=True, slots=True)
class Known:
    """What journals need to know of their session; ``by_hand``: the raters' verdict leads."""

    identity: Identity
    by_hand: bool


def known_of(session: Session) -> Known:
    """Read it from an open session, once for all that is done with its journals."""
    return Known(identity_of(session), _asks_by_hand(session))


def with_edits(document: dict[str, Any], path: Path, known: Known | None = None) -> dict[str, Any]:
    """Return the document with what the journals beside the session say now.

    Without a journal the part is absent. A journal that is refused is a finding of quality; it
    does not keep anybody from the automatic result.

    Parameters
    ----------
    document
        Analysis document of the session, with or without an older part ``edited``.
    path
        The session.
    known
        Of the session, where it was read already.
    """
    bare = automatic_document(document)
    if not raters_of(path):
        return bare
    if known is None:
        with open_session(path) as session:
            known = known_of(session)
    hands, problems = read_hands(OnsetEdits(path, bare, known.identity))
    hands = [hand for hand in hands if hand.sets_onsets]
    if not hands and not problems:
        return bare
    part = edited_part(bare, hands)
    whole = {**bare, "edited": {**part, "problems": problems}}
    if problems:
        whole["quality"] = [*bare["quality"], *map(_finding, problems)]
    count = sum(one["edited"] for one in part["raters"].values())
    if (plan := bare.get("plan") or {}).get("frozen") and count:
        told = [f"rater {r}: {one['words']}" for r, one in part["raters"].items() if one["edited"]]
        whole["plan"] = {**plan, "changes": [*plan["changes"], *told]}
    if known.by_hand and (verdict := _common(part)) is not None:
        whole["edited"] = {**whole["edited"], "headline": "edited"}
        whole["verdict"] = verdict
    return whole


def _asks_by_hand(session: Session) -> bool:
    """Whether the protocol in a session makes the raters' verdict the headline."""
    try:
        protocol = protocol_of(session)
    except LabError:  # a session of another program's protocol has no such wish
        return False
    return protocol is not None and BY_HAND in protocol.analysis


def automatic_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document as the analysis made it, without what raters set."""
    part = document.get("edited")
    if not isinstance(part, Mapping):
        return dict(document)
    bare = {key: value for key, value in document.items() if key != "edited"}
    bare["verdict"] = part["automatic"]
    bare["quality"] = [row for row in bare["quality"] if row["check"] != CHECK]
    if (plan := bare.get("plan") or {}).get("frozen"):
        told = {f"rater {r}: {one['words']}" for r, one in part["raters"].items()}
        bare["plan"] = {**plan, "changes": [c for c in plan["changes"] if c not in told]}
    return bare


CHECK = "onset journal"


def _finding(problem: str) -> dict[str, Any]:
    return {
        "channel": "onsets",
        "check": CHECK,
        "value": 0.0,
        "level": "warn",
        "text": f"what was set by hand was left out: {problem}",
    }


def edited_part(document: Mapping[str, Any], hands: list[Hand]) -> dict[str, Any]:
    """Write the part: every rater's onsets, share and verdict, and how two raters agree."""
    part = {
        "headline": "automatic",
        "automatic": dict(document["verdict"]),
        "raters": {hand.rater: rater_part(document, hand) for hand in hands},
        "agreement": agreements(document, hands),
    }
    cleaned: dict[str, Any] = plain(part)
    return cleaned


def rater_part(document: Mapping[str, Any], hand: Hand) -> dict[str, Any]:
    """Write what one rater set and what it makes of the result."""
    result = edited_result(document, hand.marks)
    pulls = {rep["index"]: rep for rep in document["repetitions"]}
    onsets = [
        {
            "repetition": key[0],
            "muscle": key[1],
            "original_s": edit.original_s,
            "onset_manual_s": edit.new_s,
            "changed": changes(automatic(pulls[key[0]], key[1]), edit.new_s),
            "operator": edit.operator,
            "utc": edit.utc,
            "reason": edit.reason,
        }
        for key, edit in sorted(hand.placed.items())
    ]
    return {
        "operators": sorted({line.operator for line in hand.journal.lines}),
        "blind": any(line.blind for line in hand.journal.lines),
        "words": share_words(result),
        **result,
        "onsets": onsets,
        "left_out": len(hand.strays),
        "torn_bytes": hand.journal.torn_bytes,
    }


def share_words(result: Mapping[str, Any]) -> str:
    """Say the edited share: ``edited 3 of 24 onsets (13 %)``."""
    share = 100 * (result["share"] or 0.0)
    return f"edited {result['edited']} of {result['total']} onsets ({share:.0f} %)"


def _common(part: Mapping[str, Any]) -> dict[str, Any] | None:
    """Verdict that all raters come to; withheld where they differ, None without any edit."""
    verdicts = [one["verdict"] for one in part["raters"].values() if one["onsets"]]
    if not verdicts:
        return None
    if len({(one["state"], one["muscle"]) for one in verdicts}) == 1:
        return dict(verdicts[0])
    reason = "the raters who set the onsets come to different verdicts"
    return {
        "state": "not interpretable",
        "muscle": None,
        "n_needed": None,
        "headline": f"Cannot tell any order: {reason}.",
        "reasons": [reason],
    }
