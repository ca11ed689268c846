"""The headline of a session that was not asked for an order: what it has yielded, in one place.

The verdict of the analysis answers one question, which muscle came first. Where the protocol does
not ask it, or no EMG was recorded, the headline says what the session has yielded instead: the
same sentence in the window, the library, the report, the terminal and the document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from labapp.analysis.document import plain
from labapp.analysis.without_emg import NO_EMG
from labapp.trials.protocol import Protocol
from labapp.workflow.headline_words import INSTEAD
from labapp.workflow.protocol_facts import order_secondary
from labapp.workflow.yielded import NOTHING, Yield, forms, nothing, references, standing
from labapp.workflow.yielded_pulls import conditions, force, levels, ratios, sides

_PAIR = re.compile(r"\b([A-Z]{2}):([A-Z]{2})\b")
_RATE = ("rfd",)
_FORCE = ("force", "force_cv_hold", *_RATE)


def with_headline(document: dict[str, Any], protocol: Protocol | None) -> dict[str, Any]:
    """Return the document with the headline of what was measured, where no order was asked.

    The ``verdict`` keeps its ``state`` and ``reasons`` and gets the part ``instead``: ``state``
    (``measured``, ``in part``, ``undecided``, ``nothing``), ``reasons`` (why something is missing)
    and ``names`` (words of the protocol in the headline). A verdict about an order is returned as
    it is; only where the order is a secondary result and cannot be told, its headline says so in
    short and goes on with what was measured.

    Parameters
    ----------
    document
        Whole analysis document, with what stands beside the analysis.
    protocol
        Protocol of the session, None where it had none.
    """
    no_emg = NO_EMG in document["verdict"]["reasons"]
    asked, verdict = document["order"]["asked"], document["verdict"]
    untold = verdict["state"] == "not interpretable" and bool(verdict["reasons"])
    secondary = untold and not no_emg and order_secondary(protocol)
    if asked and not no_emg and not secondary:
        return document
    found = _yields(document, protocol, no_emg=no_emg)
    told = [one for one in found if one.said]
    said = [text for one in found for text in one.said or (_failed(one, alone=not told),)]
    no_order = f"No order of onsets: {verdict['reasons'][0]}." if asked else ""
    if secondary:
        return {**document, "verdict": {**verdict, "headline": " ".join([no_order, *said])}}
    if asked:
        said.append(no_order)
    reasons = [text for one in found for text in (*one.missing, *one.notes)]
    part = {
        "state": _state(found, told),
        "reasons": list(dict.fromkeys(reasons)),
        "names": list(dict.fromkeys(name for one in told for name in one.names)),
    }
    verdict = {**verdict, "headline": " ".join(said), INSTEAD: part}
    cleaned: dict[str, Any] = plain(verdict)
    return {**document, "verdict": cleaned}


def _failed(one: Yield, *, alone: bool) -> str:
    """Why there is nothing: where something else was measured, only the reason."""
    if alone or not one.failed.startswith(NOTHING):
        return one.failed
    why = one.failed.removeprefix(NOTHING)
    return why[:1].upper() + why[1:]


def _state(found: list[Yield], told: list[Yield]) -> str:
    if not told:
        return "nothing"
    if any(one.failed or one.missing for one in found):
        return "in part"
    return "undecided" if all(one.undecided for one in told) else "measured"


def _yields(document: dict[str, Any], protocol: Protocol | None, *, no_emg: bool) -> list[Yield]:
    """Tell what was asked for; where none of it could be told, also what else there is."""
    asked = protocol.analysis if protocol is not None else ()
    named = _named_pairs(protocol)
    work = {} if protocol is None else {block.name: block.side for block in protocol.blocks}
    sides_of = {row["block"]: _side(work, row["block"]) for row in document["repetitions"]}
    rfd = not asked or any(word in asked for word in _RATE)
    force_found = force(document, sides_of, rfd=rfd)
    found: list[Yield] = []
    if "sway" in asked or document.get("standing"):
        found.append(standing(document))
    if "reference" in asked:
        found.append(references(document))
    if "conditions" in asked:
        found.append(conditions(document, named))
    if "asymmetry" in asked and not no_emg:
        found.append(sides(document))
    if not found and not no_emg and "log_ratios" in asked:
        found.append(ratios(document, named))
    if not found and not no_emg and "amplitude_by_phase" in asked:
        found.append(levels(document))
    if (not found and no_emg and _force_counts(document)) or any(w in asked for w in _FORCE):
        found.append(force_found)
    if document.get("forms"):
        found.append(forms(document))
    if not any(one.said for one in found):
        rest = [levels(document), force_found] if not no_emg else [force_found]
        found += [one for one in rest if one.said][:1]
    found = [one for one in found if one.said or one.failed]
    return found or [nothing("no pull was recorded")]


def _force_counts(document: dict[str, Any]) -> bool:
    """Whether a force was recorded, or nothing else could have been."""
    return document["force"]["peak_n"] is not None or not document.get("forms")


def _side(work: Mapping[str, str], block: str) -> str:
    """Side of a block; its name may end in the number of its round (``left.2``)."""
    return work.get(block, "") or work.get(block.partition(".")[0], "")


def _named_pairs(protocol: Protocol | None) -> list[str]:
    """Ratios that a protocol is about: those of its bars, else those its hypotheses name."""
    if protocol is None:
        return []
    if protocol.feedback is not None:
        return [f"{protocol.feedback.over}:{protocol.feedback.under}"]
    texts = (*protocol.hypotheses, protocol.aim)
    return list(dict.fromkeys(found[0] for text in texts for found in _PAIR.finditer(text)))
