"""Opening a session: lazy, read-only, and careful with files that come from others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from labapp.errors import LabError
from labapp.model import Floats, Marker
from labapp.paths import is_safe_name
from labapp.session import format as f
from labapp.session import hostile
from labapp.session.documents import dump_json, read_document, read_texts
from labapp.session.hdf import guarded, h5py
from labapp.session.stream import Stream
from labapp.session.write import append_json


class Session:
    """A recording, opened for reading; use it as a context manager or `close` it.

    Attributes
    ----------
    path
        The file.
    streams
        `Stream` by id, in the order of their names.
    info
        Identity of the session: uuid, state, created_utc, app_version, format_version,
        origin_ns, and ``duration_s``.
    meta
        What was known when it was recorded: participant, protocol, plan, settings, versions.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        hostile.look_at(path)
        with guarded(path):
            self._file = h5py.File(path, "r")
        try:
            with guarded(path):
                hostile.walk(self._file, path)
                self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        file, path = self._file, self.path
        texts = {name: hostile.text_attribute(file, name, path) for name in f.ROOT_TEXTS}
        if texts["format"] != f.FORMAT:
            raise hostile.refuse(path, f"format {texts['format']!r} is not {f.FORMAT!r}")
        major = texts["format_version"].split(".")[0]
        if major != str(f.MAJOR):
            raise hostile.refuse(
                path, f"format version {texts['format_version']}", "use a newer labapp"
            )
        if texts["state"] not in f.STATES:
            raise hostile.refuse(path, f"state {texts['state']!r} is unknown")
        for group in (f.MARKERS, f.NOTES):
            if group not in file:
                raise hostile.refuse(path, f"/{group} is missing")
            hostile.schema(file[group], f.TEXT_DATASETS, path)
        hostile.schema(file, {f.META: f.Column(np.dtype("u1"))}, path)
        if f.STREAMS not in file:
            raise hostile.refuse(path, "it has no streams")
        names = sorted(file[f.STREAMS])
        if any(not is_safe_name(name) for name in names):
            raise hostile.refuse(path, "a stream has a name that is not allowed")
        self.streams = {name: Stream(file[f.STREAMS][name], path) for name in names}
        hostile.number_attribute(file, "origin_ns", path)
        self._origin_ns = int(file.attrs["origin_ns"])  # 64 bits, not by way of a float
        self.info: dict[str, Any] = {
            **texts,
            "origin_ns": self._origin_ns,
            "duration_s": self._duration(),
        }

    def _duration(self) -> float:
        ends = [s.end for s in self.streams.values() if s.n]
        return max(ends, default=0.0)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; harmless when done twice."""
        self._file.close()

    def stream(self, name: str) -> Stream:
        """Stream by id; `LabError` lists what there is."""
        try:
            return self.streams[name]
        except KeyError:
            have = ", ".join(self.streams) or "none"
            raise LabError(f"{self.path} has no stream {name!r}", f"it has {have}") from None

    def values(
        self,
        stream: str,
        start: float | None = None,
        stop: float | None = None,
        *,
        channels: Sequence[str | int] | None = None,
    ) -> Floats:
        """(n, n_channels) physical values of the samples in ``start <= t < stop``, s.

        Rows of samples that were lost are NaN. ``channels`` picks columns by number, name or
        muscle code. Memory: 8 bytes per value of the window only.
        """
        return self.stream(stream).values(start, stop, channels=channels)

    def times(self, stream: str, start: float | None = None, stop: float | None = None) -> Floats:
        """(n,) times in s of the rows that `values` gives for the same window."""
        return self.stream(stream).times(start, stop)

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What was known when the session was recorded (JSON values)."""
        return read_document(self._file[f.META], "meta", self.path)

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """Cues, key presses and the like, in order of time."""
        found = []
        for t_ns, document in read_texts(self._file[f.MARKERS], self.path):
            data = document.get("data")
            time = (t_ns - self._origin_ns) / 1e9
            kind = str(document.get("kind", ""))
            found.append(Marker(time, kind, data if isinstance(data, dict) else {}))
        return tuple(sorted(found, key=lambda marker: marker.time))

    @cached_property
    def notes(self) -> tuple[tuple[float, dict[str, Any]], ...]:
        """(time in s, document) of what recorder and builder wanted remembered."""
        rows = read_texts(self._file[f.NOTES], self.path)
        return tuple(((t_ns - self._origin_ns) / 1e9, document) for t_ns, document in rows)

    def events(self, stream: str) -> tuple[dict[str, Any], ...]:
        """Tell what a device said beside its samples: name, index, ticks, text."""
        self.stream(stream)
        place = f"{f.STREAMS}/{stream}/{f.EVENTS}"
        if place not in self._file:
            return ()
        hostile.schema(self._file[place], f.TEXT_DATASETS, self.path)
        return tuple(document for _, document in read_texts(self._file[place], self.path))

    @property
    def repetitions(self) -> tuple[dict[str, Any], ...]:
        """Cues as repetitions: index, cue_s, the cue's data, ``rejected`` and the reason.

        A ``reject`` or ``redo`` marker counts for the cue its data name (block and repetition),
        else for the last cue before it.
        """
        found: list[dict[str, Any]] = []
        for marker in self.markers:
            if marker.kind == "cue":
                found.append(
                    {
                        **marker.data,
                        "index": len(found),
                        "cue_s": marker.time,
                        "rejected": False,
                        "reason": "",
                    }
                )
            elif marker.kind in ("reject", "redo") and found:
                named = [
                    one
                    for one in found
                    if marker.data.get("repetition") is not None
                    and one.get("repetition") == marker.data.get("repetition")
                    and one.get("block") == marker.data.get("block")
                ]
                target = (named or found)[-1]
                target["rejected"] = True
                target["reason"] = str(marker.data.get("reason") or marker.kind)
        return tuple(found)

    @property
    def results(self) -> dict[str, Any] | None:
        """The latest document that `write_results` added, or None."""
        names = self._result_names()
        if not names:
            return None
        return self.result(names[-1])

    def result(self, name: str) -> dict[str, Any]:
        """Read a document under ``/derived`` by its name."""
        if name not in self._result_names():
            raise LabError(f"{self.path} has no results {name!r}", "analyse it first")
        return read_document(self._file[f.DERIVED][name], name, self.path)

    def _result_names(self) -> list[str]:
        derived = self._file.get(f.DERIVED)
        if derived is None:
            return []
        with guarded(self.path):
            order = {}
            for name in derived:
                hostile.schema(derived, {name: f.Column(np.dtype("u1"))}, self.path)
                order[name] = int(hostile.number_attribute(derived[name], "order", self.path))
        return sorted(order, key=lambda name: order[name])

    @property
    def protocol_text(self) -> str:
        """The protocol's file as it was, word for word; empty where there was none."""
        protocol = self.meta.get("protocol")
        return str(protocol.get("text", "")) if isinstance(protocol, dict) else ""

    @property
    def participant(self) -> str:
        """Pseudonym of the participant; empty where none was given."""
        who = self.meta.get("participant")
        if isinstance(who, dict):
            who = who.get("id")
        return str(who) if who else ""


def open_session(path: str | Path) -> Session:
    """Open a session file for reading.

    Parameters
    ----------
    path
        A ``.h5`` file that `labapp` wrote.

    Raises
    ------
    SessionRefused
        Not a session, damaged, from a newer program, or holding what must not be followed.
    LabError
        No such file, or it may not be read.
    """
    return Session(Path(path))


def write_results(path: str | Path, name: str, document: dict[str, Any]) -> str:
    """Add an analysis document under ``/derived``; raw data and older results stay.

    The same document as the latest one is not added again.

    Returns
    -------
    str
        The name it got: ``name``, or ``name.2``, ``name.3`` … where older ones exist.
    """
    path = Path(path)
    if not is_safe_name(name):
        raise LabError(f"results name {name!r} is not allowed", "use letters, digits, . _ -")
    with open_session(path) as session:
        names = session._result_names()
        mine = [n for n in names if n == name or n.startswith(f"{name}.")]
        newest = bool(mine) and mine[-1] == names[-1]
        if newest and dump_json(session.result(mine[-1])) == dump_json(document):
            return mine[-1]
    chosen, number = name, 1
    while chosen in names:
        number += 1
        chosen = f"{name}.{number}"
    append_json(path, chosen, document, len(names) + 1)
    return chosen
