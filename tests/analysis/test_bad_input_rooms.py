"""Bad input to the functions of arrays that are not exported by `labapp.analysis`: the same walk.

A function whose first argument is an array and that is in no table fails the last test.
"""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest
from test_bad_input import CALLS as EXPORTED
from test_bad_input import EQUAL, EQUALS, GAPS, KINDS, RATE, Call, amplitudes, honest, others

from labapp.analysis.concordance import agreement
from labapp.analysis.crosstalk import couplings, crosstalk
from labapp.analysis.fatigue import trend
from labapp.analysis.force import analyse_pull
from labapp.analysis.intervals import median_interval, shape_intervals
from labapp.analysis.plate import centre_of_pressure, cop_correction, ellipse_area, sway
from labapp.analysis.selectivity import selectivity
from labapp.analysis.steadiness import steadiness, steadiness_percent
from labapp.analysis.tare import tare
from labapp.analysis.variability import spread_change
from labapp.errors import LabError

MODULES = (
    "amplitude", "asymmetry", "cocontraction", "concordance", "crosstalk", "ecg", "effect_size",
    "fatigue", "force", "heartbeat", "intervals", "plate", "ratios", "references",
    "reliability_stats", "scan", "selectivity", "spectrum", "steadiness", "tare", "variability",
)  # fmt: skip


def force():
    t = np.arange(4000) / RATE
    return 2 + 0.1 * np.random.default_rng(1).normal(size=4000) + 200 * np.clip(t - 1.7, 0, 1)


def held():
    return 200 + np.random.default_rng(2).normal(size=6000)


def empty_cell():
    return 2 + 0.1 * np.random.default_rng(3).normal(size=3000)


def noise():
    return np.random.default_rng(4).normal(size=4000)


def track():
    t = np.arange(12_000) / RATE
    return 0.004 * np.sin(2 * np.pi * 0.4 * t)


def plate_loads():
    return 175 + np.random.default_rng(5).normal(size=(2000, 4))


def onsets():
    return np.arange(3) * 0.02 + 0.01 * np.random.default_rng(6).normal(size=(10, 3))


def shapes():
    return 10 + np.random.default_rng(7).normal(size=(6, 50))


def places():
    return np.array([[x, y] for x in (-0.1, 0.0, 0.1) for y in (-0.1, 0.0, 0.1)])


CORNERS = [(-0.2, 0.15), (0.2, 0.15), (-0.2, -0.15), (0.2, -0.15)]
LEFT_OUT = "missing samples are left out and counted"
STILL = "a force that does not move is steady"
FLAT = "a still cell is at rest"
CUT = "a cut force is a force; the converter's rails are checked with the channel"
WINDOWS = {"baseline": (0.5, 1.4), "search": (1.5, 3.9)}

CALLS = {
    "analyse_pull": [Call(lambda x: analyse_pull(x, RATE, **WINDOWS), force, {"clipped": CUT})],
    "steadiness": [
        Call(lambda x: steadiness(x, RATE), held, {"constant": STILL, "clipped": CUT})
    ],
    "steadiness_percent": [
        Call(lambda x: steadiness_percent(x, RATE), held, {"constant": STILL, "clipped": CUT})
    ],
    "tare": [
        Call(
            lambda x: tare(x, RATE, noise=0.1),
            empty_cell,
            {"constant": FLAT, "clipped": FLAT, "gap": LEFT_OUT},
        )
    ],
    "crosstalk": [
        Call(lambda x: crosstalk([(x, noise())], RATE), noise, {"clipped": "shape is kept"}),
        Call(lambda x: crosstalk([(noise(), x)], RATE), noise, {"clipped": "shape is kept"}),
    ],
    "couplings": [
        Call(
            lambda x: couplings([{"a": x, "b": noise()}], RATE)["a", "b"],
            noise,
            {"clipped": "shape is kept", "constant": "only the limit of chance is left"},
        )
    ],
    "selectivity": [
        Call(lambda x: selectivity((x, others()), (amplitudes(), others())), amplitudes,
             {**EQUALS, "gap": GAPS}),
    ],
    "agreement": [
        Call(lambda x: agreement(x, 0.005, np.random.default_rng(1), 200), onsets, {
            "clipped": EQUAL, "constant": "all tied: W is not defined"})
    ],
    "trend": [
        Call(lambda x: trend(np.arange(8.0), x), amplitudes, {**EQUALS, "gap": LEFT_OUT}),
        Call(lambda x: trend(x, amplitudes()), amplitudes, {"clipped": EQUAL, "gap": LEFT_OUT}),
    ],
    "spread_change": [
        Call(lambda x: spread_change(x, others()), amplitudes, EQUALS),
        Call(lambda x: spread_change(others(), x), amplitudes, EQUALS),
    ],
    "median_interval": [
        Call(median_interval, amplitudes, {
            **EQUALS, "gap": GAPS, "one": "one value has a median; it has no interval"})
    ],
    "shape_intervals": [Call(shape_intervals, shapes, EQUALS)],
    "centre_of_pressure": [
        Call(
            lambda x: centre_of_pressure(x, CORNERS),
            plate_loads,
            {
                "clipped": CUT,
                "constant": "equal loads have their centre in the middle",
                "nan": "no centre, only the least load that was asked for",
                "infinite": "no centre, only the least load that was asked for",
                "gap": "NaN where a sample is missing",
                "one": "one sample has a centre",
            },
        )
    ],
    "sway": [
        Call(lambda x: sway(x, track(), RATE), track,
             {"constant": STILL, "clipped": "a cut track is a track"}),
        Call(lambda x: sway(track(), x, RATE), track,
             {"constant": STILL, "clipped": "a cut track is a track"}),
    ],
    "ellipse_area": [
        Call(ellipse_area, lambda: np.array([[4.0, 1.5], [1.5, 9.0]]),
             {"clipped": "another covariance", "constant": "a line has no area"})
    ],
    "cop_correction": [
        Call(lambda x: cop_correction(x, places()), places, {"clipped": "another measurement"}),
    ],
}  # fmt: skip


def said(result):
    """Whether a result holds no number, or says what is wrong with it."""
    return bool(getattr(result, "reasons", ())) or honest(result)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_good_input_gives_a_number(name):
    for call in CALLS[name]:
        assert not honest(call.run(call.good())) or name == "selectivity"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(CALLS))
def test_bad_input_is_an_error_or_a_state(name, kind):
    for position, call in enumerate(CALLS[name]):
        try:
            result = call.run(KINDS[kind](call.good()))
        except (LabError, ValueError):
            continue
        if kind not in call.right:
            assert said(result), f"{name}, argument {position}, {kind}: {result}"


OTHERWISE = {
    "paired": "gives its two samples back, or an error",
    "sample": "gives its sample back, or an error",
    "share_interval": "takes one number",
}


def takes_an_array(function):
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and "ArrayLike" in str(first.annotation)


def test_no_function_of_arrays_is_left_out():
    walked = CALLS.keys() | EXPORTED.keys() | OTHERWISE.keys()
    for name in MODULES:
        module = importlib.import_module(f"labapp.analysis.{name}")
        for key, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not key.startswith("_")
            if own and takes_an_array(function):
                assert key in walked, f"say in CALLS how to call {name}.{key}"
