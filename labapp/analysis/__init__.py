"""Measuring science: pure functions of arrays, with intervals, reasons and honest states."""

from __future__ import annotations

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
from labapp.analysis.session_analysis import analyse_recording
from labapp.analysis.settings import AnalysisSettings, settings_from

__all__ = [
    "AnalysisSettings",
    "EmgChannel",
    "ForceChannel",
    "Lag",
    "Onset",
    "Order",
    "Pair",
    "Ratio",
    "RecordingInput",
    "RepetitionLike",
    "StreamFacts",
    "activation_ratio",
    "analyse_recording",
    "detect_onset",
    "onset_lag",
    "onset_order",
    "settings_from",
]
