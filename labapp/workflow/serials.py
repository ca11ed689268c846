"""Serial numbers of real devices, so that what is known of one is found again on any port."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from labapp.record.config import DeviceConfig


def with_serials(devices: Sequence[DeviceConfig]) -> tuple[DeviceConfig, ...]:
    """Return the devices with the serial numbers of their plugs, where the system tells them."""
    if not any(_port(device) and device.serial is None for device in devices):
        return tuple(devices)
    from labapp.record.listing import list_ports

    known = {port.port: port.serial for port in list_ports()}
    return tuple(
        replace(device, serial=known.get(_port(device)))
        if _port(device) and device.serial is None
        else device
        for device in devices
    )


def serial_of(device: DeviceConfig) -> str:
    """Return the serial number of a device: as configured, else of its plug; empty if unknown."""
    (found,) = with_serials([device])
    return found.serial or ""


def _port(device: DeviceConfig) -> str:
    """Name of a real serial port, without options; empty for everything else."""
    place = device.port.removeprefix("serial://")
    return "" if "://" in place else place.partition("?")[0]
