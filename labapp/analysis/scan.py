"""Bursts of a whole recording by the field's classic rule, fast and in little memory.

Band-pass, rectify, low-pass, threshold, least duration (Hodges & Bui 1996), for all channels at
once. A filter that runs forwards and backwards has a real response, the squared magnitude of the
single pass; multiplying a block's spectrum by it *is* the filter as long as the block reaches
further than the impulse response. Both filters and the rectifier are done on one block while it is
in the cache, and only whether the envelope is above the threshold is kept. Times from this rule
depend on every channel's own noise: they find bursts, they do not order muscles.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.filters import EMG_BAND_HZ, as_signal, band_pass_sections, low_pass_sections
from labapp.errors import LabError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

TOLERANCE = 1e-9
"""Share of an impulse response's sum that may lie outside its reach: the error of a block."""

LEAST_BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Bursts:
    """Bursts of one channel.

    Attributes
    ----------
    first, stop
        (n,) samples, half-open, increasing.
    threshold
        Level of the envelope, unit of the signal; NaN where not measurable.
    state, reason
        ``ok``, or ``not measurable`` and why.
    """

    first: Integers
    stop: Integers
    threshold: float
    state: Literal["ok", "not measurable"]
    reason: str = ""


def scan_bursts(
    signal: ArrayLike,
    rate: float,
    *,
    baseline: tuple[float, float],
    k: float = 3.0,
    band: tuple[float, float] = EMG_BAND_HZ,
    corner: float = 50.0,
    least_s: float = 0.025,
) -> tuple[Bursts, ...]:
    """Find every stretch in which the envelope stays above rest's mean + k SD.

    Parameters
    ----------
    signal
        (n_samples,) or (n_samples, n_channels) unfiltered, NaN where lost.
    rate
        Hz.
    baseline
        (start, stop) of quiet rest, s from the first sample.
    k
        Threshold in SD of the resting envelope.
    band, corner
        Band-pass of the signal and low-pass of the rectified signal, Hz, true -3 dB.
    least_s
        Shorter stretches are no bursts.

    Returns
    -------
    tuple
        One `Bursts` a channel. The envelope is that of ``sosfiltfilt`` to 1e-8 of its largest
        value from half a second (at 20 Hz) inside both ends. Within 125 ms of a gap nothing is
        above the threshold.

    Raises
    ------
    LabError
        On a signal that is none, a baseline outside it, or numbers out of range.
    """
    values = as_signal(signal, rate)
    columns = values.reshape(len(values), -1)
    n, channels = columns.shape
    a, b = (round(t * rate) if math.isfinite(t) else -1 for t in baseline)
    if not 0 <= a < b <= n or b - a < 3:
        raise LabError(
            f"baseline {baseline} s is not inside {n / rate:g} s of signal",
            "give (start, stop) of quiet rest",
        )
    if not (math.isfinite(k) and k > 0 and math.isfinite(least_s) and least_s >= 0):
        raise LabError(f"k is {k} and least_s {least_s}", "give positive numbers")
    lost = ~np.isfinite(columns)
    gaps = bool(lost.any())
    if gaps:
        with np.errstate(all="ignore"):
            middle = np.array([np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else 0.0
                               for c in columns.T])  # fmt: skip
        columns = np.where(lost, middle, columns)
    chain = _Chain.of(band_pass_sections(band, rate), low_pass_sections(corner, rate))
    rest = np.concatenate([env for _, env in chain.envelopes(columns, a, b)], axis=1)
    centre, spread = rest.mean(axis=1), rest.std(axis=1)
    threshold = centre + k * spread
    above = np.zeros((channels, n), dtype=bool)
    for first, envelope in chain.envelopes(columns, 0, n):
        np.greater(envelope, threshold[:, None], out=above[:, first : first + envelope.shape[1]])
    settle = math.ceil(2.5 / band[0] * rate)
    found = []
    for c in range(channels):
        largest = float(np.abs(columns[a:b, c]).max())
        if gaps and lost[a:b, c].any():
            found.append(_none("samples were lost in the baseline"))
        elif not spread[c] > 1e-9 * largest:
            found.append(_none("the baseline does not vary"))
        else:
            if gaps:
                above[c] &= ~_near(lost[:, c], settle)
            begin, end = _runs(above[c], math.ceil(least_s * rate))
            found.append(Bursts(begin, end, float(threshold[c]), "ok"))
    return tuple(found)


