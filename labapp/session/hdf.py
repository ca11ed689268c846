"""The HDF5 library, imported so that it never loads plug-in code.

A file may name a filter that HDF5 then looks for as a shared library in its plug-in folders.
The search path is emptied before the library is loaded and again afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_before = os.environ.get("HDF5_PLUGIN_PATH")
os.environ["HDF5_PLUGIN_PATH"] = "::"
import h5py  # noqa: E402

while h5py.h5pl.size():
    h5py.h5pl.remove(0)
if _before is None:
    del os.environ["HDF5_PLUGIN_PATH"]
else:
    os.environ["HDF5_PLUGIN_PATH"] = _before

from labapp.errors import LabError, SessionRefused  # noqa: E402

__all__ = ["fsync_file", "fsync_folder", "guarded", "h5py", "publish"]

# What h5py raises on damaged bytes, found by flipping them; anything else is a bug of ours.
_DAMAGE = (
    OSError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    OverflowError,
    IndexError,
    AttributeError,
    NotImplementedError,
    MemoryError,
    SystemError,
)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn whatever the HDF5 library says of a damaged file into `SessionRefused`."""
    try:
        yield
    except LabError:
        raise
    except _DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SessionRefused(
            f"{path} is damaged or no session: {reason}",
            "run `labapp check` on it, or `labapp recover` on its recording folder",
        ) from error


def fsync_file(path: Path) -> None:
    """Force a closed file to the disk (Windows wants a writable descriptor)."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Force a folder's names to the disk; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(part: Path, out: Path, *, replace: bool = False) -> None:
    """Give a finished ``.part`` file its name: fsync, rename, fsync of the folder.

    Raises
    ------
    LabError
        ``out`` exists (a session is never overwritten) or is in use.
    """
    fsync_file(part)
    if out.exists() and not replace:
        raise LabError(f"{out} exists already", "choose another name")
    try:
        part.replace(out)
    except OSError as error:
        raise LabError(f"cannot write {out}: {error.strerror}", "close it elsewhere") from error
    fsync_folder(out.parent)
