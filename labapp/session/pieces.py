"""Unbroken pieces of a decoded stream: wraps repaired, steps found, a clock fitted to each.

A piece is a segment as the decoder saw it (port opened, device restarted), or a part of one
where the times of arrival step for no known reason (`labapp.timing.segments`). Each counts for
itself; `session.assemble` lays them on one axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labapp.model import Floats
from labapp.session.decode import StreamDecoder
from labapp.timing.beat import find_beat
from labapp.timing.clock import ClockKind
from labapp.timing.counters import Repair, repair
from labapp.timing.facts import packet_samples
from labapp.timing.kind import choose_kind
from labapp.timing.offline import ClockMap, exact_map, fit_map
from labapp.timing.segments import Step, find_steps

# A counter that wraps less often than this cannot hide a wrap from anyone.
_LONG_WRAP_S = 60.0
# After so long a silence a counter that wraps within so little time does not tell a loss from a
# device that began anew.
_SILENCE_S = 1.0
_SHORT_WRAP_S = 0.1
# A jump of the index this close before a step is where it happened.
_NEAR_S = 0.5

Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Piece:
    """One piece in the device's own count, repaired.

    Attributes
    ----------
    number
        Segment of the decoder that it belongs to.
    opened_ns
        Lab time at which it begins.
    first, count, uncertain
        (n_runs,) runs: index, samples, whether the place is a guess.
    newest, read_rows, t_ns
        (n_reads,) newest index, samples received up to and including it, stamp of each read.
    axis, stamps
        (n_reads,) place on the axis of the clock map, and time in s, of each read.
    axis_first, axis_last
        Places of the first and the last sample on that axis.
    repairs, step
        Wraps that were mended, and the step that it begins with.
    origin, added
        Device's own count of its sample 0, wraps mended; how many samples were mended before.
    """

    number: int
    opened_ns: int
    first: Longs
    count: Longs
    uncertain: NDArray[np.bool_]
    newest: Longs
    read_rows: Longs
    t_ns: Longs
    axis: Floats
    stamps: Floats
    axis_first: float
    axis_last: float
    repairs: tuple[Repair, ...]
    step: Step | None = None
    origin: int = 0
    added: int = 0

    @property
    def stop(self) -> int:
        """Index after the last sample received."""
        return int(self.first[-1] + self.count[-1])


def find_pieces(
    decoder: StreamDecoder, origin_ns: int, timer_s: float | None
) -> tuple[list[Piece], ClockKind]:
    """Split a stream into pieces, and tell the kind of its clock.

    A crystal, by its data sheet, that wanders like an RC clock is one. ``timer_s`` is the timer
    of the USB port, whose beat makes steps of its own.
    """
    account = decoder.account
    first, row = account.table("run_first"), account.table("run_row")
    segment = account.table("run_segment")
    count = np.diff(np.append(row, decoder.rows))
    whole = []
    for number in np.unique(segment).tolist():
        mine = segment == number
        whole.append(_piece(decoder, origin_ns, number, first[mine], row[mine], count[mine]))
    kind: ClockKind = "rc" if decoder.sheet.clock == "rc" else "crystal"
    if not whole:
        return [], kind
    longest = max(whole, key=lambda piece: len(piece.stamps))
    if kind == "crystal":
        kind = choose_kind(longest.axis, longest.stamps, decoder.rate)
    beat = find_beat(decoder.rate / packet_samples(longest.newest), timer_s)
    explained_s = 0.0 if beat is None else beat.residual_s
    found = []
    for piece in whole:
        parts = []
        steps = find_steps(piece.axis, piece.stamps, decoder.rate, explained_s=explained_s)
        cuts = {_row_of(piece, step, decoder.rate): step for step in steps}
        if decoder.modulus and decoder.modulus / decoder.rate < _SHORT_WRAP_S:
            cuts |= _silences(piece)
        for cut, step in sorted(cuts.items(), reverse=True):
            if 0 < cut < int(piece.count.sum()):
                piece, rest = _split(piece, cut, step, ticked=decoder.ticked)
                parts.append(rest)
        found += [piece, *reversed(parts)]
    return found, kind


def clock_of(piece: Piece, decoder: StreamDecoder, kind: ClockKind, origin_ns: int) -> ClockMap:
    """Fit the clock of a piece to its reads."""
    if len(piece.axis):
        return fit_map(piece.axis, piece.stamps, decoder.rate, kind)
    opened = (piece.opened_ns - origin_ns) * 1e-9
    return exact_map(decoder.rate, start_s=opened - piece.axis_first / decoder.rate)


def _piece(
    decoder: StreamDecoder, origin_ns: int, number: int, first: Longs, row: Longs, count: Longs
) -> Piece:
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
    if decoder.ticked:
        scale = decoder.rate / (decoder.tick_rate or 1.0)
        tick = account.table("run_tick")[account.table("run_segment") == number][0]
        axis = account.table("read_tick")[reads] * scale
        begin, end = float(tick * scale), float(max(axis, default=tick * scale))
    else:
        axis = newest.astype(np.float64)
        begin, end = float(first[0]), float(first[-1] + count[-1] - 1)
    return Piece(
        number, account.opened_ns[number], first, count, uncertain, newest, rows, t_ns,
        axis, stamps, begin, end, repairs,
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


def _silences(piece: Piece) -> dict[int, Step]:
    """Find where the counter does not tell what a silence took: stored row, and a step of 0.

    Samples that were made during it, and only came after it, tell that the device went on.
    """
    found = {}
    for one in piece.repairs:
        if one.reason == "still late":
            continue
        read = int(np.searchsorted(piece.read_rows, one.row, side="right"))
        if 0 < read < len(piece.stamps) and np.ptp(piece.stamps[read - 1 : read + 1]) > _SILENCE_S:
            found[one.row] = Step(read, 0.0)
    return found


def _row_of(piece: Piece, step: Step, rate: float) -> int:
    """Find the stored row that a step begins with: a jump of the index near by, else the read."""
    before = int(piece.read_rows[step.read - 1]) if step.read else 0
    edges = np.cumsum(piece.count)[:-1]
    low = before - int(_NEAR_S * rate) if step.step_s < 0 else before
    near = edges[(edges >= low) & (edges < piece.read_rows[step.read])]
    return int(near[-1]) if len(near) else before


def _split(piece: Piece, cut: int, step: Step, *, ticked: bool) -> tuple[Piece, Piece]:
    """Cut a piece before stored row ``cut``; the second part counts from 0."""
    edge = np.concatenate([[0], np.cumsum(piece.count)])
    run = int(np.searchsorted(edge, cut, side="right")) - 1
    inside = cut - int(edge[run])
    first, count = piece.first[run:].copy(), piece.count[run:].copy()
    first[0] += inside
    count[0] -= inside
    keep = run + (1 if inside else 0)
    left_count = piece.count[:keep].copy()
    if inside:
        left_count[-1] = inside
    read = int(np.searchsorted(piece.read_rows, cut, side="right"))
    base = int(first[0])
    # A stamp of the device belongs to a read's newest sample; the next one comes after it.
    before = float(piece.axis[read - 1]) + 0.5 if read else piece.axis_first
    rest = replace(
        piece,
        opened_ns=int(piece.t_ns[min(read, len(piece.t_ns) - 1)]),
        first=first - base,
        count=count,
        uncertain=piece.uncertain[run:],
        newest=piece.newest[read:] - base,
        read_rows=piece.read_rows[read:] - cut,
        t_ns=piece.t_ns[read:],
        axis=piece.axis[read:] - (0.0 if ticked else base),
        stamps=piece.stamps[read:],
        axis_first=before if ticked else 0.0,
        axis_last=piece.axis_last - (0.0 if ticked else base),
        repairs=tuple(replace(r, row=r.row - cut) for r in piece.repairs if r.row > cut),
        step=step,
        origin=piece.origin + base,
        added=piece.added + sum(r.add for r in piece.repairs if r.row <= cut),
    )
    left = replace(
        piece,
        first=piece.first[:keep],
        count=left_count,
        uncertain=piece.uncertain[:keep],
        newest=piece.newest[:read],
        read_rows=piece.read_rows[:read],
        t_ns=piece.t_ns[:read],
        axis=piece.axis[:read],
        stamps=piece.stamps[:read],
        axis_last=before - 0.5 if ticked else float(piece.first[keep - 1] + left_count[-1] - 1),
        repairs=tuple(r for r in piece.repairs if r.row <= cut),
    )
    return left, rest
