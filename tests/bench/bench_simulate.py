"""How much faster than real time the simulated devices run, on one core.

Run: ``python tests/bench/bench_simulate.py``. Counts processor time, not wall time, so that a
busy machine gives the same figure.
"""

from __future__ import annotations

import time
from typing import Any

from labapp.device import get_driver
from labapp.simulate import SimulatedLab, load_scenario

MONTAGES = {
    "bitalino": {"A1": "RM_R", "A2": "UT_R", "A3": "MT_R", "A4": "LT_R"},
    "chronojump": {"force": "F_PULL"},
}


def speed(name: str, *, seconds: float = 240.0, every_s: float = 10.0) -> float:
    """Seconds of simulated time per second of processor time, with a pull every ``every_s``."""
    driver = get_driver(name)
    settings: Any = driver.settings_type()
    lab = SimulatedLab(load_scenario("demo"), seed=1)
    device = lab.device(driver, settings, channel_map=MONTAGES[name])
    for step in driver.start(settings):
        device.receive(step.send, 0)
    cue = 2.0
    start = time.process_time()
    while (chunk := device.next_chunk()) is not None and chunk[1] < seconds * 1e9:
        if chunk[1] >= cue * 1e9:
            lab.hear("cue", chunk[1], {"pull": "fast", "hold_s": 1.0})
            cue += every_s
    return seconds / (time.process_time() - start)


def main() -> None:
    """Print a table."""
    speed("bitalino", seconds=20.0)  # calibration, done once per scenario
    print("device      x real time  x real time with a pull every 10 s")
    for name in MONTAGES:
        print(f"{name:<12}{speed(name, every_s=1e9):>10.0f}{speed(name):>14.0f}")


if __name__ == "__main__":
    main()
