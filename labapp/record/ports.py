"""A port is a URL: real, simulated and replayed devices are read in the same way."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from labapp.device import Driver
from labapp.errors import LabError
from labapp.record.intake import Intake
from labapp.simulate.lab import SimulatedLab
from labapp.timing.labclock import LabClock


class Port(Protocol):
    """Where a device's bytes come from.

    Attributes
    ----------
    url
        As the person gave it.
    converses
        False for a replay, which starts by itself and answers nothing.
    ended
        True when nothing more can come (end of a replayed file).
    info
        What is known about the port (VID:PID, serial number, latency mode), JSON values.
    """

    url: str
    converses: bool
    ended: bool
    info: dict[str, Any]

    def read(self, timeout_s: float) -> tuple[bytes, int]:
        """Bytes that arrived and the lab time (ns) of their reading; empty on time-out.

        Raises
        ------
        PortError
            The port is gone.
        """
        ...

    def write(self, data: bytes) -> None:
        """Send bytes to the device; `PortError` if the port is gone."""
        ...

    def close(self) -> None:
        """Give the port free; harmless when done twice."""
        ...


@dataclass(frozen=True)
class PortContext:
    """What a port may need beside its URL."""

    driver: Driver
    settings: Any
    clock: LabClock
    name: str | None = None
    baud: int = 115200
    montage: dict[str, str] = field(default_factory=dict)
    lab: SimulatedLab | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    intake: Intake | None = None


def open_port(url: str, context: PortContext) -> Port:
    """Open ``COM3``, ``serial://…``, ``sim://…``, ``replay://…``, ``lsl://…``, ``brainflow://…``.

    ``/dev/ttyUSB0?baud=500000`` overrides the baud rate of the device's data sheet.

    Raises
    ------
    PortError
        Missing, busy or forbidden port.
    LabError
        Unknown scheme or option, missing file, driver that does not fit.
    """
    scheme, mark, _ = url.partition("://")
    if not mark or scheme == "serial":
        from labapp.record.serial_port import SerialPort

        place, options = split_url(url if mark else f"serial://{url}", ("baud",))
        if "baud" in options:
            context = replace(context, baud=_baud(url, options["baud"]))
        return SerialPort(place, context)
    if scheme == "sim":
        from labapp.record.sim_port import SimPort

        return SimPort(url, context)
    if scheme == "replay":
        from labapp.record.replay import ReplayPort

        return ReplayPort(url, context)
    _library(url, context.driver.name)
    if scheme == "lsl":
        from labapp.record.lsl_port import LslPort

        return LslPort(url, context)
    if scheme == "brainflow":
        from labapp.record.brainflow_port import BrainFlowPort

        return BrainFlowPort(url, context)
    raise LabError(
        f"port {url!r} has the unknown scheme {scheme!r}",
        "use a port name, or sim://DRIVER, replay://FILE, lsl://NAME, brainflow://BOARD",
    )


def described(url: str, driver: str) -> dict[str, Any]:
    """Find out the settings of a stream that describes itself (LSL, BrainFlow); else none.

    Raises
    ------
    LabError
        Another driver's port, a missing extra, or no such stream or board.
    """
    library = _library(url, driver)
    if library == "lsl":
        from labapp.record import lsl_port

        return lsl_port.described(url)
    if library == "brainflow":
        from labapp.record import brainflow_port

        return brainflow_port.described(url)
    return {}


def _library(url: str, driver: str) -> str:
    """Scheme of a port that a library reads, "" of others; `LabError` if the driver is another."""
    scheme = url.partition("://")[0]
    if scheme not in ("lsl", "brainflow"):
        return ""
    if driver != scheme:
        raise LabError(f"port {url!r} cannot be read by driver {driver!r}", f"use driver {scheme}")
    return scheme


def _baud(url: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 4_000_000):
        raise LabError(f"port {url!r} has the baud rate {text!r}", "give a number such as 115200")
    return int(text)


def split_url(url: str, allowed: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Take ``scheme://place?key=value&…`` apart; `LabError` for options not in ``allowed``."""
    place, _, query = url.partition("://")[2].partition("?")
    options: dict[str, str] = {}
    for part in query.split("&") if query else []:
        key, _, value = part.partition("=")
        if key not in allowed:
            known = ", ".join(allowed)
            raise LabError(f"port {url!r} has the unknown option {key!r}", f"known: {known}")
        options[key] = value
    return place, options
