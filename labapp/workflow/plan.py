"""The frozen plan: protocol and analysis settings, hashed before the first repetition.

What is decided after the data were seen cannot be told from what was decided before, unless it
was written down: the plan stands in the recording from its first frame on, and every analysis
lists what was done otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import labapp
from labapp.analysis.settings import AnalysisSettings
from labapp.model import Marker
from labapp.trials.protocol import Protocol

FORMAT = "labapp-plan/1"


def freeze_plan(
    protocol: Protocol | None,
    settings: AnalysisSettings | None = None,
    *,
    seed: int | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Write down what will be done, with its checksum and the time.

    Parameters
    ----------
    protocol
        What will be run; None where there is no protocol.
    settings
        Of the analysis; the defaults where None.
    seed
        That decides orders and foreperiods.
    now
        Time to write; this moment where None.
    """
    body: dict[str, Any] = {
        "format": FORMAT,
        "labapp": labapp.__version__,
        "protocol": None
        if protocol is None
        else {"id": protocol.id, "version": protocol.version, "sha256": protocol.sha256},
        "deviations": [] if protocol is None else list(protocol.deviations),
        "seed": seed,
        "analysis": (settings or AnalysisSettings()).as_dict(),
    }
    when = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    return {**body, "sha256": plan_sha256(body), "frozen_utc": when}


def plan_sha256(plan: Mapping[str, Any]) -> str:
    """Checksum of a plan: of everything in it but the checksum itself and the time."""
    body = {key: value for key, value in plan.items() if key not in ("sha256", "frozen_utc")}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plan_part(
    meta: Mapping[str, Any],
    protocol_text: str,
    markers: Sequence[Marker],
    document: Mapping[str, Any],
    *,
    calibrated_later: Sequence[str] = (),
    reference_later: bool = False,
) -> dict[str, Any]:
    """Write the ``plan`` part of the analysis document.

    Parameters
    ----------
    meta
        What the session knows (``Session.meta``).
    protocol_text
        The protocol in the session, word for word.
    markers
        Of the session, in order.
    document
        The analysis, with its ``parameters`` and ``labapp``.
    calibrated_later
        Force channels whose calibration was chosen at the analysis.
    reference_later
        Whether the references of another session, or none of any, were.

    Returns
    -------
    dict
        ``frozen``, ``sha256``, ``frozen_utc`` and ``changes``: one sentence for everything that
        differs from the plan. ``frozen_utc`` is None in a recording whose clock was not the
        host's: simulated time has no date.
    """
    plan = meta.get("plan")
    if not isinstance(plan, Mapping):
        return {"frozen": False, "sha256": None, "frozen_utc": None, "changes": []}
    changes: list[str] = []
    if plan_sha256(plan) != plan.get("sha256"):
        changes.append("the plan in the session does not have its own checksum: it was edited")
    planned = plan.get("protocol")
    if isinstance(planned, Mapping):
        digest = hashlib.sha256(protocol_text.encode()).hexdigest()
        if digest != planned.get("sha256"):
            changes.append("the protocol's text differs from the one that was frozen")
    changes += _settings(plan.get("analysis"), document.get("parameters"))
    if plan.get("labapp") != document.get("labapp"):
        changes.append(f"analysed with labapp {document.get('labapp')}, "
                       f"planned with {plan.get('labapp')}")  # fmt: skip
    changes += [f"{name} was calibrated at the analysis" for name in calibrated_later]
    if reference_later:
        changes.append("what amplitudes are counted from was chosen at the analysis")
    changes += _exclusions(markers)
    clock = meta.get("clock")
    real = isinstance(clock, Mapping) and clock.get("kind") == "real"
    return {
        "frozen": True,
        "sha256": plan.get("sha256"),
        "frozen_utc": plan.get("frozen_utc") if real else None,
        "changes": changes,
    }


def _settings(planned: Any, used: Any) -> list[str]:
    """Analysis settings that differ, those that only one of the two knows among them."""
    if not isinstance(planned, Mapping) or not isinstance(used, Mapping):
        return ["the plan holds no analysis settings"]
    told = []
    for name in sorted({*planned, *used}):
        if name not in planned:
            told.append(f"{name}: not in the plan, {_word(used[name])} used")
        elif name not in used:
            told.append(f"{name}: {_word(planned[name])} planned, no longer a setting")
        elif planned[name] != used[name]:
            told.append(f"{name}: {_word(planned[name])} planned, {_word(used[name])} used")
    return told


def _word(value: Any) -> str:
    return " to ".join(map(_word, value)) if isinstance(value, list) else str(value)


def _exclusions(markers: Sequence[Marker]) -> list[str]:
    """Repetitions that the operator took out after they were seen, and an early end."""
    told = []
    redone = {
        (m.data.get("block"), m.data.get("repetition"), m.data.get("attempt"))
        for m in markers
        if m.kind == "redo"
    }
    for marker in markers:
        data = marker.data
        place = (data.get("block"), data.get("repetition"), data.get("attempt"))
        if marker.kind == "reject" and place not in redone:
            told.append(
                f"{place[0]} {place[1]} was rejected by the operator at {marker.time:.0f} s"
            )
        elif marker.kind == "redo":
            told.append(f"{place[0]} {place[1]} was done again at {marker.time:.0f} s")
        elif marker.kind == "stop":
            told.append(f"the run was stopped at {marker.time:.0f} s, before its end")
    return told
