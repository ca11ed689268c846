"""How the devices of a recording relate: measure it, keep it, say it.

`synchronise` works on a recorded session, `guide_sync` records one for the purpose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import labapp
from labapp.errors import LabError
from labapp.session.file import Session, open_session, write_results
from labapp.session.stream import Stream
from labapp.timing.sync import SyncResult, refusal
from labapp.workflow.sync_inputs import by_copy, by_pulses
from labapp.workflow.sync_profile import store_profile, stored_offset

SyncMethod = Literal["auto", "pulses", "copy", "stored"]
METHODS: Final[tuple[SyncMethod, ...]] = ("auto", "pulses", "copy", "stored")
SCHEMA: Final = "labapp-sync/1"
RESULTS: Final = "sync"
"""Name of the document among a session's derived data."""
LEAST_SAID_S: Final = 1e-3
"""Uncertainty of filter delays from which it is worth a word."""


@dataclass(frozen=True, slots=True)
class SyncFinding:
    """What was found about two streams, for a person.

    Attributes
    ----------
    result
        Offset of the second stream, or why there is none.
    streams
        The two streams.
    text
        One line for a person.
    remedy
        What to do about a refusal; empty when verified.
    u_s, resolves_ms
        Standard uncertainty between signals of the two, s (clocks, offset, filters), and the
        smallest difference beyond it, ms.
    session
        The recording.
    profile
        File of the offset for later recordings, None where the devices have no serial numbers.
    document
        All of it as JSON values (``labapp-sync/1``), as kept in the session.
    """

    result: SyncResult
    streams: tuple[str, str]
    text: str
    remedy: str
    u_s: float
    resolves_ms: float
    session: Path
    profile: Path | None
    document: dict[str, Any]


def synchronise(
    path: str | Path,
    a: str | None = None,
    b: str | None = None,
    *,
    method: SyncMethod = "auto",
    save: bool = True,
) -> SyncResult:
    """Relate two streams of a recorded session.

    Parameters
    ----------
    path
        Session file.
    a, b
        Stream ids; the offset is added to the times of ``b``. Left out: the two streams of a
        session that has two, the EMG stream first.
    method
        ``auto``: pulses, else a copy of the force, else an offset stored for the two devices.
    save
        Add the result to the session's derived data, and keep a measured offset for later
        recordings of the same two devices.

    Raises
    ------
    LabError
        No such session, stream or method. Streams that cannot be related are a result:
        ``reasons`` says why.
    """
    return find_sync(path, a, b, method=method, save=save).result


def find_sync(
    path: str | Path,
    a: str | None = None,
    b: str | None = None,
    *,
    method: SyncMethod = "auto",
    save: bool = True,
) -> SyncFinding:
    """Do what `synchronise` does, and put it into words."""
    if method not in METHODS:
        raise LabError(f"method {method!r} is unknown", f"use one of {', '.join(METHODS)}")
    with open_session(Path(path)) as session:
        a, b = choose_streams(session, a, b)
        result = relate(session, a, b, method=method)
        u_s = signal_u_s(result, session.stream(a), session.stream(b))
        document = as_document(session, result, (a, b))
        place = store_profile(session, a, b, result) if save else None
    if save:
        write_results(Path(path), RESULTS, document)
    remedy = document["remedy"]
    return SyncFinding(
        result, (a, b), document["text"], remedy, u_s, resolves_ms(u_s), Path(path), place, document
    )


def choose_streams(session: Session, a: str | None, b: str | None) -> tuple[str, str]:
    """Check two stream ids, or choose them where a session has just two streams."""
    names = sorted(session.streams, key=lambda name: session.streams[name].kind != "emg")
    if a is None and b is None and len(names) == 2:
        return names[0], names[1]
    if a is None or b is None:
        raise LabError(
            f"{session.path} has {len(names)} streams ({', '.join(names)})",
            "name two of them" if len(names) > 1 else "synchronising needs two devices",
        )
    for name in (a, b):
        session.stream(name)
    if a == b:
        raise LabError(f"stream {a!r} is named twice", "name two streams")
    return a, b


def relate(session: Session, a: str, b: str, *, method: SyncMethod = "auto") -> SyncResult:
    """Relate two streams of an open session; nothing is written."""
    tried: list[SyncResult] = []
    if method in ("auto", "pulses"):
        tried.append(by_pulses(session, a, b))
    if method in ("auto", "copy") and not any(one.verified for one in tried):
        tried.append(by_copy(session, a, b))
    if method in ("auto", "stored") and not any(one.verified for one in tried):
        stored = stored_offset(session, a, b)
        tried.append(
            refusal("no offset is stored for these two devices", "stored")
            if stored is None
            else stored
        )
    good = [one for one in tried if one.verified]
    if good:
        return good[0]
    # What came closest says why: pulses that were seen, else a copy that was wired.
    seen = [one for one in tried if one.pulses or math.isfinite(one.offset_s)]
    return (seen or tried)[0]


