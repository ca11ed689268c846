"""What is wrong with this machine, and how to mend it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import labapp
from labapp import paths
from labapp.device import broken_drivers, list_drivers
from labapp.record.listing import PortInfo, list_ports

Level = Literal["good", "warn", "bad"]

PACKAGES = (
    "h5py",
    "matplotlib",
    "msgspec",
    "numpy",
    "platformdirs",
    "pyserial",
    "reportlab",
    "rich",
    "scipy",
)
WINDOW_PACKAGES = ("PySide6-Essentials", "pyqtgraph")
DISK_WARN_GB, DISK_BAD_GB = 5.0, 0.5
"""An hour of BITalino and force sensor writes about 50 MB of log and as much of session."""
LATENESS_WARN_MS = 20.0
FTDI_LATENCY_MS = 1
"""Latency timer of an FTDI chip that adds the least jitter to time stamps."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``remedy`` is empty when nothing needs mending."""

    check: str
    level: Level
    text: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Look at everything; takes about two seconds and changes nothing."""
    checks: tuple[Callable[[], list[Finding]], ...] = (
        _python,
        _packages,
        _window,
        _folders,
        _disk,
        _clock,
        _drivers,
        _ports,
    )
    return [finding for check in checks for finding in check()]


def as_document(findings: list[Finding]) -> dict[str, Any]:
    """JSON document of ``labapp doctor --json``."""
    return {
        "labapp": labapp.__version__,
        "ok": not any(finding.level == "bad" for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }


def _python() -> list[Finding]:
    text = f"Python {platform.python_version()} on {platform.platform()}"
    return [Finding("python", "good", text)]


def _packages() -> list[Finding]:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        text = f"missing: {', '.join(missing)}"
        return [Finding("packages", "bad", text, f"pip install {' '.join(missing)}")]
    return [Finding("packages", "good", ", ".join(found))]


def _window() -> list[Finding]:
    """Load Qt in a process of its own: a missing system library would end this one's import."""
    if any(importlib.util.find_spec(name) is None for name in ("PySide6", "pyqtgraph")):
        text = "the window's toolkit is not installed"
        return [Finding("window", "warn", text, f"pip install {' '.join(WINDOW_PACKAGES)}")]
    probe = subprocess.run(
        [sys.executable, "-c", "import PySide6.QtWidgets as w; print(w.__name__)"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if probe.returncode != 0:
        lines = probe.stderr.strip().splitlines() or [f"status {probe.returncode}"]
        remedy = "apt install libegl1 libgl1 libxkbcommon0 libdbus-1-3 fontconfig fonts-dejavu-core"
        return [Finding("window", "warn", f"Qt cannot be loaded: {lines[-1]}", remedy)]
    return [Finding("window", "good", "Qt can be loaded")]


def _folders() -> list[Finding]:
    findings = []
    for name, folder in (("studies", paths.studies()), ("own files", paths.home())):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        if os.access(there, os.W_OK | os.X_OK):
            findings.append(Finding("folder", "good", f"{name}: {folder}"))
        else:
            remedy = f"make {there} writable, or choose another folder with --study"
            findings.append(Finding("folder", "bad", f"{name}: no permission in {there}", remedy))
    return findings


def _disk() -> list[Finding]:
    folder = paths.studies()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free / 1e9
    text = f"{free:.1f} GB free for {folder}"
    if free < DISK_BAD_GB:
        return [Finding("disk", "bad", text, "free some space before recording")]
    if free < DISK_WARN_GB:
        return [Finding("disk", "warn", text, "enough for a few hours only; free some space")]
    return [Finding("disk", "good", text)]


def _clock() -> list[Finding]:
    """Resolution of the host clock, and how late a sleeping process wakes up."""
    info = time.get_clock_info("perf_counter")
    late = []
    for _ in range(100):
        begin = time.perf_counter()
        time.sleep(0.002)
        late.append((time.perf_counter() - begin - 0.002) * 1e3)
    worst = statistics.quantiles(late, n=20)[-1]
    text = (
        f"resolution {info.resolution * 1e9:.0f} ns, {'monotonic' if info.monotonic else 'jumps'},"
        f" wakes up {worst:.1f} ms late (95th percentile)"
    )
    if not info.monotonic or info.resolution > 1e-4:
        return [Finding("clock", "bad", text, "use another machine for timing")]
    if worst > LATENESS_WARN_MS:
        return [Finding("clock", "warn", text, "close other programs while recording")]
    return [Finding("clock", "good", text)]


def _drivers() -> list[Finding]:
    names = ", ".join(info.name for info in list_drivers())
    findings = [Finding("drivers", "good", names)]
    for name, line in broken_drivers().items():
        findings.append(Finding("drivers", "bad", f"{name}: {line}", "mend or remove that file"))
    return findings


def _ports() -> list[Finding]:
    found = list_ports()
    if not found:
        text = "no serial port found; simulated devices work without"
        return [Finding("ports", "good", text)]
    return [_port(port) for port in found]


def _port(port: PortInfo) -> Finding:
    text = f"{port.port}: {port.driver or port.description or 'unknown device'}, {port.access}"
    remedy = port_remedy(port)
    if port.latency_ms is not None:
        text += f", latency timer {port.latency_ms} ms"
    level: Level = "good" if not remedy else ("warn" if port.access == "ok" else "bad")
    return Finding("ports", level, text, remedy)


def port_remedy(port: PortInfo) -> str:
    """Say what to do about a port, empty if it can be used as it is."""
    if port.access == "in use":
        return f"close {port.used_by or 'the program that uses it'}"
    if port.access == "no permission":
        return "join the group of the port (sudo usermod -aG dialout $USER) and log in again"
    if port.latency_ms is not None and port.latency_ms > FTDI_LATENCY_MS:
        return f"set the latency timer to {FTDI_LATENCY_MS} ms"
    return ""
