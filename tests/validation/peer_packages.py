"""Published packages to compare with, where they are installed; none is needed.

Each is a function ``(signal, rate, baseline, search) -> onset in s``, NaN where it finds none.
`DETECTORS` holds those that are installed, `ABSENT` says so of the others. They are imported when
they are first asked: that takes seconds.
"""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections.abc import Callable
from functools import cache
from types import ModuleType

import numpy as np

from labapp.analysis.filters import EMG_BAND_HZ, band_pass

Window = tuple[float, float]
Detector = Callable[[np.ndarray, float, Window, Window], float]

DETECTORS: dict[str, Detector] = {}
ABSENT: dict[str, str] = {}


@cache
def _imported(module: str) -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(module)


def _first_inside(samples: np.ndarray, rate: float, search: Window) -> float:
    times = np.asarray(samples, dtype=np.float64) / rate
    inside = times[(times >= search[0]) & (times <= search[1])]
    return float(inside[0]) if len(inside) else math.nan


def _biosppy(signal: np.ndarray, rate: float, baseline: Window, search: Window) -> float:
    """Hodges and Bui 1996 as BioSPPy has it: 3 SD, 25 ms."""
    emg = _imported("biosppy.signals.emg")
    x = band_pass(signal, rate, EMG_BAND_HZ)
    rest = x[int(baseline[0] * rate) : int(baseline[1] * rate)]
    found = emg.hodges_bui_onset_detector(
        signal=x, rest=rest, sampling_rate=rate, size=int(0.025 * rate), threshold=3
    )
    return _first_inside(found["onsets"], rate, search)


def _biosppy_own(signal: np.ndarray, rate: float, baseline: Window, search: Window) -> float:
    """``find_onsets`` with the defaults of BioSPPy, after the filter of its ``emg.emg``."""
    del baseline
    emg, tools = (_imported(f"biosppy.signals.{name}") for name in ("emg", "tools"))
    filtered, _, _ = tools.filter_signal(
        signal=signal,
        ftype="butter",
        band="highpass",
        order=4,
        frequency=100,
        sampling_rate=rate,
    )
    return _first_inside(
        emg.find_onsets(signal=filtered, sampling_rate=rate)["onsets"], rate, search
    )


def _neurokit(signal: np.ndarray, rate: float, baseline: Window, search: Window) -> float:
    """``emg_amplitude`` and ``emg_activation`` with the defaults of NeuroKit2."""
    del baseline
    nk = _imported("neurokit2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        amplitude = nk.emg_amplitude(nk.emg_clean(signal, sampling_rate=int(rate)))
        _, info = nk.emg_activation(emg_amplitude=amplitude, sampling_rate=int(rate))
    return _first_inside(info["EMG_Onsets"], rate, search)


for _name, _module, _detector in (
    ("BioSPPy Hodges-Bui", "biosppy", _biosppy),
    ("BioSPPy find_onsets", "biosppy", _biosppy_own),
    ("NeuroKit2", "neurokit2", _neurokit),
):
    if importlib.util.find_spec(_module) is None:
        ABSENT[_name] = f"not compared: {_module} is not installed"
    else:
        DETECTORS[_name] = _detector
