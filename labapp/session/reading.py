"""Rows of a dataset, chunk by chunk, with bounded memory and the place of any damage."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.errors import SessionRefused
from labapp.session.chunks import restored
from labapp.session.hdf import guarded, h5py

Rows = NDArray[Any]


class RowsDamaged(SessionRefused):
    """A chunk of a dataset cannot be read; all others may be.

    ``start`` and ``stop`` are its rows, ``reason`` says what is wrong with it.
    """

    def __init__(self, path: Path, name: str, start: int, stop: int, reason: str) -> None:
        super().__init__(
            f"{path}: rows {start} to {stop - 1} of {name} are damaged: {reason}",
            "all else can be read; `labapp check` lists what is lost. Use a copy if there is one",
        )
        self.name, self.start, self.stop, self.reason = name, start, stop, reason


class ChunkReader:
    """Read a dataset that was screened by `hostile.walk`.

    Parameters
    ----------
    item
        h5py dataset of one or two dimensions.
    path
        The file, for error messages.
    """

    def __init__(self, item: Any, path: Path) -> None:
        self._item, self._path = item, path
        self.shape: tuple[int, ...] = item.shape
        self.dtype: np.dtype[Any] = item.dtype
        self._id = item.id
        plist = self._id.get_create_plist()
        self._chunk: tuple[int, ...] | None = None
        if plist.get_layout() == h5py.h5d.CHUNKED:
            self._chunk = tuple(int(n) for n in plist.get_chunk())
            count = plist.get_nfilters()
            self._filters = [int(plist.get_filter(k)[0]) for k in range(count)]
            self._size = math.prod(self._chunk) * self.dtype.itemsize
            # Deflate adds a thousandth to what it cannot compress.
            self._buffer = np.empty(self._size + self._size // 100 + 4096, np.uint8)

    @property
    def step(self) -> int:
        """Rows in a chunk."""
        return self._chunk[0] if self._chunk else 1 << 16

    def read(self, start: int = 0, stop: int | None = None) -> Rows:
        """Rows ``start`` to ``stop``; `RowsDamaged` where a chunk among them is."""
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        out = np.empty((max(0, stop - start), *self.shape[1:]), self.dtype)
        for first in range(start - start % self.step, stop, self.step):
            low, high = max(first, start), min(first + self.step, stop)
            rows = self._rows(first)
            out[low - start : high - start] = rows[low - first : high - first]
        return out

    def pieces(self) -> Iterator[Rows | RowsDamaged]:
        """Chunk after chunk, what can be read and what cannot."""
        for first in range(0, self.shape[0], self.step):
            try:
                yield self._rows(first)[: self.shape[0] - first]
            except RowsDamaged as damage:
                yield damage

    def _rows(self, first: int) -> Rows:
        """Rows of the chunks that begin at row ``first``."""
        stop = min(first + self.step, self.shape[0])
        try:
            if self._chunk is None:
                with guarded(self._path):
                    whole: Rows = self._item[first:stop]
                    return whole
            if len(self.shape) == 1:
                return self._one((first,))
            width = self._chunk[1]
            columns = range(0, self.shape[1], width)
            blocks = [self._one((first, column)) for column in columns]
            rows = blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)
            return rows[:, : self.shape[1]]
        except (ValueError, OSError, RuntimeError, OverflowError) as error:
            reason = str(error).splitlines()[0]
            name = str(self._item.name)
            raise RowsDamaged(self._path, name, first, stop, reason) from error

    def _one(self, place: tuple[int, ...]) -> Rows:
        skipped, data = self._id.read_direct_chunk(place, out=self._buffer)
        filters = [code for k, code in enumerate(self._filters) if not skipped >> k & 1]
        raw = restored(data, filters, self._size, self.dtype.itemsize)
        return raw.view(self.dtype).reshape(self._chunk or ())


def read_rows(item: Any, path: Path, start: int = 0, stop: int | None = None) -> Rows:
    """Rows of a dataset; `RowsDamaged` where a chunk among them is."""
    with guarded(path):
        return ChunkReader(item, path).read(start, stop)
