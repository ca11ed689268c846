"""Zero-phase filters with true corner frequencies that never reach across a gap.

Every filter here runs forwards and backwards (no delay, no phase shift; the magnitude is
squared). The single-pass corner is moved in the bilinear (warped) domain, so that the doubly
filtered result is -3 dB exactly at the corner asked for, also close to Nyquist. Lost samples
are NaN: each contiguous part is filtered by itself and the settling beside a gap is NaN, so
that nothing downstream can mistake a filter transient for a muscle.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.errors import LabError

Floats = NDArray[np.float64]

EMG_BAND_HZ = (20.0, 450.0)
"""Software band of the EMG (De Luca 2010 for the lower corner)."""

SHORTEST_PART_S = 0.15
"""Contiguous parts shorter than this hold nothing but filter settling and are dropped."""

FEW_LEVELS = 16
"""A signal of fewer different values is the rest of a coarse converter."""

LONGEST_BRIDGE_S = 0.003
LONGEST_BRIDGE_SAMPLES = 3
"""Only gaps this short are bridged by a straight line before filtering."""


def as_signal(signal: ArrayLike, rate: float, *, name: str = "signal") -> Floats:
    """Return a signal as float64 (n_samples,) or (n_samples, n_channels); not always a copy.

    Raises
    ------
    LabError
        If the rate is not a positive number, the array is empty, not numeric, or has more
        than two dimensions.
    """
    if not (isinstance(rate, int | float | np.number) and math.isfinite(rate) and rate > 0):
        raise LabError(f"sampling rate is {rate!r}", "give a positive number of hertz")
    try:
        given = np.asarray(signal)
    except (TypeError, ValueError):
        raise LabError(f"{name} is not an array of numbers", "give real samples") from None
    if given.dtype.kind not in "biuf":
        raise LabError(f"{name} is not an array of numbers", "give real samples")
    values = given.astype(np.float64, copy=False)
    if values.ndim not in (1, 2):
        raise LabError(f"{name} has shape {values.shape}", "give (n_samples,) samples in time")
    if values.size == 0:
        raise LabError(f"{name} is empty", "give at least one sample")
    return values


def corrected_corner(corner: float, rate: float, order: int, kind: Literal["low", "high"]) -> float:
    """Single-pass Butterworth corner whose forward-backward result is -3 dB at `corner`.

    Butterworth through the bilinear transform obeys ``|H|^2 = 1/(1 + (tan(pi f/fs) /
    tan(pi fc/fs))^(2n))``; squaring it moves the -3 dB point by ``C = (sqrt(2)-1)^(1/(2n))`` in
    the warped frequency.

    Parameters
    ----------
    corner, rate
        Hz.
    order
        Order of the single pass.
    kind
        ``"low"`` or ``"high"``.
    """
    factor = (math.sqrt(2.0) - 1.0) ** (1.0 / (2 * order))
    warped = math.tan(math.pi * corner / rate)
    warped = warped / factor if kind == "low" else warped * factor
    return math.atan(warped) * rate / math.pi


def upper_corner(corner: float, rate: float) -> float:
    """Upper corner usable at this rate: at most 0.45 of it (450 Hz at 1 kHz)."""
    return min(corner, 0.45 * rate)


def low_pass_sections(corner: float, rate: float, order: int = 2) -> Floats:
    """Second-order sections of the single pass of `low_pass`."""
    return _sections((("low", upper_corner(corner, rate), order),), rate)


def band_pass_sections(band: tuple[float, float], rate: float, order: int = 4) -> Floats:
    """Second-order sections of the single pass of `band_pass`; `LabError` if it is empty."""
    low, high = float(band[0]), upper_corner(float(band[1]), rate)
    if not 0 < low < high:
        raise LabError(
            f"band {band[0]:g} to {band[1]:g} Hz is empty at a rate of {rate:g} Hz",
            "use a device with a higher sampling rate",
        )
    return _sections((("high", low, order), ("low", high, order)), rate)


def low_pass(signal: ArrayLike, rate: float, corner: float, *, order: int = 2) -> Floats:
    """Zero-phase Butterworth low-pass, -3 dB at `corner` Hz (see `band_pass` for gaps)."""
    values = as_signal(signal, rate)
    sections = low_pass_sections(corner, rate, order)
    return _by_parts(values, rate, sections, settle_s=0.0, shortest_s=0.0)


def high_pass(signal: ArrayLike, rate: float, corner: float, *, order: int = 2) -> Floats:
    """Zero-phase Butterworth high-pass, -3 dB at `corner` Hz (see `band_pass` for gaps)."""
    values = as_signal(signal, rate)
    sections = _sections((("high", corner, order),), rate)
    return _by_parts(values, rate, sections, settle_s=2.5 / corner, shortest_s=SHORTEST_PART_S)


def band_pass(
    signal: ArrayLike, rate: float, band: tuple[float, float] = EMG_BAND_HZ, *, order: int = 4
) -> Floats:
    """Zero-phase Butterworth band-pass with true -3 dB corners.

    Parameters
    ----------
    signal
        (n_samples,) or (n_samples, n_channels); NaN where samples were lost.
    rate
        Hz.
    band
        (low, high) Hz; the upper corner is limited to 0.45 of the rate.
    order
        Order of the single pass at each corner; the effective order is twice that.

    Returns
    -------
    ndarray
        Same shape; delay 0. NaN in gaps longer than 3 ms or 3 samples and for 2.5 / low corner
        (125 ms at 20 Hz) beside them; parts shorter than 150 ms between gaps are NaN.

    Raises
    ------
    LabError
        If the band is empty at this rate.
    """
    values = as_signal(signal, rate)
    sections = band_pass_sections(band, rate, order)
    return _by_parts(
        values, rate, sections, settle_s=2.5 / float(band[0]), shortest_s=SHORTEST_PART_S
    )


def envelope(signal: ArrayLike, rate: float, corner: float = 50.0, *, order: int = 2) -> Floats:
    """Rectified signal, low-passed at `corner` Hz zero-phase (e50 of the onset branch)."""
    return low_pass(np.abs(as_signal(signal, rate)), rate, corner, order=order)


def flat_topped(values: Floats) -> bool:
    """Whether a (n_samples,) signal is cut off at its greatest or smallest value.

    That is three samples of it in a row, or one sample in 200 (five at least). A signal of few
    levels is left alone: the rest of a coarse converter looks like that too.
    """
    if len(values) < 3:
        return False
    share = max(0.005 * len(values), 5)
    for limit in (values.max(), values.min()):
        at = np.flatnonzero(values == limit)
        if len(at) >= share or (len(at) > 2 and bool((at[2:] - at[:-2] == 2).any())):
            return len(np.unique(values)) > FEW_LEVELS
    return False


@lru_cache(maxsize=64)
def _designed(stages: tuple[tuple[Literal["low", "high"], float, int], ...], rate: float) -> Floats:
    from scipy.signal import butter

    built = []
    for kind, corner, order in stages:
        if not 0 < corner < rate / 2:
            raise LabError(
                f"filter corner {corner:g} Hz does not fit a rate of {rate:g} Hz",
                "use a corner below half the rate",
            )
        single = corrected_corner(corner, rate, order, kind)
        built.append(butter(order, single, btype=kind, fs=rate, output="sos"))
    return np.concatenate(built)


def _sections(stages: tuple[tuple[Literal["low", "high"], float, int], ...], rate: float) -> Floats:
    # A copy: what is kept must not be changed by whoever gets it.
    return _designed(stages, rate).copy()


def _by_parts(
    values: Floats, rate: float, sections: Floats, *, settle_s: float, shortest_s: float
) -> Floats:
    columns = values.reshape(len(values), -1)
    shortest = max(int(shortest_s * rate), 1)
    pad_wanted = 3 * (2 * len(sections) + 1)
    if np.isfinite(columns).all() and len(columns) >= shortest:
        pad = min(pad_wanted, len(columns) - 1)
        return _both_ways(sections, columns, pad).reshape(values.shape)
    out = np.full(columns.shape, np.nan)
    settle = math.ceil(settle_s * rate)
    for column in range(columns.shape[1]):
        bridged = bridge_short_gaps(columns[:, column], rate)
        for first, stop in finite_parts(bridged):
            if stop - first < shortest:
                continue
            pad = min(pad_wanted, stop - first - 1)
            part = _both_ways(sections, bridged[first:stop, None], pad)[:, 0]
            begin = first + (settle if first > 0 else 0)
            end = stop - (settle if stop < len(bridged) else 0)
            if begin < end:
                out[begin:end, column] = part[begin - first : end - first]
    return out.reshape(values.shape)


def _both_ways(sections: Floats, columns: Floats, pad: int) -> Floats:
    """``sosfiltfilt`` along the first axis; what it works out anew each time is kept."""
    from scipy.signal import lfilter, sosfilt

    x = columns
    if pad > 0:
        before, after = 2 * x[0] - x[pad:0:-1], 2 * x[-1] - x[-2 : -pad - 2 : -1]
        x = np.concatenate([before, x, after])
    steady = _steady_state(sections.tobytes())
    if x.shape[1] > 1:
        y, _ = sosfilt(sections, x, axis=0, zi=steady[:, :, None] * x[0])
        y, _ = sosfilt(sections, y[::-1], axis=0, zi=steady[:, :, None] * y[-1])
        return np.asarray(y[::-1][pad : len(y) - pad], dtype=np.float64)
    x = x[:, 0]
    if len(sections) == 1:
        # One section is an ordinary filter, and `lfilter` costs half; two and more cost double.
        b, a, zi = sections[0, :3], sections[0, 3:], steady[0]
        y, _ = lfilter(b, a, x, zi=zi * x[0])
        y, _ = lfilter(b, a, y[::-1], zi=zi * y[-1])
    else:
        y, _ = sosfilt(sections, x, zi=steady * x[0])
        y, _ = sosfilt(sections, y[::-1], zi=steady * y[-1])
    return np.asarray(y[::-1][pad : len(y) - pad, None], dtype=np.float64)


@lru_cache(maxsize=64)
def _steady_state(sections: bytes) -> Floats:
    from scipy.signal import sosfilt_zi

    return np.asarray(sosfilt_zi(np.frombuffer(sections).reshape(-1, 6)))


def finite_parts(values: Floats) -> list[tuple[int, int]]:
    """Half-open index ranges of the contiguous finite parts of a (n_samples,) array."""
    good = np.concatenate([[False], np.isfinite(values), [False]])
    edges = np.flatnonzero(good[1:] != good[:-1])
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def bridge_short_gaps(values: Floats, rate: float) -> Floats:
    """Bridge gaps of at most 3 ms and 3 samples by a straight line; longer ones stay NaN."""
    limit = min(LONGEST_BRIDGE_SAMPLES, int(LONGEST_BRIDGE_S * rate + 1e-9))
    parts = finite_parts(values)
    out = values.copy()
    for (_, left), (right, _) in itertools.pairwise(parts):
        if right - left <= limit:
            inner = np.arange(left, right)
            out[inner] = np.interp(inner, [left - 1, right], [values[left - 1], values[right]])
    return out
