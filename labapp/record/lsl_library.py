"""liblsl, loaded only when somebody asks for it, and kept on this computer unless told otherwise.

liblsl reads its settings once per process. ``scope`` is ``machine`` (streams of this computer
only) or ``network`` (as ``LSLAPICFG`` or ``lsl_api.cfg`` say, by default the whole site).
"""

from __future__ import annotations

import configparser
import importlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from labapp.errors import LabError
from labapp.units import recognised

Scope = Literal["machine", "network"]

_FORMATS: Final = {
    1: "float32",
    2: "double64",
    3: "string",
    4: "int32",
    5: "int16",
    6: "int8",
    7: "int64",
}


@dataclass(frozen=True)
class LslStream:
    """What a stream says about itself.

    ``rate`` is 0 for an irregular stream; ``units`` are voltages and forces this program knows,
    "none" for anything else that is said, "" where nothing is; ``said_units`` and ``types`` (what
    a channel measures, or else the stream) are its own words; ``description`` is the whole XML,
    without the space between its tags.
    """

    name: str
    type: str
    source_id: str
    hostname: str
    uid: str
    channels: int
    rate: float
    format: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    description: str
    said_units: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


def load_lsl(scope: Scope) -> Any:
    """Load pylsl with its liblsl.

    Raises
    ------
    LabError
        The extra is not installed, liblsl does not load, or it runs with another scope already.
    """
    try:
        pylsl: Any = importlib.import_module("pylsl")
    except (ImportError, RuntimeError, OSError) as error:
        why = "is not installed" if isinstance(error, ModuleNotFoundError) else f"fails: {error}"
        raise LabError(f"the LSL library {why}", "pip install labapp[lsl]") from None
    # The settings are the library's own state, so what they are is kept with it.
    before = getattr(pylsl, "labapp_scope", None)
    if before is None:
        if scope == "machine":
            try:
                pylsl.util.set_config_content(_machine_settings())
            except NotImplementedError:
                version = f"{pylsl.library_version() / 100:.2f}"
                raise LabError(
                    f"liblsl {version} cannot be told to stay on this computer",
                    "use the liblsl of pylsl 1.18.6 or newer (unset PYLSL_LIB)",
                ) from None
        pylsl.labapp_scope = scope
    elif before != scope:
        raise LabError(
            f"LSL runs with scope {before}, and one stream asks for {scope}",
            "give all LSL streams of a recording the same scope",
        )
    return pylsl


def _machine_settings() -> str:
    """Make settings that neither ask nor answer any other computer; session and log level stay."""
    session, level = "default", "-2"
    path = os.environ.get("LSLAPICFG")
    if path and Path(path).is_file():
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise LabError(f"LSLAPICFG {path}: {error}", "correct the file") from None
        session = parser.get("lab", "SessionID", fallback=session)
        level = parser.get("log", "level", fallback=level)
    return (
        "[multicast]\nResolveScope = machine\n"
        "[ports]\nIPv6 = disable\n"
        f"[lab]\nSessionID = {session}\nKnownPeers = {{127.0.0.1}}\n"
        f"[log]\nlevel = {level}\n"
    )


def resolve(pylsl: Any, wanted: dict[str, str], wait_s: float) -> list[Any]:
    """Find the streams whose properties are as wanted, waiting until there is one.

    Raises
    ------
    LabError
        A value that cannot be asked for.
    """
    for key, value in wanted.items():
        if "'" in value or not value.isprintable():
            raise LabError(f"LSL {key} {value!r} holds a quotation mark", "choose by another one")
    predicate = " and ".join(f"{key}='{value}'" for key, value in wanted.items())
    found: list[Any] = pylsl.resolve_bypred(predicate, 1, wait_s)
    if found:  # a second one of this name may answer a moment later
        found = pylsl.resolve_bypred(predicate, 2, 0.6) or found
    return found


def describe(pylsl: Any, info: Any, wait_s: float = 2.0) -> LslStream:
    """Ask a stream for its full description; `LabError` if it does not answer."""
    inlet = pylsl.StreamInlet(info, recover=False)
    try:
        full = inlet.info(wait_s)
    except RuntimeError as error:
        raise LabError(f"LSL stream {info.name()!r} does not answer: {error}", "start it") from None
    n = int(full.channel_count())
    units, types = _padded(_each(full, "unit"), n), _padded(_each(full, "type"), n)
    return LslStream(
        name=_short(full.name()),
        type=_short(full.type()),
        source_id=_short(full.source_id()),
        hostname=_short(full.hostname()),
        uid=_short(full.uid()),
        channels=n,
        rate=float(full.nominal_srate()),
        format=_FORMATS.get(int(full.channel_format()), "unknown"),
        names=_labels(_each(full, "label"), n),
        units=tuple(recognised(text) for text in units),
        description=re.sub(r">\s+<", "><", str(full.as_xml())).strip(),
        said_units=tuple(_word(text) for text in units),
        types=tuple(_word(text or str(full.type())) for text in types),
    )


def list_lsl(scope: Scope, wait_s: float = 1.5) -> list[LslStream]:
    """Every stream there is, by name; `LabError` without the extra."""
    pylsl = load_lsl(scope)
    found = [describe(pylsl, info) for info in pylsl.resolve_streams(wait_s)]
    return sorted(found, key=lambda stream: (stream.name, stream.source_id))


def _short(text: Any) -> str:
    """Keep what a stranger's stream says within reason."""
    return str(text)[:256]


def _word(text: str) -> str:
    """Keep one line of it: it stands in a table, and in the settings of every recording."""
    return "".join(sign for sign in text if sign.isprintable()).strip()[:32]


def _each(full: Any, field: str) -> list[str]:
    """Texts of a field of the channels described, in order."""
    found: list[str] = []
    channel = full.desc().child("channels").child("channel")
    while not channel.empty() and len(found) < 4096:
        found.append(str(channel.child_value(field)).strip())
        channel = channel.next_sibling("channel")
    return found


def _padded(texts: list[str], n: int) -> list[str]:
    return [*texts, *[""] * n][:n]


def _labels(texts: list[str], n: int) -> tuple[str, ...]:
    """Names of the channels, by number where they have none, share one, or it cannot be typed."""
    names = _padded(texts, n)
    fit = [
        names.count(name) == 1 and not set(name) & set(":,=") and len(name) < 65 for name in names
    ]
    numbers = tuple(f"ch{at}" for at in range(1, n + 1))
    mixed = tuple(
        name if good and name else number
        for name, good, number in zip(names, fit, numbers, strict=True)
    )
    return mixed if len(set(mixed)) == n else numbers
