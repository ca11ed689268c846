"""Where a recorded stream can have seen synchronisation pulses, or a copy of the force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from labapp.model import ChannelInfo, Floats
from labapp.muscles import COPY_CODE, PULSE_CODE
from labapp.session.file import Session
from labapp.session.stream import Stream
from labapp.timing.sync import SyncResult, offset_fit, refusal
from labapp.timing.sync_copy import copy_offset
from labapp.timing.sync_edges import Edges, find_digital_edges, find_edges, pulse_starts
from labapp.timing.sync_match import LEAST, Match, match_pulses

_MOST_BITS = 8
_SEED = 20020617


def pulse_edges(session: Session, name: str) -> list[Edges]:
    """Find the inputs on which a stream saw pulses: bits, channels coded TRIG, device events."""
    stream = session.stream(name)
    if not stream.received:
        return []
    found = _event_edges(session, stream)
    for column, channel in enumerate(stream.channels):
        if channel.kind == "digital":
            found += _digital_edges(stream, column, channel)
        elif channel.muscle == PULSE_CODE:
            values = stream.values(channels=[column])[:, 0]
            starts = pulse_starts(*find_edges(stream.times(), values))
            found.append(Edges(starts, "analogue", 0.0, f"{name} channel {channel.name}"))
    return [edges for edges in found if len(edges.times)]


def _digital_edges(stream: Stream, column: int, channel: ChannelInfo) -> list[Edges]:
    """Every bit of a small unsigned column, or a column that only ever holds two values."""
    values = stream.values(channels=[column])[:, 0]
    seen = np.unique(values[np.isfinite(values)])
    if len(seen) < 2:
        return []
    levels: list[tuple[str, Floats]] = []
    width = int(channel.high).bit_length()
    if channel.low == 0 and width <= _MOST_BITS:
        known = np.nan_to_num(values).astype(np.int64)
        for bit in range(width):
            level = np.where(np.isfinite(values), (known >> bit) & 1, np.nan)
            levels.append((f" bit {bit}", level))
    elif len(seen) == 2:
        levels.append(("", np.where(np.isfinite(values), values == seen[1], np.nan)))
    times = stream.times()
    place = f"{stream.id} channel {channel.name}"
    return [
        Edges(pulse_starts(*find_digital_edges(times, level)), "digital", 1.0 / stream.rate,
              place + bit)
        for bit, level in levels
    ]  # fmt: skip


def _event_edges(session: Session, stream: Stream) -> list[Edges]:
    """Edges that the device told of its own accord, by its own time stamps where it has them."""
    kinds: dict[str, list[float]] = {"trigger_rise": [], "trigger_fall": [], "marker": []}
    stamped = False
    bases = stream.segments["base"]
    for event in session.events(stream.id):
        times = kinds.get(str(event.get("name")))
        index, ticks = event.get("index"), event.get("ticks")
        if times is None or not isinstance(index, int):
            continue
        if stream.ticked and isinstance(ticks, int):
            segment = max(0, int(np.searchsorted(bases, index, side="right")) - 1)
            scale = stream.rate_nominal / (stream.tick_rate or 1.0)
            at = ticks * scale + float(stream.segments["axis_offset"][segment])
            times.append(float(stream.clock.time(at)))
            stamped = True
        else:  # it lies somewhere before the sample that followed it
            half = 0.5 if not stream.ticked else 0.0
            at = float(stream.device_time(np.array([index - half]))[0])
            times.append(float(stream.clock.time(at)))
    width = 0.0 if stamped else 1.0 / stream.rate
    found = []
    if kinds["trigger_rise"] or kinds["trigger_fall"]:
        starts = pulse_starts(np.sort(kinds["trigger_rise"]), np.sort(kinds["trigger_fall"]))
        found.append(Edges(starts, "event", width, f"{stream.id} trigger input"))
    if kinds["marker"]:
        found.append(Edges(np.sort(kinds["marker"]), "event", width, f"{stream.id} event input"))
    return found


def by_pulses(session: Session, first: str, second: str) -> SyncResult:
    """Relate two streams by the pulses that both recorded; the inputs that share most count."""
    inputs = pulse_edges(session, first), pulse_edges(session, second)
    for name, found in zip((first, second), inputs, strict=True):
        if not any(len(edges.times) >= LEAST for edges in found):
            most = max((len(edges.times) for edges in found), default=0)
            return refusal(f"{name} saw {most} pulses, {LEAST} are needed", "pulses", most)
    best, reason = None, ""
    for a in inputs[0]:
        for b in inputs[1]:
            sampling = float(np.hypot(a.width_s, b.width_s)) / np.sqrt(12.0)
            match = match_pulses(a.times, b.times, u_s=sampling)
            if match.reason:
                reason = reason or match.reason
            elif best is None or _worth(a, b, match) > _worth(*best):
                best = a, b, match
    if best is None:
        return refusal(reason, "pulses")
    a, b, match = best
    fit = offset_fit(a.times[match.first], b.times[match.second], widths_s=(a.width_s, b.width_s))
    return replace(
        fit, inputs=(a.name, b.name), converted=(a.kind == "analogue", b.kind == "analogue")
    )


def _worth(a: Edges, b: Edges, match: Match) -> tuple[int, int]:
    """More pulses; of as many, inputs without an analogue front end that delays the edge."""
    return len(match.first), -sum(one.kind == "analogue" for one in (a, b))


def by_copy(session: Session, first: str, second: str) -> SyncResult:
    """Relate two streams by a copy of the one's force in a spare channel of the other."""
    for copier, forcer, sign in ((first, second, 1.0), (second, first, -1.0)):
        copy, force = _column(session, copier, copy=True), _column(session, forcer, copy=False)
        if copy is None or force is None:
            continue
        a, b = session.stream(copier), session.stream(forcer)
        found = copy_offset(
            a.times(),
            a.values(channels=[copy])[:, 0],
            b.times(),
            b.values(channels=[force])[:, 0],
            rng=np.random.default_rng(_SEED),
        )
        names = (
            f"{copier} channel {a.channels[copy].name}",
            f"{forcer} channel {b.channels[force].name}",
        )
        return replace(
            found,
            offset_s=sign * found.offset_s,
            differences=tuple((t, sign * d) for t, d in found.differences),
            inputs=names if sign > 0 else names[::-1],
        )
    return refusal(f"no channel of {first} or {second} has the code {COPY_CODE}", "copy")


def _column(session: Session, name: str, *, copy: bool) -> int | None:
    for column, channel in enumerate(session.stream(name).channels):
        if (channel.muscle == COPY_CODE) if copy else (channel.kind == "force"):
            return column
    return None
