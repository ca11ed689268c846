"""The session of maximal contractions that a recording is counted from: found, or said why not.

Maximal references are recorded once, in a session of their own, for everything that is done with
the same electrodes in the hours after it (domain reference 2.4, 7.4). A number of it means
something for another recording only if nothing between muscle and number has changed: the person,
the electrodes, the amplifier's channel, its gain and its rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.session.file import Session, open_session
from labapp.trials.protocol import Protocol
from labapp.workflow.given_reference import FrozenMuscle, FrozenReference
from labapp.workflow.naming import newest_first
from labapp.workflow.onset_journal import identity_of
from labapp.workflow.protocol_facts import order_asked, protocol_of
from labapp.workflow.reference_sites import (
    Lab,
    lab_of_devices,
    lab_of_session,
    what_differs,
)

MAX_AGE_S = 6 * 3600.0
"""Electrodes and skin do not stay the same for longer."""
REFERENCE = "reference"
"""What the list of analyses of a protocol calls references."""


@dataclass(frozen=True, slots=True)
class ReferenceSession:
    """A session whose references count for a recording."""

    path: Path
    frozen: FrozenReference


@dataclass(frozen=True, slots=True)
class NoReference:
    """Why the newest session of references does not count; no reasons where there is none."""

    path: Path | None = None
    reasons: tuple[str, ...] = ()


def only_references(protocol: Protocol | None) -> bool:
    """Whether a protocol is there to give references: it asks for them and for no order."""
    return protocol is not None and REFERENCE in protocol.analysis and not order_asked(protocol)


def find_reference(
    folder: Path,
    participant: str,
    protocol: Protocol | None,
    devices: Sequence[DeviceConfig],
    *,
    scenario: str | None = None,
    facts: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> ReferenceSession | NoReference:
    """Look for the newest references of a person that a recording can be counted from.

    Parameters
    ----------
    folder
        Study folder.
    participant
        Pseudonym of who will be recorded.
    protocol
        That will be run: one that only gives references is counted from none.
    devices, scenario
        That will be recorded, and the simulated laboratory.
    facts
        What the study says of the electrodes (`labapp.workflow.study_facts`).
    now
        When the recording begins; this moment where None.

    Notes
    -----
    Maximal references go before submaximal ones. Of the newest session all conditions must hold;
    an older one is not asked, for electrodes that were moved since do not move back.
    """
    here = lab_of_devices(devices, scenario, facts)
    when = now or datetime.now(UTC)
    if only_references(protocol) or not participant or not here.sites:
        return NoReference()
    path = _newest(folder, participant, when)
    if path is None:
        return NoReference()
    try:
        return ReferenceSession(path, _frozen(path, participant, here, when))
    except _Unfit as unfit:
        return NoReference(path, unfit.reasons)
    except LabError as error:
        return NoReference(path, (error.what,))


def reference_at_start(
    folder: Path,
    participant: str,
    protocol: Protocol,
    devices: Sequence[DeviceConfig],
    *,
    scenario: str | None = None,
    facts: Mapping[str, Any] | None = None,
    shown: Path | None = None,
    now: datetime | None = None,
) -> FrozenReference | None:
    """Return what a recording that begins now is counted from; None for its own reference.

    Raises
    ------
    LabError
        The session that the person was ``shown`` as reference does not count any more.
    """
    found = find_reference(
        folder, participant, protocol, devices, scenario=scenario, facts=facts, now=now
    )
    if isinstance(found, ReferenceSession):
        return found.frozen
    if shown is not None:
        raise _cannot(shown, found.reasons or ("it is not there any more",))
    return None


def reference_for_devices(
    path: Path,
    participant: str,
    protocol: Protocol,
    devices: Sequence[DeviceConfig],
    *,
    scenario: str | None = None,
    facts: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> FrozenReference:
    """Return the references of the session that somebody chose for a recording.

    Raises
    ------
    LabError
        It is no session, holds no references, or does not fit this recording; the protocol gives
        references itself, or needs none.
    """
    here = lab_of_devices(devices, scenario, facts)
    if only_references(protocol) or not here.sites:
        raise _not_counted(protocol)
    return _chosen(path, participant, here, now or datetime.now(UTC))


def reference_for_session(path: Path, session: Path) -> FrozenReference:
    """Return the references of a session for the analysis of another that was recorded before.

    Raises
    ------
    LabError
        As `reference_for_devices`; also if one of the two does not say when it was recorded.
    """
    with open_session(session) as target:
        if only_references(protocol := protocol_of(target)):
            raise _not_counted(protocol)
        participant, here, when = target.participant, lab_of_session(target), _begun(target)
    if when is None:
        raise LabError(
            f"{session.name} does not say when it was recorded", "use its own reference block"
        )
    return _chosen(path, participant, here, when)


class _Unfit(Exception):
    """A session does not fit a recording."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__()
        self.reasons = tuple(reasons)


