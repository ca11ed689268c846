"""Indices and clock of a decoded stream: wraps repaired, segments placed, clock maps fitted.

Segments (port opened again, device restarted) count from 0 each; here they are laid on one axis
of indices, apart by the time that lies between them, so that a hole in time is a hole in the
samples and nothing is ever spliced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.session.content import StreamTables
from labapp.session.decode import StreamDecoder
from labapp.session.format import READ_ROW, RUN_ROW, SEGMENT_ROW
from labapp.timing.clock import ClockKind
from labapp.timing.counters import Repair, repair
from labapp.timing.offline import ClockMap, SegmentMap, exact_map, fit_map

# A counter that wraps less often than this cannot hide a wrap from anyone.
_LONG_WRAP_S = 60.0

Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Piece:
    """One segment in the device's own count, repaired."""

    number: int
    first: Longs
    count: Longs
    uncertain: NDArray[np.bool_]
    newest: Longs
    read_rows: Longs
    t_ns: Longs
    clock: ClockMap
    axis_first: float
    axis_last: float
    repairs: tuple[Repair, ...]

    @property
    def stop(self) -> int:
        """Index after the last sample received."""
        return int(self.first[-1] + self.count[-1])


def assemble(
    decoder: StreamDecoder, origin_ns: int
) -> tuple[StreamTables, list[tuple[int, dict[str, Any]]]]:
    """Work out the tables of a stream whose bytes are all in.

    Returns
    -------
    tables, notes
        The tables, and a note for every repaired or doubtful counter wrap.
    """
    pieces = _pieces(decoder, origin_ns)
    if not pieces:
        segments = np.array([(0, 0, origin_ns, 0.0, 0.0)], dtype=SEGMENT_ROW)
        nothing = np.zeros(0, RUN_ROW), segments, np.zeros(0, READ_ROW)
        clock = exact_map(decoder.rate)
        return StreamTables(*nothing, clock, events=_events(decoder, {})), []
    segments = np.zeros(len(pieces), dtype=SEGMENT_ROW)
    maps: list[SegmentMap] = []
    runs, reads, notes = [], [], []
    lost = outage = 0
    for number, piece in enumerate(pieces):
        base, shift = 0, 0.0
        if number:
            before = pieces[number - 1]
            base, shift = _distance(before, piece, segments[number - 1], decoder)
            outage += base - int(segments[number - 1]["stop"])
        stop = base + piece.stop
        axis_offset = shift if decoder.ticked else float(base)
        axis = 0.0 if not number else (
            shift + piece.axis_first if decoder.ticked else float(base)
        )  # fmt: skip
        opened = decoder.account.opened_ns[piece.number]
        segments[number] = (base, stop, opened, axis, axis_offset)
        one = piece.clock.segments[0]
        maps.append(SegmentMap(axis, one.index + axis_offset, one.time))
        runs.append(_run_rows(piece, base, number))
        reads.append(_read_rows(piece, base, number))
        lost += piece.stop - int(piece.count.sum())
        notes += _notes(decoder.id, piece, base)
    spread = float(np.median([piece.clock.spread_s for piece in pieces]))
    clock = ClockMap(tuple(maps), decoder.rate, spread)
    bases = {p.number: (int(s["base"]), p) for s, p in zip(segments, pieces, strict=True)}
    tables = StreamTables(
        np.concatenate(runs), segments, np.concatenate(reads), clock, lost, outage,
        _events(decoder, bases),
    )  # fmt: skip
    return tables, notes


def _pieces(decoder: StreamDecoder, origin_ns: int) -> list[_Piece]:
    account = decoder.account
    first, row = account.table("run_first"), account.table("run_row")
    segment = account.table("run_segment")
    count = np.diff(np.append(row, decoder.rows))
    found = []
    for number in np.unique(segment).tolist():
        mine = segment == number
        found.append(_piece(decoder, origin_ns, number, first[mine], row[mine], count[mine]))
    return found


