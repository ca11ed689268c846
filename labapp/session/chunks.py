"""The stored bytes of a chunk, made and taken apart here instead of inside the HDF5 library.

The filters are the ordinary ones (shuffle, deflate, Fletcher-32), so that any HDF5 reads the
file without a plug-in. Two things differ from what the library does. Deflate comes from ISA-L,
several times faster than zlib. And each byte plane that shuffling makes is compressed as a
block of its own: the low bytes of a signal look random, the high bytes hardly change, and one
code table for both serves neither.

Taking apart is bounded: the library goes on inflating whatever a chunk holds, here a chunk may
not give more than it should.
"""

from __future__ import annotations

import zlib
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

try:
    from isal import isal_zlib

    _deflate: ModuleType = isal_zlib
except ImportError:  # no wheel for this system: the same stream, made slowly
    _deflate = zlib

__all__ = ["DEFLATE", "FLETCHER32", "SHUFFLE", "fletcher32", "restored", "stored"]

DEFLATE: Final = 1
SHUFFLE: Final = 2
FLETCHER32: Final = 3

Bytes = NDArray[np.uint8]

# Planes shorter than this share their block: a code table costs some 60 bytes.
_OWN_BLOCK = 512
_LEVEL = 1
_SMALL_LEVEL = 4


def stored(rows: NDArray[Any], length: int) -> bytes:
    """Bytes of one chunk after shuffle, deflate and Fletcher-32.

    Parameters
    ----------
    rows
        (n, ...) little-endian numbers, ``0 < n <= length``.
    length
        Rows in a whole chunk; what is missing at the end of the data set is zero.
    """
    whole = rows
    if len(rows) < length:
        whole = np.zeros((length, *rows.shape[1:]), rows.dtype)
        whole[: len(rows)] = rows
    size = whole.dtype.itemsize
    flat = np.ascontiguousarray(whole).view(np.uint8).reshape(-1, size)
    planes = np.ascontiguousarray(flat.T)
    if planes.shape[1] < _OWN_BLOCK:
        packed = zlib.compress(planes.data, _SMALL_LEVEL)
    else:
        stream = _deflate.compressobj(_LEVEL)
        pieces = []
        for number, plane in enumerate(planes):
            pieces.append(stream.compress(plane.data))
            if number < size - 1:
                pieces.append(stream.flush(zlib.Z_SYNC_FLUSH))
        pieces.append(stream.flush())
        packed = b"".join(pieces)
    return packed + fletcher32(packed).to_bytes(4, "little")


def restored(data: Bytes | bytes, filters: list[int], size: int, element: int) -> Bytes:
    """Bytes of a chunk as they were before the filters.

    Parameters
    ----------
    data
        As stored.
    filters
        Codes of the filters that were applied, in that order.
    size, element
        Bytes that the chunk has without filters, and bytes of one of its elements.

    Raises
    ------
    ValueError
        A checksum is wrong, or the bytes do not give exactly ``size``.
    """
    raw = np.frombuffer(data, np.uint8)
    for code in reversed(filters):
        if code == FLETCHER32:
            raw, found = raw[:-4], int.from_bytes(raw[-4:].tobytes(), "little")
            if fletcher32(raw) != found:
                raise ValueError("its checksum is wrong")
        elif code == DEFLATE:
            raw = np.frombuffer(_inflated(raw, size), np.uint8)
        elif code == SHUFFLE and len(raw) == size:
            raw = np.ascontiguousarray(raw.reshape(element, -1).T).reshape(-1)
    if len(raw) != size:
        raise ValueError(f"it has {len(raw)} bytes instead of {size}")
    return raw


def _inflated(data: Bytes, size: int) -> bytes:
    """Undo deflate, but never for more than one byte too many."""
    stream = _deflate.decompressobj()
    try:
        whole: bytes = stream.decompress(data.data, size + 1)
    except (_deflate.error, zlib.error) as error:
        raise ValueError(f"it cannot be decompressed ({error})") from None
    if len(whole) != size or not stream.eof:
        raise ValueError(f"it does not decompress to {size} bytes")
    return whole


def fletcher32(data: Bytes | bytes) -> int:
    """Checksum as HDF5 counts it: big-endian words of 16 bits, sums modulo 65535.

    The library folds carries instead of dividing, so that a sum which is a multiple of 65535
    becomes 65535, and 0 only if every word is 0.
    """
    even = len(data) & ~1
    words = np.frombuffer(data, ">u2", even // 2).astype(np.int64)
    if len(data) > even:
        words = np.append(words, int(data[-1]) << 8)
    total = int(words.sum())
    weighted = int(np.dot(np.arange(len(words), 0, -1, dtype=np.int64), words))
    low, high = (value % 65535 or (65535 if value else 0) for value in (total, weighted))
    return high << 16 | low
