"""What the tests of the simulated laboratory share: a lab, a start, a way to listen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from labapp.device import get_driver
from labapp.model import SampleBlock
from labapp.simulate import Scenario, SimulatedDevice, SimulatedLab, load_scenario

MONTAGE = {"A1": "RM_R", "A2": "UT_R", "A3": "MT_R", "A4": "LT_R"}
START_NS = 1_000_000_000


class Listener:
    """Starts devices and takes their chunks in order of arrival."""

    def __init__(self, scenario: str | Scenario, seed: int = 1, **lab: Any) -> None:
        if isinstance(scenario, str):
            scenario = load_scenario(scenario)
        self.scenario = scenario
        self.lab = SimulatedLab(scenario, seed=seed, **lab)
        self.codecs: dict[str, Any] = {}
        self.devices: dict[str, SimulatedDevice] = {}
        self.chunks: dict[str, list[tuple[bytes, int]]] = {}

    def add(self, name: str, montage: dict[str, str] | None = None) -> SimulatedDevice:
        driver = get_driver(name)
        settings = driver.settings_type()
        if montage is None:
            montage = MONTAGE if name == "bitalino" else {"force": "F_PULL"}
        device = self.lab.device(driver, settings, channel_map=montage)
        for step in driver.start(settings):
            device.receive(step.send, START_NS)
        assert device.streaming
        self.devices[name] = device
        self.chunks[name] = []
        return device

    def listen(self, seconds: float, cues: Sequence[tuple[float, dict[str, Any]]] = ()) -> None:
        """Take chunks up to ``seconds`` after the start; cues are (seconds, data)."""
        stop = START_NS + round(seconds * 1e9)
        left = [(START_NS + round(at * 1e9), data) for at, data in cues]
        while True:
            due = {name: device.next_arrival_ns() for name, device in self.devices.items()}
            name = min(due, key=lambda key: due[key])
            if left and left[0][0] <= due[name]:
                at, data = left.pop(0)
                self.lab.hear("cue", at, data)
                continue
            if due[name] > stop:
                return
            self.chunks[name].append(self.devices[name].next_chunk())

    def blocks(self, name: str) -> list[SampleBlock]:
        driver = get_driver(name)
        codec = self.codecs[name] = driver.codec(driver.settings_type())
        out = [item for data, _ in self.chunks[name] for item in codec.feed(data)]
        out += codec.finish()
        return [item for item in out if isinstance(item, SampleBlock)]

    def values(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Lab times (n,), s, and physical values (n, channels) of all samples received."""
        blocks = self.blocks(name)
        counts = np.concatenate([block.counts for block in blocks])
        index = np.concatenate([np.arange(block.first, block.stop) for block in blocks])
        channels = self.codecs[name].channels
        values = (counts - [c.offset for c in channels]) * [c.scale for c in channels]
        run = self.lab.truth()["devices"][name]["runs"][0]
        return run["first_sample_ns"] * 1e-9 + index / run["rate_hz"], values


@pytest.fixture
def listener():
    return Listener
