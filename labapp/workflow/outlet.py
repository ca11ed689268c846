"""A running recording as LSL streams, for programs that show or use it live.

A process of its own looks at the recording from outside: the ring of live samples, the end of the
log for markers, the recorder's note of its clock. It writes to none of them, so that whatever
happens here costs the recording nothing. Lost samples are not sent: the stamps jump over them.
Stamps are those of the live clock (`labapp.timing.clock`), provisional like everything live.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from labapp import device, paths
from labapp.errors import LabError
from labapp.load import parse_json
from labapp.model import ChannelInfo
from labapp.record.client import Recorder
from labapp.record.loopback import confine_to_loopback
from labapp.record.lsl_library import load_lsl
from labapp.record.place import ADDRESS_NAME, LOG_NAME, RING_NAME
from labapp.record.ring import RingReader, RingStream
from labapp.timing.clock import DeviceClock
from labapp.workflow.logtail import LogTail

Say = Callable[[str], None]

_POLL_S: Final = 0.02
_BUFFER_S: Final = 60
_QUIET_S: Final = 3.0
_UNITS: Final = {"V": ("microvolts", 1e6), "N": ("newtons", 1.0), "": ("none", 1.0)}
_TYPES: Final = {"emg": "EMG", "force": "Force", "digital": "Digital"}
_PAIR_S: Final = 10.0


@dataclass(frozen=True)
class LiveClock:
    """How lab time relates to the host's: ``lab = origin + (host - origin) * speed``, s."""

    origin_s: float
    speed: float

    def host(self, lab_s: float) -> float:
        """Host time (``perf_counter``) of a lab time, s."""
        return self.origin_s + (lab_s - self.origin_s) / self.speed


def find_running(study: Path | None = None) -> Path:
    """Find the one recording that runs below a study folder (usual: the user's).

    Raises
    ------
    LabError
        None runs there, or several do.
    """
    place = paths.studies() if study is None else study
    found = sorted(path.parent for path in place.glob(f"*/{ADDRESS_NAME}"))
    if not found:
        raise LabError(f"no recording runs in {place}", "give its folder: labapp outlet FOLDER")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise LabError(f"{len(found)} recordings run in {place}: {names}", "give one of them")
    return found[0]


def serve_outlet(
    folder: Path, *, network: bool = False, say: Say = print, stop: threading.Event | None = None
) -> dict[str, int]:
    """Publish a running recording until it ends or ``stop`` is set.

    Parameters
    ----------
    folder
        Folder of the recording (``NAME.recording``).
    network
        Let other computers find and read the streams; else this one only.
    say
        Told, in one line, what is open to whom, before the first sample is sent.

    Returns
    -------
    dict
        Samples sent, by stream; ``markers`` too.

    Raises
    ------
    LabError
        No recording runs there, its clock is stepped, or the extra ``lsl`` is missing.
    """
    stop = stop or threading.Event()
    clock = _read_clock(folder)
    pylsl = load_lsl("network" if network else "machine")
    ring = RingReader(folder / RING_NAME)
    tail = LogTail(folder / LOG_NAME)
    try:
        streams = [
            _StreamOutlet(pylsl, folder, ring, stream, clock) for stream in ring.streams.values()
        ]
        markers = _MarkerOutlet(pylsl, folder, tail, clock)
        say(_notice(len(streams), network=network, confined=not network and confine_to_loopback()))
        _serve(folder, streams, markers, pylsl, stop)
        return {stream.id: stream.sent for stream in streams} | {"markers": markers.sent}
    finally:
        tail.close()
        ring.close()


def _notice(streams: int, *, network: bool, confined: bool) -> str:
    what = f"LSL outlet: {streams} streams and the markers are open "
    if network:
        return what + "to every computer of the network, unencrypted; Ctrl-C ends it"
    if confined:
        return what + "on this computer only; Ctrl-C ends it"
    return (
        what + "and announced on this computer only, but liblsl's ports (from 16572) can be"
        " reached from the network: let the firewall close them; Ctrl-C ends it"
    )


def _read_clock(folder: Path) -> LiveClock:
    path = folder / ADDRESS_NAME
    try:
        about = parse_json(path.read_bytes(), name=str(path))
        kind, speed = about["clock"], float(about["speed"])
        origin_s = int(about["origin_ns"]) * 1e-9
    except (OSError, KeyError, TypeError, ValueError):
        raise LabError(f"no recorder runs in {folder}", "start the recording first") from None
    if kind == "stepped":
        raise LabError(
            f"the recording in {folder} runs on a stepped clock, which is no time to stamp with",
            "record in real time (--speed 1)",
        )
    return LiveClock(origin_s, speed if kind == "scaled" else 1.0)


