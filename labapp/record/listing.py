"""Which serial ports there are, what is probably on them, and whether we may use them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports as serial_tools

from labapp import device
from labapp.record.latency import read_latency


@dataclass(frozen=True)
class PortInfo:
    """One serial port.

    Attributes
    ----------
    port
        Name to open.
    description
        What the system says about it.
    vid_pid
        ``"0403:6015"``, None for a port that is not USB.
    serial
        Serial number of the plug, None where it has none.
    driver
        Driver whose data sheet names this VID:PID, None if none or several do.
    candidates
        All drivers whose data sheets name it.
    access
        ``"ok"``, ``"no permission"`` or ``"in use"``.
    used_by
        Program that holds it, where the system tells (Linux, own programs).
    latency_ms
        Latency timer of an FTDI chip, ms; None where it has none or it cannot be read.
    """

    port: str
    description: str
    vid_pid: str | None
    serial: str | None
    driver: str | None
    candidates: tuple[str, ...]
    access: str
    used_by: str | None
    latency_ms: int | None


def list_ports() -> list[PortInfo]:
    """Ports of this machine, sorted by name; opens none of them."""
    drivers = device.list_drivers()
    found = []
    plugged = list(serial_tools.comports())
    holders = _holders({known.device for known in plugged})
    for known in plugged:
        vid_pid = None
        if known.vid is not None and known.pid is not None:
            vid_pid = f"{known.vid:04x}:{known.pid:04x}"
        candidates = tuple(
            info.name
            for info in drivers
            if vid_pid is not None and vid_pid in (usb.lower() for usb in info.sheet.usb_ids)
        )
        used_by = holders.get(known.device)
        allowed = sys.platform == "win32" or os.access(known.device, os.R_OK | os.W_OK)
        access = "in use" if used_by else "ok" if allowed else "no permission"
        found.append(
            PortInfo(
                port=known.device,
                description=known.description or "",
                vid_pid=vid_pid,
                serial=known.serial_number,
                driver=candidates[0] if len(candidates) == 1 else None,
                candidates=candidates,
                access=access,
                used_by=used_by,
                latency_ms=read_latency(known.device),
            )
        )
    return sorted(found, key=lambda info: info.port)


def find_again(name: str, vid_pid: str | None, serial: str | None) -> str:
    """Name under which a device is plugged in now, else ``name``.

    By serial number, and by VID:PID where that is known too.
    """
    if not serial:
        return name
    for known in serial_tools.comports():
        if known.serial_number != serial:
            continue
        if vid_pid is None:
            return str(known.device)
        if known.vid is None or known.pid is None:
            continue
        if f"{known.vid:04x}:{known.pid:04x}" == vid_pid:
            return str(known.device)
    return name


def port_now(url: str, vid_pid: str | None, serial: str | None) -> str:
    """Port as given, under the name its device has now; other ports than serial ones stay."""
    scheme, mark, _ = url.partition("://")
    if mark and scheme != "serial":
        return url
    name, *options = url.removeprefix("serial://").split("?", 1)
    return "?".join([find_again(name, vid_pid, serial), *options])


def _holders(names: set[str]) -> dict[str, str]:
    """Programs that have these ports open, as far as /proc shows them to us, in one walk."""
    found: dict[str, str] = {}
    for folder in Path("/proc").glob("[0-9]*/fd") if names else ():
        try:
            held = names.intersection(str(entry.readlink()) for entry in folder.iterdir())
        except OSError:  # another user's process, or one that has just ended
            continue
        if held:
            try:
                command = (folder.parent / "comm").read_text().strip()
            except OSError:
                command = "a program"
            for name in held:
                found.setdefault(name, f"{command} (process {folder.parent.name})")
    return found
