"""What a reader must refuse, found before any data are read.

A session comes from other people. HDF5 can point at other files of this computer, declare more
than any memory holds, nest without end and name code to load; each of these is refused from
the structure alone (rules of ``docs/reference/session-format.md``).
"""

from __future__ import annotations

import math
import stat
from pathlib import Path
from typing import Any

import numpy as np

from labapp.errors import LabError, SessionRefused
from labapp.session import format as f
from labapp.session.hdf import guarded, h5py
from labapp.session.skeleton import BadBones, check_bones

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_LINKS = {h5py.h5l.TYPE_SOFT: "SoftLink", h5py.h5l.TYPE_EXTERNAL: "ExternalLink"}
_BROKEN = "it was damaged on its way, or not written by labapp: use another copy"
_REMEDY = "this file was not written by labapp; do not trust it"


def refuse(path: Path, what: str, remedy: str = _REMEDY) -> SessionRefused:
    """Error that says why ``path`` is not read."""
    return SessionRefused(f"{path}: {what}", remedy)


def look_at(path: Path) -> None:
    """Say plainly what is wrong with a path before HDF5 sees it."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise LabError(
                f"{path} is a folder, not a session",
                "give an .h5 file; for a recording folder run `labapp recover`",
            )
        if not stat.S_ISREG(mode):
            raise LabError(f"{path} is not a regular file", "give an .h5 file")
        with path.open("rb") as file:
            start = file.read(len(_SIGNATURE))
        if start != _SIGNATURE:
            raise SessionRefused(
                f"{path} is not a session (no HDF5 file)", "give an .h5 file written by labapp"
            )
        check_bones(path)
    except OSError as error:
        raise LabError(f"cannot open {path}: {error.strerror}", "check the name") from None
    except BadBones as error:
        raise refuse(path, str(error), _BROKEN) from None


def walk(file: Any, path: Path) -> None:
    """Look at every object of an open file without reading data.

    Raises
    ------
    SessionRefused
        Any link but a hard link, an object reached twice, too deep, too many objects, an object
        in a newer HDF5 format, data stored outside the file, a virtual dataset, a foreign filter,
        variable-length, opaque or reference data, sizes beyond the caps.
    """
    root = h5py.h5o.open(file.id, b"/")
    seen = {_identity(root, path, "/")}
    room = path.stat().st_size
    count = 0
    todo: list[tuple[Any, str, int]] = [(root, "", 0)]
    while todo:
        group, where, depth = todo.pop()
        _attributes(group, path, where or "/")
        if group.get_num_objs() > f.MAX_OBJECTS:
            raise refuse(path, f"{group.get_num_objs()} objects in {where or '/'}")
        for name in group:
            place = f"{where}/{name.decode(errors='replace')}"[:200]
            count += 1
            if count > f.MAX_OBJECTS:
                raise refuse(path, f"more than {f.MAX_OBJECTS} objects")
            link = group.links.get_info(name).type
            if link != h5py.h5l.TYPE_HARD:
                kind = _LINKS.get(link, "link of an unknown kind")
                raise refuse(path, f"{place} is a {kind}, not data of this file")
            item = h5py.h5o.open(group, name)
            identity = _identity(item, path, place)
            if identity in seen:
                raise refuse(path, f"{place} is linked twice")
            seen.add(identity)
            if isinstance(item, h5py.h5g.GroupID):
                if depth + 1 > f.MAX_DEPTH:
                    raise refuse(path, f"groups nested deeper than {f.MAX_DEPTH}")
                todo.append((item, place, depth + 1))
            elif isinstance(item, h5py.h5d.DatasetID):
                room -= _dataset(item, path, place)
                if room < 0:  # chunks that share their bytes: any size, never seen by the ratio
                    raise refuse(path, f"{place} stores more than there is in the file")
                _attributes(item, path, place)
            else:
                raise refuse(path, f"{place} is a named type")


def _identity(item: Any, path: Path, place: str) -> tuple[int, Any]:
    info = h5py.h5o.get_info(item)
    if info.hdr.version != f.OBJECT_HEADER:
        raise refuse(path, f"{place} is in a newer HDF5 format than sessions are written in")
    return int(info.fileno), getattr(info, "token", None) or int(info.addr)


def _dataset(item: Any, path: Path, place: str) -> int:
    """Look at a dataset; return the bytes it takes in the file."""
    plist = item.get_create_plist()
    if plist.get_external_count():
        raise refuse(path, f"{place} keeps its data in another file")
    layout = plist.get_layout()
    if layout == h5py.h5d.VIRTUAL:
        raise refuse(path, f"{place} is a virtual dataset")
    filters = [plist.get_filter(number)[0] for number in range(plist.get_nfilters())]
    for code in filters:
        if code not in f.FILTERS:
            raise refuse(path, f"{place} needs filter {code}")
    if filters != [code for code in f.FILTERS if code in filters]:
        raise refuse(path, f"{place} has its filters in another order")
    size = _element(item.get_type(), path, place)
    space = item.get_space()
    if space.get_simple_extent_type() == h5py.h5s.NULL:
        raise refuse(path, f"{place} is empty")
    declared = size * math.prod(space.get_simple_extent_dims())
    if declared > f.MAX_DATASET_BYTES:
        raise refuse(path, f"{place} declares {declared / 2**30:.0f} GiB")
    if layout == h5py.h5d.CHUNKED:
        chunk = size * math.prod(plist.get_chunk())
        if chunk > f.MAX_CHUNK_BYTES:
            raise refuse(path, f"{place} has chunks of {chunk / 2**20:.0f} MiB")
    stored = int(item.get_storage_size())
    if declared > f.MAX_RATIO_FREE_BYTES and declared > f.MAX_RATIO * max(1, stored):
        raise refuse(path, f"{place} declares {declared} bytes but stores {stored}")
    return stored


def _element(kind: Any, path: Path, place: str) -> int:
    """Bytes per element; integers, floats, fixed strings and flat compounds of them only."""
    code = kind.get_class()
    if code == h5py.h5t.COMPOUND:
        if kind.get_nmembers() > 64:
            raise refuse(path, f"{place} has {kind.get_nmembers()} fields")
        for number in range(kind.get_nmembers()):
            member = kind.get_member_type(number)
            if member.get_class() == h5py.h5t.COMPOUND:
                raise refuse(path, f"{place} nests its fields")
            _element(member, path, place)
    elif code == h5py.h5t.STRING:
        if kind.is_variable_str():
            raise refuse(path, f"{place} holds text of any length")
    elif code not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT):
        raise refuse(path, f"{place} holds a type that sessions do not have")
    size = int(kind.get_size())
    if size > f.MAX_ATTRIBUTE_BYTES:
        raise refuse(path, f"{place} has elements of {size} bytes")
    return size


def _attributes(item: Any, path: Path, place: str) -> None:
    number = h5py.h5a.get_num_attrs(item)
    if number > f.MAX_ATTRIBUTES:
        raise refuse(path, f"{place} has {number} attributes")
    for index in range(number):
        attribute = h5py.h5a.open(item, index=index)
        size = _element(attribute.get_type(), path, f"an attribute of {place}")
        if len(attribute.shape) > 1:
            raise refuse(path, f"an attribute of {place} is an array")
        if size * int(np.prod(attribute.shape, dtype=np.int64)) > f.MAX_ATTRIBUTE_BYTES:
            raise refuse(path, f"an attribute of {place} is larger than 64 kB")


def text_attribute(item: Any, name: str, path: Path) -> str:
    """Read a fixed-length text attribute, after `walk`."""
    value = item.attrs.get(name)
    if not isinstance(value, bytes):
        raise refuse(path, f"{item.name} has no text {name!r}")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise refuse(path, f"{item.name}: {name!r} is no UTF-8") from None


def number_attribute(item: Any, name: str, path: Path) -> float:
    """Read a finite number attribute, after `walk`."""
    value = item.attrs.get(name)
    if not isinstance(value, np.number) or not np.isfinite(value):
        raise refuse(path, f"{item.name} has no number {name!r}")
    return float(value)


def schema(group: Any, columns: dict[str, f.Column], path: Path, *, required: bool = True) -> None:
    """Check row types and dimensions of the datasets of a group."""
    with guarded(path):
        for name, column in columns.items():
            item = group.get(name)
            if item is None and not required:
                continue
            if not isinstance(item, h5py.Dataset):
                raise refuse(path, f"{group.name}/{name} is missing")
            if item.dtype != column.dtype or item.ndim != column.ndim:
                raise refuse(
                    path, f"{group.name}/{name} is {item.dtype} with {item.ndim} dimensions"
                )
            if item.ndim and item.shape[0] > column.rows:
                raise refuse(path, f"{group.name}/{name} has {item.shape[0]} rows")
