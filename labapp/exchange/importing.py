"""A foreign recording becomes a session: one run, an exact clock, integer counts."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from labapp import __version__
from labapp.errors import LabError
from labapp.exchange.events import read_events
from labapp.exchange.foreign import Foreign
from labapp.exchange.npy import read_npy
from labapp.exchange.npz import read_npz
from labapp.exchange.plan import ChannelPlan, ImportPlan
from labapp.exchange.quantise import Quantised, quantise
from labapp.exchange.text import read_text
from labapp.load import read_toml
from labapp.model import ChannelInfo, Marker
from labapp.session.content import (
    SessionContent,
    SessionHead,
    StreamContent,
    StreamHead,
    tables_of_runs,
)
from labapp.session.write import write_session
from labapp.timing.offline import exact_map
from labapp.units import to_si

__all__ = ["import_recording"]

FORMATS = (".npz", ".npy", ".csv", ".tsv", ".txt")
_NO_UNIT = ("au", "counts")
_NAMESPACE = uuid.UUID("5b2f2e0e-8d4a-4f0b-9a53-0d5a3f1c7e11")


@dataclass(frozen=True, eq=False)
class _Column:
    plan: ChannelPlan
    info: ChannelInfo
    counts: NDArray[np.int32]
    account: dict[str, Any]


def import_recording(
    path: str | Path,
    out: str | Path,
    *,
    rate: float | None = None,
    unit: str | None = None,
    mapping: str | Path | ImportPlan | None = None,
) -> Path:
    """Turn a ``.npz``, ``.npy``, ``.csv``, ``.tsv`` or ``.txt`` recording into a session.

    Parameters
    ----------
    path, out
        The recording, and the session to write (never overwritten).
    rate
        Hz; must not contradict what the file or the map says.
    unit
        Of the numbers: ``"V"``, ``"uV"``, ``"N"``, ``"kg"`` …, or ``"au"`` / ``"counts"`` for
        numbers without a unit.
    mapping
        TOML file of an `ImportPlan`, or the plan itself.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    LabError
        Whatever is missing, ambiguous or contradictory, with the remedy; nothing is assumed.
    """
    path, out = Path(path), Path(out)
    if out.exists():
        raise LabError(f"{out} exists already", "choose another name; nothing is overwritten")
    plan = mapping if isinstance(mapping, ImportPlan) else ImportPlan()
    if isinstance(mapping, (str, Path)):
        plan = read_toml(Path(mapping), ImportPlan)
    foreign = _read(path, plan)
    hertz = _agreed(path, "rate", {"file": foreign.rate, "map": plan.rate, "--rate": rate})
    present = _present(path, foreign, plan)
    columns = _columns(path, foreign, plan, unit, present)
    markers: tuple[Marker, ...] = ()
    if plan.events is not None:
        markers = read_events(
            path.parent / plan.events.file,
            plan.events,
            rate=hertz,
            n=len(foreign.values),
            start_s=foreign.start_s,
        )
    streams = _streams(columns, hertz, present)
    write_session(out, _content(path, foreign, plan, columns, streams, markers))
    return out


def _read(path: Path, plan: ImportPlan) -> Foreign:
    suffix = path.suffix.lower()
    if not path.is_file():
        raise LabError(f"cannot open {path}: no such file", "check the name")
    if suffix not in FORMATS:
        raise LabError(f"{path}: format {suffix or 'unknown'}", f"give {', '.join(FORMATS)}")
    if suffix == ".npz":
        return read_npz(path, plan.array)
    if plan.array is not None:
        raise LabError(f"the map names an array, {path} has none", "remove array from the map")
    return read_npy(path) if suffix == ".npy" else read_text(path)


def _agreed(path: Path, what: str, said: dict[str, float | None]) -> float:
    """Take the one value that file, map and command line agree on."""
    values = {who: value for who, value in said.items() if value is not None}
    if not values:
        raise LabError(f"{path} does not tell its {what}", "give --rate HZ, or rate in the map")
    low, high = min(values.values()), max(values.values())
    if not (np.isfinite(high) and low > 0 and high < 1e7):
        raise LabError(f"{path}: {what} {values}", "give a positive number of Hz")
    if high / low - 1 > 5e-3:
        told = ", ".join(f"{who} says {value:g}" for who, value in values.items())
        raise LabError(f"{path}: {told} Hz", f"correct the {what}")
    # The most deliberate word wins among values that agree.
    return float(list(values.values())[-1])


def _picked(path: Path, foreign: Foreign, plan: ImportPlan) -> list[tuple[int, ChannelPlan]]:
    n = foreign.values.shape[1]
    titles = foreign.titles or tuple(f"ch{k + 1}" for k in range(n))
    if not plan.channels:
        # Without a map a channel has one name only: it stands for the muscle too.
        return [(k, ChannelPlan(k, titles[k], muscle=titles[k])) for k in range(n)]
    picked = []
    for channel in plan.channels:
        column = channel.column
        if isinstance(column, str):
            if column not in titles:
                raise LabError(f"{path} has no column {column!r}", f"it has {', '.join(titles)}")
            column = titles.index(column)
        if not 0 <= column < n:
            raise LabError(f"{path} has no column {column}", f"it has 0 to {n - 1}")
        picked.append((column, channel))
    return picked


def _present(path: Path, foreign: Foreign, plan: ImportPlan) -> NDArray[np.bool_]:
    """(n,) True for rows that hold values; rows without any are samples that were lost."""
    chosen = foreign.values[:, [k for k, _ in _picked(path, foreign, plan)]]
    if chosen.dtype.kind != "f":
        return np.ones(len(chosen), dtype=np.bool_)
    finite = np.isfinite(chosen)
    some = finite.any(axis=1) & ~finite.all(axis=1)
    if some.any() and plan.incomplete_rows == "refuse":
        raise LabError(
            f"{path}: {int(some.sum())} rows lack values of some channels (first: {some.argmax()})",
            'choose channels, or say incomplete_rows = "lost" in a map (--map FILE.toml)',
        )
    present = np.asarray(finite.all(axis=1), dtype=np.bool_)
    if not present.any():
        raise LabError(f"{path} holds no complete row", "choose other channels")
    return present


def _columns(
    path: Path,
    foreign: Foreign,
    plan: ImportPlan,
    unit: str | None,
    present: NDArray[np.bool_],
) -> list[_Column]:
    columns = []
    for number, channel in _picked(path, foreign, plan):
        name = channel.unit or plan.unit or unit
        if name is None:
            raise LabError(
                f"{path}: unit of {channel.name!r} unknown",
                "give --unit uV (V, mV, N, kg …; au for none), or unit in the map",
            )
        si, factor = ("", 1.0) if name in _NO_UNIT else to_si(name)
        values = foreign.values[present, number]
        done = quantise(values)
        scale = done.scale * channel.scale * factor
        offset = done.offset + channel.offset / done.scale
        if not (np.isfinite(scale) and scale > 0 and np.isfinite(offset)):
            raise LabError(f"{path}: scale {channel.scale} of {channel.name!r}", "give > 0")
        low, high = _rails(channel, done, foreign.values.dtype)
        info = ChannelInfo(channel.name, channel.kind, si, scale, offset, low, high, channel.muscle)
        account = {
            "channel": channel.name,
            "column": number,
            "method": done.method,
            "scale": scale,
            "largest_error": done.error * channel.scale * factor,
            "unit": si,
        }
        columns.append(_Column(channel, info, done.counts, account))
    names = [column.info.name for column in columns]
    if len(set(names)) != len(names):
        raise LabError(f"{path}: two channels are called the same: {names}", "rename one")
    return columns


def _rails(channel: ChannelPlan, done: Quantised, dtype: np.dtype[Any]) -> tuple[int, int]:
    """Rails as told, else those of the file's integer type, else none (32 bits)."""
    low, high = -(2**31) + 1, 2**31 - 1
    if dtype.kind in "iu" and done.method == "integers" and dtype.itemsize <= 4:
        low = max(low, int(np.iinfo(dtype).min))
        high = min(high, int(np.iinfo(dtype).max))
    return (
        low if channel.low is None else channel.low,
        high if channel.high is None else channel.high,
    )


