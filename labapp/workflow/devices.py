"""Which device on which port is which stream, and what its channels are attached to."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from labapp.device import get_driver, parse_settings
from labapp.errors import LabError
from labapp.muscles import SYNC_CODES
from labapp.record.config import DeviceConfig

DEFAULT_MONTAGES: Mapping[str, tuple[str, ...]] = {
    "bitalino": ("RM_R", "UT_R", "MT_R", "LT_R"),
    "labbox": ("RM_R", "UT_R", "MT_R", "LT_R"),
    "chronojump": ("F_PULL",),
    "chronojump_plate": ("FP_FL", "FP_FR", "FP_RL", "FP_RR"),
}
"""Codes given to a driver's EMG or force channels, in order, unless told otherwise."""

PULLING = ("emg=bitalino@sim://bitalino", "force=chronojump@sim://chronojump")
"""Simulated devices of somebody who pulls."""
STANDING = ("plate=chronojump_plate@sim://chronojump_plate",)
STANDING_SETTINGS = ("plate.newton_per_count=[0.05, 0.05, 0.05, 0.05]",)
"""Simulated force platform of somebody who stands, with its calibration."""

ID = re.compile(r"[a-z][a-z0-9_]{0,15}")
"""What a device may be called in a recording."""
CODE = re.compile(r"[A-Z][A-Za-z0-9_]{0,15}")
"""What may be written for a channel: a muscle or another signal."""


def parse_device(text: str) -> DeviceConfig:
    """``ID=DRIVER@PORT`` into a choice with the driver's default montage.

    A stream that describes itself (LSL, BrainFlow) is asked for its settings.

    Raises
    ------
    LabError
        Wrong form, unknown driver, no such stream.
    """
    match = re.fullmatch(r"([^=@]+)=([^=@]+)@(.+)", text)
    if match is None:
        raise LabError(
            f"device {text!r} is not ID=DRIVER@PORT", "write for example emg=bitalino@COM3"
        )
    name, driver, port = match.groups()
    if not ID.fullmatch(name):
        raise LabError(
            f"device id {name!r} is not a short lower-case word", "use for example emg or force"
        )
    get_driver(driver)
    settings: dict[str, Any] = {}
    if "://" in port:
        from labapp.record.ports import described  # here: the window needs no ports to start

        settings = described(port, driver)
    choice = DeviceConfig(name, driver, port, settings=settings)
    return replace(choice, montage=default_montage(choice))


def default_montage(choice: DeviceConfig) -> dict[str, str]:
    """Usual attachment of a driver's channels, in order; digital channels have none."""
    driver = get_driver(choice.driver)
    codec = driver.codec(parse_settings(driver, dict(choice.settings)))
    names = [channel.name for channel in codec.channels if channel.kind != "digital"]
    codes = DEFAULT_MONTAGES.get(choice.driver, ())
    return dict(zip(names, codes, strict=False))


def choose_devices(
    devices: Sequence[str],
    *,
    channels: Iterable[str] = (),
    settings: Iterable[str] = (),
) -> tuple[DeviceConfig, ...]:
    """Devices from the words of the command line.

    Parameters
    ----------
    devices
        ``ID=DRIVER@PORT``, one per device.
    channels
        ``ID=CHANNEL:MUSCLE,CHANNEL:MUSCLE…``: replaces the default montage of that device.
    settings
        ``ID.KEY=VALUE``: a setting of that device's driver.

    Raises
    ------
    LabError
        Wrong form, unknown driver, channel, setting or id, one id or port twice.
    """
    chosen: dict[str, DeviceConfig] = {}
    ports: dict[str, str] = {}
    for text in devices:
        choice = parse_device(text)
        if choice.id in chosen:
            raise LabError(f"device id {choice.id!r} is given twice", "give each its own id")
        if not choice.simulated and choice.port in ports:
            raise LabError(f"port {choice.port} is given twice", "give each device its own port")
        ports[choice.port] = choice.id
        chosen[choice.id] = choice
    for text in settings:
        match = re.fullmatch(r"([^.=]+)\.([^.=]+)=(.*)", text)
        if match is None:
            raise LabError(f"setting {text!r} is not ID.KEY=VALUE", "write emg.rate=1000")
        name, key, value = match.groups()
        choice = _known(chosen, name)
        changed = replace(choice, settings={**choice.settings, key: _value(value)})
        chosen[name] = replace(changed, montage=default_montage(changed))
    for text in channels:
        name, equals, pairs = text.partition("=")
        if not equals:
            raise LabError(
                f"channels {text!r} are not ID=CHANNEL:MUSCLE,…", "write emg=A1:RM_R,A2:UT_R"
            )
        chosen[name] = replace(_known(chosen, name), montage=_montage(chosen[name], pairs))
    _check_codes(chosen.values())
    return tuple(chosen.values())


def _known(chosen: Mapping[str, DeviceConfig], name: str) -> DeviceConfig:
    if name not in chosen:
        raise LabError(
            f"no device has the id {name!r}", f"use one of: {', '.join(chosen) or 'none given'}"
        )
    return chosen[name]


def _value(text: str) -> Any:
    """Return a setting as TOML would read it: number, list, true/false, else the plain text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _montage(choice: DeviceConfig, pairs: str) -> dict[str, str]:
    driver = get_driver(choice.driver)
    codec = driver.codec(parse_settings(driver, dict(choice.settings)))
    known = [channel.name for channel in codec.channels if channel.kind != "digital"]
    montage: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in pairs.split(","))):
        channel, colon, code = pair.partition(":")
        if not colon or not CODE.fullmatch(code):
            raise LabError(
                f"channel {pair!r} of {choice.id} is not CHANNEL:MUSCLE", "write A1:RM_R"
            )
        if channel not in known:
            raise LabError(
                f"{choice.driver} has no channel {channel!r}", f"use one of: {', '.join(known)}"
            )
        montage[channel] = code
    return montage


def _check_codes(choices: Iterable[DeviceConfig]) -> None:
    seen: dict[str, str] = {}
    for choice in choices:
        for channel, code in choice.montage.items():
            place = f"{choice.id}:{channel}"
            if code in seen and code not in SYNC_CODES:
                raise LabError(
                    f"muscle {code} is on {seen[code]} and on {place}",
                    "give each channel its own code with --channels",
                )
            seen[code] = place


def force_channels(choice: DeviceConfig) -> list[str]:
    """Names of the channels of a device that measure force."""
    driver = get_driver(choice.driver)
    codec = driver.codec(parse_settings(driver, dict(choice.settings)))
    return [channel.name for channel in codec.channels if channel.kind == "force"]


def missing_channels(choices: Iterable[DeviceConfig], required: Iterable[str]) -> list[str]:
    """Codes a protocol requires that no chosen channel is attached to."""
    there = {code for choice in choices for code in choice.montage.values()}
    return [code for code in required if code not in there]
