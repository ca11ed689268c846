"""The next load of a participant: proposed from the sessions before, decided by the operator.

A protocol says by how much a load grows and what must be met, in how many sessions in a row. All
of it is read from the participant's sessions: loads and efforts from their markers, tempo,
similarity and steadiness from their analysis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labapp.errors import LabError
from labapp.trials.ordering import base_name
from labapp.trials.protocol import Protocol, parse_protocol
from labapp.trials.remarks import EffortTold, LoadUsed, efforts_told, loads_used
from labapp.trials.schema import Block
from labapp.workflow.naming import newest_first

MOST_SESSIONS = 200


@dataclass(frozen=True)
class Done:
    """What one earlier session says: loads, efforts, and figures of its analysis (None: none)."""

    name: str
    loads: dict[str, LoadUsed]
    efforts: tuple[EffortTold, ...]
    tempo_adherence_percent: float | None = None
    cmc: float | None = None
    force_cv_percent: float | None = None


@dataclass(frozen=True)
class Proposal:
    """The next load of one block.

    Attributes
    ----------
    block, title
        Name of the block in the protocol, and its title.
    value, unit
        Proposed; ``value`` is None where no earlier session says a load.
    more
        Whether it is more than the last time.
    reasons
        Why, or why not more: one short sentence each.
    """

    block: str
    title: str
    value: float | None
    unit: str
    more: bool
    reasons: tuple[str, ...]


def grows(block: Block) -> bool:
    """Whether a block has a load that is written down and may grow."""
    return block.load.step is not None and block.load.gate is not None


def propose(block: Block, history: Sequence[Done]) -> Proposal:
    """Propose the next load of a block that `grows`.

    Parameters
    ----------
    history
        The participant's earlier sessions of the same protocol, newest first.
    """
    load, gate = block.load, block.load.gate
    if load.step is None or gate is None:
        raise ValueError(f"block {block.name} has no load that grows")
    name = base_name(block.name)
    unit = "kg" if load.unit == "%" else load.unit
    before = [(one, found) for one in history if (found := _load_of(one, name)) is not None]
    if not before:
        return Proposal(name, block.title, None, unit, more=False, reasons=(_first(load.start),))
    last = before[0][1]
    row = []
    for one, used in before:
        if (used.value, used.unit) != (last.value, last.unit):
            break
        row.append(one)
    unmet = _unmet(block, row[: gate.sessions])
    if len(row) < gate.sessions:
        unmet = [*unmet, f"{len(row)} of {gate.sessions} sessions with this load so far"]
    if unmet:
        return Proposal(name, block.title, last.value, last.unit, more=False, reasons=tuple(unmet))
    by = load.step / 100 * last.value if load.unit == "%" else load.step
    met = f"all conditions met in {gate.sessions} sessions in a row"
    step = f"{load.step:g} {load.unit}"
    return Proposal(
        name, block.title, round(last.value + by, 2), last.unit, more=True, reasons=(met, step)
    )


def _load_of(one: Done, block: str) -> LoadUsed | None:
    return next((used for name, used in one.loads.items() if base_name(name) == block), None)


def _first(start: str) -> str:
    return f"first load: {start}" if start else "no earlier session says a load"


def _unmet(block: Block, sessions: Sequence[Done]) -> list[str]:
    """Say what stands against more, from the newest session that does not meet it."""
    gate = block.load.gate
    found: list[str] = []
    if gate is None:
        return found
    limits = (
        ("tempo kept", "tempo_adherence_percent", gate.tempo_adherence_percent, " %"),
        ("similarity of repetitions (CMC)", "cmc", gate.cmc, ""),
    )
    for one in sessions:
        for words, key, least, unit in limits:
            value = getattr(one, key)
            if least is not None and (value is None or value < least):
                found.append(_words(words, value, f"at least {least:g}{unit}", one))
        if gate.force_cv_percent is not None:
            cv = one.force_cv_percent
            if cv is None or cv > gate.force_cv_percent:
                most = f"at most {gate.force_cv_percent:g} %"
                found.append(_words("variation of the force", cv, most, one))
        if gate.rpe_max is not None:
            told = [e.cr10 for e in one.efforts if base_name(e.block) == base_name(block.name)]
            effort = max(told, default=None)
            if effort is None or effort > gate.rpe_max:
                found.append(_words("effort", effort, f"at most {gate.rpe_max:g} of 10", one))
    return list(dict.fromkeys(found))


def _words(what: str, value: float | None, asked: str, one: Done) -> str:
    said = "not known" if value is None else f"{value:.3g}"
    return f"{what} {said}, asked {asked} ({one.name})"


def proposals(folder: Path, participant: str, protocol: Protocol) -> tuple[Proposal, ...]:
    """Propose the load of every block that `grows`, from the sessions in a study folder."""
    blocks = [block for block in protocol.blocks if grows(block)]
    if not blocks:
        return ()
    done = history(folder, participant, protocol)
    return tuple(propose(block, done) for block in blocks)


def history(folder: Path, participant: str, protocol: Protocol) -> tuple[Done, ...]:
    """Return the participant's sessions of a protocol in a study folder, newest first.

    Files that cannot be read are passed over: the library tells of them.
    """
    names = (*folder.glob(f"{participant}_*.h5"), *folder.glob(f"*/{participant}_*.h5"))
    found = []
    for path in newest_first(names)[:MOST_SESSIONS]:
        try:
            done = _read(path, participant, protocol)
        except LabError:
            continue
        if done is not None:
            found.append(done)
    return tuple(found)


def _read(path: Path, participant: str, protocol: Protocol) -> Done | None:
    from labapp.session.file import open_session  # here: the window's pages need no HDF5

    with open_session(path) as session:
        if session.participant != participant or not session.protocol_text:
            return None
        theirs = parse_protocol(session.protocol_text, name=f"in {path}")
        major = protocol.version.partition(".")[0]
        if theirs.id != protocol.id or theirs.version.partition(".")[0] != major:
            return None
        results: dict[str, Any] = session.results or {}
        return Done(
            path.name,
            loads_used(session.markers),
            efforts_told(session.markers),
            **figures(results),
        )


def figures(document: dict[str, Any]) -> dict[str, float | None]:
    """Figures of an analysis document that a gate asks for; None where it has none."""
    force: dict[str, Any] = document.get("force") or {}
    tempo = force.get("tempo") or {}
    hold = force.get("hold") or {}
    muscles = ((document.get("variability") or {}).get("muscles") or {}).values()
    cmcs = [float(one["cmc"]) for one in muscles if one.get("cmc") is not None]
    return {
        "tempo_adherence_percent": _mean(tempo.get("adherence_percent")),
        "cmc": min(cmcs) if cmcs else None,
        "force_cv_percent": _mean(hold.get("cv_percent")),
    }


def _mean(part: Any) -> float | None:
    return None if not part or part.get("mean") is None else float(part["mean"])
