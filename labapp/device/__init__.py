"""Devices: what a driver is, which ones there are, and what several of them share.

``contract`` says what a driver offers, ``registry`` finds them by name; ``chain`` (frames
without a start mark) and ``stamped`` (samples with device time but no counter) are decoders
that drivers build on, ``commands`` is what their simulated devices listen with.
"""

from __future__ import annotations

from labapp.device.contract import (
    Capability,
    Codec,
    DeviceSide,
    Driver,
    DriverInfo,
    Exchange,
    FeedStats,
    Sheet,
)
from labapp.device.registry import (
    broken_drivers,
    capability_at,
    get_driver,
    list_drivers,
    onset_capability,
    parse_settings,
    sheet,
)

__all__ = [
    "Capability",
    "Codec",
    "DeviceSide",
    "Driver",
    "DriverInfo",
    "Exchange",
    "FeedStats",
    "Sheet",
    "broken_drivers",
    "capability_at",
    "get_driver",
    "list_drivers",
    "onset_capability",
    "parse_settings",
    "sheet",
]
