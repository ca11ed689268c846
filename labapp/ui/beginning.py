"""From what was chosen on Set up to what the recorder is started with; off the window's thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labapp.record.config import RecorderConfig
from labapp.ui.choices import SetUp
from labapp.workflow.naming import ensure_folder
from labapp.workflow.record import recorder_config, session_path
from labapp.workflow.study_facts import study_facts


def described(chosen: SetUp, study: Path) -> tuple[RecorderConfig, Path, dict[str, Any] | None]:
    """Return what the recorder gets, the session's path, and the study's facts.

    Raises
    ------
    LabError
        A path, a fact or a device that cannot be used; a reference that was shown and is none
        any more.
    """
    from labapp.workflow.reference_session import reference_at_start  # brings HDF5

    protocol = chosen.protocol
    out = session_path(chosen.out or ensure_folder(study), chosen.participant, protocol.id)
    facts = study_facts(study, (c for one in chosen.devices for c in one.montage.values()))
    reference = None
    if not chosen.own_reference:
        reference = reference_at_start(
            study,
            chosen.participant,
            protocol,
            chosen.devices,
            scenario=chosen.scenario,
            facts=facts,
            shown=chosen.reference,
        )
    config = recorder_config(
        out,
        chosen.devices,
        clock=chosen.clock,
        scenario=chosen.scenario,
        seed=chosen.seed,
        participant=chosen.participant,
        protocol=protocol,
        reference=reference,
    )
    return config, out, facts
