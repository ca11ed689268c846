"""The force of a pull: onset, rate of development, peak, impulse, and what spoils them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labapp.analysis.filters import as_signal, low_pass
from labapp.analysis.force_foot import force_foot
from labapp.errors import LabError

Floats = NDArray[np.float64]

RFD_WINDOWS_S = (0.05, 0.1, 0.15, 0.2, 0.25)
ONSET_RULE = "5 SD for 20 ms, back to 1 SD"
"""The rule behind every other force metric; different rules give different rates of development."""
EMD_RATE_HZ = 1000.0
"""Load cells slower than this give no electromechanical delay and no early RFD."""
LOST = "force samples were lost"
"""Reason of a pull that cannot be measured at all."""


@dataclass(frozen=True, slots=True)
class OnsetRule:
    """One definition of the force onset.

    Attributes
    ----------
    name
        Words for tables.
    sd, peak_share
        The force must exceed the baseline's mean by so many of its SD, or by this share of the
        peak, for 20 ms.
    back
        Whether to walk back to the last sample at or below mean + 1 SD (near-visual).
    """

    name: str
    sd: float = 0.0
    peak_share: float = 0.0
    back: bool = False


ONSET_RULES = (
    OnsetRule(ONSET_RULE, sd=5.0, back=True),
    OnsetRule("3 SD for 20 ms, back to 1 SD", sd=3.0, back=True),
    OnsetRule("5 SD for 20 ms", sd=5.0),
    OnsetRule("2.5 % of the peak for 20 ms", peak_share=0.025),
    OnsetRule("10 % of the peak for 20 ms", peak_share=0.10),
)
"""Definitions in use (Dos'Santos 2017; Maffiuletti 2016); the first is the one of this program."""


@dataclass(frozen=True, slots=True)
class Pull:
    """Force metrics of one pull (N, s, N/s, N s); NaN where not measurable.

    Attributes
    ----------
    onset
        s from the first sample.
    peak, peak_at
        Greatest 20 ms mean and its time.
    rfd
        ``RFD_0-T`` per window: ``{"0-50": ...}`` in ms.
    rfd_peak
        Greatest slope over 20 ms.
    impulse_100, impulse_200, impulse
        Impulse above the baseline in the first 100 and 200 ms, and from the onset to the end of
        the search.
    onsets
        Onset by each of `ONSET_RULES`, s; NaN where a rule finds none.
    foot
        Where the fitted first rise leaves the rest, s; delays from a muscle end there.
    baseline, baseline_range
        Mean and range before the cue.
    reasons
        Plain words for what spoils the early metrics; empty when nothing does.
    """

    onset: float
    peak: float
    peak_at: float
    rfd: dict[str, float] = field(default_factory=dict)
    rfd_peak: float = math.nan
    impulse_100: float = math.nan
    impulse_200: float = math.nan
    baseline: float = math.nan
    baseline_range: float = math.nan
    reasons: tuple[str, ...] = ()
    impulse: float = math.nan
    onsets: dict[str, float] = field(default_factory=dict)
    foot: float = math.nan

    @property
    def time_to_peak(self) -> float:
        """Seconds from the onset to the peak."""
        return self.peak_at - self.onset

    @property
    def rfd_relative(self) -> dict[str, float]:
        """Rates of development per peak force, 1/s."""
        return {name: value / self.peak for name, value in self.rfd.items()}


def analyse_pull(
    force: ArrayLike,
    rate: float,
    *,
    baseline: tuple[float, float],
    search: tuple[float, float],
    threshold_sd: float = 5.0,
) -> Pull:
    """Time and measure one pull.

    Parameters
    ----------
    force
        (n_samples,) N, NaN where lost; evenly sampled.
    rate
        Hz.
    baseline, search
        (start_s, stop_s): rest (usually the last 500 ms before the cue), and where the pull is.
    threshold_sd
        Forward threshold in SD of the baseline.

    Notes
    -----
    Zero-phase 50 Hz low-pass (where the rate allows). Onset: first sample above mean + 5 SD for
    20 ms, then back to the last sample at or below mean + 1 SD, the near-visual beginning.

    Raises
    ------
    LabError
        On a signal or window that cannot be measured at all.
    """
    raw = as_signal(force, rate, name="force")
    if raw.ndim != 1:
        raise LabError(f"force has shape {raw.shape}", "give one channel, (n_samples,)")
    f = low_pass(raw, rate, 50.0, order=4) if rate > 150 else raw
    b = slice(max(round(baseline[0] * rate), 0), round(baseline[1] * rate))
    first, stop = max(round(search[0] * rate), 0), min(round(search[1] * rate), len(f))
    rest = f[b]
    nan = math.nan
    if len(rest) < 5 or stop - first < 5:
        raise LabError(
            f"force windows {baseline} and {search} hold too few samples at {rate:g} Hz",
            "give longer windows",
        )
    if not (np.isfinite(rest).all() and np.isfinite(f[first:stop]).all()):
        return Pull(nan, nan, nan, reasons=(LOST,))
    mean, spread = float(rest.mean()), float(rest.std())
    part = f[first:stop]
    width = max(round(0.02 * rate), 1)
    mean20 = np.convolve(part, np.ones(width) / width, mode="valid")
    top = int(np.argmax(mean20)) + width // 2
    peak = float(mean20.max()) - mean
    reasons: list[str] = []
    band = float(np.ptp(rest))
    if band > max(2.0, 0.01 * peak):
        reasons.append(f"force not steady before the cue ({band:.1f} N)")
    rules = (OnsetRule(ONSET_RULE, sd=threshold_sd, back=True), *ONSET_RULES[1:])
    found = [_onset(f, (first, stop), rate, (mean, spread, peak), rule) for rule in rules]
    onsets = {
        rule.name: math.nan if at is None else at / rate
        for rule, at in zip(rules, found, strict=True)
    }
    if found[0] is None:
        return Pull(
            nan,
            peak,
            (first + top) / rate,
            baseline=mean,
            baseline_range=band,
            reasons=(*reasons, "no rise of the force"),
        )
    begin = found[0]
    onset = begin / rate
    dip = f[max(begin - int(0.15 * rate), 0) : begin + 1]
    if len(dip) and mean - float(dip.min()) > max(0.01 * peak, 3 * spread):
        reasons.append("counter-movement before the pull")
    net = f - mean
    rfd: dict[str, float] = {}
    for window in RFD_WINDOWS_S:
        last = begin + round(window * rate)
        name = f"0-{1000 * window:.0f}"
        rfd[name] = float((f[last] - f[begin]) / window) if last < len(f) else nan
    slope_width = max(round(0.02 * rate), 1)
    slope_part = f[begin : first + top + 1]
    slopes = (slope_part[slope_width:] - slope_part[:-slope_width]) * rate / slope_width
    return Pull(
        onset,
        peak,
        (first + top) / rate,
        rfd,
        float(slopes.max()) if len(slopes) else nan,
        _impulse(net, begin, 0.1, rate),
        _impulse(net, begin, 0.2, rate),
        mean,
        band,
        tuple(reasons),
        _impulse(net, begin, (stop - 1 - begin) / rate, rate),
        onsets,
        force_foot(raw, rate, begin, mean, peak),
    )


def _onset(
    f: Floats,
    search: tuple[int, int],
    rate: float,
    rest: tuple[float, float, float],
    rule: OnsetRule,
) -> int | None:
    """Sample of the onset by one rule; ``rest``: mean and SD of the baseline, peak above it."""
    mean, spread, peak = rest
    least = 1e-6 * max(abs(peak), 1.0)
    level = mean + max(rule.sd * spread, rule.peak_share * peak, least)
    above = f[search[0] : search[1]] > level
    run = max(round(0.02 * rate), 2)
    total = np.concatenate([[0], np.cumsum(above)])
    hit = np.flatnonzero(total[run:] - total[:-run] == run)
    if not len(hit):
        return None
    begin = search[0] + int(hit[0])
    while rule.back and begin > 0 and f[begin] > mean + spread:
        begin -= 1
    return begin


def _impulse(net: Floats, begin: int, window: float, rate: float) -> float:
    last = begin + round(window * rate)
    if last >= len(net):
        return math.nan
    part = net[begin : last + 1]
    return float(np.trapezoid(part) / rate)
