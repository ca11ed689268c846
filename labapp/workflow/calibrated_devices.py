"""Give the devices of a recording the calibrations that the user has for them.

A recording carries the line it was made with in its header; the counts themselves never change.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from labapp import paths
from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.workflow.calibration_file import (
    FOLDER,
    channel_calibration,
    find_calibration,
    load_calibration,
)
from labapp.workflow.devices import force_channels


def with_calibrations(devices: Iterable[DeviceConfig]) -> tuple[DeviceConfig, ...]:
    """Give every device the newest calibrations that the user has for its serial number.

    A device without one stays as it is: `serials.with_serials` asks the plugs first.
    """
    devices = tuple(devices)
    folder = paths.home() / FOLDER
    if not folder.is_dir() or not any(folder.glob("*.toml")):
        return devices
    return tuple(_calibrated(device) for device in devices)


def _calibrated(device: DeviceConfig) -> DeviceConfig:
    if not device.serial or device.calibration:
        return device
    found = {
        name: channel_calibration(path)
        for name in force_channels(device)
        if (path := find_calibration(device.driver, device.serial, name)) is not None
    }
    return msgspec.structs.replace(device, calibration=found) if found else device


def given_calibrations(
    devices: Iterable[DeviceConfig], texts: Iterable[str]
) -> tuple[DeviceConfig, ...]:
    """Give devices the calibrations that are named for them.

    Parameters
    ----------
    texts
        ``ID=CELL``, the serial number or name that the cell was calibrated under, or
        ``ID=FILE.toml``.

    Raises
    ------
    LabError
        No such device or calibration, or one of another driver or channel.
    """
    chosen = {device.id: device for device in devices}
    for text in texts:
        name, _, cell = text.partition("=")
        device = chosen.get(name)
        if device is None or not cell:
            raise LabError(
                f"calibration {text!r} is not ID=CELL or ID=FILE.toml",
                f"use an id of: {', '.join(chosen)}",
            )
        channels = force_channels(device)
        if cell.endswith(".toml"):
            made = load_calibration(Path(cell))
            fits = made.driver == device.driver and made.channel in channels
            found = {made.channel: Path(cell)} if fits else {}
        else:
            newest = {one: find_calibration(device.driver, cell, one) for one in channels}
            found = {one: path for one, path in newest.items() if path is not None}
        if not found:
            raise LabError(
                f"{cell} is no calibration of {device.driver}, device {name}",
                "calibrate its load cell: labapp calibrate",
            )
        lines = {one: channel_calibration(path) for one, path in found.items()}
        chosen[name] = msgspec.structs.replace(device, calibration=lines)
    return tuple(chosen.values())
