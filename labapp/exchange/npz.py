"""NumPy ``.npz``: named arrays in a zip file; never with pickles."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError
from labapp.exchange.foreign import Foreign, check_size, orient, unreadable

_SIGNALS = ("emg", "signals", "raw_adc", "data", "force")
_RATES = ("rate", "fs", "sfreq", "sampling_rate")


def read_npz(path: Path, array: str | None) -> Foreign:
    """Read one array, and the rate where a scalar of a usual name gives it.

    Raises
    ------
    LabError
        Broken, too large, no array of numbers, or several and none was chosen (the line names
        them).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            check_size(path, sum(member.file_size for member in archive.infolist()))
        with np.load(path, allow_pickle=False) as arrays:
            content = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, MemoryError,
            NotImplementedError) as error:  # fmt: skip
        raise unreadable(path, error) from None
    name = _choose(path, content, array)
    rate = None
    for key in _RATES:
        if key in content and content[key].size == 1 and content[key].dtype.kind in "iuf":
            rate = float(content[key].reshape(())[()])
            break
    return Foreign(orient(content[name], f"{path}:{name}"), (), rate, 0.0, f"npz array {name}")


def _choose(path: Path, content: dict[str, NDArray[Any]], wanted: str | None) -> str:
    listing = ", ".join(f"{name} {value.shape}" for name, value in content.items()) or "nothing"
    if wanted is not None:
        if wanted not in content:
            raise LabError(f"{path} has no array {wanted!r}", f"it has {listing}")
        return wanted
    known = [name for name in _SIGNALS if name in content]
    if len(known) == 1:
        return known[0]
    numbers = [k for k, v in content.items() if v.ndim in (1, 2) and v.dtype.kind in "iuf"]
    if len(numbers) == 1 and not known:
        return numbers[0]
    raise LabError(
        f"{path}: which array is the recording? It has {listing}",
        'say array = "NAME" in a map (--map FILE.toml)',
    )
