"""The parts of the analysis document about amplitudes: ratios, references, levels by phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labapp.analysis.given import GivenReferences
from labapp.analysis.phases import Amplitudes
from labapp.analysis.references import Reference, percent_of_reference
from labapp.analysis.settings import AnalysisSettings
from labapp.analysis.statistics import mean_interval

ABSOLUTE = {"rms_uv": "rms", "arv_uv": "arv", "iemg_uvs": "iemg", "peak_uv": "peak"}
"""Keys of the absolute amplitudes, and the fields they come from."""


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
    amplitude: Amplitudes,
    settings: AnalysisSettings,
    any_reference: bool,
    given: GivenReferences | None = None,
) -> dict[str, Any] | None:
    """Write the ``reference`` part; None without reference contractions here or elsewhere.

    With given ones: ``method`` and ``source`` are theirs as soon as one of them counts, ``own``
    holds those of this recording that gave way, and every muscle says whether it is ``given``.
    """
    if not any_reference and given is None:
        return None
    method = (
        f"greatest {1000 * settings.reference_window_s:.0f} ms RMS over the reference "
        "contractions, corrected for rest"
    )
    muscles = _muscles(amplitude.references)
    if given is None:
        return {"method": method, "muscles": muscles}
    for muscle, one in muscles.items():
        one["given"] = muscle in amplitude.own
    return {
        "method": given.source.get("method", method) if amplitude.own else method,
        "muscles": muscles,
        "source": dict(given.source),
        "own": {"method": method, "muscles": _muscles(amplitude.own)},
    }


def _muscles(references: Mapping[str, Reference]) -> dict[str, dict[str, Any]]:
    return {
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
        for m, r in references.items()
    }


def rest_part(amplitude: Amplitudes) -> dict[str, Any]:
    """Write the ``rest`` part: only where rest is not simply what lies before every cue."""
    rests = amplitude.rests
    if all(one.source == "baselines" and not one.left_out for one in rests.values()):
        return {}
    return {
        "rest": {
            muscle: {
                "value_uv": 1e6 * one.level,
                "source": one.source,
                "n": len(one.windows),
                "left_out": one.left_out,
            }
            for muscle, one in rests.items()
        }
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
    absolute = {
        name: mean_interval([1e6 * getattr(row, field) for row in rows])
        for name, field in ABSOLUTE.items()
    }
    return {
        "percent": level.percent,
        "sd": level.sd,
        "low": level.low,
        "high": level.high,
        "n": level.n,
        **{name: one.mean for name, one in absolute.items()},
        "absolute": {
            name: {"low": one.low, "high": one.high, "sd": one.sd, "n": one.n}
            for name, one in absolute.items()
        },
    }