def _not_counted(protocol: Protocol | None) -> LabError:
    return LabError(
        f"protocol {'' if protocol is None else protocol.id} is not counted from another session",
        "leave --reference out",
    )


def _chosen(path: Path, participant: str, here: Lab, when: datetime) -> FrozenReference:
    try:
        return _frozen(path, participant, here, when)
    except _Unfit as unfit:
        raise _cannot(path, unfit.reasons) from None


def _cannot(path: Path, reasons: Sequence[str]) -> LabError:
    return LabError(
        f"{path.name} cannot be the reference: {'; '.join(reasons)}",
        "record the maximal contractions again, or choose the own reference (--reference none)",
    )


def _newest(folder: Path, participant: str, when: datetime) -> Path | None:
    """Return the newest session of references of a person, or of submaximal ones."""
    oldest = (when - timedelta(seconds=MAX_AGE_S)).timestamp()
    found: dict[bool, tuple[datetime, Path]] = {}
    for path in newest_first([*folder.glob("*.h5"), *folder.glob("*/*.h5")]):
        try:
            if path.stat().st_mtime < oldest:  # it was complete before: too old to look at
                break
            with open_session(path) as session:
                protocol = protocol_of(session) if session.participant == participant else None
                begun = _begun(session)
        except (LabError, OSError):  # damaged, or gone meanwhile: no reference, and told elsewhere
            continue
        if protocol is None or begun is None or not only_references(protocol):
            continue
        maximal = any(b.role == REFERENCE and b.load.type == "maximal" for b in protocol.blocks)
        if maximal not in found or begun > found[maximal][0]:
            found[maximal] = begun, path
    best = found.get(True) or found.get(False)
    return best[1] if best else None


def _frozen(path: Path, participant: str, here: Lab, when: datetime) -> FrozenReference:
    """Look whether a session fits, and take its references; `_Unfit` says why it does not."""
    with open_session(path) as session:
        begun, identity = _begun(session), identity_of(session)
        there, gives = session.participant, only_references(protocol_of(session))
        reasons = what_differs(here, lab_of_session(session))
        created = str(session.info["created_utc"])
    if there != participant:
        reasons.insert(0, f"it is of {there or 'nobody'}, not of {participant or 'nobody'}")
    if not gives:
        reasons.insert(0, "its protocol is not there to give references")
    if begun is None:
        raise _Unfit([*reasons, "it does not say when it was recorded"])
    age_s = (when - begun).total_seconds()
    if abs(age_s) > MAX_AGE_S:
        reasons.append(f"{abs(age_s) / 3600:.1f} h lie between them, at most 6 h may")
    if reasons:
        raise _Unfit(reasons)
    from labapp.workflow.stored import result_of  # brings SciPy: not before it is needed

    document = result_of(path)
    part = document.get(REFERENCE) or {"method": "", "muscles": {}}
    wanted = {m: FrozenMuscle(**_kept(part["muscles"].get(m))) for m in here.sites}
    frozen = FrozenReference(
        path.stem,
        identity.uuid,
        identity.content,
        created,
        round(age_s, 1),
        str(document["protocol"]),
        str(document["labapp"]),
        str(document["parameters_sha256"]),
        str(part["method"]),
        wanted,
    )
    if not frozen.usable:
        raise _Unfit(["it holds no usable reference contraction"])
    return frozen


def frozen_words(frozen: FrozenReference) -> str:
    """Say which references these are and of how many muscles they can be used."""
    from labapp.analysis.given import told_source

    words = told_source(frozen.session, frozen.age_s, maximal=frozen.maximal)
    return f"{words}, {len(frozen.usable)} of {len(frozen.muscles)} muscles"


def _kept(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is frozen of a muscle of an analysis document."""
    if row is None:
        return {"value_uv": None, "n": 0, "kind": "maximal", "reason": "it was not analysed"}
    lists = {name: tuple(row[name]) for name in ("contractions_uv", "notes")}
    return {name: row[name] for name in FrozenMuscle.__struct_fields__} | lists


def _begun(session: Session) -> datetime | None:
    """When a session began, None if it does not say so."""
    try:
        begun = datetime.fromisoformat(str(session.info["created_utc"]))
    except ValueError:
        return None
    return begun if begun.tzinfo else begun.replace(tzinfo=UTC)
