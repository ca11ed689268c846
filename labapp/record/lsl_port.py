"""``lsl://NAME``: a stream of the Lab Streaming Layer, as bytes.

The port subscribes to the stream and writes every sample as a frame of our own
(`labapp.device.sampleframes`), with the stamp its source gave it. liblsl's processing of stamps
and its silent recovery of lost streams are off: a stream that breaks off is a lost port, which
the recorder looks for again and notes.

liblsl keeps samples for ``buffer`` seconds if nobody takes them, then drops the oldest and says
nothing; the jump of the stamps tells (driver ``lsl``).
"""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import unquote

import numpy as np

from labapp.device.contract import FeedStats
from labapp.device.sampleframes import ClockReading, SampleFrames, ValueKind, encode_clock
from labapp.errors import LabError, PortError
from labapp.record.loopback import confine_to_loopback
from labapp.record.lsl_library import LslStream, Scope, describe, load_lsl, resolve
from labapp.record.ports import PortContext, split_url

_KINDS: Final[dict[str, ValueKind]] = {"float32": "f", "double64": "d", "int32": "i"}
_TYPES: Final = {
    "float32": np.float32,
    "double64": np.float64,
    "int32": np.int32,
    "int16": np.int16,
    "int8": np.int8,
}
_AT_ONCE: Final = 4096  # samples
_GATHER_S: Final = 0.004
"""Reads of a fast stream are this far apart: each costs a frame in the log, whatever it holds."""
_CLOCK_S: Final = 5.0
_CLOCK_RETRY_S: Final = 0.25
_LISTEN_S: Final = 1.5
_LONGEST_XML: Final = 16_384  # characters: a hundred channels; it goes into every status


class LslPort:
    """A subscription to one stream.

    Parameters
    ----------
    url
        ``lsl://NAME?type=EMG&source_id=…&hostname=…&scope=machine|network&buffer=360&wait=3``.
    context
        The settings must be those of the stream (`described` gives them).

    Raises
    ------
    PortError
        No such stream, or several of them.
    LabError
        The extra is missing, an option is wrong, or the settings are not those of the stream.
    """

    converses = False
    ended = False

    def __init__(self, url: str, context: PortContext) -> None:
        self.url = url
        self._clock = context.clock
        pylsl, info, options = _find(url, context)
        stream = describe(pylsl, info)
        settings = context.settings
        _check(stream, settings)
        self._pylsl = pylsl
        self._name = stream.name
        self._frames = SampleFrames(stream.channels, _KINDS.get(stream.format, "i"), FeedStats())
        self._buffer = np.zeros((_AT_ONCE, stream.channels), _TYPES[stream.format])
        self._gather = _GATHER_S if stream.rate > 200.0 else 0.0
        self._count = 0
        self._next_pull = self._next_clock = 0.0
        self._local = options["scope"] == "machine"
        self.info: dict[str, Any] = {
            "url": url,
            "stream": stream.name,
            "type": stream.type,
            "source_id": stream.source_id,
            "hostname": stream.hostname,
            "uid": stream.uid,
            "nominal_srate": stream.rate,
            "liblsl": int(pylsl.library_version()),
            "description": stream.description[:_LONGEST_XML],
        }
        self._inlet = pylsl.StreamInlet(info, max_buflen=options["buffer"], recover=False)
        try:
            self._inlet.open_stream(options["wait"])
        except RuntimeError as error:
            raise PortError(f"LSL stream {stream.name!r}: {error}", "start it again") from None

    def read(self, timeout_s: float) -> tuple[bytes, int]:
        """Take the samples that have come, and the lab time at which there were no more."""
        inlet = self._inlet
        if inlet is None:
            raise PortError(f"LSL stream {self._name!r} is closed")
        try:
            time.sleep(max(0.0, self._next_pull - time.monotonic()))
            samples = self._pull(timeout_s)
            stamp = self._clock.now_ns()
            self._next_pull = time.monotonic() + self._gather
            reading = self._clock_reading()
        except RuntimeError as error:  # what pylsl raises for everything
            raise PortError(
                f"LSL stream {self._name!r} broke off: {error}", "start its program again"
            ) from None
        return samples + reading, stamp

    def write(self, data: bytes) -> None:
        """Do nothing: a stream does not listen."""

    def close(self) -> None:
        """End the subscription."""
        inlet, self._inlet = self._inlet, None
        if inlet is not None:
            inlet.close_stream()

    def _pull(self, timeout_s: float) -> bytes:
        # Waits for one sample, then takes what else is there.
        _, stamps = self._inlet.pull_chunk(
            timeout_s, max_samples=_AT_ONCE, dest_obj=self._buffer, min_samples=1
        )
        if not len(stamps):
            return b""
        counter = self._count + np.arange(len(stamps), dtype=np.int64)
        self._count += len(stamps)
        values = self._buffer[: len(stamps)]
        return self._frames.encode(counter, np.asarray(stamps, np.float64), values)

    def _clock_reading(self) -> bytes:
        """Every few seconds, the source's clock against ours as liblsl measures it."""
        now = time.monotonic()
        if now < self._next_clock:
            return b""
        try:
            offset = float(self._inlet.time_correction(0.0))
        except self._pylsl.util.TimeoutError:  # the first measurement takes half a second
            if self._next_clock and self._local:
                self._local = not confine_to_loopback()  # the socket that hears the answers
            self._next_clock = now + _CLOCK_RETRY_S
            return b""
        self._next_clock = now + _CLOCK_S
        before = time.perf_counter_ns()
        local = float(self._pylsl.local_clock())
        host = 0.5e-9 * (before + time.perf_counter_ns())
        return encode_clock(ClockReading(local, offset, local - host))


