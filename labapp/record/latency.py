"""The latency timer of a USB serial chip: set to 1 ms, and read back.

An FTDI chip keeps bytes for up to 16 ms until its timer sends them: the stamps are late by as
much, and where the packets keep step with the timer nothing shows it (`labapp.timing.beat`).
Linux sets the timer and tells it; on Windows it is set in the driver's dialog and nobody tells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import serial

from labapp.timing.beat import SLOW_TIMER_MS, is_ftdi

WANTED_MS: Final = 1
_TIMERS: Final = Path("/sys/bus/usb-serial/devices")


def read_latency(name: str, timers: Path = _TIMERS) -> int | None:
    """Latency timer of a port in ms; None where it has none, or nobody tells."""
    try:
        return int((timers / Path(name).name / "latency_timer").read_text())
    except (OSError, ValueError):
        return None


def set_latency(port: serial.Serial, name: str, timers: Path = _TIMERS) -> dict[str, Any]:
    """Ask for 1 ms in both ways there are, and look what came of it.

    Returns
    -------
    dict
        ``low_latency``: the system's low-latency mode was granted; ``latency_timer_ms``: the
        timer as read back, None if unknown; ``latency_timer_set``: it stands at 1 ms;
        ``latency_timer_refused``: why the system did not let us set it, empty otherwise.
    """
    granted = _low_latency_mode(port)
    found, refused = read_latency(name, timers), ""
    if found is not None and found > WANTED_MS:
        try:
            (timers / Path(name).name / "latency_timer").write_text(str(WANTED_MS))
        except OSError as error:  # only the administrator, or whom a udev rule allows, may
            refused = error.strerror or str(error)
        found = read_latency(name, timers)
    return {
        "low_latency": granted,
        "latency_timer_ms": found,
        "latency_timer_set": found == WANTED_MS,
        "latency_timer_refused": refused,
    }


def latency_warning(info: dict[str, Any]) -> dict[str, str] | None:
    """Tell what is wrong with the timer of a port, and what helps; None if nothing is."""
    told, url = info.get("latency_timer_ms"), info.get("url")
    if told is not None and told > SLOW_TIMER_MS:
        return {
            "what": f"the USB chip on {url} keeps data for up to {told} ms",
            "remedy": "set its latency timer to 1 ms: install hardware/udev/70-labapp.rules",
        }
    if told is None and is_ftdi(info.get("vid_pid")):
        return {
            "what": f"the latency timer of the USB chip on {url} is unknown (16 ms if never set)",
            "remedy": "set it to 1 ms in the port's advanced settings in the device manager",
        }
    return None


def _low_latency_mode(port: serial.Serial) -> bool:
    ask = getattr(port, "set_low_latency_mode", None)
    if ask is None:
        return False
    try:
        ask(True)
    except (OSError, ValueError, NotImplementedError):  # a pty, a CDC port, no right to do it
        return False
    return True
