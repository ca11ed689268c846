"""The laboratory of one recording: its devices, its person, its truth."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from msgspec import structs

from labapp.device import Driver
from labapp.errors import LabError
from labapp.simulate.device import SimulatedDevice
from labapp.simulate.scenario import Device, Scenario
from labapp.simulate.world import World


class SimulatedLab:
    """Simulated devices around one simulated person, all from one seed.

    Parameters
    ----------
    scenario
        What is true.
    seed
        Seed of all chance, >= 0; the same seed gives the same bytes.
    origin_ns
        Lab time at which the recording starts: heart and mains count from it, so that a
        recording gives the same bytes whenever it is made.
    scripted
        Whether the person pulls by the scenario's script, without cues.
    loss
        Probability of losing a frame, added to every device.

    Raises
    ------
    LabError
        If the seed or the probability is out of range.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        origin_ns: int = 0,
        scripted: bool = False,
        loss: float = 0.0,
    ) -> None:
        if seed < 0:
            raise LabError(f"seed {seed} is negative", "give a whole number from 0 on")
        if not 0.0 <= loss <= 0.5:
            raise LabError(f"loss {loss:g} is not a probability from 0 to 0.5", "give 0.01 for 1 %")
        self.scenario = scenario
        self.seed = seed
        self._scripted = scripted
        self._loss = loss
        self._world = World(scenario, seed, origin_ns)
        self._devices: dict[str, SimulatedDevice] = {}
        self._lock = threading.Lock()

    def device(
        self,
        driver: Driver,
        settings: Any,
        *,
        channel_map: Mapping[str, str],
        name: str | None = None,
        resets_s: tuple[float, ...] = (),
    ) -> SimulatedDevice:
        """Make a device of this laboratory.

        Parameters
        ----------
        driver, settings
            Whose wire format it speaks.
        channel_map
            Channel name -> muscle or force code; channels left out show noise only.
        name
            Name of the device (the id of its stream); with the seed it decides the device's
            chance. Two devices of one driver should have one, or their chance depends on the
            order in which they are made.
        resets_s
            Seconds after the start of the stream at which it resets itself, besides those of the
            scenario.

        Raises
        ------
        LabError
            If a channel or a code does not exist, or the name is taken.
        """
        with self._lock:
            if name in self._devices:
                raise LabError(f"two simulated devices are named {name!r}", "name them apart")
            role = name or self._free_name(driver.name)
            specs = self.scenario.devices
            spec = specs.get(role, specs.get(driver.name, Device()))
            if resets_s:
                spec = structs.replace(spec, resets_s=(*spec.resets_s, *resets_s))
            device = SimulatedDevice(
                driver,
                settings,
                channel_map=channel_map,
                spec=spec,
                world=self._world,
                role=role,
                extra_loss=self._loss,
                scripted=self._scripted,
            )
            self._devices[role] = device
            return device

    def hear(self, kind: str, t_ns: int, data: dict[str, Any], *, prepared: bool = False) -> None:
        """Let the person hear something at lab time ``t_ns``.

        A ``"cue"`` or a ``"check"`` with a pull in its data (``{"pull": "fast" | "reference" |
        "ramp", "level": 0..1, "hold_s": s}``) is answered with that pull, which shows 120 ms
        later at the earliest. A ``"start"`` with a ``duration_s`` (and a ``condition``) says how
        to stand on a force plate from then on. Anything else is not answered.

        With ``prepared`` the signals of the pull are made before this returns, which takes a
        quarter of a second: for devices in real time, which would fall silent for it. All its
        devices have to be there then.

        Raises
        ------
        LabError
            If the data of a cue make no sense.
        """
        if kind == "cue" or (kind == "check" and "pull" in data):
            self._world.hear(t_ns, data, prepared=prepared)
        elif kind == "start" and "duration_s" in data and not data.get("form"):
            self._world.stand(t_ns, data)

    def truth(self) -> dict[str, Any]:
        """Return all that is true so far, as JSON values (times: lab time, ns)."""
        with self._lock:
            devices = dict(self._devices)
        scenario, line = self.scenario, self._world.pulse_line
        synced = {} if line is None else {"sync": {"pulses_ns": line.truth()}}
        return {
            "format": "labapp-truth",
            "version": 1,
            "scenario": scenario.title,
            "seed": self.seed,
            "muscles": {
                muscle.code: {
                    "snr_db": None if muscle.silent else muscle.snr_db,
                    "maximum_uv": 0.0 if muscle.silent else self._world.maximum_uv(muscle),
                    "noise_uv": muscle.noise_uv,
                    "rise": muscle.rise,
                    "rise_ms": muscle.rise_ms,
                    "onset_ms": None if muscle.silent else muscle.onset_ms,
                }
                for muscle in scenario.muscles
            },
            "pulls": self._world.truth(),
            "devices": {name: device.truth() for name, device in devices.items()},
            **synced,
            **({"standing": stood} if (stood := self._world.sway.truth())["trials"] else {}),
        }

    def _free_name(self, driver: str) -> str:
        number, name = 1, driver
        while name in self._devices:
            number += 1
            name = f"{driver}#{number}"
        return name
