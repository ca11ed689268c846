"""Recordings that several tests look at: each scenario is recorded once for all of them."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from hurried_protocol import hurried

from labapp.translate import speak
from labapp.workflow import spoken as spoken_module
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


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Speak a language in which every known sentence is its pattern in marks."""
    monkeypatch.setattr(spoken_module, "tr", lambda text, /, **values: f"«{text}»")
    monkeypatch.setattr(spoken_module, "_spoken", spoken_module._spoken.__wrapped__)
    speak("de")
    yield
    speak("en")


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Recorded]:
    """Session of a scenario, recorded when it is first asked for, by whoever asks first.

    The other workers of the same run copy it, so that each may write beside its own.
    """
    folder = tmp_path_factory.mktemp("recorded")
    base = tmp_path_factory.getbasetemp()
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    shared = (base if alone else base.parent) / "shared-recordings"
    made: dict[str, Recorded] = {}

    def record(scenario: str) -> Recorded:
        if scenario not in made:
            theirs = shared / scenario
            try:
                theirs.mkdir(parents=True)
            except FileExistsError:
                wait_for(theirs / "done")
            else:
                make(scenario, theirs / f"{scenario}.h5")
                (theirs / "done").touch()
            own = shutil.copytree(theirs, folder / scenario)
            made[scenario] = Recorded(own / f"{scenario}.h5")
        return made[scenario]

    return record


def make(scenario: str, out: Path) -> None:
    """Record a scenario."""
    # Of these only the account of the samples, and what cannot be interpreted, is asked.
    protocol = hurried(sets=1) if scenario in ("lossy", "no_rhomboid") else hurried()
    devices = choose_devices(SCENARIOS[scenario])
    run_protocol(protocol, "DEMO-001", out, devices, scenario=scenario, seed=7)


def wait_for(mark: Path) -> None:
    """Wait until another worker has finished its recording."""
    late = time.monotonic() + 120
    while not mark.exists():
        assert time.monotonic() < late, f"{mark.parent.name} was not recorded by another worker"
        time.sleep(0.05)
