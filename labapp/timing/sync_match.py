"""Which pulses of two inputs are the same ones: by nearness and by the pattern of intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.model import Floats

WINDOW_S = 0.05
"""Two edges further apart than this are not the same pulse."""
LEAST = 4
"""Consecutive pulses that must agree before a match counts."""
_PATTERN_S = 0.002
_DRIFT = 100e-6
_LINKS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """Pulses seen by both: indices (n,) into either list; ``reason`` if they do not count."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    reason: str = ""


def match_pulses(
    first: ArrayLike,
    second: ArrayLike,
    *,
    window_s: float = WINDOW_S,
    u_s: float = 0.0003,
    least: int = LEAST,
) -> Match:
    """Find the pulses that two inputs share, by nearness and by the pattern of their intervals.

    Parameters
    ----------
    first, second
        (n,), (m,) rising times of pulses, s; either may miss some and have some of its own.
    window_s
        Largest distance of two edges of one pulse.
    u_s
        Uncertainty of one difference that sampling leaves: intervals may differ by some of it.
    least
        Consecutive pulses that must agree.

    Returns
    -------
    Match
        The longest chain of pairs within the window whose differences do not jump. It counts
        only if ``least`` pulses follow each other in both lists, and if no other assignment of
        the same pulses fits as well (regular pulses always fit one period further on).
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    nothing = np.zeros(0, dtype=np.intp)
    if len(a) < least or len(b) < least:
        return Match(nothing, nothing, f"{len(a)} and {len(b)} pulses found, {least} are needed")
    tolerance = _PATTERN_S + 4.0 * u_s
    pairs = _chain(a, b, window_s, tolerance)
    ia, ib = pairs[:, 0], pairs[:, 1]
    if _longest_run(ia, ib) < least:
        return Match(
            ia, ib, f"no {least} pulses in a row agree within {1000 * window_s:.0f} ms in both"
        )
    if _ambiguous(a[ia], b[ib], tolerance):
        return Match(
            ia, ib, "the pulses are regular: a match one period further on is as good"
        )  # fmt: skip
    return Match(ia, ib)


def _chain(a: Floats, b: Floats, window_s: float, tolerance_s: float) -> NDArray[np.intp]:
    """Longest chain of pairs (i, j), both rising, whose differences go on smoothly: (n, 2)."""
    low, high = np.searchsorted(b, a - window_s), np.searchsorted(b, a + window_s, side="right")
    candidates = [(i, j) for i in range(len(a)) for j in range(int(low[i]), int(high[i]))]
    length: list[int] = []
    cost: list[float] = []
    before: list[int] = []
    for k, (i, j) in enumerate(candidates):
        d, best, best_cost, link = a[i] - b[j], 1, 0.0, -1
        for p in range(k - 1, max(-1, k - 1 - _LINKS), -1):
            i0, j0 = candidates[p]
            if i0 >= i or j0 >= j:
                continue
            step = abs(d - (a[i0] - b[j0]))
            if step > tolerance_s + _DRIFT * (a[i] - a[i0]):
                continue
            total = cost[p] + step
            if length[p] + 1 > best or (length[p] + 1 == best and total < best_cost):
                best, best_cost, link = length[p] + 1, total, p
        length.append(best)
        cost.append(best_cost)
        before.append(link)
    found: list[tuple[int, int]] = []
    k = max(range(len(candidates)), key=lambda n: (length[n], -cost[n]), default=-1)
    while k >= 0:
        found.append(candidates[k])
        k = before[k]
    return np.array(found[::-1], dtype=np.intp).reshape(len(found), 2)


def _longest_run(ia: NDArray[np.intp], ib: NDArray[np.intp]) -> int:
    """Most pulses that follow each other in both lists."""
    longest = run = min(1, len(ia))
    for step_a, step_b in zip(np.diff(ia).tolist(), np.diff(ib).tolist(), strict=True):
        run = run + 1 if step_a == step_b == 1 else 1
        longest = max(longest, run)
    return longest


def _ambiguous(a: Floats, b: Floats, tolerance_s: float) -> bool:
    """Whether matched pulses fit as well when assigned one or more pulses further on."""
    for shift in range(1, min(5, len(a) // 2) + 1):
        d = a[shift:] - b[:-shift]
        for other in (d, a[:-shift] - b[shift:]):
            if np.mean(np.abs(other - np.median(other)) <= tolerance_s) >= 0.75:
                return True
    return False
