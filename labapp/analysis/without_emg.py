"""The analysis document of a recording without EMG: force and plate only, no order."""

from __future__ import annotations

import math
from typing import Any

from labapp.analysis.document import head_part, plain, streams_part
from labapp.analysis.force_details import force_details, with_units
from labapp.analysis.inputs import RecordingInput
from labapp.analysis.order_document import order_part
from labapp.analysis.phases import phases_of
from labapp.analysis.pull_force import force_summary, measure_force
from labapp.analysis.rest import busy_spans
from labapp.analysis.settings import AnalysisSettings

NO_EMG = "the session has no EMG"
EMG_PARTS = ("conditions", "selectivity", "crosstalk", "fatigue", "co_activation", "asymmetry")
"""Parts of the document that stay empty without EMG."""


def analyse_without_emg(
    inputs: RecordingInput, settings: AnalysisSettings | None = None
) -> dict[str, Any]:
    """Analyse what can be analysed without EMG; the document has all its parts.

    Verdict and ratios say why there are none; repetitions have force and phases.
    """
    settings = settings or AnalysisSettings()
    busy = busy_spans(inputs.repetitions)
    pulls = [
        measure_force(inputs.force, rep, busy) if inputs.force is not None else None
        for rep in inputs.repetitions
    ]
    kept = [rep for rep in inputs.repetitions if rep.valid]
    valid = [p for p, rep in zip(pulls, inputs.repetitions, strict=True) if rep.valid]
    cleaned: dict[str, Any] = plain(
        {
            **head_part(inputs, settings),
            "verdict": {
                "state": "not interpretable",
                "muscle": None,
                "n_needed": None,
                "headline": f"Not applicable: {NO_EMG}, so there is no order of onsets.",
                "reasons": [NO_EMG],
            },
            "repetitions": [
                {
                    "index": rep.index,
                    "block": rep.block,
                    "number": rep.number,
                    "valid": rep.valid,
                    "reasons": list(rep.reasons),
                    "cue_s": rep.cue_s,
                    "force_onset_s": rep.force_onset_s,
                    "force_peak_n": pull.peak if pull is not None else math.nan,
                    "phases": {k: list(v) for k, v in (phases_of(rep) or {}).items()} or None,
                    "onsets": {},
                    "order": None,
                }
                for rep, pull in zip(inputs.repetitions, pulls, strict=True)
            ],
            "repetition_source": inputs.repetition_source,
            "order": order_part(None, {}, settings, asked=inputs.order_asked),
            "ratios": {},
            "ratios_withheld": [NO_EMG],
            "reference": None,
            "amplitudes": {},
            **{part: {} for part in EMG_PARTS},
            "ecg": {"removal": "off", "channels": {}},
            "variability": {"muscles": {}, "duration": None, "force_peak": None},
            "force": {
                **with_units(force_summary(inputs.force, valid, {}, {})),
                **force_details(inputs.force, kept, valid),
            },
            "quality": [],
            "timing": {
                "resolution_ms": None,
                "sync": inputs.sync,
                "uncertainty_ms": None,
            },
            "streams": streams_part(inputs),
        }
    )
    return cleaned
