"""Numbers from whatever a caller gives: real ones, or a sentence that says what is wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.errors import LabError


def real_numbers(values: ArrayLike, name: str, form: str) -> NDArray[np.float64]:
    """Return an array of float64; not always a copy.

    Parameters
    ----------
    values
        Integers, floats or booleans of any shape. Text, complex numbers, None and rows of
        different length are refused: NumPy would turn some of them into numbers silently.
    name
        What they are, in the plural (``"amplitudes"``).
    form
        What to give instead (``"one value per repetition"``).

    Raises
    ------
    LabError
        If they are no real numbers.
    """
    try:
        given = np.asarray(values)
    except (TypeError, ValueError):
        raise LabError(f"{name} are not an array", f"give {form}") from None
    # An empty list has no type of its own.
    if given.dtype.kind not in "biuf":
        raise LabError(f"{name} are not real numbers", f"give {form}")
    return given.astype(np.float64, copy=False)
