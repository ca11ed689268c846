"""What lies between every muscle and its numbers: electrode, device, channel, gain and rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labapp.device import get_driver, parse_settings
from labapp.model import ChannelInfo
from labapp.muscles import SYNC_CODES
from labapp.record.config import DeviceConfig
from labapp.record.opening import stream_channels
from labapp.session.facts import EVERY, reported
from labapp.session.file import Session
from labapp.workflow.serials import with_serials

SIMULATED = ("sim://",)


@dataclass(frozen=True, slots=True)
class Site:
    """Where one muscle is measured, and by what."""

    driver: str
    channel: str
    unit: str
    scale: float
    rate: float
    serial: str | None = None
    electrode: str = ""


@dataclass(frozen=True, slots=True)
class Lab:
    """Sites of all muscles, and the simulated laboratory they are in (None: a real one)."""

    sites: dict[str, Site]
    simulated: str | None = None


def lab_of_devices(
    devices: Sequence[DeviceConfig],
    scenario: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Lab:
    """Look at what will be recorded.

    Raises
    ------
    LabError
        A device, a setting or a channel that there is not.
    """
    sites: dict[str, Site] = {}
    for device in with_serials(devices):
        driver = get_driver(device.driver)
        codec = driver.codec(parse_settings(driver, dict(device.settings)))
        for channel in stream_channels(codec, device):
            if _measures(channel):
                code = str(channel.muscle)
                electrode = _electrode((facts or {}).get("electrodes"), code)
                sites[code] = _site(device.driver, channel, codec.rate, device.serial, electrode)
    return Lab(sites, _simulated([device.port for device in devices], scenario))


def lab_of_session(session: Session) -> Lab:
    """Look at what was recorded."""
    listed = session.meta.get("streams")
    entries = {
        one.get("id"): one
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, Mapping)
    }
    electrodes = reported(session)["report"].get("electrodes")
    sites = {
        str(channel.muscle): _site(
            stream.driver,
            channel,
            stream.rate_nominal,
            entries.get(stream.id, {}).get("serial"),
            _electrode(electrodes, str(channel.muscle)),
        )
        for stream in session.streams.values()
        for channel in stream.channels
        if _measures(channel)
    }
    ports = [str(one.get("port", "")) for one in entries.values()]
    return Lab(sites, _simulated(ports, session.meta.get("scenario")))


def what_differs(here: Lab, there: Lab) -> list[str]:
    """Say why numbers of there do not count here; nothing where they do."""
    if (here.simulated is None) != (there.simulated is None):
        return ["one of the two is simulated, the other is not"]
    if here.simulated != there.simulated:
        return [f"its laboratory is {there.simulated!r}, not {here.simulated!r}"]
    told = []
    for code, now in here.sites.items():
        then = there.sites.get(code)
        if then is None:
            told.append(f"{code} was not measured in it")
        elif (then.driver, then.channel) != (now.driver, now.channel):
            told.append(
                f"{code} sat on channel {then.driver} {then.channel}, "
                f"not on {now.driver} {now.channel}"
            )
        elif then.serial and now.serial and then.serial != now.serial:
            told.append(f"{code} was measured by the device {then.serial}, not by {now.serial}")
        elif then.unit != now.unit or not math.isclose(then.scale, now.scale, rel_tol=1e-9):
            told.append(f"{code} had another gain")
        elif not math.isclose(then.rate, now.rate, rel_tol=1e-6):
            told.append(f"{code} was sampled at {then.rate:g} Hz, not at {now.rate:g} Hz")
        elif then.electrode and now.electrode and then.electrode != now.electrode:
            told.append(
                f"the electrode of {code} sat at {then.electrode!r}, not at {now.electrode!r}"
            )
    return told


def _measures(channel: ChannelInfo) -> bool:
    return channel.kind == "emg" and channel.muscle is not None and channel.muscle not in SYNC_CODES


def _site(driver: str, channel: ChannelInfo, rate: float, serial: object, electrode: str) -> Site:
    number = str(serial) if serial else None
    return Site(driver, channel.name, channel.unit, abs(channel.scale), rate, number, electrode)


def _electrode(electrodes: object, code: str) -> str:
    """Site of an electrode, as it was entered; empty where it was not."""
    if not isinstance(electrodes, Mapping):
        return ""
    for one in (electrodes.get(code), electrodes.get(EVERY)):
        if isinstance(one, Mapping) and one.get("site_id"):
            return str(one["site_id"])
    return ""


def _simulated(ports: Sequence[str], scenario: object) -> str | None:
    return str(scenario or "demo") if any(p.startswith(SIMULATED) for p in ports) else None
