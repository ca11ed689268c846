"""Frames without a start mark: a chain of frames decides, not a single one.

Where a frame has only a short checksum and a short sequence number (BITalino: 4 + 4 bits), one
frame proves little: a random one passes in 1 of 256 cases. Therefore

* a frame is given out once ``HOLD`` good frames follow it, with the sequence going on;
* after a break the next chain of ``CHAIN`` good frames, at whatever byte, is looked for. Where
  it stands at a whole number of frames (frames dropped, or damaged in place), everything good
  around it is kept: exactly the damaged frames are lost;
* where it does not (bytes dropped or added), the ``DOUBT`` frames on either side of the break
  are given up too: a frame joined of two halves keeps the right sequence and passes a 4-bit
  checksum in 1 of 16 cases, so nothing that touches the break is certain.

Decisions depend on the bytes alone, never on how they were split into reads.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.device.contract import FeedStats

Bytes = NDArray[np.uint8]
Index = NDArray[np.int64]

CHAIN = 5  # good frames in a row that make a lock: a random place passes in 1 of 7e10
HOLD = CHAIN - 1
DOUBT = 2
SEARCH = 64  # frames after a break within which "in place" can still be told
WINDOW = 4096  # frames looked at in one go, far fewer just after a break


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Frames of consecutive indices: ``first`` and (n, size) bytes, a view of the input."""

    first: int
    frames: Bytes


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """How a frame proves itself.

    ``passes`` and ``sequence`` take the bytes of many frames by place: ``size`` arrays of the
    same length, first byte first; they return which frames pass the checksum, and their
    sequence numbers 0 .. ``modulus - 1`` (a power of two, 8 or more).
    """

    size: int
    modulus: int
    passes: Callable[[Sequence[Bytes]], NDArray[np.bool_]]
    sequence: Callable[[Sequence[Bytes]], NDArray[np.integer[Any]]]


