"""The registry: drivers and data sheets found by name, shipped ones and the user's own.

A driver is one file in ``drivers/``, its sheet ``hardware/<name>/sheet.toml``; a user's driver
may have its sheet beside it (``<name>.toml``). A file that cannot be used is reported, never
fatal: the other devices go on working.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from labapp import load, paths
from labapp.device.contract import Capability, Driver, DriverInfo, Sheet
from labapp.errors import LabError


def get_driver(name: str) -> Driver:
    """Find a driver, shipped or the user's own, by the name of its file.

    Raises
    ------
    LabError
        No such driver (the line lists the known ones), or its file cannot be used.
    """
    # One that was imported needs no look into the folders, which takes half a millisecond.
    if not (f"labapp.drivers.{name}" in sys.modules and name[:1] != "_") and name not in _names():
        known = ", ".join(_names())
        raise LabError(f"there is no driver {name[:80]!r}", f"choose one of {known}")
    return _load(name)[0]


def sheet(name: str) -> Sheet:
    """Read the data sheet of a driver: beside a user's driver file, else below ``hardware/``.

    Raises
    ------
    LabError
        Unknown driver, or a sheet that is missing or wrong.
    """
    get_driver(name)
    return _sheet(name, _load(name)[1])


def list_drivers() -> list[DriverInfo]:
    """Every driver that can be used, with the channels it has under its usual settings."""
    return [info for info in map(_examine, _names()) if isinstance(info, DriverInfo)]


def broken_drivers() -> dict[str, str]:
    """Driver files that cannot be used, and why, in one line each."""
    found = {name: _examine(name) for name in _names()}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def parse_settings(driver: Driver, mapping: Mapping[str, Any]) -> Any:
    """Turn plain values (JSON, TOML) into the driver's settings; what is left out is usual.

    Raises
    ------
    LabError
        A wrong, unknown or impossible setting.
    """
    try:
        return msgspec.convert(dict(mapping), driver.settings_type)
    except msgspec.ValidationError as error:
        known = ", ".join(driver.settings_type.__struct_fields__)
        raise LabError(f"{driver.name} settings: {error}", f"the settings are {known}") from None


def onset_capability(name: str, settings: Any) -> tuple[Capability, str]:
    """Whether onsets may be read from this device at these settings, and why."""
    return capability_at(sheet(name), get_driver(name).codec(settings).rate)


def capability_at(page: Sheet, rate: float) -> tuple[Capability, str]:
    """Whether onsets may be read from a device at this sampling rate (Hz), and why.

    The sheet's word, lowered where the chosen rate is below 1 kHz (marginal) or 500 Hz (no):
    the rate alone costs 3 ms of lag scatter at 1 kHz, 5 ms at 500 Hz, 12 to 15 ms at 250 Hz.
    """
    if page.onset_capable == "no" or rate >= 1000.0:
        return page.onset_capable, page.onset_reason
    if rate < 500.0:
        return "no", f"{rate:g} Hz is too slow for onsets: 1000 Hz or more is needed"
    return "marginal", f"{rate:g} Hz: onset scatter grows by half below 1000 Hz"


def _names() -> list[str]:
    import labapp.drivers  # here: a driver imports this module

    found = pkgutil.iter_modules(labapp.drivers.__path__)
    return sorted({item.name for item in found if not item.name.startswith("_")})


def _load(name: str) -> tuple[Driver, ModuleType]:
    """Import a driver file; whatever a stranger's file does wrong becomes one line."""
    try:
        module = importlib.import_module(f"labapp.drivers.{name}")
    except (Exception, SystemExit) as error:
        what = f"driver {name} cannot be loaded: {type(error).__name__}: {error}"
        raise LabError(what, "mend or remove its file") from error
    driver = getattr(module, "DRIVER", None)
    wanted = ("name", "settings_type", "codec", "device_side", "start", "stop")
    missing = [word for word in wanted if not hasattr(driver, word)]
    if missing or driver is None or driver.name != name:
        what = f"driver {name} ({module.__file__}) has no DRIVER named {name!r}"
        raise LabError(what, f"it needs {', '.join(wanted)}")
    return driver, module


def _sheet(name: str, module: ModuleType) -> Sheet:
    beside = Path(module.__file__ or name).with_suffix(".toml")
    path = beside if beside.is_file() else paths.find("hardware", name) / "sheet.toml"
    return load.read_toml(path, Sheet)


def _examine(name: str) -> DriverInfo | str:
    """Describe what a driver offers, or say why it cannot be used."""
    try:
        driver, module = _load(name)
        codec = driver.codec(driver.settings_type())
        page = _sheet(name, module)
        return DriverInfo(name, page, codec.channels, codec.rate, str(module.__file__))
    except LabError as error:
        return str(error)
    except Exception as error:  # a stranger's code: report it, and go on with the others
        return f"driver {name} fails: {type(error).__name__}: {error}"
