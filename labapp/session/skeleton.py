"""The bones of an HDF5 file, looked at before the HDF5 library sees it.

The library follows addresses and believes sizes: trees that are their own children overflow its
stack and end the program. Sessions are written in the oldest HDF5 format, whose bones are few:
superblock, object headers, trees of names and of chunks, heaps of names. They are walked here:
everything lies inside the file, nothing is reached twice, levels go down, and no header holds a
message that sessions do not have. What it means is looked at later (`hostile.walk`).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from labapp.session import format as f

_NOWHERE = 0xFFFF_FFFF_FFFF_FFFF
_SUPERBLOCK = struct.Struct("<8sBBBxBBBxHHIQQQQQQII16s")
_HEADER = struct.Struct("<BxHII4x")
_MESSAGE = struct.Struct("<HHB3x")
_NODE = struct.Struct("<4sBBHQQ")
_HEAP = struct.Struct("<4sB3xQQQ")
_LEAF = struct.Struct("<4sBxH")
_ENTRY = np.dtype([("name", "<u8"), ("header", "<u8"), ("cache", "<u4"), ("", "V4"),
                   ("tree", "<u8"), ("heap", "<u8")])  # fmt: skip

_SPACE, _TYPE, _OLD_FILL, _FILL, _LAYOUT, _PIPELINE, _ATTRIBUTE = 1, 3, 4, 5, 8, 11, 12
_CONTINUED, _SYMBOLS = 16, 17
_MESSAGES = {0, _SPACE, _TYPE, _OLD_FILL, _FILL, _LAYOUT, _PIPELINE, _ATTRIBUTE, 14, _CONTINUED,
             _SYMBOLS, 18}  # fmt: skip
_CHUNK_K = 32  # half the entries of a tree node of chunks, fixed in the oldest format
_MAX_HEADER = 32 << 20  # all attributes of an object at their largest
_MAX_NAMES = 64 << 20


class BadBones(ValueError):
    """What is wrong with the structure of a file."""


class _Bones:
    """One walk over a file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self._seen: set[int] = set()

    def _take(self, place: int, size: int) -> bytes:
        if place > self._size or size > self._size - place:
            raise BadBones(f"{size} bytes at {place} lie beyond its end")
        self._file.seek(place)
        data = self._file.read(size)
        if len(data) != size:
            raise BadBones("it ended while it was read")
        return data

    def _once(self, place: int) -> None:
        if place in self._seen:
            raise BadBones(f"what lies at {place} is reached twice")
        self._seen.add(place)

    def walk(self) -> None:
        """Every group and dataset from the root on."""
        fields = _SUPERBLOCK.unpack(self._take(0, _SUPERBLOCK.size))
        versions, (offsets, lengths), (leaf_k, tree_k) = fields[1:5], fields[5:7], fields[7:9]
        base, end, driver, root = fields[10], fields[12], fields[13], fields[15]
        if any(versions) or (offsets, lengths) != (8, 8) or base or driver != _NOWHERE:
            raise BadBones("it is in another HDF5 format than sessions are written in")
        if end > self._size:
            raise BadBones(f"{end - self._size} bytes are missing at its end")
        if not (0 < leaf_k <= 1024 and 0 < tree_k <= 1024):
            raise BadBones("its groups have nodes of a size that sessions do not have")
        self._size, self._leaf_k, self._tree_k = end, leaf_k, tree_k
        todo = [(root, 0)]
        for count, (place, depth) in enumerate(todo):
            if count > f.MAX_OBJECTS:
                raise BadBones(f"it holds more than {f.MAX_OBJECTS} objects")
            messages = self._header(place)
            symbols = [data for kind, data in messages if kind == _SYMBOLS]
            if len(symbols) > 1:
                raise BadBones(f"the object at {place} is two groups")
            for data in symbols:
                if depth > f.MAX_DEPTH:
                    raise BadBones(f"groups are nested deeper than {f.MAX_DEPTH}")
                todo += [(child, depth + 1) for child in self._group(data)]
            for kind, data in messages:
                if kind == _LAYOUT:
                    self._layout(data)

    def _header(self, place: int) -> list[tuple[int, bytes]]:
        """Messages of an object header, its continuations followed."""
        self._once(place)
        version, number, _, size = _HEADER.unpack(self._take(place, _HEADER.size))
        if version != f.OBJECT_HEADER:
            raise BadBones("it holds objects of a newer HDF5 format")
        found: list[tuple[int, bytes]] = []
        blocks, total = [(place + _HEADER.size, size)], 0
        for at, length in blocks:
            total += length
            if total > _MAX_HEADER:
                raise BadBones(f"the header at {place} is longer than {_MAX_HEADER} bytes")
            block, at = self._take(at, length), 0
            while at + _MESSAGE.size <= length:
                kind, size, flags = _MESSAGE.unpack_from(block, at)
                at += _MESSAGE.size
                if kind not in _MESSAGES or flags & 2 or at + size > length:
                    raise BadBones(f"an object header holds what sessions do not have ({kind})")
                data = block[at : at + size]
                at += size
                found.append((kind, data))
                if kind == _CONTINUED:
                    start, more = struct.unpack_from("<QQ", data.ljust(16, b"\0"))
                    self._once(start)
                    blocks.append((start, more))
        if len(found) != number:
            raise BadBones(f"the header at {place} has {len(found)} messages, not {number}")
        return found

    def _group(self, symbols: bytes) -> list[int]:
        """Header addresses of a group's members."""
        if len(symbols) < 16:
            raise BadBones("a group lacks its tree")
        tree, heap = struct.unpack_from("<QQ", symbols)
        names = self._heap(heap)
        found: list[int] = []
        for leaf in self._tree(tree, 0, self._tree_k, 8):
            self._once(leaf)
            mark, version, number = _LEAF.unpack(self._take(leaf, _LEAF.size))
            if mark != b"SNOD" or version != 1 or number > 2 * self._leaf_k:
                raise BadBones(f"there is no list of names at {leaf}")
            rows = self._take(leaf + _LEAF.size, number * _ENTRY.itemsize)
            for entry in np.frombuffer(rows, _ENTRY):
                self._entry(entry, names)
                found.append(int(entry["header"]))
                if len(found) > f.MAX_OBJECTS:
                    raise BadBones(f"it holds more than {f.MAX_OBJECTS} objects")
        return found

    def _entry(self, entry: np.void, names: bytes) -> None:
        if entry["cache"] == 2:
            raise BadBones("it holds a soft link, not only data of its own")
        if entry["cache"] > 2 or names.find(b"\0", int(entry["name"])) < 0:
            raise BadBones("a list of names makes no sense")
        if entry["cache"] == 1:  # a copy of the member's own message, which the library believes
            own = [data for kind, data in self._peek(int(entry["header"])) if kind == _SYMBOLS]
            if not own or own[0][:16] != struct.pack("<QQ", entry["tree"], entry["heap"]):
                raise BadBones("a list of names contradicts the group it names")

    def _peek(self, place: int) -> list[tuple[int, bytes]]:
        """Messages of a header that is walked later."""
        before = self._seen.copy()
        messages = self._header(place)
        self._seen = before
        return messages

    def _heap(self, place: int) -> bytes:
        """Names of a group; its chain of free pieces must end."""
        self._once(place)
        mark, version, size, free, data = _HEAP.unpack(self._take(place, _HEAP.size))
        if mark != b"HEAP" or version or size > _MAX_NAMES:
            raise BadBones(f"there are no names at {place}")
        names = self._take(data, size)
        pieces = set()
        while free not in (1, _NOWHERE):
            if free in pieces or free + 16 > size:
                raise BadBones("the free space of a list of names makes no sense")
            pieces.add(free)
            free = struct.unpack_from("<Q", names, free)[0]
        return names

    def _tree(self, root: int, kind: int, k: int, key: int) -> list[int]:
        """Children of the lowest nodes of a tree, in order."""
        nodes, level, step = [root], -1, key + 8
        while True:
            rows = []
            for number, place in enumerate(nodes):
                self._once(place)
                node = self._take(place, _NODE.size + 2 * k * step + key)
                mark, of, height, used, left, right = _NODE.unpack_from(node)
                level = height if level < 0 else level
                before = nodes[number - 1] if number else _NOWHERE
                after = nodes[number + 1] if number + 1 < len(nodes) else _NOWHERE
                good = mark == b"TREE" and of == kind and height == level and used <= 2 * k
                if not good or (left, right) != (before, after):
                    raise BadBones(f"the tree at {place} makes no sense")
                rows.append(node[_NODE.size : _NODE.size + used * step])
            table = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, step)
            below = table[:, key:].copy().view("<u8").ravel()
            if level == 0:
                if kind == 1:
                    self._chunks(table[:, :4].copy().view("<u4").ravel(), below)
                return below.tolist()
            if len(below) > self._size // 64:
                raise BadBones("a tree has more nodes than there is room for")
            nodes, level = below.tolist(), level - 1

    def _chunks(self, size: NDArray[np.uint32], place: NDArray[np.uint64]) -> None:
        """Chunks lie inside the file."""
        if np.any(place > self._size) or np.any(size > self._size - place):
            raise BadBones("a chunk lies beyond its end")

    def _layout(self, data: bytes) -> None:
        """Where a dataset's bytes are: inside the header, in one piece, or in a tree of chunks."""
        if len(data) < 18 and data[:2] != b"\x03\x00":
            raise BadBones("a dataset does not say where its bytes are")
        version, kind = data[0], data[1]
        if version != 3 or kind > 2:
            raise BadBones("a dataset is laid out in a way that sessions are not")
        if kind == 1:
            place, size = struct.unpack_from("<QQ", data, 2)
            if place != _NOWHERE and (place > self._size or size > self._size - place):
                raise BadBones("a dataset lies beyond its end")
        elif kind == 2:
            rank, tree = struct.unpack_from("<BQ", data, 2)
            if not 2 <= rank <= 33:
                raise BadBones(f"a dataset has {rank - 1} dimensions")
            if tree != _NOWHERE:
                self._tree(tree, 1, _CHUNK_K, 8 + 8 * rank)


def check_bones(path: Path) -> None:
    """Walk the structure of an HDF5 file of the oldest format.

    Raises
    ------
    BadBones
        Something lies outside the file, is reached twice, or is nothing that sessions have.
    """
    with path.open("rb", buffering=0) as file:
        _Bones(file, path.stat().st_size).walk()
