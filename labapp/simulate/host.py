"""A simulated device on a pseudo-terminal, for any program that opens serial ports."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labapp.device import Driver
from labapp.errors import LabError
from labapp.simulate.device import SimulatedDevice
from labapp.simulate.lab import SimulatedLab
from labapp.simulate.pseudoterminal import PseudoTerminal, open_pair
from labapp.simulate.scenario import Scenario

_LOOK_S = 0.02
"""Longest time between two looks at what the client wrote and at the request to stop."""


def default_montage(driver: Driver, settings: Any, scenario: Scenario) -> dict[str, str]:
    """Wire the channels of a device, in order, to the muscles and the force of a scenario."""
    muscles = iter(scenario.muscles)
    montage = {}
    for channel in driver.codec(settings).channels:
        if channel.kind == "emg" and (muscle := next(muscles, None)) is not None:
            montage[channel.name] = muscle.code
        elif channel.kind == "force" and scenario.force.code not in montage.values():
            montage[channel.name] = scenario.force.code
    return montage


def serve(
    driver: Driver,
    settings: Any,
    scenario: Scenario,
    seed: int,
    loss: float,
    link: Path | None,
    out: Callable[[str], None],
    stop: threading.Event,
    *,
    truth: Path | None = None,
    montage: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Be a device until ``stop`` is set; the person pulls by the scenario's script.

    Parameters
    ----------
    driver, settings
        Whose wire format it speaks.
    seed
        Seed of all chance.
    loss
        Probability of losing a frame, on top of the scenario's.
    link
        Symbolic link to the port, made here and removed at the end.
    out
        Takes lines of text; the first is the path of the port.
    stop
        Ends the loop.
    truth
        JSON file for the truth, written at the end.
    montage
        Channel name -> code; by default `default_montage`.

    Returns
    -------
    dict
        The truth, with ``"bytes_dropped"``: bytes that a stalled client did not take.

    Raises
    ------
    LabError
        No pseudo-terminals here, wrong values, or the link cannot be made.
    """
    start_ns = time.perf_counter_ns()
    lab = SimulatedLab(scenario, seed=seed, origin_ns=start_ns, scripted=True, loss=loss)
    wiring = default_montage(driver, settings, scenario) if montage is None else montage
    device = lab.device(driver, settings, channel_map=wiring)
    port = open_pair()
    linked = False
    try:
        if link is not None:
            _make_link(link, port.path)
            linked = True
        out(port.path)
        carry(device, port, stop)
    finally:
        if linked and link is not None:
            link.unlink(missing_ok=True)
        port.close()
    return _finish(lab, port, truth)


def _make_link(link: Path, target: str) -> None:
    if link.is_symlink():
        link.unlink()
    try:
        link.symlink_to(target)
    except OSError as error:
        raise LabError(
            f"cannot make the link {link}: {error.strerror}", "choose another --link path"
        ) from None


def _finish(lab: SimulatedLab, port: PseudoTerminal, path: Path | None) -> dict[str, Any]:
    document = {**lab.truth(), "bytes_dropped": port.dropped}
    if path is not None:
        try:
            path.write_text(json.dumps(document, indent=1), encoding="utf-8")
        except OSError as error:
            raise LabError(
                f"cannot write the truth to {path}: {error.strerror}", "choose another file"
            ) from None
    return document


def carry(device: SimulatedDevice, port: PseudoTerminal, stop: threading.Event) -> None:
    """Carry bytes between a device and its port until ``stop`` is set, each at its time."""
    ahead: tuple[bytes, int] | None = None
    while not stop.is_set():
        if data := port.read():
            answer = device.receive(data, time.perf_counter_ns())
            if not device.streaming and ahead is not None:
                port.write(ahead[0])  # it was on its way already
                ahead = None
            port.write(answer)
        # Absolute targets: lateness of one packet does not delay the next.
        ahead = ahead or device.next_chunk()
        wait_s = _LOOK_S
        if ahead is not None:
            wait_s = min(wait_s, (ahead[1] - time.perf_counter_ns()) * 1e-9)
            if wait_s <= 0.0:
                port.write(ahead[0])
                ahead = None
                continue
        port.wait(wait_s)
