"""The parts of the analysis document about amplitudes: ratios, references, levels by phase."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from labapp.analysis.amplitude import PhaseAmplitude
from labapp.analysis.phases import Amplitudes
from labapp.analysis.references import percent_of_reference
from labapp.analysis.settings import AnalysisSettings


def ratios_part(amplitude: Amplitudes) -> dict[str, Any]:
    """Write the ``ratios`` part, pair by pair and phase by phase."""
    return {
        pair: {
            phase: {
                "ratio": r.ratio,
                "low": r.low,
                "high": r.high,
                "n": r.n,
                "gcv_percent": r.gcv_percent,
                "text": r.text,
            }
            for phase, r in by_phase.items()
        }
        for pair, by_phase in amplitude.ratios.items()
    }


def reference_part(
    amplitude: Amplitudes, settings: AnalysisSettings, any_reference: bool
) -> dict[str, Any] | None:
    """Write the ``reference`` part; None without reference contractions."""
    if not any_reference:
        return None
    return {
        "method": f"greatest {1000 * settings.reference_window_s:.0f} ms RMS over the reference "
        "contractions, corrected for rest",
        "muscles": {
            m: {
                "value_uv": 1e6 * r.value,
                "low_uv": 1e6 * r.low,
                "high_uv": 1e6 * r.high,
                "n": r.n,
                "snr_db": r.snr_db,
                "log_sd": r.log_sd,
                "kind": r.kind,
                "contractions_uv": [1e6 * value for value in r.contractions],
                "reason": r.reason,
                "notes": list(r.notes),
            }
            for m, r in amplitude.references.items()
        },
    }


def amplitudes_part(amplitude: Amplitudes) -> dict[str, Any]:
    """Write the ``amplitudes`` part: per muscle and phase, with the reference's uncertainty."""
    return {
        muscle: {
            phase: _phase(values, amplitude, muscle, phase) for phase, values in by_phase.items()
        }
        for muscle, by_phase in amplitude.percent.items()
    }


def _phase(values: Any, amplitude: Amplitudes, muscle: str, phase: str) -> dict[str, Any]:
    level = percent_of_reference(values, amplitude.references[muscle])
    rows = amplitude.absolute[muscle][phase]
    return {
        "percent": level.percent,
        "sd": level.sd,
        "low": level.low,
        "high": level.high,
        "n": level.n,
        "rms_uv": 1e6 * _mean(rows, "rms"),
        "arv_uv": 1e6 * _mean(rows, "arv"),
        "iemg_uvs": 1e6 * _mean(rows, "iemg"),
        "peak_uv": 1e6 * _mean(rows, "peak"),
    }


def _mean(rows: list[PhaseAmplitude], name: str) -> float:
    values = np.array([getattr(row, name) for row in rows])
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else math.nan
