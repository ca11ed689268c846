"""Gates: what must be true before an order is claimed, in words that a lab understands."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.clocks import between_s
from labapp.analysis.crosstalk import Crosstalk, crosstalk
from labapp.analysis.inputs import RecordingInput
from labapp.analysis.pooled import OwnRiseLag
from labapp.analysis.pulls import MusclePull, own_rises
from labapp.analysis.settings import AnalysisSettings

Floats = NDArray[np.float64]

LARGEST_CLOCK_U_S = 2.5e-3
"""Standard uncertainty between two devices above which no order is read: 5 ms at 95 %."""

RISE_CERTAIN = 0.95
"""Probability from which rises count as different: noise alone must not close the gate."""


@dataclass(frozen=True, slots=True, eq=False)
class PairFacts:
    """What the gates of one pair looked at.

    Attributes
    ----------
    lags, neq, posterior, raw
        (n_repetitions,) s: equalised lag, NEQ(HB3), displayed onsets, HB3 without equalisation.
    snr_db, rise
        Median ratio (dB) and pooled 10 to 90 % rise (s) of the first and the second muscle.
    crosstalk
        Correlation of the two channels in the pulls.
    reasons
        Closed gates.
    robust
        Whether the sign agrees between the equalised lag and NEQ(HB3).
    own
        Lag with the muscles' own rises, None where there are too few pulls.
    """

    lags: Floats
    neq: Floats
    posterior: Floats
    raw: Floats
    snr_db: tuple[float, float]
    rise: tuple[float, float]
    crosstalk: Crosstalk
    reasons: tuple[str, ...]
    robust: bool
    own: OwnRiseLag | None = None


def muscle_gate(name: str, pulls: Sequence[MusclePull], settings: AnalysisSettings) -> str | None:
    """Why a muscle cannot take part in the order at all, or None."""
    n = len(pulls)
    if n == 0:
        return f"{name}: no valid repetition"
    missing = [pull for pull in pulls if not pull.usable]
    snr = float(np.median([pull.onset.snr_db for pull in pulls]))
    if len(missing) > settings.missing_share * n:
        words = Counter(_plain(pull) for pull in missing)
        reason, _ = words.most_common(1)[0]
        return f"{name}: {reason} in {len(missing)} of {n} repetitions (SNR {max(snr, 0):.0f} dB)"
    weak = sum(pull.onset.snr_db < settings.snr_order_db for pull in pulls)
    if weak > settings.missing_share * n:
        return (
            f"{name}: signal-to-noise ratio below {settings.snr_order_db:g} dB in {weak} of {n} "
            f"repetitions (median {snr:.0f} dB)"
        )
    return None


def pair_facts(
    names: tuple[str, str],
    first: Sequence[MusclePull],
    second: Sequence[MusclePull],
    lags: Floats,
    rate: float,
    settings: AnalysisSettings,
) -> PairFacts:
    """Look at everything that could make the lag of two muscles mean something else."""
    nan = math.nan
    pairs = list(zip(first, second, strict=True))
    neq = np.array([_neq_time(a) - _neq_time(b) for a, b in pairs])
    raw = np.array([_hb3_time(a) - _hb3_time(b) for a, b in pairs])
    posterior = np.array(
        [a.onset.time - b.onset.time if a.usable and b.usable else nan for a, b in pairs]
    )
    used = [(a, b) for (a, b), lag in zip(pairs, lags, strict=True) if math.isfinite(lag)]
    snr = (_median([a.onset.snr_db for a, _ in used]), _median([b.onset.snr_db for _, b in used]))
    own = own_rises([a for a, _ in used], [b for _, b in used], settings)
    rise = own.rise if own is not None else (nan, nan)
    stretches = [_active(a, b) for a, b in used]
    link = crosstalk([s for s in stretches if s is not None], rate)
    reasons: list[str] = []
    if all(math.isfinite(v) for v in snr) and abs(snr[0] - snr[1]) > settings.snr_gap_db:
        reasons.append(
            f"signal-to-noise ratios of {names[0]} and {names[1]} differ by "
            f"{abs(snr[0] - snr[1]):.0f} dB (limit {settings.snr_gap_db:g} dB)"
        )
    if own is not None and own.unequal(settings.rise_ratio) > RISE_CERTAIN:
        reasons.append(
            f"{names[0]} and {names[1]} rise at different speed "
            f"({1000 * rise[0]:.0f} and {1000 * rise[1]:.0f} ms): the order would reflect "
            "the speed of recruitment as well as its time"
        )
    if math.isfinite(link.peak) and link.peak > settings.crosstalk_r:
        reasons.append(
            f"{names[0]} and {names[1]} share much of their signal (correlation {link.peak:.2f}): "
            "crosstalk is likely"
        )
    # Medians: HB3 has outliers (a rest twitch crosses 3 SD), which would fake a conflict.
    main, other = _middle(lags), _middle(neq)
    conflict = main * other < 0
    if conflict and min(abs(main), abs(other)) > settings.tie_ms / 1000:
        reasons.append(
            f"two methods disagree about {names[0]} and {names[1]} "
            f"({1000 * main:+.0f} and {1000 * other:+.0f} ms)"
        )
    return PairFacts(lags, neq, posterior, raw, snr, rise, link, tuple(reasons), not conflict, own)


def device_gates(
    inputs: RecordingInput, muscles: Sequence[str]
) -> dict[tuple[str, str], list[str]]:
    """Reasons per pair that lie in the devices: not onset-capable, or clocks not related."""
    stream_of = {channel.muscle: channel.stream for channel in inputs.emg}
    gates: dict[tuple[str, str], list[str]] = {}
    for i, a in enumerate(muscles):
        for b in muscles[i + 1 :]:
            reasons: list[str] = []
            for stream in dict.fromkeys((stream_of[a], stream_of[b])):
                facts = inputs.streams.get(stream)
                if facts is not None and facts.onset_capable == "no":
                    why = facts.onset_reason or "see its data sheet"
                    reasons.append(f"{facts.driver} cannot time onsets: {why}")
            u_s = between_s(inputs, stream_of[a], stream_of[b])
            if not math.isfinite(u_s):
                reasons.append(
                    f"{a} and {b} were recorded by devices without a common clock or sync pulses"
                )
            elif u_s > LARGEST_CLOCK_U_S:
                reasons.append(
                    f"{a} and {b} were recorded by devices whose clocks relate by "
                    f"± {1000 * u_s:.2g} ms only"
                )
            if reasons:
                gates[a, b] = reasons
    return gates


def _plain(pull: MusclePull) -> str:
    words = {
        "not_found": "no burst found",
        "in_baseline": "active before the cue",
        "ambiguous": "no clear beginning",
        "not_measurable": "not measurable",
    }
    if pull.onset.state == "not_measurable" and pull.onset.reason:
        return pull.onset.reason
    return words.get(pull.onset.state, pull.onset.state)


def _active(a: MusclePull, b: MusclePull) -> tuple[Floats, Floats] | None:
    """0.7 s of both channels from the later onset on, None where it is not there."""
    if a.burst is None or b.burst is None or a.burst.rate != b.burst.rate:
        return None
    start = max(a.onset.time, b.onset.time) + 0.05
    rate = a.burst.rate
    parts = []
    for pull in (a, b):
        assert pull.burst is not None
        at = round((start - pull.start) * rate)
        parts.append(pull.burst.x[at : at + int(0.7 * rate)])
    n = min(len(parts[0]), len(parts[1]))
    return parts[0][:n], parts[1][:n]


def _neq_time(pull: MusclePull) -> float:
    return pull.neq.time if pull.neq is not None else math.nan


def _hb3_time(pull: MusclePull) -> float:
    return pull.neq.raw if pull.neq is not None else math.nan


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if len(values) else math.nan


def _middle(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else math.nan
