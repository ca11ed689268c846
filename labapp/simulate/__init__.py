"""The simulated laboratory: a person, muscles and devices whose truth is known.

A scenario (TOML) says what is true; a `SimulatedLab` makes devices that speak the real wire
formats about it. The truth is written beside a recording, never into what an analysis reads.
"""

from labapp.simulate.device import SimulatedDevice
from labapp.simulate.lab import SimulatedLab
from labapp.simulate.scenario import Scenario, list_scenarios, load_scenario

__all__ = ["Scenario", "SimulatedDevice", "SimulatedLab", "list_scenarios", "load_scenario"]