def _piece(
    decoder: StreamDecoder, origin_ns: int, number: int, first: Longs, row: Longs, count: Longs
) -> _Piece:
    account = decoder.account
    reads = account.table("read_segment") == number
    newest = account.table("read_newest")[reads]
    rows = account.table("read_row")[reads] - row[0]
    t_ns = account.table("read_t_ns")[reads]
    stamps = (t_ns - origin_ns) * 1e-9 - decoder.sheet.wire_delay_s
    stamps = np.maximum.accumulate(stamps) if len(stamps) else stamps
    repairs: tuple[Repair, ...] = ()
    uncertain = np.zeros(len(first), dtype=np.bool_)
    row = row - row[0]
    if decoder.modulus and decoder.modulus / decoder.rate < _LONG_WRAP_S:
        repairs = repair(
            newest, rows, stamps, row[1:], first[1:] - (first + count)[:-1],
            rate=decoder.rate, modulus=decoder.modulus,
        )  # fmt: skip
        # Samples counted as newest while held back may be given up later: never let them fall.
        newest = np.maximum.accumulate(newest + sum((rows > r.row) * r.add for r in repairs))
        first, row, count, uncertain = _apply(repairs, first, row, count)
    scale = decoder.rate / (decoder.tick_rate or 1.0)
    if decoder.ticked:
        ticks = account.table("run_tick")[account.table("run_segment") == number]
        axis = account.table("read_tick")[reads] * scale
        begin, end = float(ticks[0] * scale), float(max(axis, default=ticks[0] * scale))
    else:
        axis = newest.astype(np.float64)
        begin, end = float(first[0]), float(first[-1] + count[-1] - 1)
    if len(axis):
        kind: ClockKind = "rc" if decoder.sheet.clock == "rc" else "crystal"
        clock = fit_map(axis, stamps, decoder.rate, kind)
    else:
        opened = (account.opened_ns[number] - origin_ns) * 1e-9
        clock = exact_map(decoder.rate, start_s=opened - begin / decoder.rate)
    return _Piece(
        number, first, count, uncertain, newest, rows, t_ns, clock, begin, end, repairs
    )  # fmt: skip


def _apply(
    repairs: tuple[Repair, ...], first: Longs, row: Longs, count: Longs
) -> tuple[Longs, Longs, Longs, NDArray[np.bool_]]:
    """Shift the runs from each repaired row on; a repair inside a run splits it there."""
    total = int(row[-1] + count[-1])
    cuts = np.array([r.row for r in repairs if 0 < r.row < total and r.add], dtype=np.int64)
    all_rows = np.union1d(row, cuts)
    run = np.searchsorted(row, all_rows, side="right") - 1
    new_first = first[run] + (all_rows - row[run])
    uncertain = np.zeros(len(all_rows), dtype=np.bool_)
    for one in repairs:
        new_first[all_rows >= one.row] += one.add
        if one.uncertain:
            uncertain[max(0, int(np.searchsorted(all_rows, one.row, side="right")) - 1)] = True
    return new_first, all_rows, np.diff(np.append(all_rows, total)), uncertain


def _distance(
    before: _Piece, piece: _Piece, last: np.void, decoder: StreamDecoder
) -> tuple[int, float]:
    """Place a segment: its base index and the shift of its device time, by the time between.

    At least one sample is left out between two segments, so that a seam always shows.
    """
    stop = int(last["stop"])
    end_s = float(before.clock.time(before.axis_last))
    start_s = float(piece.clock.time(piece.axis_first))
    first = int(piece.first[0])
    missing = max(first + 1, round((start_s - end_s) * decoder.rate) - 1)
    base = stop + missing - first
    axis_last = before.axis_last + float(last["axis_offset"])
    away = max(2.0, (start_s - end_s) * decoder.rate)
    return base, axis_last + away - piece.axis_first


def _run_rows(piece: _Piece, base: int, number: int) -> NDArray[np.void]:
    rows = np.zeros(len(piece.first), dtype=RUN_ROW)
    rows["first"], rows["count"] = piece.first + base, piece.count
    rows["segment"], rows["uncertain"] = number, piece.uncertain
    return rows


def _read_rows(piece: _Piece, base: int, number: int) -> NDArray[np.void]:
    rows = np.zeros(len(piece.newest), dtype=READ_ROW)
    rows["newest"], rows["t_ns"], rows["segment"] = piece.newest + base, piece.t_ns, number
    rows["samples"] = np.diff(piece.read_rows, prepend=0)
    return rows


def _notes(stream: str, piece: _Piece, base: int) -> list[tuple[int, dict[str, Any]]]:
    notes = []
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
    decoder: StreamDecoder, bases: dict[int, tuple[int, _Piece]]
) -> list[tuple[int, dict[str, Any]]]:
    """Device events with absolute indices: segment and repaired wraps added."""
    found = []
    for t_ns, segment, event in decoder.events:
        index = event.index
        if index is not None and segment in bases:
            base, piece = bases[segment]
            read = int(np.searchsorted(piece.t_ns, t_ns, side="right"))
            rows = int(piece.read_rows[read - 1]) if read else 0
            index += base + sum(one.add for one in piece.repairs if one.row < rows)
        document = {"name": event.name, "text": event.text, "index": index, "ticks": event.ticks}
        found.append((t_ns, document))
    return found
