"""A causal band-pass for looking at live EMG; what is stored and analysed never passes it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LOW_HZ, HIGH_HZ, ORDER = 20.0, 450.0, 2


class ViewFilter:
    """Streaming Butterworth band-pass (2nd order, causal; about 8 ms delay at 60 Hz).

    Parameters
    ----------
    rate
        Hz; the upper corner is 450 Hz or 0.45 of the rate, whichever is lower.

    Notes
    -----
    Lost samples (NaN) end a run: the filter starts afresh behind them, and they stay NaN.
    """

    def __init__(self, rate: float) -> None:
        from scipy.signal import butter, sosfilt, sosfilt_zi  # 0.7 s: not on the start-up path

        high = min(HIGH_HZ, 0.45 * rate)
        self._sos: Any = butter(ORDER, (LOW_HZ, high), "bandpass", fs=rate, output="sos")
        self._steady: Any = sosfilt_zi(self._sos)
        self._filter = sosfilt
        self._state: Any = None

    def reset(self) -> None:
        """Forget the past (after a jump in time)."""
        self._state = None

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filter the next rows; ``values`` (n, n_channels), NaN where samples were lost."""
        out = np.full_like(values, np.nan)
        good: NDArray[np.bool_] = np.isfinite(values.sum(axis=1))
        edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            if start > 0 or self._state is None:
                self._state = self._steady[:, :, None] * values[start][None, None, :]
            out[start:stop], self._state = self._filter(
                self._sos, values[start:stop], axis=0, zi=self._state
            )
        if len(good) and not good[-1]:
            self._state = None
        return out