def _serve(
    folder: Path,
    streams: list[_StreamOutlet],
    markers: _MarkerOutlet,
    pylsl: Any,
    stop: threading.Event,
) -> None:
    """Pass on what is new until nothing more can come."""
    paired, offset = -np.inf, 0.0
    heard = time.monotonic()
    while True:
        now = time.monotonic()
        ended = stop.is_set() or not (folder / ADDRESS_NAME).exists()
        if now - paired > _PAIR_S:  # both clocks count the same seconds: the offset hardly moves
            before = time.perf_counter()
            offset = pylsl.local_clock() - 0.5 * (before + time.perf_counter())
            paired = now
        sent = sum([stream.pass_on(offset) for stream in streams])
        markers.pass_on(offset)
        if sent:
            heard = now
        elif now - heard > _QUIET_S:  # a recorder that was killed leaves its note behind
            ended, heard = ended or not _runs(folder), now
        if ended:
            return
        stop.wait(_POLL_S)


def _runs(folder: Path) -> bool:
    try:
        Recorder.attach(folder).close()
    except LabError:
        return False
    return True


class _StreamOutlet:
    """One stream of the ring as an LSL outlet; values in uV, N or bare counts, as doubles."""

    def __init__(
        self, pylsl: Any, folder: Path, ring: RingReader, stream: RingStream, clock: LiveClock
    ) -> None:
        self.id = stream.id
        self.sent = 0
        self._ring = ring
        self._live = clock
        self._clock = DeviceClock(stream.rate, device.sheet(stream.driver).clock)
        self._next = ring.newest(stream.id)
        self._observed = -1
        self._last = -np.inf
        self._least = 0.05 / stream.rate / clock.speed
        self._offsets = np.array([channel.offset for channel in stream.channels])
        self._scales = np.array(
            [channel.scale * _UNITS[channel.unit][1] for channel in stream.channels]
        )
        kinds = {channel.kind for channel in stream.channels} - {"digital"}
        info = pylsl.StreamInfo(
            f"labapp-{stream.id}",
            _TYPES[kinds.pop()] if len(kinds) == 1 else "Misc" if kinds else "Digital",
            len(stream.channels),
            stream.rate * clock.speed,
            "double64",
            f"labapp:{folder.resolve()}:{stream.id}",
        )
        _describe(info, stream)
        self._outlet = pylsl.StreamOutlet(info, max_buffered=_BUFFER_S)

    def pass_on(self, offset: float) -> int:
        """Send what is new; ``offset``: LSL's clock less the host's, s. Returns how many."""
        stamp = self._ring.stamp(self.id)
        if stamp is not None and stamp[0] > self._observed:
            self._observed = stamp[0]
            self._clock.observe(stamp[0], stamp[1] * 1e-9)
        newest = self._ring.newest(self.id)
        if self._observed < 0 or newest <= self._next:
            return 0
        first, self._next = self._next, newest
        counts, valid = self._ring.read(self.id, first, newest)
        index = first + np.flatnonzero(valid)
        if not len(index):
            return 0
        stamps = [self._live.host(self._clock.time(float(i))) + offset for i in index.tolist()]
        # The live line may move back a little between two calls: stamps still rise.
        floor = self._last + self._least * np.arange(1, len(stamps) + 1)
        rising = np.maximum(np.maximum.accumulate(stamps), floor)
        self._last = float(rising[-1])
        values = (counts[valid] - self._offsets) * self._scales
        self._outlet.push_chunk(values, rising.tolist())
        self.sent += len(index)
        return len(index)


class _MarkerOutlet:
    """The markers of a recording as an LSL stream of JSON texts, stamped with their own time."""

    def __init__(self, pylsl: Any, folder: Path, tail: LogTail, clock: LiveClock) -> None:
        self.sent = 0
        self._tail = tail
        self._live = clock
        info = pylsl.StreamInfo(
            "labapp-markers", "Markers", 1, 0.0, "string", f"labapp:{folder.resolve()}:markers"
        )
        self._outlet = pylsl.StreamOutlet(info)

    def pass_on(self, offset: float) -> None:
        """Send the markers that came since the last call."""
        for frame in self._tail.markers():
            text = json.dumps(frame.json(), ensure_ascii=False)
            stamp = self._live.host(frame.t_ns * 1e-9) + offset
            self._outlet.push_sample([text], stamp)
            self.sent += 1


def _describe(info: Any, stream: RingStream) -> None:
    """Say in the stream's description what its channels are, as LSL's conventions name it."""
    desc = info.desc()
    acquisition = desc.append_child("acquisition")
    acquisition.append_child_value("manufacturer", device.sheet(stream.driver).maker)
    acquisition.append_child_value("model", device.sheet(stream.driver).title)
    # Readers that smooth stamps must not smooth over our gaps.
    desc.append_child("synchronization").append_child_value("can_drop_samples", "true")
    channels = desc.append_child("channels")
    for channel in stream.channels:
        _describe_channel(channels.append_child("channel"), channel)


def _describe_channel(entry: Any, channel: ChannelInfo) -> None:
    unit, factor = _UNITS[channel.unit]
    entry.append_child_value("label", channel.name)
    entry.append_child_value("type", _TYPES[channel.kind])
    entry.append_child_value("unit", unit)
    entry.append_child_value("scale", repr(channel.scale * factor))
    if channel.muscle is not None:
        entry.append_child_value("muscle", channel.muscle)
