"""A realistic analysis document, made from a seed: what the pages are drawn from in tests."""

from __future__ import annotations

from typing import Any

import numpy as np

MUSCLES = ("RM_R", "UT_R", "MT_R", "LT_R")
LAGS_MS = {"RM_R": -62.0, "UT_R": -32.0, "MT_R": -41.0, "LT_R": -24.0}


def example_document(state: str = "first", reps: int = 12, seed: int = 3) -> dict[str, Any]:
    """The document of one session of ``reps`` fast pulls."""
    rng = np.random.default_rng(seed)
    repetitions = []
    for index in range(reps):
        cue = 40.0 + 22.0 * index + float(rng.uniform(0, 2))
        force = cue + 0.21 + float(rng.normal(0, 0.02))
        onsets = {}
        for code in MUSCLES:
            time = force + (LAGS_MS[code] + float(rng.normal(0, 9))) / 1e3
            onsets[code] = {
                "time_s": time,
                "low_s": time - 0.011,
                "high_s": time + 0.008,
                "state": "ok",
                "snr_db": 24.0 + float(rng.normal(0, 2)),
                "rise_s": 0.09,
                "neq_s": time + 0.004,
                "neq_sd_ms": 5.0,
                "hb3_s": time + 0.01,
                "emd_ms": 40.0,
            }
        valid = index != 4
        repetitions.append(
            {
                "index": index,
                "block": "fast",
                "number": index + 1,
                "valid": valid,
                "reasons": [] if valid else ["rejected by the operator"],
                "cue_s": cue,
                "force_onset_s": force,
                "onsets": onsets,
                "force_peak_n": 410.0,
                "phases": {
                    "pull": [force, force + 0.6],
                    "hold": [force + 0.6, force + 3.0],
                    "return": [force + 3.0, force + 3.6],
                },
            }
        )
    pairs = {}
    for one, other, lag in (
        ("RM_R", "UT_R", -30.2),
        ("RM_R", "MT_R", -20.6),
        ("RM_R", "LT_R", -37.1),
    ):
        pairs[f"{one}-{other}"] = {
            "lag_ms": lag,
            "low_ms": lag - 7,
            "high_ms": lag + 7,
            "n": reps - 1,
            "p_before": 0.998,
            "verdict": "first" if state == "first" else state,
            "reasons": [] if state == "first" else ["rise times differ (38 ms and 92 ms)"],
            "sd_ms": 11.0,
            "p_holm": 0.001,
            "lag_raw_ms": lag + 2,
            "bias_ms": 0.4,
            "lag_posterior_ms": lag,
            "rope_ms": 10.0,
            "n_needed": None,
            "lags_ms": [None] * reps,
            "snr_db": [24.0, 23.0],
            "rise_ms": [90.0, 95.0],
            "robust": True,
        }
    headline = {
        "first": "Rhomboid before upper trapezius by 30 ms (95 % interval 23 to 37; "
        "11 repetitions).",
        "undecided": "Cannot tell whether the rhomboid or the upper trapezius came first.",
        "not interpretable": "The order of rhomboid and upper trapezius is not interpretable.",
        "simultaneous": "Rhomboid and upper trapezius came together, within ±10 ms.",
    }[state]
    reasons = {
        "first": ["SNR 23 to 25 dB in both channels", "same sign at 25 % of the peak"],
        "undecided": ["95 % interval −22 to 6 ms contains 0", "about 9 more repetitions decide"],
        "not interpretable": ["RM right: SNR 4 dB, 10 dB are needed", "only 3 valid repetitions"],
        "simultaneous": ["90 % interval inside ±10 ms"],
    }[state]
    phases = ("pull", "hold", "return")
    ratios = {
        key: {
            phase: {
                "ratio": r,
                "low": r * 0.86,
                "high": r * 1.17,
                "n": reps - 1,
                "gcv_percent": 21.0,
                "text": "",
            }
            for phase, r in zip(phases, values, strict=True)
        }
        for key, values in (("RM_R:UT_R", (1.34, 1.18, 0.92)), ("UT_R:LT_R", (0.8, 1.1, 1.3)))
    }
    return {
        "schema": "labapp-analysis/1",
        "labapp": "0.1.0",
        "parameters": {"band_hz": [20, 450]},
        "parameters_sha256": "0" * 64,
        "participant": "AB-014",
        "session": "AB-014_isometric_pull.h5",
        "protocol": "isometric_pull",
        "rate_hz": {"emg": 1000.02, "force": 79.998},
        "verdict": {
            "state": state,
            "muscle": "RM_R" if state == "first" else None,
            "headline": headline,
            "reasons": reasons,
            "n_needed": 9 if state == "undecided" else None,
        },
        "repetitions": repetitions,
        "order": {
            "muscles": list(MUSCLES),
            "n": reps - 1,
            "n_complete": reps - 1,
            "kendall_w": 0.82,
            "modal_order": {"order": "RM_R MT_R UT_R LT_R", "share": 0.6},
            "p_first": {"RM_R": 0.97, "UT_R": 0.01, "MT_R": 0.02, "LT_R": 0.0},
            "share_first": {c: k / 11 for c, k in zip(MUSCLES, (10, 0, 1, 0), strict=True)},
            "share_first_interval": {
                c: {"low": 0.0, "high": 1.0, "k": k, "n": 11}
                for c, k in zip(MUSCLES, (10, 0, 1, 0), strict=True)
            },
            "pairs": pairs,
        },
        "ratios": ratios,
        "reference": {
            "method": "MVIC, 500-ms RMS",
            "muscles": {c: {"value_uv": 400.0, "n": 3, "snr_db": 30.0} for c in MUSCLES},
        },
        "ratios_withheld": [],
        "amplitudes": {
            c: {p: {"percent": 60.0, "sd": 8.0, "n": 11} for p in phases} for c in MUSCLES
        },
        "force": {
            "peak_n": {"mean": 412.0, "sd": 18.0, "n": 11},
            "rfd": {"0-100": {"mean": 1900.0, "sd": 210.0, "n": 11}},
            "emd_ms": {c: {"mean": 40.0, "low": 33.0, "high": 47.0, "n": 11} for c in MUSCLES},
            "emd_valid": False,
            "emd_text": "force is sampled at 80 Hz: not valid for the delay to force",
        },
        "quality": [
            {
                "channel": "UT_R",
                "check": "line",
                "value": 0.18,
                "level": "warn",
                "text": "UT right: 50 Hz hum is 18 % of the baseline. Check the electrodes.",
            },
            {
                "channel": "RM_R",
                "check": "snr",
                "value": 24.1,
                "level": "good",
                "text": "RM right: SNR 24 dB",
            },
            {
                "channel": "MT_R",
                "check": "clipping",
                "value": 0.0,
                "level": "good",
                "text": "MT right: no clipped samples",
            },
        ],
        "timing": {"resolution_ms": 6.0, "sync": "one clock", "uncertainty_ms": 0.4},
        "streams": {
            "emg": {
                "driver": "bitalino",
                "rate_hz": 1000.02,
                "rate_nominal_hz": 1000.0,
                "received": 412_380,
                "lost": 12,
                "gaps": 2,
                "onset_capable": "yes",
                "onset_reason": "1000 Hz, crystal clock",
            },
            "force": {
                "driver": "chronojump",
                "rate_hz": 79.998,
                "rate_nominal_hz": 80.0,
                "received": 32_990,
                "lost": 0,
                "gaps": 0,
                "onset_capable": "no",
                "onset_reason": "80 Hz: one sample every 12.5 ms",
            },
        },
    }
