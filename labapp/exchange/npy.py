"""NumPy ``.npy``: one array and nothing else; never with pickles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from labapp.exchange.foreign import Foreign, check_size, orient, unreadable


def read_npy(path: Path) -> Foreign:
    """Read the array of a ``.npy`` file; `LabError` where it is broken or no array of numbers."""
    try:
        # Mapped first: the header's claim is checked against the file before memory is taken.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        check_size(path, array.nbytes)
        values = orient(np.array(array), str(path))
    except (OSError, ValueError, EOFError, TypeError, OverflowError) as error:
        raise unreadable(path, error) from None
    return Foreign(values, source="npy")