def _streams(
    columns: list[_Column], rate: float, present: NDArray[np.bool_]
) -> tuple[StreamContent, ...]:
    """One stream per kind of channel; all share the file's clock, which is exact."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    first, stop = edges[::2].astype(np.int64), edges[1::2].astype(np.int64)
    # Rows without values at the very end were never recorded: they are no loss.
    n = int(stop[-1])
    streams = []
    for kind in ("emg", "force", "digital"):
        mine = [column for column in columns if column.info.kind == kind]
        if mine:
            head = StreamHead(
                kind, "import", "imported file", rate, "exact", tuple(c.info for c in mine)
            )
            counts = np.stack([column.counts for column in mine], axis=1)
            tables = tables_of_runs(first, stop - first, n, exact_map(rate))
            streams.append(StreamContent(head, counts, tables))
    return tuple(streams)


def _content(
    path: Path,
    foreign: Foreign,
    plan: ImportPlan,
    columns: list[_Column],
    streams: tuple[StreamContent, ...],
    markers: tuple[Marker, ...],
) -> SessionContent:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    plan_json = msgspec.json.encode(plan).decode()
    stamp = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
    identity = uuid.uuid5(_NAMESPACE, digest.hexdigest() + plan_json)
    meta = {
        "participant": plan.participant,
        "protocol": None,
        "plan": None,
        "import": {
            "file": path.name,
            "sha256": digest.hexdigest(),
            "source": foreign.source,
            "map": msgspec.to_builtins(plan),
            "channels": [column.account for column in columns],
        },
        "versions": {"labapp": __version__, "numpy": np.__version__},
    }
    head = SessionHead(str(identity), stamp, __version__, 0, "imported")
    return SessionContent(head, streams, meta, markers)