def _none(reason: str) -> Bursts:
    empty = np.empty(0, dtype=np.int64)
    return Bursts(empty, empty, math.nan, "not measurable", reason)


def _near(flags: Flags, reach: int) -> Flags:
    """Mark samples within `reach` of one that is set."""
    total = np.concatenate([[0], np.cumsum(flags)])
    at = np.arange(len(flags))
    upper = total[np.minimum(at + reach + 1, len(flags))]
    return np.asarray(upper > total[np.maximum(at - reach, 0)])


def _runs(above: Flags, least: int) -> tuple[Integers, Integers]:
    inner = np.flatnonzero(above[1:] != above[:-1]) + 1
    begin = [0] if above[0] else []
    end = [len(above)] if above[-1] else []
    edges = np.concatenate([begin, inner, end]).astype(np.int64)
    first, stop = edges[::2], edges[1::2]
    kept = stop - first >= max(least, 1)
    return first[kept], stop[kept]


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """Band-pass, rectifier and low-pass on one block."""

    gains: tuple[Floats, Floats]
    reach: int
    block: int

    @classmethod
    def of(cls, band: Floats, low: Floats) -> _Chain:
        reach = _reach(band) + _reach(low)
        block = max(LEAST_BLOCK, 1 << math.ceil(math.log2(8 * reach)))
        return cls((_gain(band, block), _gain(low, block)), reach, block)

    def envelopes(self, columns: Floats, first: int, stop: int) -> Iterator[tuple[int, Floats]]:
        """Yield (first sample, (n_channels, m) envelope) over samples ``first .. stop-1``."""
        from scipy import fft

        keep = self.block - 2 * self.reach
        taken = np.empty((columns.shape[1], self.block))
        for begin in range(first, stop, keep):
            _fill(taken, columns, begin - self.reach)
            x = taken
            for k, gain in enumerate(self.gains):
                spectrum = fft.rfft(x, overwrite_x=k > 0)
                spectrum *= gain
                x = fft.irfft(spectrum, self.block, overwrite_x=True)
                if k == 0:
                    np.abs(x, out=x)
            yield begin, x[:, self.reach : self.reach + min(keep, stop - begin)]


def _fill(out: Floats, columns: Floats, begin: int) -> None:
    """Copy samples from `begin` on; beyond the ends the signal goes on point-mirrored."""
    n, width = len(columns), out.shape[1]
    a, b = max(begin, 0), min(begin + width, n)
    out[:, a - begin : b - begin] = columns[a:b].T
    if a > begin:
        at = np.minimum(np.arange(a - begin, 0, -1), n - 1)
        out[:, : a - begin] = (2 * columns[0] - columns[at]).T
    if b < begin + width:
        at = np.maximum(n - 2 - np.arange(begin + width - b), 0)
        out[:, b - begin :] = (2 * columns[-1] - columns[at]).T


def _gain(sections: Floats, block: int) -> Floats:
    from scipy.signal import sosfreqz

    angles = np.linspace(0, math.pi, block // 2 + 1)
    return np.asarray(np.abs(sosfreqz(sections, worN=angles)[1]) ** 2, dtype=np.float64)


def _reach(sections: Floats) -> int:
    """Count the samples to either side that hold all but `TOLERANCE` of the zero-phase response."""
    for power in range(13, 21):
        size = 1 << power
        impulse = np.abs(np.fft.irfft(_gain(sections, size), size)[: size // 2])
        tail = np.cumsum(impulse[::-1])[::-1]
        reach = int(np.flatnonzero(tail > TOLERANCE * tail[0])[-1]) + 1
        # Where the response fills a quarter of the circle it may wrap around: look further.
        if reach < size // 4:
            return reach
    raise LabError("the lower corner is too low for this rate", "use a corner from 0.01 Hz")