class FrameChain:
    """Finds the frames of one stream; index and sequence agree modulo the modulus."""

    def __init__(self, form: FrameFormat, stats: FeedStats) -> None:
        self._form = form
        self._size = form.size
        self._mask = form.modulus - 1
        self._stats = stats
        self._data = b""
        self._at = 0  # place in _data of the first frame not yet given out
        self._next = 0  # its index
        self._held = 0  # good frames from _at on, not given out yet
        self._broken = False  # what follows them is damaged
        self._adrift = False  # the place of frames is lost altogether
        self._scan = 0  # no chain starts before this place in _data
        self._anchored = False  # a whole chain was seen since the start
        self._given = 0  # index after the last frame given out
        self._window = WINDOW
        self._out: list[Run] = []

    @property
    def pending(self) -> int:
        """Good frames held back that follow the last one given out."""
        return self._held if self._next == self._given else 0

    def feed(self, data: bytes) -> list[Run]:
        """Find frames; they come ``HOLD`` frames late (`finish` gives the last ones)."""
        self._data = self._data[self._at :] + data
        self._scan = max(0, self._scan - self._at)
        self._at = 0
        while self._mend() if self._broken else self._follow():
            pass
        out, self._out = self._out, []
        return out

    def feed_placed(self, data: bytes) -> tuple[list[Run], Index] | None:
        """Find frames, and tell where they end; None (nothing taken) unless all is well.

        All is well when every byte belongs to a good frame that follows the one before it; then
        frames are held and given out alike, however the bytes are split.
        """
        if self._broken or not self._anchored or self._next != self._given:
            return None
        before, account = dict(self.__dict__), copy.copy(self._stats)
        carried = len(self._data) - self._at
        runs = self.feed(data)
        frames = (carried + len(data)) // self._size
        due = replace(account, samples=account.samples + frames - self._held)
        if self._broken or self._stats != due:
            self.__dict__.update(before, _out=[])
            for field in fields(account):
                setattr(self._stats, field.name, getattr(account, field.name))
            return None
        return runs, self._size * np.arange(1, frames + 1) - carried

    def finish(self) -> list[Run]:
        """Give out the good frames still held at the end of the stream."""
        slots = (len(self._data) - self._at) // self._size
        rest = slots - self._held
        kept = 0
        if not self._adrift and slots:
            frames = self._frames(slots)
            steps, good = self._steps(frames[self._held :])
            in_place = good & (steps == np.arange(rest) & self._mask)
            rising = bool((np.diff(steps, prepend=-1) > 0).all())
            if rest <= 2 * CHAIN and in_place.sum() >= max(2, rest / 2):
                good = in_place
            elif not (3 <= rest <= 2 * CHAIN and good.all() and rising and steps[-1] < CHAIN * 2):
                good[:] = False  # the little that follows the break does not say where it is
                self._held = max(0, self._held - DOUBT) if rest else self._held
                frames = np.concatenate([frames[: self._held], frames[slots - rest :]])
            kept = self._give_parts(frames, steps, good)
        self._stats.junk_bytes += len(self._data) - self._at - kept * self._size
        self._data, self._at, self._held, self._scan = b"", 0, 0, 0
        self._broken = self._adrift = True
        out, self._out = self._out, []
        return out

    def _follow(self) -> bool:
        """Take frames while checksum and sequence go on; True if there is more to do."""
        window = self._window
        slots = min((len(self._data) - self._at) // self._size, window)
        if slots <= self._held:
            return False
        frames = self._frames(slots)
        columns = list(frames.T)
        due = (self._next + np.arange(slots)) & self._mask
        good = self._form.passes(columns) & (self._form.sequence(columns) == due)
        lead = slots if good.all() else int(good.argmin())
        final = max(0, lead - HOLD)
        if final:
            self._give(frames[:final], self._next)
            self._at += final * self._size
            self._next += final
            self._anchored = True
        self._held = lead - final
        if lead < slots:
            self._broken, self._scan, self._window = True, self._at, 64
            return True
        self._window = min(2 * window, WINDOW)
        return slots == window

    def _mend(self) -> bool:
        """Find the next chain after a break; True if there is more to do."""
        chain = self._find()
        end = self._at + self._held * self._size
        limit = end + SEARCH * self._size
        if not self._adrift and (self._scan if chain is None else chain) > limit:
            self._give_up_held(DOUBT)
            self._adrift = True
            self._skip_to(min(self._scan, limit))
        if chain is None:
            if self._adrift:
                self._skip_to(self._scan)
            return False
        first = int(self._sequence_at(chain))
        if self._adrift or not self._keep_in_place(chain, first):
            overlap = 0 if self._adrift else max(0, -((chain - end) // self._size))
            self._keep_certain(chain, first, overlap)
        self._broken = self._adrift = False
        self._anchored = True
        self._held = 0
        return True

    def _keep_in_place(self, chain: int, first: int) -> bool:
        """Keep every good frame before a chain at a whole number of frames; False if not so."""
        slots, odd = divmod(chain - self._at, self._size)
        damaged = slots - self._held
        if odd or damaged < 0:
            return False
        missing = (first - self._next - self._held) & self._mask
        if (missing - damaged) & self._mask == 0:
            missing = damaged
        elif missing < damaged or (missing > self._mask - 4 and not self._anchored):
            return False  # added bytes, or stale ones that only looked like the first frames
        frames = self._frames(slots)
        steps, good = self._steps(frames[self._held :])
        place = np.arange(damaged)
        if missing == damaged:
            good &= steps == place & self._mask
            if 4 * good.sum() < damaged:
                good[:] = False  # a few in a long stretch are chance: zeros pass every 16th time
            steps = place
        else:  # frames dropped among damaged ones: all good ones must fit in, or none is kept
            rising = np.diff(steps[good], prepend=-1) > 0
            fits = (steps >= place) & (steps + damaged - place <= missing)
            good &= bool(rising.all()) and bool(fits[good].all())
        kept = self._give_parts(frames, steps, good)
        self._stats.bad_frames += slots - kept
        self._stats.junk_bytes += (slots - kept) * self._size
        self._at = chain
        self._next += self._held + missing
        return True

    def _keep_certain(self, chain: int, first: int, overlap: int) -> None:
        """Lock on a chain, giving up the frames on both sides that touch the damage.

        Where the held frames and the chain share bytes (``overlap`` frames), either may be
        wrong. The index never runs ahead: 14 or 15 of 16 frames missing rather means that added
        bytes were taken for a frame; whole wraps missing show in the arrival times later.
        """
        missing = (first - self._next - self._held) & self._mask
        skipped = min(max(overlap, DOUBT), HOLD)
        total = missing + self._give_up_held(skipped) + skipped
        self._next += total if missing < self._mask - 1 else total & self._mask
        self._skip_to(chain + skipped * self._size)

    def _give_up_held(self, touched: int) -> int:
        """Give out the held frames but the last ``touched``; returns how many were dropped."""
        kept = max(0, self._held - touched)
        dropped = self._held - kept
        self._give(self._frames(kept), self._next)
        self._at += kept * self._size
        self._next += kept
        self._held = 0
        return dropped

    def _find(self) -> int | None:
        """First place of a chain at or after ``_scan``; moves ``_scan`` past what has none."""
        size = self._size
        while (last := len(self._data) - CHAIN * size) >= self._scan:
            places = min(last - self._scan + 1, 1024 if self._adrift else 256)
            reach = places + HOLD * size
            data = np.frombuffer(self._data, np.uint8, reach + size - 1, self._scan)
            columns = [data[place : place + reach] for place in range(size)]
            good, number = self._form.passes(columns), self._form.sequence(columns)
            chain = good[:places].copy()
            for step in range(1, CHAIN):
                there = slice(step * size, step * size + places)
                chain &= good[there] & (number[there] == (number[:places] + step) & self._mask)
            if chain.any():
                return self._scan + int(chain.argmax())
            self._scan += places
        return None

    def _frames(self, count: int) -> Bytes:
        view = np.frombuffer(self._data, np.uint8, count * self._size, self._at)
        return view.reshape(count, self._size)

    def _sequence_at(self, place: int) -> int:
        frame = np.frombuffer(self._data, np.uint8, self._size, place)
        return int(self._form.sequence([frame[i : i + 1] for i in range(self._size)])[0])

    def _steps(self, frames: Bytes) -> tuple[Index, NDArray[np.bool_]]:
        """Sequence steps beyond the held frames, and which frames pass the checksum."""
        columns = list(frames.T)
        number = self._form.sequence(columns).astype(np.int64)
        return number - (self._next + self._held) & self._mask, self._form.passes(columns)

    def _skip_to(self, place: int) -> None:
        if place > self._at:
            self._stats.junk_bytes += place - self._at
            self._stats.bad_frames += -(-(place - self._at) // self._size)
            self._at = place
        self._scan = max(self._scan, place)

    def _give_parts(self, frames: Bytes, steps: Index, good: NDArray[np.bool_]) -> int:
        """Give out the held frames and the good ones after them; returns how many."""
        index = self._next + np.concatenate([np.arange(self._held), self._held + steps])
        keep = np.concatenate([np.ones(self._held, bool), good])
        index, frames = index[keep], frames[keep]
        cuts = [0, *(np.flatnonzero(np.diff(index) != 1) + 1).tolist(), len(index)]
        for start, stop in itertools.pairwise(cuts):
            self._give(frames[start:stop], int(index[start]) if stop > start else 0)
        return len(index)

    def _give(self, frames: Bytes, first: int) -> None:
        if len(frames):
            self._out.append(Run(first, frames))
            self._stats.lost += first - self._given
            self._stats.samples += len(frames)
            self._given = first + len(frames)
