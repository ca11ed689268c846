"""Finding the intact frames of a log, whatever happened to the file."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from labapp.errors import LogDamaged
from labapp.record.frame import CRC_AT, HEAD, KINDS, MAGIC, MAX_PAYLOAD, Frame

_BLOCK: Final = 1 << 18


class Scan:
    """One pass over a file: intact frames, and an account of what lies between them.

    Attributes
    ----------
    damaged
        Byte ranges between intact frames.
    torn
        Bytes after the last intact frame.
    missing
        Frames missing by their sequence numbers.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged: list[tuple[int, int]] = []
        self.torn = 0
        self.missing = 0

    def frames(self) -> Iterator[Frame]:
        """Every intact frame in file order; memory is bounded by the longest frame."""
        with self.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            budget = (64 << 20) + 4 * size  # bytes checked in vain: a hostile file must not hang us
            buffer, base, at = b"", 0, 0
            good_end = 0
            expected = 0
            while base + at + HEAD.size <= size:
                if at + HEAD.size > len(buffer):
                    buffer, base, at = read_on(file, buffer, base, at, HEAD.size)
                    if len(buffer) < HEAD.size:
                        break  # the file shrank meanwhile
                magic, kind, stream, _, seq, length, t_ns, crc = HEAD.unpack_from(buffer, at)
                stop = at + HEAD.size + length
                intact = (
                    magic == MAGIC
                    and length <= MAX_PAYLOAD
                    and kind < len(KINDS)
                    and seq >= expected
                    and base + stop <= size
                )
                if intact:
                    if stop > len(buffer):
                        buffer, base, at = read_on(file, buffer, base, at, stop - at)
                        stop = at + HEAD.size + length
                    payload = buffer[at + HEAD.size : stop]
                    check = zlib.crc32(payload, zlib.crc32(buffer[at + 4 : at + CRC_AT]))
                    intact = check == crc and len(payload) == length
                    if not intact:
                        budget -= length
                if intact:
                    offset = base + at
                    if offset > good_end:
                        self.damaged.append((good_end, offset))
                    self.missing += seq - expected
                    expected = seq + 1
                    good_end = base + stop
                    at = stop
                    yield Frame(KINDS[kind], stream, t_ns, payload, seq, offset)
                    continue
                if budget < 0:
                    raise LogDamaged(
                        f"{self.path} holds more false frames than a damaged log can",
                        "it was not written by labapp",
                    )
                found = buffer.find(MAGIC, at + 1)
                at = found if found >= 0 else max(at + 1, len(buffer) - len(MAGIC) + 1)
            self.torn = size - good_end


def read_on(file: BinaryIO, buffer: bytes, base: int, at: int, need: int) -> tuple[bytes, int, int]:
    """Drop what was looked at and read on until ``need`` bytes are there (or the file ends)."""
    kept = buffer[at:]
    return kept + file.read(max(_BLOCK, need - len(kept))), base + at, 0
