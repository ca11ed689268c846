"""What was chosen on the page Set up, as the rooms below want it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labapp.muscles import COPY_CODE, PULSE_CODE
from labapp.record.config import ClockConfig, DeviceConfig
from labapp.trials.protocol import Protocol
from labapp.workflow.devices import default_montage
from labapp.workflow.person import PersonFacts

MUSCLES = ("RM", "UT", "MT", "LT", "PD", "LD", "SA", "IS", "ES")
EMG_CODES = (
    *(f"{muscle}_{side}" for side in "RL" for muscle in MUSCLES),
    PULSE_CODE,
    COPY_CODE,
)
FORCE_CODES = ("F_PULL",)


@dataclass(frozen=True)
class SetUp:
    """One recording to be made.

    ``scenario`` is None for real devices; ``speed`` is lab seconds per second and 1 for them.
    ``out`` is the session file; None for a name made of participant, protocol and time.
    ``optional`` says whether optional blocks (practice) are run too. ``answers`` are the data of
    a marker for each answer to the protocol's forms. ``reference`` is the session of maximal
    contractions that was shown; ``own_reference`` says that it is not to be used.
    """

    participant: str
    protocol: Protocol
    devices: tuple[DeviceConfig, ...]
    scenario: str | None
    speed: float
    seed: int
    out: Path | None = None
    optional: bool = False
    person: PersonFacts = field(default_factory=PersonFacts)
    answers: tuple[dict[str, Any], ...] = ()
    reference: Path | None = None
    own_reference: bool = False

    @property
    def clock(self) -> ClockConfig:
        """Real devices live on the host's clock, simulated ones in lab time.

        In real time lab time runs by itself. Faster, the window pushes it step by step: a busy
        machine then makes the lab slower, and never loses a sample.
        """
        if not all(device.simulated for device in self.devices):
            return ClockConfig("real")
        if self.speed == 1:
            return ClockConfig("scaled", 1.0)
        return ClockConfig("stepped", self.speed)


@dataclass(frozen=True)
class Preset:
    """What the command line filled in on the page Set up; the person starts it.

    ``protocol`` and ``scenario`` are names or paths of files; no ``devices`` means the simulated
    lab; no ``study`` means the folder of the preferences.
    """

    protocol: str
    participant: str
    study: Path | None = None
    devices: tuple[DeviceConfig, ...] = ()
    scenario: str = "demo"
    speed: float = 1.0
    seed: int = 1
    practice: bool = False


def simulated_devices() -> tuple[DeviceConfig, ...]:
    """Return the simulated lab: an EMG box and a force sensor with their usual montage."""
    out = []
    for name, driver in (("emg", "bitalino"), ("force", "chronojump")):
        device = DeviceConfig(id=name, driver=driver, port=f"sim://{driver}")
        montage = default_montage(device)
        out.append(DeviceConfig(id=name, driver=driver, port=device.port, montage=montage))
    return tuple(out)