def timing_u_s(result: SyncResult, first: Stream, second: Stream) -> float:
    """Give ``sqrt(spread_A^2 + spread_B^2 + u_sync^2)``, s: uncertainty between two streams."""
    return math.hypot(first.clock.spread_s, second.clock.spread_s, result.u_s)


def filter_delays(result: SyncResult, first: Stream, second: Stream) -> tuple[float, float]:
    """Delay (s) that filters add to the second stream against the first, and its uncertainty.

    Only those that the offset does not hold already: bits and device events tell the time of
    the line, not of what went through the converter. From the data sheets.
    """
    own = [
        (0.0, 0.0) if passed else (stream.filter_delay_s, stream.filter_delay_u_s)
        for stream, passed in zip((first, second), result.converted, strict=True)
    ]
    return own[1][0] - own[0][0], math.hypot(own[0][1], own[1][1])


def signal_u_s(result: SyncResult, first: Stream, second: Stream) -> float:
    """Give the standard uncertainty (s) between two signals: clocks, offset, filters."""
    return math.hypot(timing_u_s(result, first, second), filter_delays(result, first, second)[1])


def resolves_ms(u_s: float) -> float:
    """Smallest difference in time between two devices that is beyond timing error, ms."""
    return 1.96 * 1000.0 * u_s


def result_words(result: SyncResult, u_s: float, signal_u: float) -> str:
    """Say in one line what was found: ``verified ± 0.3 ms by 21 pulses …`` or why not."""
    if not result.verified:
        return f"not verified: {'; '.join(result.reasons)}"
    what = {"pulses": "pulses", "copy": "pulls with a copy of the force"}.get(result.method)
    basis = f"{result.pulses} {what}" if what else "an offset stored before"
    return (
        f"verified ± {1000 * u_s:.2g} ms by {basis} "
        f"(offset {1000 * result.offset_s:+.2f} ms); resolves ≥ {resolves_ms(signal_u):.2g} ms"
    )


def remedy_of(result: SyncResult) -> str:
    """Say what to do about a refusal; empty when there is none."""
    if result.verified:
        return ""
    said = " ".join(result.reasons)
    if "regular" in said:
        return "make the pulses irregular: 0.6 to 1.4 s apart at random"
    if "in a row agree" in said:
        return "check that both inputs see the same pulses, and that no contact bounces or hangs"
    if result.method == "copy" and result.pulses:
        return "pull faster and harder, and check the wire, range and resolution of the copy"
    if result.method == "stored":
        return "measure it: labapp sync with both devices"
    return "check the wire to each input, and let pulses run while both devices record"


def as_document(session: Session, result: SyncResult, streams: tuple[str, str]) -> dict[str, Any]:
    """Write a result as JSON values (``labapp-sync/1``)."""
    first, second = (session.stream(name) for name in streams)
    u_s, signal_u = timing_u_s(result, first, second), signal_u_s(result, first, second)
    delay_s, delay_u = filter_delays(result, first, second)
    notes = list(result.notes)
    if result.verified and delay_u > max(u_s, LEAST_SAID_S):
        notes.append(
            f"filters add {1000 * delay_s:.1f} ± {1000 * delay_u:.1f} ms to the signals "
            "(data sheets); a copy of the force in a spare EMG channel measures it"
        )
    finite = math.isfinite(result.offset_s)
    return {
        "schema": SCHEMA,
        "labapp": labapp.__version__,
        "session": session.path.stem,
        "streams": list(streams),
        "sync": "verified" if result.verified else "unsynchronised",
        "text": result_words(result, u_s, signal_u),
        "method": result.method,
        "offset_ms": 1000 * result.offset_s if finite else None,
        "u_ms": 1000 * result.u_s if finite else None,
        "timing_u_ms": 1000 * u_s if finite else None,
        "filter_delay_ms": 1000 * delay_s,
        "filter_u_ms": 1000 * delay_u,
        "signal_u_ms": 1000 * signal_u if finite else None,
        "resolves_ms": resolves_ms(signal_u) if result.verified else None,
        "pulses": result.pulses,
        "drift_ppm": result.drift_ppm if math.isfinite(result.drift_ppm) else None,
        "residual_p95_ms": 1000 * result.residual_p95_s
        if math.isfinite(result.residual_p95_s)
        else None,
        "reasons": list(result.reasons),
        "remedy": remedy_of(result),
        "notes": notes,
        "inputs": list(result.inputs),
        "converted": list(result.converted),
        "knots": [list(knot) for knot in result.knots],
        "differences": [list(one) for one in result.differences],
    }
