"""How selective the rhomboid electrode is: two tasks, one index, a grade.

Rhomboid major lies under trapezius. In task T1 (shrug) trapezius works and the rhomboid should
not; in T2 (hand behind the back) it is the other way round. An electrode that sees mostly
trapezius gives the same ratio in both (domain reference 2.2 and 5.11; limits are conventions of
this program, until a comparison with fine wires replaces them).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.ratios import Ratio, activation_ratio
from labapp.analysis.reliability_stats import welch_change
from labapp.errors import LabError

Floats = NDArray[np.float64]
Grade = Literal["FW", "A", "B", "C"]

T1_LIMIT = 0.5
"""T1 is passed where rhomboid : middle trapezius stays below this."""
T2_LIMIT = 1.0
"""T2 is passed where it comes above this."""
INDEX_LIMIT = math.log(3)
"""Least index for grade A."""
CLOSE_MM = 10.0
"""Greatest distance between the electrodes for grade A, unless double differential."""
CAUDAL = "caudal window"
"""Site over the part of the rhomboid that trapezius does not cover."""


@dataclass(frozen=True, slots=True)
class Selectivity:
    """Selectivity of one electrode against its neighbour.

    Attributes
    ----------
    index, low, high
        ``ln(a/b in T2) - ln(a/b in T1)`` with its 95 % interval (Welch); NaN where one of the
        tasks gave no ratio. The references of the two muscles cancel.
    t1, t2
        The ratios in the tasks, % of reference each.
    passed
        Whether T1 and T2 were passed.
    grade
        FW (fine wire), A, B or C.
    reasons
        Why the grade is not better.
    """

    index: float
    low: float
    high: float
    t1: Ratio
    t2: Ratio
    passed: tuple[bool, bool]
    grade: Grade
    reasons: tuple[str, ...]


def selectivity(
    t1: tuple[ArrayLike, ArrayLike],
    t2: tuple[ArrayLike, ArrayLike],
    *,
    electrode: Mapping[str, Any] | None = None,
    floor: float = 2.0,
    reference_log_sd: float = 0.0,
) -> Selectivity:
    """Grade an electrode by its two tasks and by where it sits.

    Parameters
    ----------
    t1, t2
        Per task the (n_repetitions,) amplitudes of the muscle and of its neighbour, % of their
        references, NaN at the noise floor.
    electrode
        What was entered about it: ``site_id``, ``ied_mm``, ``mode`` (``"SD"``, ``"DD"``),
        ``wire``; None where nothing was.
    floor, reference_log_sd
        As in `activation_ratio`, for the ratios printed beside the index.
    """
    ratios = []
    logs = []
    for first, second in (t1, t2):
        ratio = activation_ratio(first, second, floor=floor, reference_log_sd=reference_log_sd)
        ratios.append(ratio)
        a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
        good = np.isfinite(a) & np.isfinite(b) & (a >= floor) & (b >= floor)
        logs.append(np.log(a[good] / b[good]) if ratio.state == "ok" else np.zeros(0))
    index, low, high = _index(logs[0], logs[1])
    passed = (
        ratios[0].state == "ok" and ratios[0].ratio < T1_LIMIT,
        ratios[1].state == "ok" and ratios[1].ratio > T2_LIMIT,
    )
    grade, reasons = _grade(index, low, passed, ratios, electrode or {})
    return Selectivity(index, low, high, ratios[0], ratios[1], passed, grade, tuple(reasons))


def _index(t1: Floats, t2: Floats) -> tuple[float, float, float]:
    """Difference of the mean logs with Welch's interval; NaN where a task gave no ratio."""
    try:
        change = welch_change(t1, t2)
    except LabError:  # fewer than two ratios in a task, or ratios without any spread
        return math.nan, math.nan, math.nan
    return change.difference, change.low, change.high


def _grade(
    index: float,
    low: float,
    passed: tuple[bool, bool],
    ratios: list[Ratio],
    electrode: Mapping[str, Any],
) -> tuple[Grade, list[str]]:
    if electrode.get("wire") is True:
        return "FW", []
    reasons = []
    for name, ratio, good, words in (
        ("T1", ratios[0], passed[0], f"not below {T1_LIMIT:g}"),
        ("T2", ratios[1], passed[1], f"not above {T2_LIMIT:g}"),
    ):
        if ratio.state != "ok":
            reasons.append(f"task {name}: {ratio.reason}")
        elif not good:
            reasons.append(f"task {name}: ratio {ratio.ratio:.2f} is {words}")
    apart = math.isfinite(low) and low > 0
    if not apart and math.isfinite(index):
        reasons.append("the two tasks do not tell the muscles apart (index may be 0)")
    elif index <= INDEX_LIMIT:
        reasons.append(f"index {index:.2f} is not above ln 3 = {INDEX_LIMIT:.2f}")
    site = electrode.get("site_id")
    if site and CAUDAL not in str(site):
        reasons.append(f"electrode site is {site!r}, not the {CAUDAL}")
        return "C", reasons
    if not apart or not any(passed):
        return "C", reasons
    distance = electrode.get("ied_mm")
    near = electrode.get("mode") == "DD" or (
        isinstance(distance, int | float) and float(distance) <= CLOSE_MM
    )
    if not site:
        reasons.append("the electrode's site was not entered")
    if not near:
        reasons.append(f"electrode distance is not known to be {CLOSE_MM:g} mm or less")
    return ("B" if reasons else "A"), reasons