def described(url: str) -> dict[str, Any]:
    """Find out the driver settings that fit a stream: it is looked for and listened to.

    Raises
    ------
    PortError, LabError
        As `LslPort`; and a stream whose values cannot be recorded.
    """
    pylsl, info, _ = _find(url, None)
    stream = describe(pylsl, info)
    settings: dict[str, Any] = {
        "channels": stream.channels,
        "rate": stream.rate or 100.0,
        "format": stream.format,
        "stamps": "regular" if stream.rate else "irregular",
        "names": list(stream.names),
        "units": list(stream.units),
        "said_units": list(stream.said_units),
        "said_types": list(stream.types),
        "unit": "",  # for the person to say: --set ID.unit=uV
    }
    if stream.format not in _TYPES:
        raise LabError(
            f"LSL stream {stream.name!r} holds {stream.format} values",
            "only numbers of up to 32 bits, float32 and double64 can be recorded",
        )
    if stream.rate:
        inlet = pylsl.StreamInlet(info, recover=False)
        settings["stamps"] = judge_stamps(_listen(pylsl, inlet), stream.rate)
        inlet.close_stream()
    return settings


def judge_stamps(stamps: list[float], rate: float) -> str:
    """``"regular"`` if no sample comes early by the source's own stamps, else ``"arrival"``.

    Stamps of a sampling clock step by whole periods, more where samples are lost. Stamps made on
    arrival are late by turns, so that some steps are too short.
    """
    steps = np.diff(np.array(stamps)) * rate
    return "arrival" if len(steps) and float(steps.min()) < 0.6 else "regular"


def _listen(pylsl: Any, inlet: Any) -> list[float]:
    heard: list[float] = []
    end = time.monotonic() + _LISTEN_S
    try:
        while time.monotonic() < end:
            heard += inlet.pull_chunk(timeout=0.1, max_samples=_AT_ONCE, min_samples=1)[1]
    except RuntimeError as error:
        raise PortError(f"the LSL stream broke off: {error}", "start its program again") from None
    return heard


def _find(url: str, context: PortContext | None) -> tuple[Any, Any, dict[str, Any]]:
    """Find the one stream that a URL names; looking ends early when the recording stops."""
    known = ("type", "source_id", "hostname", "scope", "buffer", "wait")
    place, options = split_url(url, known)
    scope = options.get("scope", "machine")
    if scope not in ("machine", "network"):
        raise LabError(f"port {url!r} has scope {scope!r}", "use machine or network")
    buffer, wait = _number(url, options, "buffer", 360.0), _number(url, options, "wait", 3.0)
    wanted = {"name": unquote(place), **{key: unquote(options.get(key, "")) for key in known[:3]}}
    wanted = {key: value for key, value in wanted.items() if value}
    if not wanted:
        raise LabError(f"port {url!r} names no stream", "write lsl://NAME or lsl://?type=EMG")
    chosen: Scope = "network" if scope == "network" else "machine"
    pylsl = load_lsl(chosen)
    end = time.monotonic() + wait
    found: list[Any] = []
    while not found and time.monotonic() < end and not (context and context.stop.is_set()):
        found = resolve(pylsl, wanted, min(1.0, wait))
    if not found:
        where = "" if scope == "network" else "; on another computer: add ?scope=network"
        raise PortError(f"no LSL stream {url!r} answers", f"start its program{where}")
    if len(found) > 1:
        ids = ", ".join(sorted(f"{one.source_id()}@{one.hostname()}" for one in found))
        raise PortError(f"{len(found)} LSL streams are {url!r}: {ids}", "choose by ?source_id=")
    return pylsl, found[0], {"buffer": round(buffer), "wait": wait, "scope": scope}


def _number(url: str, options: dict[str, str], key: str, usual: float) -> float:
    text = options.get(key, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 3600):
        raise LabError(f"port {url!r} has {key} {text!r}", "give whole seconds, 1 to 3600")
    return float(text)


def _check(stream: LslStream, settings: Any) -> None:
    """Refuse settings that are not those of the stream: nothing is silently cut or scaled."""
    told = (settings.channels, settings.format)
    true = (stream.channels, stream.format)
    same_rate = not stream.rate or abs(settings.rate - stream.rate) <= 1e-6 * stream.rate
    if told == true and same_rate and (stream.rate or settings.stamps == "irregular"):
        return
    rate = f"{stream.rate:g} Hz" if stream.rate else "no rate (stamps=irregular)"
    raise LabError(
        f"LSL stream {stream.name!r} has {stream.channels} channels, {stream.format}, {rate};"
        f" the settings say {settings.channels}, {settings.format}, {settings.rate:g} Hz",
        "leave these settings out to take them from the stream",
    )
