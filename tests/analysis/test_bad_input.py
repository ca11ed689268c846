"""Bad input to every public function: a stated error or a state, never a number.

The registry below says how to call each function of `labapp.analysis`; one that is missing fails.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from made_emg import BASELINE, SEARCH, recording, trial

import labapp.analysis
from labapp.analysis import (
    Reference,
    activation_ratio,
    analyse_recording,
    co_contraction,
    coefficient_of_variation,
    compare_sides,
    detect_onset,
    ensemble,
    find_heart,
    hedges_g,
    high_pass_ecg,
    limits_of_agreement,
    muscle_fatigue,
    onset_lag,
    onset_order,
    percent_of_reference,
    phase_amplitude,
    power_spectrum,
    reference_amplitude,
    reliability,
    scan_bursts,
    subtract_ecg,
    time_normalised,
    welch_change,
)
from labapp.errors import LabError

RATE = 1000
GOOD_STATES = {"ok", "present", "right", "left", "within error"}


@dataclass(frozen=True)
class Call:
    """How to call a function with one argument replaced, and what it may answer.

    ``good`` is the argument as it should be (a signal, a table ...); ``right`` names the kinds of
    bad input for which a number is right, and why.
    """

    run: Callable
    good: Callable[[], np.ndarray]
    right: dict[str, str] = field(default_factory=dict)


def pull():
    return trial(np.random.default_rng(1), "noise", 25.0, 1.75, "cos", 0.05)


def long():
    rng = np.random.default_rng(2)
    return rng.normal(size=20_000) * np.where(np.arange(20_000) % 5000 > 3500, 10.0, 1.0)


def amplitudes():
    return 30 + np.random.default_rng(3).normal(size=8)


def others():
    return 35 + np.random.default_rng(6).normal(size=8)


def table():
    rng = np.random.default_rng(4)
    return rng.normal(size=(8, 1)) + 0.3 * rng.normal(size=(8, 3))


EQUAL = "equal values are values"
GAPS = "missing repetitions are left out and counted"
SIGNAL = "gives a signal with the same gaps, not a measure"
BEATS = "beats are timed at rest; a cut burst does not change them"
BEATING = {"clipped": BEATS, "gap": BEATS}
LISTS = {"constant": EQUAL, "clipped": EQUAL, "gap": GAPS}

REFERENCE = Reference(50.0, 3, 0.05, 30.0, low=45.0, high=55.0, df=2.0)
EQUALS = {"constant": EQUAL, "clipped": EQUAL}
SIGNALS = dict.fromkeys(("clipped", "gap", "constant", "shape2"), SIGNAL)
HOLDS = [(3500 + 5000 * k, 5000 + 5000 * k) for k in range(4)]

CALLS: dict[str, list[Call]] = {
    "detect_onset": [Call(lambda x: detect_onset(x, RATE, baseline=BASELINE, search=SEARCH), pull)],
    "onset_lag": [
        Call(lambda x: onset_lag(x, pull(), RATE, baseline=BASELINE, search=SEARCH), pull),
        Call(lambda x: onset_lag(pull(), x, RATE, baseline=BASELINE, search=SEARCH), pull),
    ],
    "onset_order": [
        Call(
            lambda x: onset_order(x, ("a", "b", "c")),
            table,
            LISTS,
        )
    ],
    "activation_ratio": [
        Call(lambda x: activation_ratio(x, others()), amplitudes, LISTS),
        Call(lambda x: activation_ratio(others(), x), amplitudes, LISTS),
    ],
    "co_contraction": [
        Call(
            lambda x: co_contraction(x, others()),
            amplitudes,
            EQUALS,
        ),
        Call(
            lambda x: co_contraction(others(), x),
            amplitudes,
            EQUALS,
        ),
    ],
    "coefficient_of_variation": [Call(lambda x: coefficient_of_variation(x), amplitudes, LISTS)],
    "compare_sides": [
        Call(lambda x: compare_sides(x, others()), amplitudes, LISTS),
        Call(lambda x: compare_sides(others(), x), amplitudes, LISTS),
    ],
    "percent_of_reference": [
        Call(
            lambda x: percent_of_reference(x, REFERENCE),
            amplitudes,
            {**LISTS, "one": "one amplitude is one; it has no interval"},
        )
    ],
    "time_normalised": [Call(lambda x: time_normalised(x), long, SIGNALS)],
    "ensemble": [
        Call(
            lambda x: ensemble(x),
            table,
            {
                "clipped": EQUAL,
                "constant": "the mean of equal curves is that curve; its CMC is NaN",
            },
        )
    ],
    "phase_amplitude": [Call(lambda x: phase_amplitude(x, RATE, (3600, 4900), 1.0), long)],
    "reference_amplitude": [
        Call(
            lambda x: reference_amplitude(x, RATE, HOLDS, 1.0),
            long,
            {"gap": "the other contractions count"},
        )
    ],
    "power_spectrum": [Call(lambda x: power_spectrum(x, RATE), long)],
    "muscle_fatigue": [
        Call(lambda x: muscle_fatigue(x, RATE, HOLDS), long, {"gap": "the other holds count"})
    ],
    "find_heart": [Call(lambda x: find_heart(x, RATE), long, BEATING)],
    "subtract_ecg": [Call(lambda x: subtract_ecg(x, RATE), long, BEATING)],
    "high_pass_ecg": [
        Call(
            lambda x: high_pass_ecg(x, RATE),
            long,
            SIGNALS,
        )
    ],
    "scan_bursts": [
        Call(
            lambda x: scan_bursts(x, RATE, baseline=(0.5, 2.5)),
            long,
            {
                "clipped": "a cut burst is above the threshold all the same",
                "shape2": "columns are channels",
                "gap": "samples beside a gap count as rest",
            },
        )
    ],
    "limits_of_agreement": [
        Call(lambda x: limits_of_agreement(x, others()), amplitudes, EQUALS),
        Call(lambda x: limits_of_agreement(others(), x), amplitudes, EQUALS),
    ],
    "hedges_g": [
        Call(lambda x: hedges_g(x, others()), amplitudes, EQUALS),
        Call(
            lambda x: hedges_g(others(), x, is_paired=True),
            amplitudes,
            EQUALS,
        ),
    ],
    "welch_change": [
        Call(
            lambda x: welch_change(x, others()),
            amplitudes,
            EQUALS,
        ),
        Call(
            lambda x: welch_change(others(), x),
            amplitudes,
            EQUALS,
        ),
    ],
    "reliability": [Call(lambda x: reliability(x), table, {"clipped": EQUAL})],
}

WITHOUT_ARRAYS = {
    "settings_from": "takes a mapping; refused values are in test_session_analysis.py",
    "analyse_recording": "takes a recording; walked below",
}


def gap(x):
    y = np.array(x, dtype=float)
    if y.ndim == 1:
        y[len(y) // 5 : len(y) // 5 + max(len(y) // 50, 1)] = np.nan
        y[len(y) // 2 - len(y) // 25 : len(y) // 2 + max(len(y) // 50, 1)] = np.nan
    else:
        y[0, 0] = np.nan
    return y


def clipped(x):
    middle = np.median(x)
    limit = 0.1 * np.abs(np.asarray(x) - middle).max()
    return np.clip(x, middle - limit, middle + limit)


KINDS: dict[str, Callable] = {
    "nan": lambda x: np.full(np.shape(x), np.nan),
    "infinite": lambda x: np.full(np.shape(x), np.inf),
    "gap": gap,
    "constant": lambda x: np.full(np.shape(x), 0.37),
    "clipped": clipped,
    "empty": lambda x: np.empty((0, *np.shape(x)[1:])),
    "one": lambda x: np.asarray(x)[:1],
    "shape2": lambda x: np.stack([x, x], axis=-1),
    "shape3": lambda x: np.zeros((3, 3, 3)),
    "scalar": lambda x: 1.0,
    "text": lambda x: ["one", "two", "three"],
    "complex": lambda x: np.asarray(x) * 1j,
    "none": lambda x: None,
}


def numbers(result):
    """Every finite number in a result that claims to be one."""
    if isinstance(result, tuple | list):
        return [number for item in result for number in numbers(item)]
    if isinstance(result, dict):
        return [number for item in result.values() for number in numbers(item)]
    if isinstance(result, np.ndarray):
        return [] if result.dtype.kind not in "fi" else list(result[np.isfinite(result)][:3])
    if dataclasses.is_dataclass(result):
        return [
            number
            for one in dataclasses.fields(result)
            if one.name not in NOT_MEASURED
            for number in numbers(getattr(result, one.name))
        ]
    if isinstance(result, float | np.floating):
        return [result] if math.isfinite(result) else []
    return []


NOT_MEASURED = {
    "n",
    "n_total",
    "df",
    "k",
    "snr_db",
    "epochs",
    "heart",
    "template",
    "signal",
    "first",
    "second",
}
"""Counts, and what is given beside a state."""


def honest(result):
    """Whether a result is a state with a reason, or holds no number."""
    if isinstance(result, tuple):
        return all(map(honest, result))
    state = getattr(result, "state", None)
    if state is not None and state not in GOOD_STATES:
        return bool(getattr(result, "reason", "") or getattr(result, "reasons", ()))
    if getattr(result, "reason", ""):
        return True
    pairs = getattr(result, "pairs", None)
    if pairs is not None:
        verdicts = [pair.verdict for pair in pairs]
        return all(verdict == "not interpretable" for verdict in verdicts)
    return not numbers(result)


def functions():
    return [
        name
        for name in labapp.analysis.__all__
        if inspect.isfunction(getattr(labapp.analysis, name))
    ]


def test_no_public_function_is_left_out():
    known = CALLS.keys() | WITHOUT_ARRAYS.keys()
    missing = set(functions()) - known
    assert not missing, f"say in CALLS how to call {sorted(missing)}"
    assert known <= set(functions())


@pytest.mark.parametrize("name", sorted(CALLS))
def test_good_input_gives_a_number(name):
    for call in CALLS[name]:
        result = call.run(call.good())
        if name not in ("find_heart", "subtract_ecg"):  # this signal has no heart
            assert not honest(result), f"{name}: {result}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(CALLS))
def test_bad_input_is_an_error_or_a_state(name, kind):
    for position, call in enumerate(CALLS[name]):
        bad = KINDS[kind](call.good())
        try:
            result = call.run(bad)
        except (LabError, ValueError):
            continue
        if kind not in call.right:
            assert honest(result), f"{name}, argument {position}, {kind}: {result}"


@pytest.mark.parametrize("rate", [0, -1.0, math.nan, math.inf, None, "1000"])
@pytest.mark.parametrize(
    "call",
    [
        lambda x, rate: detect_onset(x, rate, baseline=BASELINE, search=SEARCH),
        lambda x, rate: onset_lag(x, x, rate, baseline=BASELINE, search=SEARCH),
        lambda x, rate: phase_amplitude(x, rate, (0, 100), 1.0),
        lambda x, rate: reference_amplitude(x, rate, [(0, 1000)], 1.0),
        lambda x, rate: power_spectrum(x, rate),
        lambda x, rate: muscle_fatigue(x, rate, [(0, 1000)]),
        lambda x, rate: find_heart(x, rate),
        lambda x, rate: subtract_ecg(x, rate),
        lambda x, rate: high_pass_ecg(x, rate),
        lambda x, rate: scan_bursts(x, rate, baseline=(0.5, 1.0)),
    ],
)
def test_bad_rate_is_refused(call, rate):
    with pytest.raises(LabError, match="rate"):
        call(pull(), rate)


@pytest.fixture(scope="module")
def session():
    muscles = {"RM_R": (24, 0, 0.05, "cos"), "UT_R": (24, 0, 0.05, "cos")}
    return recording(np.random.default_rng(5), muscles, n=2)


def one_bad(session, values):
    bad = session.emg[0]
    return replace(session, emg=[replace(bad, values=values(bad.values)), session.emg[1]])


@pytest.mark.parametrize("kind", ["nan", "infinite", "constant", "clipped"])
def test_recording_with_a_bad_channel(session, kind):
    values = KINDS[kind] if kind != "clipped" else lambda x: np.clip(x, -2e-6, 2e-6)
    document = analyse_recording(one_bad(session, values))
    assert document["verdict"]["state"] == "not interpretable"
    for repetition in document["repetitions"]:
        assert repetition["onsets"]["RM_R"]["time_s"] is None
        assert repetition["onsets"]["RM_R"]["reason"]
    assert document["ratios"] == {}
    assert document["ratios_withheld"]
    for phase in document["amplitudes"]["RM_R"].values():
        assert phase["percent"] is None
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize("kind", ["empty", "one", "shape2", "shape3"])
def test_recording_with_a_wrong_shape_is_refused(session, kind):
    with pytest.raises(LabError):
        analyse_recording(one_bad(session, KINDS[kind]))


def test_recording_with_gaps_has_states_where_they_are(session):
    cue = session.repetitions[0].cue_s

    def gone(x):
        y = x.copy()
        first = int((cue + 0.1) * RATE)
        y[first : first + 400] = np.nan
        return y

    document = analyse_recording(one_bad(session, gone))
    first, second = (r["onsets"]["RM_R"] for r in document["repetitions"][:2])
    assert first["state"] == "not_measurable"
    assert first["time_s"] is None
    assert second["state"] == "ok"
