"""Offsets measured before, one small file per pair of devices, used by later recordings.

The pair is known by driver and serial number of both; a device without a serial number could be
any other of its kind, so nothing is stored or found for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from labapp import paths
from labapp.errors import LabError
from labapp.load import parse_json
from labapp.session.file import Session
from labapp.timing.sync import SyncResult
from labapp.workflow.naming import ensure_folder, safe

FOLDER: Final = "sync"
LEAST_U_S: Final = 0.5e-3
"""A constant delay comes back no better than this after power, port and cable have changed."""


class DeviceKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """One device, whatever port it is on; an offset holds for one setting of the port's timer."""

    driver: str
    serial: str
    latency_timer_ms: float | None = None


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was measured for a pair: `offset_s` is added to the second device's times."""

    first: DeviceKey
    second: DeviceKey
    date: str
    method: str
    offset_s: float
    u_s: float
    pulses: int
    inputs: tuple[str, str]
    converted: tuple[bool, bool]
    provenance: str
    version: int = 1


def device_key(session: Session, name: str) -> DeviceKey | None:
    """Driver and serial number of a stream's device, None where it has no serial number."""
    stream = session.stream(name)
    entries = session.meta.get("streams")
    known: dict[str, Any] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("id") == name:
            known = entry
    serial = known.get("serial")
    if not serial:
        return None
    return DeviceKey(stream.driver, str(serial), stream.timing["latency_timer_ms"])


def _ms(key: DeviceKey) -> str:
    timer = key.latency_timer_ms
    return "unknown length" if timer is None else f"{timer:g} ms"


def profile_path(first: DeviceKey, second: DeviceKey) -> Path:
    """File of a pair, the same whichever comes first."""
    one, other = sorted((first, second))
    words = safe(f"{one.driver}-{one.serial}--{other.driver}-{other.serial}")
    digest = hashlib.sha256(
        "\0".join((one.driver, one.serial, other.driver, other.serial)).encode()
    ).hexdigest()
    return paths.home() / FOLDER / f"{words[:48]}-{digest[:8]}.json"


def store_profile(session: Session, first: str, second: str, result: SyncResult) -> Path | None:
    """Keep a verified offset for later recordings; None where a device has no serial number."""
    keys = device_key(session, first), device_key(session, second)
    if keys[0] is None or keys[1] is None or not result.verified or result.method == "stored":
        return None
    profile = Profile(
        keys[0],
        keys[1],
        str(session.info["created_utc"])[:10] or datetime.now(UTC).date().isoformat(),
        result.method,
        result.offset_s,
        result.u_s,
        result.pulses,
        result.inputs,
        result.converted,
        f"session {session.info['uuid']} ({session.path.name})",
    )
    path = profile_path(keys[0], keys[1])
    ensure_folder(path.parent)
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(profile), indent=2))
    part.replace(path)
    return path


def read_profile(path: Path) -> Profile:
    """Read a profile; `LabError` names a file that is none."""
    try:
        return msgspec.convert(parse_json(path.read_bytes(), name=str(path)), Profile)
    except (OSError, msgspec.ValidationError) as error:
        raise LabError(
            f"{path} is no stored offset: {error}", "delete it, and measure again"
        ) from None


def stored_offset(session: Session, first: str, second: str) -> SyncResult | None:
    """Offset stored for the pair of devices of two streams, None where there is none."""
    keys = device_key(session, first), device_key(session, second)
    if keys[0] is None or keys[1] is None:
        return None
    path = profile_path(keys[0], keys[1])
    if not path.is_file():
        return None
    profile = read_profile(path)
    turned = (profile.first.driver, profile.first.serial) != (keys[0].driver, keys[0].serial)
    was = (profile.second, profile.first) if turned else (profile.first, profile.second)
    note = f"stored on {profile.date} from {profile.provenance}"
    found = SyncResult(
        profile.offset_s, max(profile.u_s, LEAST_U_S), "stored", profile.pulses, 0.0, 0.0,
        (), (note,), inputs=profile.inputs, converted=profile.converted,
    )  # fmt: skip
    if turned:
        found = replace(
            found,
            offset_s=-profile.offset_s,
            inputs=(profile.inputs[1], profile.inputs[0]),
            converted=(profile.converted[1], profile.converted[0]),
        )
    for before, now in zip(was, keys, strict=True):
        if now is not None and before.latency_timer_ms != now.latency_timer_ms:
            reason = (
                f"the offset was stored with a latency timer of {_ms(before)} on {now.driver}, "
                f"now it is {_ms(now)}"
            )
            return replace(found, reasons=(reason,))
    return found
