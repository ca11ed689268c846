"""One frame of the capture log: its kinds, its bytes.

A frame is ``magic, kind, stream, sequence, length, t_ns, CRC-32`` and a payload, all
little-endian; the CRC covers everything after the magic.
"""

from __future__ import annotations

import json
import struct
import zlib
from enum import IntEnum
from typing import Any, Final, NamedTuple

from labapp.errors import LogDamaged

MAGIC: Final = b"\x9eLB\x1a"
"""Start of every frame: not text, not UTF-8, and ends in the DOS end-of-file character."""
HEAD: Final = struct.Struct("<4sBBHIIqI")
"""magic, kind, stream, 0, sequence, payload length, lab time ns, CRC-32: 28 bytes."""
_CHECKED: Final = struct.Struct("<BBHIIq")
MAX_PAYLOAD: Final = 8 << 20
"""Longest payload a reader believes; a read is kilobytes, a protocol text at most 1 MB."""
NO_STREAM: Final = 255
"""Stream number of frames that belong to the recording, not to one device."""
CRC_AT: Final = HEAD.size - 4


class FrameKind(IntEnum):
    """What a frame holds."""

    HEADER = 0
    """First frame: JSON description of the recording."""
    OPEN = 1
    """A stream starts, or starts again after a loss: a new segment (JSON)."""
    DATA = 2
    """Wire bytes of one read, stamped when they were read."""
    MARKER = 3
    """A moment of the protocol: JSON ``{"kind", "data"}`` with its exact lab time."""
    NOTE = 4
    """What the recorder wants remembered: handshake, lost port, silence (JSON)."""
    CLOCK = 5
    """A pair of host clocks read together: JSON ``{"perf_ns", "utc_ns"}``."""
    END = 6
    """Clean stop (JSON: the final account of every stream)."""


KINDS: Final = tuple(FrameKind)


class Frame(NamedTuple):
    """One frame of a log, checked."""

    kind: FrameKind
    stream: int
    t_ns: int
    payload: bytes
    sequence: int
    offset: int

    def json(self) -> dict[str, Any]:
        """Payload of any kind but DATA, as an object; `LogDamaged` if it is none."""
        try:
            document = json.loads(self.payload)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise LogDamaged(
                f"frame {self.sequence} of the capture log ({self.kind.name}) holds no JSON object",
                "the file was not written by labapp",
            )
        return document


def pack_frame(kind: FrameKind, stream: int, sequence: int, t_ns: int, payload: bytes) -> bytes:
    """Bytes of one frame.

    Raises
    ------
    ValueError
        Payload longer than `MAX_PAYLOAD`.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"payload of {len(payload)} bytes, at most {MAX_PAYLOAD}")
    head = _CHECKED.pack(kind, stream, 0, sequence & 0xFFFFFFFF, len(payload), t_ns)
    check = zlib.crc32(payload, zlib.crc32(head))
    return MAGIC + head + check.to_bytes(4, "little") + payload
