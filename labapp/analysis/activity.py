"""What the held and moving muscles say beside order and ratio, as parts of the analysis document.

Fatigue, heart beats, variability, co-activation and asymmetry of a recording: optional keys, each
with its n, its interval or the reason why there is none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labapp.analysis.amplitude import GAUSS_ARV
from labapp.analysis.asymmetry import compare_sides
from labapp.analysis.cocontraction import CoContraction, co_contraction
from labapp.analysis.ecg import high_pass_ecg, subtract_ecg
from labapp.analysis.fatigue import Trend, muscle_fatigue
from labapp.analysis.filters import band_pass
from labapp.analysis.heartbeat import Heart, find_heart
from labapp.analysis.inputs import BlockFacts, RepetitionLike
from labapp.analysis.intervals import Interval, shape_intervals
from labapp.analysis.moving import coarse_low_pass, coarse_step
from labapp.analysis.phases import PHASES, Amplitudes, phases_of
from labapp.analysis.pulls import FilteredChannel
from labapp.analysis.references import combined_df
from labapp.analysis.rest import Span, rest_within
from labapp.analysis.settings import AnalysisSettings
from labapp.analysis.statistics import mean_interval
from labapp.analysis.variability import coefficient_of_variation, time_normalised

Floats = NDArray[np.float64]
Channels = Mapping[str, FilteredChannel]

SHAPE_HZ = 6.0
"""Low-pass of the envelope whose shape is compared between repetitions."""


def activity_parts(
    channels: Channels,
    hearts: Mapping[str, Heart],
    repetitions: Sequence[RepetitionLike],
    amplitude: Amplitudes,
    *,
    force_peaks: Sequence[float],
    snr_db: Mapping[str, float],
    blocks: Mapping[str, BlockFacts],
    busy: Sequence[Span],
    settings: AnalysisSettings,
) -> dict[str, Any]:
    """Write the parts ``ecg``, ``fatigue``, ``variability``, ``co_activation``, ``asymmetry``.

    Parameters
    ----------
    channels
        Muscle to channel, as used for amplitudes.
    hearts
        Heart beats per muscle.
    repetitions
        Valid pulls.
    amplitude
        Their amplitudes and references.
    force_peaks
        (n,) N, NaN where not measured.
    snr_db
        Median ratio per muscle.
    blocks
        Facts of the protocol's blocks: a muscle is judged in the work of its own side.
    busy
        When somebody pulled (`busy_spans`).
    settings
        All parameters.
    """
    own = {m: [rep for rep in repetitions if _works(m, rep, blocks)] for m in channels}
    curves = {}
    for muscle, one in channels.items():
        rest = rest_within(one, own[muscle], busy, amplitude.rests[muscle], settings)
        if found := shapes(one, own[muscle], amplitude.references[muscle].value, rest.level):
            curves[muscle] = found
    return {
        "ecg": ecg_part(hearts, settings),
        "fatigue": fatigue_part(channels, own, snr_db),
        "variability": variability_part(curves, amplitude, repetitions, force_peaks),
        "co_activation": co_activation_part(curves, amplitude),
        "asymmetry": asymmetry_part(amplitude),
    }


def _works(muscle: str, repetition: RepetitionLike, blocks: Mapping[str, BlockFacts]) -> bool:
    fact = blocks.get(repetition.block)
    return fact is None or fact.side in ("", muscle.partition("_")[2])


def find_hearts(channels: Channels) -> dict[str, Heart]:
    """Heart beats of every channel, found in what the electrodes gave (not band-passed)."""
    return {m: find_heart(c.channel.values, c.channel.rate) for m, c in channels.items()}


def without_ecg(
    channels: Channels, hearts: Mapping[str, Heart], settings: AnalysisSettings
) -> dict[str, FilteredChannel]:
    """Channels for amplitudes, without the heart if the settings say so; never for onsets.

    All channels of a stream share the beats of the one that shows them best.
    """
    if settings.ecg_removal == "off":
        return dict(channels)
    out: dict[str, FilteredChannel] = {}
    for muscle, one in channels.items():
        rate = one.channel.rate
        if settings.ecg_removal == "high_pass":
            x = high_pass_ecg(one.x, rate)
        else:
            shared = [
                hearts[m]
                for m, other in channels.items()
                if other.channel.stream == one.channel.stream and hearts[m].state == "present"
            ]
            best = max(shared, key=lambda heart: heart.r_ratio, default=hearts[muscle])
            clean = subtract_ecg(one.channel.values, rate, heart=best)
            x = band_pass(clean.signal, rate, settings.band_hz) if clean.removed else one.x
        out[muscle] = FilteredChannel(one.channel, x)
    return out


def ecg_part(hearts: Mapping[str, Heart], settings: AnalysisSettings) -> dict[str, Any]:
    """Write the ``ecg`` part: heart rate and height of the R wave per channel."""
    return {
        "removal": settings.ecg_removal,
        "channels": {
            m: {
                "state": h.state,
                "rate_bpm": h.rate_bpm,
                "r_uv": 1e6 * h.r_amplitude,
                "r_ratio": h.r_ratio,
                "beats": len(h.beats),
                "reason": h.reason,
            }
            for m, h in hearts.items()
        },
    }


def fatigue_part(
    channels: Channels,
    repetitions: Mapping[str, Sequence[RepetitionLike]],
    snr_db: Mapping[str, float],
) -> dict[str, Any]:
    """Write the ``fatigue`` part: median frequency of every hold, its trend, the pattern."""
    made: dict[str, Any] = {}
    for muscle, one in channels.items():
        holds = []
        for repetition in repetitions[muscle]:
            held = (phases_of(repetition) or {}).get("hold", (0.0, 0.0))
            holds.append((one.index(held[0]), one.index(held[1])))
        found = muscle_fatigue(one.x, one.channel.rate, holds, snr_db=snr_db.get(muscle, math.inf))
        made[muscle] = {
            "median_hz": list(found.median_hz),
            "mean_hz": list(found.mean_hz),
            "rms_uv": [1e6 * value for value in found.rms],
            "frequency": _trend(found.frequency),
            "amplitude": _trend(found.amplitude),
            "pattern": found.pattern,
            "epochs": found.epochs,
            "reason": found.reason,
        }
    return made


def _trend(found: Trend | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "percent_per_min": 60 * found.percent,
        "low": 60 * found.percent_low,
        "high": 60 * found.percent_high,
        "n": found.n,
    }


def shapes(
    one: FilteredChannel,
    repetitions: Sequence[RepetitionLike],
    scale: float,
    rest: float,
) -> list[Floats | None]:
    """Envelope of every repetition, 101 points from its begin to its end, % of `scale`.

    Corrected for `rest`; None where a repetition has no end or lost samples. Empty without a
    reference (`scale` NaN) or rest.
    """
    if not (math.isfinite(scale) and math.isfinite(rest)) or len(one.x) < one.channel.rate:
        return []
    every = coarse_step(one.channel.rate)
    smooth = coarse_low_pass(np.abs(one.x), one.channel.rate, SHAPE_HZ) / GAUSS_ARV
    rows: list[Floats | None] = []
    for repetition in repetitions:
        spans = phases_of(repetition) or {}
        rows.append(None)
        if "pull" in spans and "return" in spans:
            first, stop = one.index(spans["pull"][0]), one.index(spans["return"][1])
            part = smooth[first // every : stop // every]
            if len(part) > 1 and np.isfinite(part).all():
                level = np.sqrt(np.maximum(np.square(np.maximum(part, 0)) - rest**2, 0))
                rows[-1] = 100 / scale * time_normalised(level)
    return rows


def variability_part(
    curves: Mapping[str, Sequence[Floats | None]],
    amplitude: Amplitudes,
    repetitions: Sequence[RepetitionLike],
    force_peaks: Sequence[float],
) -> dict[str, Any]:
    """Write the ``variability`` part: CV by phase, duration and force; CMC and band per muscle."""
    durations = [
        spans["return"][1] - spans["pull"][0]
        for repetition in repetitions
        if {"pull", "return"} <= (spans := phases_of(repetition) or {}).keys()
    ]
    peaks = [peak for peak in force_peaks if peak > 0]
    muscles: dict[str, Any] = {}
    for muscle, by_phase in amplitude.percent.items():
        whole = [curve for curve in curves.get(muscle, ()) if curve is not None]
        together = shape_intervals(whole) if len(whole) > 1 else None
        muscles[muscle] = {
            "cv": {phase: asdict(coefficient_of_variation(v)) for phase, v in by_phase.items()},
            **_shape("cmc", together.cmc if together else None),
            **_shape("mesd_percent", together.mesd if together else None),
            "n": len(whole),
        }
    return {
        "muscles": muscles,
        "duration": asdict(coefficient_of_variation(durations)),
        "force_peak": asdict(coefficient_of_variation(peaks)),
    }


def _shape(name: str, found: Interval | None) -> dict[str, float]:
    if found is None:
        return {name: math.nan, f"{name}_low": math.nan, f"{name}_high": math.nan}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


INDICES = tuple(CoContraction.__dataclass_fields__)


def co_activation_part(
    curves: Mapping[str, Sequence[Floats | None]], amplitude: Amplitudes
) -> dict[str, Any]:
    """Write the ``co_activation`` part: indices of every pair of one side, over repetitions."""
    made: dict[str, Any] = {}
    usable = [m for m in curves if amplitude.references[m].usable]
    for i, a in enumerate(usable):
        for b in usable[i + 1 :]:
            if a.partition("_")[2] != b.partition("_")[2] or len(curves[a]) != len(curves[b]):
                continue
            found = [
                asdict(co_contraction(x, y))
                for x, y in zip(curves[a], curves[b], strict=True)
                if x is not None and y is not None
            ]
            if len(found) < 2:
                continue
            made[f"{a}:{b}"] = {"n": len(found)}
            for index in INDICES:
                m = mean_interval([one[index] for one in found])
                made[f"{a}:{b}"][index] = {"mean": m.mean, "low": m.low, "high": m.high}
    return made


def asymmetry_part(amplitude: Amplitudes) -> dict[str, Any]:
    """Write the ``asymmetry`` part: right against left of every muscle on both sides, by phase."""
    made: dict[str, Any] = {}
    for muscle in amplitude.percent:
        stem, _, side = muscle.partition("_")
        other = f"{stem}_L"
        if side != "R" or other not in amplitude.percent:
            continue
        references = [amplitude.references[m] for m in (muscle, other)]
        if not all(reference.usable for reference in references):
            continue
        common, df = combined_df([(r.log_sd, r.df) for r in references])
        made[stem] = {
            phase: asdict(
                compare_sides(
                    amplitude.percent[other][phase],
                    amplitude.percent[muscle][phase],
                    common_log_sd=common,
                    common_df=df,
                )
            )
            for phase in PHASES
        }
    return made
