"""The intake page: where the kernel puts the bytes of a read, so that no kill can lose them.

Between the two system calls of a read, ``read`` and the ``write`` to the log, bytes are neither in
the port nor in the log; a process killed there takes them along. So the read goes straight into
a file that is mapped and shared (POSIX): the kernel itself puts the bytes where they outlive the
process. One slot of a page per stream says which read it is; `rescue` gives back what the log
does not hold. The log stays the truth: the page only ever adds the end of it.

A slot is written in this order, and a kill stops between any two steps:

1. body (bytes expected, sequence of the stream's last frame in the log, stamp, number, CRC) and
   the buffer filled with the pattern of the page, while the state says *idle*: killed here,
   nothing was read.
2. state *taken* (one byte). Killed here or in ``readv`` before it took anything: the buffer
   equals the pattern, nothing was read.
3. ``readv`` of at most the bytes that were counted (FIONREAD) into the buffer. Killed after it:
   the buffer differs from the pattern, and the log's last frame of the stream is still the one
   the slot names: the bytes are given back.
4. Append to the log. Killed within: the frame is torn, its checksum fails, the last frame is
   still the named one: as 3. Killed after it: the log's last frame is a later one than the slot
   names, so the log holds the bytes: nothing is given back.
5. State *idle*.

The pattern is random and made anew for every recording, so that a read of n bytes is mistaken
for none with probability 256^-n (a read of one byte: 1 in 256, if the kill comes between the two
calls; of a frame of 8 bytes: 1 in 2e19). A read is complete unless its last `_TAIL` expected bytes
are all pattern (2e-20): then it ended with the last byte that is not. The kernel gives all bytes
that were counted, so this has never been seen.

Up to `SLOTS` reads may wait for the log: the conversation that stops a device keeps what it hears
until it knows which of it is answer. Bytes read before a segment's OPEN frame are conversation.
A power failure may lose the page or leave an older one: its named sequence then does not fit the
log, or its CRC does not, and nothing is added.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from labapp.errors import LabError

PAGE: Final = 4096
SLOTS: Final = 64
ROOM: Final = PAGE - 64
"""Bytes a slot takes; a terminal's buffer is 4096, so a longer read takes two."""
_BUFFER: Final = 64
_MAGIC: Final = b"LABPAGE1"
_LEAD: Final = struct.Struct("<8sII32s")
_BODY: Final = struct.Struct("<Iqqq")
_CRC: Final = 4 + _BODY.size
_NONE: Final = -1
_TAIL: Final = 8
_MOST_STREAMS: Final = 256


class Rescued(NamedTuple):
    """Bytes of one read that the log does not hold."""

    stream: int
    t_ns: int
    number: int
    data: bytes


class IntakePage:
    """Creates the file; one `Intake` per stream writes into it.

    Parameters
    ----------
    path
        File to create (replaced if it exists).
    streams
        Number of streams.
    uuid
        Of the recording, as in the header of its log: a page belongs to one log.
    """

    def __init__(self, path: Path, streams: int, uuid: str) -> None:
        size = PAGE * (1 + streams * SLOTS)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._path = path
        self._pattern = os.urandom(ROOM)
        lead = _LEAD.pack(_MAGIC, streams, SLOTS, uuid.encode()[:32])
        try:
            # Every block is written: a hole that meets a full disk later kills the process.
            os.write(descriptor, lead.ljust(_BUFFER, b"\0") + self._pattern)
            for _ in range(streams):
                os.write(descriptor, bytes(PAGE * SLOTS))
            self._memory = mmap.mmap(descriptor, size)
        except (OSError, ValueError) as error:
            path.unlink()
            raise LabError(
                f"cannot write {path}: {error}", "free some space on that disk"
            ) from None
        finally:
            os.close(descriptor)
        self._view = memoryview(self._memory)
        self._streams = [Intake(self._memory, self._view, self._pattern, n) for n in range(streams)]

    def __getitem__(self, stream: int) -> Intake:
        return self._streams[stream]

    def close(self) -> None:
        """Remove the file: all is in the log."""
        self._view.release()
        self._memory.close()
        self._path.unlink(missing_ok=True)


