"""Measuring science: pure functions of arrays, with intervals, reasons and honest states."""

from __future__ import annotations

from labapp.analysis.amplitude import PhaseAmplitude, phase_amplitude
from labapp.analysis.asymmetry import Asymmetry, compare_sides
from labapp.analysis.cocontraction import CoContraction, co_contraction
from labapp.analysis.ecg import WithoutEcg, high_pass_ecg, subtract_ecg
from labapp.analysis.effect_size import EffectSize, hedges_g
from labapp.analysis.fatigue import Fatigue, muscle_fatigue
from labapp.analysis.given import GivenReferences
from labapp.analysis.heartbeat import Heart, find_heart
from labapp.analysis.inputs import (
    EmgChannel,
    ForceChannel,
    RecordingInput,
    RepetitionLike,
    StreamFacts,
)
from labapp.analysis.lag import Lag, onset_lag
from labapp.analysis.onset import Onset, detect_onset
from labapp.analysis.order import Order, onset_order
from labapp.analysis.pairs import Pair
from labapp.analysis.ratios import Ratio, activation_ratio
from labapp.analysis.references import (
    PercentOfReference,
    Reference,
    percent_of_reference,
    reference_amplitude,
)
from labapp.analysis.reliability_stats import (
    Change,
    LimitsOfAgreement,
    Reliability,
    limits_of_agreement,
    reliability,
    welch_change,
)
from labapp.analysis.scan import Bursts, scan_bursts
from labapp.analysis.session_analysis import analyse_recording
from labapp.analysis.settings import AnalysisSettings, settings_from
from labapp.analysis.spectrum import Spectrum, power_spectrum
from labapp.analysis.variability import (
    Cv,
    Ensemble,
    coefficient_of_variation,
    ensemble,
    time_normalised,
)

__all__ = [
    "AnalysisSettings",
    "Asymmetry",
    "Bursts",
    "Change",
    "CoContraction",
    "Cv",
    "EffectSize",
    "EmgChannel",
    "Ensemble",
    "Fatigue",
    "ForceChannel",
    "GivenReferences",
    "Heart",
    "Lag",
    "LimitsOfAgreement",
    "Onset",
    "Order",
    "Pair",
    "PercentOfReference",
    "PhaseAmplitude",
    "Ratio",
    "RecordingInput",
    "Reference",
    "Reliability",
    "RepetitionLike",
    "Spectrum",
    "StreamFacts",
    "WithoutEcg",
    "activation_ratio",
    "analyse_recording",
    "co_contraction",
    "coefficient_of_variation",
    "compare_sides",
    "detect_onset",
    "ensemble",
    "find_heart",
    "hedges_g",
    "high_pass_ecg",
    "limits_of_agreement",
    "muscle_fatigue",
    "onset_lag",
    "onset_order",
    "percent_of_reference",
    "phase_amplitude",
    "power_spectrum",
    "reference_amplitude",
    "reliability",
    "scan_bursts",
    "settings_from",
    "subtract_ecg",
    "time_normalised",
    "welch_change",
]
