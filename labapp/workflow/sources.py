"""Everything that could be recorded: serial ports, streams of other programs, boards.

Each is one `PortInfo`, a serial port or a stream alike, so that a list can show them side by
side. A stream describes itself (channels, rate, format): `settings_of` asks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from msgspec.structs import replace

from labapp.device import get_driver, parse_settings
from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.record.listing import PortInfo
from labapp.workflow.devices import default_montage

SCHEMES: Final = {"lsl": "lsl", "brainflow": "brainflow"}
"""Driver of a port that is an address and no serial port."""
BARE_UNITS: Final = ("uV", "mV", "V", "N")
"""Units to choose from for a stream that does not say what its numbers are."""
LONGEST_ADDRESS: Final = 300


@dataclass(frozen=True)
class ChosenPort:
    """A port that somebody wants to record: ``settings`` are those that differ from the usual."""

    port: str
    driver: str
    serial: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def scheme_of(port: str) -> str:
    """``"lsl"`` or ``"brainflow"`` for an address of those, else ``""``."""
    scheme, mark, _ = port.partition("://")
    return scheme if mark and scheme in SCHEMES else ""


def lsl_ports() -> list[PortInfo]:
    """Streams of this computer, by name; takes about two seconds.

    Raises
    ------
    LabError
        The extra ``lsl`` is not installed, or its library does not load.
    """
    from labapp.record.lsl_library import list_lsl

    streams = list_lsl("machine")
    names = [stream.name for stream in streams]
    found = []
    for stream in streams:
        port = f"lsl://{quote(stream.name, safe='')}"
        if names.count(stream.name) > 1:
            port += f"?source_id={quote(stream.source_id, safe='')}"
        rate = f"{stream.rate:g} Hz" if stream.rate else "irregular"
        channels = "1 channel" if stream.channels == 1 else f"{stream.channels} channels"
        words = f"{stream.type or 'stream'}, {channels}, {rate}"
        numbers = stream.format in ("float32", "double64", "int8", "int16", "int32")
        found.append(_address(port, "lsl", f"{words}, on {stream.hostname}", numbers=numbers))
    return found


def address_port(text: str) -> PortInfo:
    """Return an address that somebody typed, checked, as one line of the list.

    Raises
    ------
    LabError
        Not an address of a stream or a board.
    """
    address = text.strip()
    scheme = scheme_of(address)
    place = address.partition("://")[2]
    if not scheme or not place or not address.isprintable() or len(address) > LONGEST_ADDRESS:
        raise LabError(
            f"{address[:60]!r} is no address of a stream or a board",
            "write for example lsl://NAME or brainflow://cyton?serial_port=COM3",
        )
    what = "LSL stream" if scheme == "lsl" else "BrainFlow board"
    return _address(address, SCHEMES[scheme], f"{what}, as typed")


def settings_of(port: str, unit: str = "") -> dict[str, Any]:
    """Ask a stream or a board what it sends; takes up to a few seconds, nothing is recorded.

    Parameters
    ----------
    unit
        Of a stream whose channels do not say theirs.

    Raises
    ------
    LabError
        A missing extra, no such stream or board, values that cannot be recorded.
    """
    from labapp.record.ports import described

    scheme = scheme_of(port)
    settings = described(port, SCHEMES[scheme]) if scheme else {}
    return settings | ({"unit": unit} if unit and "unit" in settings else {})


def says_no_unit(settings: dict[str, Any]) -> bool:
    """Whether a stream leaves open what its numbers are: its channels cannot be used so."""
    return "unit" in settings and not settings["unit"] and not all(settings.get("units") or [""])


def as_devices(chosen: Iterable[ChosenPort]) -> tuple[DeviceConfig, ...]:
    """Make devices of ports, each with an id of its own and its usual montage.

    A device that measures only force is called ``force``, every other one ``emg``; the second of
    a kind has a 2 and no muscles yet. The first force channel is taken for the pull.

    Raises
    ------
    LabError
        No such driver, or settings that it does not know.
    """
    out: list[DeviceConfig] = []
    taken: dict[str, int] = {}
    for one in chosen:
        driver = get_driver(one.driver)
        codec = driver.codec(parse_settings(driver, dict(one.settings)))
        kinds = {channel.kind for channel in codec.channels}
        stem = "force" if "force" in kinds and "emg" not in kinds else "emg"
        taken[stem] = taken.get(stem, 0) + 1
        number = taken[stem]
        device = DeviceConfig(
            id=stem if number == 1 else f"{stem}{number}",
            driver=one.driver,
            port=one.port,
            settings=dict(one.settings),
            serial=one.serial,
        )
        montage = default_montage(device) if number == 1 else {}
        if stem == "force" and number == 1 and not montage:
            first = next(channel for channel in codec.channels if channel.kind == "force")
            montage = {first.name: "F_PULL"}
        out.append(replace(device, montage=montage))
    return tuple(out)


def _address(port: str, driver: str, words: str, *, numbers: bool = True) -> PortInfo:
    return PortInfo(
        port=port,
        description=words,
        vid_pid=None,
        serial=None,
        driver=driver,
        candidates=(driver,),
        access="ok" if numbers else "text, not numbers",
        used_by=None,
        latency_ms=None,
    )
