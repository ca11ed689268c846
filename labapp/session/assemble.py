"""Indices and clock of a decoded stream: its pieces laid on one axis, its tables.

Pieces (port opened again, device restarted, times stepped: `session.pieces`) count from 0 each;
here they are laid on one axis of indices, apart by the time that lies between them, so that a
hole in time is a hole in the samples and nothing is ever spliced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.session.content import StreamTables
from labapp.session.decode import StreamDecoder
from labapp.session.format import READ_ROW, RUN_ROW, SEGMENT_ROW
from labapp.session.pieces import Piece, clock_of, find_pieces
from labapp.timing.beat import port_timer_s
from labapp.timing.clock import ClockKind
from labapp.timing.facts import TimingFacts, packet_samples, timing_facts
from labapp.timing.offline import ClockMap, SegmentMap, exact_map


def assemble(
    decoder: StreamDecoder, origin_ns: int, port: Mapping[str, Any] | None = None
) -> tuple[StreamTables, list[tuple[int, dict[str, Any]]]]:
    """Work out the tables of a stream whose bytes are all in.

    Parameters
    ----------
    decoder
        The stream.
    origin_ns
        Lab time that seconds count from.
    port
        What the log says of the port it came through.

    Returns
    -------
    tables, notes
        The tables, and a note for every repaired or doubtful counter wrap, every step of the
        clock, and whatever else deserves a look.
    """
    port = port or {}
    pieces, kind = find_pieces(decoder, origin_ns, port_timer_s(port))
    if not pieces:
        segments = np.array([(0, 0, origin_ns, 0.0, 0.0)], dtype=SEGMENT_ROW)
        nothing = np.zeros(0, RUN_ROW), segments, np.zeros(0, READ_ROW)
        clock = exact_map(decoder.rate)
        return StreamTables(*nothing, clock, events=_events(decoder, [])), []
    segments = np.zeros(len(pieces), dtype=SEGMENT_ROW)
    clocks = [clock_of(piece, decoder, kind, origin_ns) for piece in pieces]
    maps: list[SegmentMap] = []
    runs, reads, notes = [], [], []
    lost = outage = 0
    for number, (piece, clock) in enumerate(zip(pieces, clocks, strict=True)):
        base, shift = 0, 0.0
        if number:
            before = pieces[number - 1], clocks[number - 1]
            base, shift = _distance(before, (piece, clock), segments[number - 1], decoder)
            outage += base - int(segments[number - 1]["stop"])
        stop = base + piece.stop
        axis_offset = shift if decoder.ticked else float(base)
        axis = 0.0 if not number else (
            shift + piece.axis_first if decoder.ticked else float(base)
        )  # fmt: skip
        segments[number] = (base, stop, piece.opened_ns, axis, axis_offset)
        one = clock.segments[0]
        maps.append(SegmentMap(axis, one.index + axis_offset, one.time))
        runs.append(_run_rows(piece, base, number))
        reads.append(_read_rows(piece, base, number))
        lost += piece.stop - int(piece.count.sum())
        notes += _notes(decoder.id, piece, base)
    spread = float(np.median([clock.spread_s for clock in clocks]))
    whole = ClockMap(tuple(maps), decoder.rate, spread)
    facts = _facts(decoder, port, kind, pieces, whole)
    placed = [(int(s["base"]), p) for s, p in zip(segments, pieces, strict=True)]
    look = {"event": "timing", "id": decoder.id}
    notes += [(pieces[0].opened_ns, {**look, "text": text}) for text in facts.warnings]
    tables = StreamTables(
        np.concatenate(runs), segments, np.concatenate(reads), whole, lost, outage,
        _events(decoder, placed), facts, kind,
    )  # fmt: skip
    return tables, notes


def _facts(
    decoder: StreamDecoder,
    port: Mapping[str, Any],
    kind: ClockKind,
    pieces: list[Piece],
    clock: ClockMap,
) -> TimingFacts:
    """Figures of the whole stream; the sample rate is that of its longest piece."""
    piece = max(pieces, key=lambda piece: len(piece.axis))
    rate, duration = clock.rate, 0.0
    if len(piece.axis) > 1 and piece.axis[-1] > piece.axis[0]:
        # Devices that stamp their own time: the axis runs in nominal samples, not in real ones.
        rate *= float((piece.newest[-1] - piece.newest[0]) / (piece.axis[-1] - piece.axis[0]))
        duration = float(piece.stamps[-1] - piece.stamps[0])
    return timing_facts(
        port, kind=kind, sample_rate=rate, packet_samples=packet_samples(piece.newest),
        rate_ppm=clock.rate_ppm, spread_s=clock.spread_s, duration_s=duration,
    )  # fmt: skip


def _distance(
    last_one: tuple[Piece, ClockMap],
    next_one: tuple[Piece, ClockMap],
    last: np.void,
    decoder: StreamDecoder,
) -> tuple[int, float]:
    """Place a segment: its base index and the shift of its device time, by the time between.

    At least one sample is left out between two segments, so that a seam always shows.
    """
    (before, old), (piece, new) = last_one, next_one
    stop = int(last["stop"])
    end_s = float(old.time(before.axis_last))
    start_s = float(new.time(piece.axis_first))
    first = int(piece.first[0])
    missing = max(first + 1, round((start_s - end_s) * decoder.rate) - 1)
    base = stop + missing - first
    axis_last = before.axis_last + float(last["axis_offset"])
    away = max(2.0, (start_s - end_s) * decoder.rate)
    return base, axis_last + away - piece.axis_first


def _run_rows(piece: Piece, base: int, number: int) -> NDArray[np.void]:
    rows = np.zeros(len(piece.first), dtype=RUN_ROW)
    rows["first"], rows["count"] = piece.first + base, piece.count
    rows["segment"], rows["uncertain"] = number, piece.uncertain
    return rows


def _read_rows(piece: Piece, base: int, number: int) -> NDArray[np.void]:
    rows = np.zeros(len(piece.newest), dtype=READ_ROW)
    rows["newest"], rows["t_ns"], rows["segment"] = piece.newest + base, piece.t_ns, number
    rows["samples"] = np.diff(piece.read_rows, prepend=0)
    return rows


def _notes(stream: str, piece: Piece, base: int) -> list[tuple[int, dict[str, Any]]]:
    notes: list[tuple[int, dict[str, Any]]] = []
    if piece.step is not None:
        way = "later" if piece.step.step_s > 0 else "earlier"
        what = f"samples arrive {abs(piece.step.step_s) * 1e3:.1f} ms {way} than their count says"
        if piece.step.step_s == 0.0:
            what = "after a silence, the counter does not tell a loss from a restart of the device"
        text = f"{what}: a new segment begins"
        note = {"event": "clock step", "id": stream, "index": base, "text": text}
        notes.append((piece.opened_ns, {**note, "step_ms": round(piece.step.step_s * 1e3, 3)}))
    ends = np.cumsum(piece.count)
    for one in piece.repairs:
        run = min(int(np.searchsorted(ends, one.row, side="right")), len(piece.first) - 1)
        at = min(int(np.searchsorted(piece.read_rows, one.row, side="right")), len(piece.t_ns) - 1)
        note = {
            "event": "counter repaired" if one.add else "counter doubtful",
            "id": stream,
            "index": int(piece.first[run]) + base,
            "samples": one.add,
            "step_ms": round(one.step_s * 1e3, 3),
            "uncertain": one.uncertain,
            "reason": one.reason,
        }
        notes.append((int(piece.t_ns[at]), note))
    return notes


def _events(
    decoder: StreamDecoder, placed: list[tuple[int, Piece]]
) -> list[tuple[int, dict[str, Any]]]:
    """Device events with absolute indices: segment and repaired wraps added."""
    found = []
    for t_ns, segment, event in decoder.events:
        index = event.index
        mine = [(base, piece) for base, piece in placed if piece.number == segment]
        if index is not None and mine:
            base, piece = next((one for one in reversed(mine) if one[1].opened_ns <= t_ns), mine[0])
            read = int(np.searchsorted(piece.t_ns, t_ns, side="right"))
            rows = int(piece.read_rows[read - 1]) if read else 0
            index += base - piece.origin + piece.added
            index += sum(one.add for one in piece.repairs if one.row < rows)
        document = {"name": event.name, "text": event.text, "index": index, "ticks": event.ticks}
        found.append((t_ns, document))
    return found
