"""What the protocol in a session says about its repetitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from labapp.analysis.inputs import BlockFacts
from labapp.model import Marker
from labapp.session.file import Session
from labapp.trials.forms import form_results
from labapp.trials.protocol import Protocol, parse_protocol
from labapp.trials.repetitions import Repetition
from labapp.workflow.form_filling import ANSWER, REASONS, forms_of, latest

SECONDARY = "onset_neq_secondary"
ORDER_ANALYSES = ("order", "lags", "onset_neq", SECONDARY)


def protocol_of(session: Session) -> Protocol | None:
    """Protocol in the session, None where it has none."""
    if not session.protocol_text:
        return None
    return parse_protocol(session.protocol_text, name=f"in {session.path}")


def block_facts(protocol: Protocol | None, names: Iterable[str]) -> dict[str, BlockFacts]:
    """Facts per block name of the recording, in the order of the protocol."""
    if protocol is None:
        return {}
    seen = list(dict.fromkeys(names))
    found = {name: block for name in seen if (block := protocol.block(name)) is not None}
    order = [block.name for block in protocol.blocks]
    return {
        name: BlockFacts(found[name].task, found[name].side, found[name].condition)
        for name in sorted(found, key=lambda one: (order.index(found[one].name), seen.index(one)))
    }


def without_practice(
    protocol: Protocol | None, repetitions: Sequence[Repetition]
) -> list[Repetition]:
    """Repetitions that are not of a practice block."""
    if protocol is None:
        return list(repetitions)
    roles = {r.block: block.role for r in repetitions if (block := protocol.block(r.block))}
    return [r for r in repetitions if roles.get(r.block) != "practice"]


def order_asked(protocol: Protocol | None) -> bool:
    """Whether the protocol asks for an order; without one, or without a list, it is asked."""
    if protocol is None or not protocol.analysis:
        return True
    return any(name in ORDER_ANALYSES for name in protocol.analysis)


def order_secondary(protocol: Protocol | None) -> bool:
    """Whether an order is asked for, but only beside what the protocol is about."""
    if protocol is None:
        return False
    return [name for name in protocol.analysis if name in ORDER_ANALYSES] == [SECONDARY]


def forms_part(protocol: Protocol | None, markers: Sequence[Marker]) -> list[dict[str, Any]]:
    """Write the ``forms`` part of the document: every item of every form, answered or not."""
    if protocol is None:
        return []
    answers = latest([marker.data for marker in markers if marker.kind == ANSWER])
    asked = any(answer.get("form") == REASONS for answer in answers)
    forms = forms_of(protocol) if asked else protocol.forms
    return [row for form in forms for row in form_results(form, answers)]
