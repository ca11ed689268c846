"""Recordings that several tests look at: each scenario is recorded once for all of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from hurried_protocol import hurried

from labapp.workflow.analysing import analyse
from labapp.workflow.devices import choose_devices
from labapp.workflow.naming import truth_path
from labapp.workflow.record import run_protocol

DEVICES = ("emg=bitalino@sim://bitalino", "force=chronojump@sim://chronojump")
IN_MEMORY = tuple(f"{device}?wire=memory" for device in DEVICES)
SCENARIOS = {
    # The bad radio link goes through real pseudo-terminals.
    "lossy": DEVICES,
    "rhomboid_leads_30ms": IN_MEMORY,
    "equal_onsets_unequal_snr": IN_MEMORY,
    "no_rhomboid": IN_MEMORY,
}


@dataclass
class Recorded:
    """A session, what is true about it, and (when asked for) its analysis."""

    path: Path

    @cached_property
    def truth(self) -> dict[str, Any]:
        return json.loads(truth_path(self.path).read_text(encoding="utf-8"))

    @cached_property
    def document(self) -> dict[str, Any]:
        return analyse(self.path)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Recorded]:
    """Session of a scenario, recorded when it is first asked for."""
    folder = tmp_path_factory.mktemp("recorded")
    made: dict[str, Recorded] = {}

    def record(scenario: str) -> Recorded:
        if scenario not in made:
            devices = choose_devices(SCENARIOS[scenario])
            out = folder / f"{scenario}.h5"
            # Of the lossy one only the account of its samples is asked.
            protocol = hurried(sets=1) if scenario == "lossy" else hurried()
            run_protocol(protocol, "DEMO-001", out, devices, scenario=scenario, seed=7)
            made[scenario] = Recorded(out)
        return made[scenario]

    return record
