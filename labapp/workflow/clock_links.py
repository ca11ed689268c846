"""The clocks of a session's streams, brought together for the analysis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from labapp.analysis.inputs import ClockLink, EmgChannel, ForceChannel, Sync
from labapp.session.file import Session
from labapp.session.stream import Stream
from labapp.timing.sync import SyncResult
from labapp.workflow.sync import filter_delays, relate, signal_u_s


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """Channels on the clock of the first EMG stream where that could be had, and how."""

    emg: tuple[EmgChannel, ...]
    force: ForceChannel | None
    sync: Sync
    links: dict[str, ClockLink] = field(default_factory=dict)


def align(session: Session, emg: Sequence[EmgChannel], force: ForceChannel | None) -> Aligned:
    """Relate every other stream to the first EMG stream, and correct the times of those verified.

    Pulses in the session count first, then a copy of the force, then an offset stored for the
    two devices. Bits and device events do not pass the converter: there its filter's delay, from
    the data sheet, is taken off too.
    """
    reference = emg[0].stream
    used = dict.fromkeys([channel.stream for channel in emg])
    if force is not None:
        used.setdefault(force.stream)
    results = {name: relate(session, reference, name) for name in used if name != reference}
    links = {
        name: _link(result, session.stream(reference), session.stream(name), reference)
        for name, result in results.items()
    }
    good = {name for name, link in links.items() if link.verified}
    sync: Sync = "one clock"
    if any(channel.stream not in good and channel.stream != reference for channel in emg):
        sync = "unsynchronised"
    elif good:
        sync = "verified"
    shifts = {
        name: filter_delays(results[name], session.stream(reference), session.stream(name))[0]
        for name in good
    }
    moved = tuple(
        replace(c, times=c.times + results[c.stream].correction(c.times) - shifts[c.stream])
        if c.stream in good
        else c
        for c in emg
    )
    if force is not None and force.stream in good:
        found = results[force.stream]
        times = force.times + found.correction(force.times) - shifts[force.stream]
        force = replace(force, times=times)
    return Aligned(moved, force, sync, links)


def _link(result: SyncResult, first: Stream, second: Stream, reference: str) -> ClockLink:
    words = {
        "pulses": f"verified by {result.pulses} pulses",
        "copy": f"verified by a copy of the force over {result.pulses} pulls",
        "stored": "verified by an offset stored for these devices",
    }
    return ClockLink(
        reference,
        result.verified,
        words.get(result.method, "") if result.verified else "",
        result.method,
        result.offset_s,
        signal_u_s(result, first, second) if result.verified else math.nan,
        result.pulses,
        result.drift_ppm,
        result.residual_p95_s,
        result.reasons,
        result.notes,
        len(result.knots) > 2,
    )
