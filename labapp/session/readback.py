"""Reading a whole stream back: its hashes, and which of its chunks are damaged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labapp.session import format as f
from labapp.session.reading import ChunkReader, RowsDamaged


@dataclass(frozen=True)
class ReadBack:
    """What reading all rows of a stream gave.

    ``sha256`` holds the SHA-256 of counts and of ticks in hexadecimal (of what could be read),
    ``damaged`` the chunks that could not.
    """

    sha256: dict[str, str]
    damaged: tuple[RowsDamaged, ...]


def read_back(readers: Mapping[str, ChunkReader]) -> ReadBack:
    """Read every chunk of ``counts`` and of ``ticks`` (absent: no rows), one at a time."""
    digests = {name: hashlib.sha256() for name in (f.COUNTS, f.TICKS)}
    damaged = []
    for name, reader in readers.items():
        for piece in reader.pieces():
            if isinstance(piece, RowsDamaged):
                damaged.append(piece)
            else:
                digests[name].update(np.ascontiguousarray(piece).data)
    return ReadBack({name: d.hexdigest() for name, d in digests.items()}, tuple(damaged))