class Intake:
    """The slots of one stream; used by its reading thread alone."""

    def __init__(self, memory: mmap.mmap, view: memoryview, pattern: bytes, stream: int) -> None:
        self._memory = memory
        self._view = view
        self._pattern = pattern
        self._first = PAGE * (1 + stream * SLOTS)
        self._base = _NONE
        self._number = 0
        self._waiting = 0
        self.open = False
        """Whether a segment is open: only then bytes read are bytes of a stream."""

    def begin(self, expected: int, stamp: int) -> memoryview:
        """Make ready for a read of ``expected`` bytes (> 0, at most `ROOM` are taken at once).

        Returns
        -------
        memoryview
            Where the kernel is to put them; release it after the read.
        """
        memory, waiting = self._memory, self._waiting
        n = expected if expected < ROOM else ROOM
        at = self._first
        if waiting:
            at += PAGE * min(waiting, SLOTS - 1)
            memory[at] = 0
        self._waiting = waiting + 1
        self._number = number = self._number + 1
        body = _BODY.pack(n, self._base, stamp, number)
        memory[at + 4 : at + _CRC + 4] = body + zlib.crc32(body).to_bytes(4, "little")
        buffer = at + _BUFFER
        memory[buffer : buffer + n] = self._pattern[:n]
        memory[at] = 1
        return self._view[buffer : buffer + n]

    def logged(self, sequence: int) -> None:
        """Say that all that was read is in the log, up to its frame ``sequence``."""
        self._base = sequence
        self.open = sequence != _NONE
        for slot in range(min(self._waiting, SLOTS)):
            self._memory[self._first + PAGE * slot] = 0
        self._waiting = 0

    def end_segment(self) -> None:
        """Say that the port is closed: what is read from now on is conversation."""
        self.logged(_NONE)


def make_page(path: Path, streams: int, uuid: str) -> IntakePage | None:
    """Create the page; None on Windows, where a read cannot go into a mapped file."""
    if sys.platform == "win32":
        return None
    return IntakePage(path, streams, uuid)


def rescue(path: Path, uuid: str, last: Mapping[int, int]) -> list[Rescued]:
    """Bytes that were read but are not in the log, in the order of their stamps.

    Parameters
    ----------
    path
        The page; no file gives nothing.
    uuid
        Of the log; the page of another recording gives nothing.
    last
        Sequence of the last intact DATA or OPEN frame of each stream of the log.
    """
    try:
        if path.stat().st_size > PAGE * (1 + _MOST_STREAMS * SLOTS):
            return []
        memory = path.read_bytes()
    except OSError:
        return []
    if len(memory) < PAGE:
        return []
    magic, streams, slots, owner = _LEAD.unpack_from(memory)
    known = magic == _MAGIC and slots == SLOTS and owner == uuid.encode()[:32].ljust(32, b"\0")
    if not known or len(memory) != PAGE * (1 + streams * slots):
        return []
    pattern = memory[_BUFFER:PAGE]
    found = []
    for page in range(streams * slots):
        at = PAGE * (1 + page)
        stream = page // slots
        body = memory[at + 4 : at + _CRC]
        check = int.from_bytes(memory[at + _CRC : at + _CRC + 4], "little")
        if memory[at] != 1 or zlib.crc32(body) != check:
            continue
        expected, base, stamp, number = _BODY.unpack(body)
        if base != last.get(stream) or not 0 < expected <= ROOM:
            continue
        data = _taken(memory[at + _BUFFER : at + _BUFFER + expected], pattern)
        if data:
            found.append(Rescued(stream, stamp, number, data))
    return sorted(found, key=lambda one: (one.t_ns, one.stream, one.number))


def _taken(buffer: bytes, pattern: bytes) -> bytes:
    """Part of a buffer that the kernel has written."""
    stop = len(buffer)
    while stop and buffer[stop - 1] == pattern[stop - 1]:
        stop -= 1
    if stop and len(buffer) - stop < _TAIL:
        return buffer
    return buffer[:stop]
