"""Scaling, offset, time shift, swaps and shuffles change results as they must, and no other way."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_emg import BASELINE, SEARCH, recording, trial

from labapp.analysis import (
    activation_ratio,
    analyse_recording,
    co_contraction,
    coefficient_of_variation,
    compare_sides,
    detect_onset,
    ensemble,
    hedges_g,
    limits_of_agreement,
    onset_lag,
    onset_order,
    phase_amplitude,
    power_spectrum,
    reference_amplitude,
    reliability,
    welch_change,
)

FEW = settings(max_examples=8, deadline=None, derandomize=True)
MANY = settings(max_examples=60, deadline=None, derandomize=True)

seeds = st.integers(0, 10_000)
scales = st.floats(-6, 6).map(lambda power: 10.0**power)
levels = st.lists(st.floats(3.0, 150.0), min_size=4, max_size=12)


def same(one, other, **tolerance):
    """Whether two results are equal, field by field (NaN equals NaN)."""
    tolerance = {"rel": 1e-9, "abs": 1e-12, **tolerance}
    for name in one.__dataclass_fields__:
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, float | np.ndarray):
            assert a == pytest.approx(b, nan_ok=True, **tolerance), name


def onset(x, shift=0.0):
    windows = {
        name: (a + shift, b + shift)
        for name, (a, b) in (("baseline", BASELINE), ("search", SEARCH))
    }
    return detect_onset(x, 1000.0, **windows)


# Onsets and lags ----------------------------------------------------------------------------------


@FEW
@given(seeds, scales, st.booleans())
def test_onset_does_not_depend_on_gain_or_polarity(seed, scale, turned):
    x = trial(np.random.default_rng(seed), "granular", 20.0)
    one, other = onset(x), onset((-scale if turned else scale) * x)
    assert one.state == other.state
    same(one, other, rel=1e-6, abs=1e-6)


@FEW
@given(seeds, st.floats(-1e4, 1e4))
def test_onset_does_not_depend_on_an_offset(seed, offset):
    x = trial(np.random.default_rng(seed), "noise", 20.0)
    one, other = onset(x), onset(x + offset)
    assert one.state == other.state
    # The filter's start at the ends of the piece sees the offset's rounding.
    same(one, other, rel=1e-5, abs=1e-5)


@FEW
@given(seeds, st.integers(1, 700))
def test_onset_moves_with_time(seed, samples):
    rng = np.random.default_rng(seed)
    x = trial(rng, "noise", 22.0)
    later = np.concatenate([rng.normal(size=samples), x])
    one, other = onset(x), onset(later, samples / 1000)
    assert one.state == other.state
    if one.state == "ok":
        # What is put in front changes the filter's start, not the pull.
        assert other.time - one.time == pytest.approx(samples / 1000, abs=1e-4)
        assert other.high - one.high == pytest.approx(samples / 1000, abs=1e-4)


@FEW
@given(seeds, scales)
def test_swapped_channels_turn_the_lag(seed, scale):
    rng = np.random.default_rng(seed)
    a, b = trial(rng, "noise", 22.0, 1.75), trial(rng, "noise", 18.0, 1.78)
    windows = {"baseline": BASELINE, "search": SEARCH}
    one, other = onset_lag(a, b, 1000.0, **windows), onset_lag(scale * b, a, 1000.0, **windows)
    assert one.state == other.state
    assert one.lag == pytest.approx(-other.lag, abs=1e-6, nan_ok=True)
    assert one.low == pytest.approx(-other.high, abs=1e-6, nan_ok=True)
    assert one.p_before == pytest.approx(1 - other.p_before, abs=1e-6, nan_ok=True)


# Order --------------------------------------------------------------------------------------------


def onsets(seed, n=12):
    rng = np.random.default_rng(seed)
    return rng.uniform(1, 3, size=(n, 1)) + 0.02 * rng.normal(size=(n, 3)) + [0, 0.02, 0.03]


NAMES = ("RM", "UT", "MT")


@FEW
@given(seeds, st.permutations(range(12)))
def test_shuffled_repetitions_change_nothing(seed, order):
    x = onsets(seed)
    one, other = onset_order(x, NAMES), onset_order(x[list(order)], NAMES)
    assert one.agreement.w == pytest.approx(other.agreement.w, abs=1e-12)
    assert one.modal_share == other.modal_share
    assert one.share_first == other.share_first
    for a, b in zip(one.pairs, other.pairs, strict=True):
        assert (a.mean, a.low, a.high, a.p_before) == pytest.approx(
            (b.mean, b.low, b.high, b.p_before), abs=1e-9
        )
        assert a.verdict == b.verdict
    for name in NAMES:
        assert one.p_first[name] == pytest.approx(other.p_first[name], abs=2e-3)


@FEW
@given(seeds, st.lists(st.floats(-5, 5), min_size=12, max_size=12))
def test_a_common_shift_of_a_repetition_changes_nothing(seed, shifts):
    x = onsets(seed)
    one, other = onset_order(x, NAMES), onset_order(x + np.array(shifts)[:, None], NAMES)
    for a, b in zip(one.pairs, other.pairs, strict=True):
        assert (a.mean, a.low, a.high) == pytest.approx((b.mean, b.low, b.high), abs=1e-6)
    assert one.agreement.w == pytest.approx(other.agreement.w, abs=1e-9)


@FEW
@given(seeds)
def test_swapped_muscles_turn_their_pair(seed):
    x = onsets(seed)
    one, other = onset_order(x, NAMES), onset_order(x[:, [1, 0, 2]], ("UT", "RM", "MT"))
    a, b = one.pair("RM", "UT"), other.pair("UT", "RM")
    assert (a.mean, a.low, a.high) == pytest.approx((-b.mean, -b.high, -b.low), abs=1e-9)
    assert a.p_before == pytest.approx(1 - b.p_before, abs=1e-12)
    assert one.agreement.w == pytest.approx(other.agreement.w, abs=1e-12)
    assert one.share_first == other.share_first


# Amplitudes, ratios, statistics -------------------------------------------------------------------


@MANY
@given(seeds, scales, st.booleans())
def test_amplitude_scales_with_the_signal(seed, scale, turned):
    x = 10 * np.random.default_rng(seed).normal(size=3000)
    one = phase_amplitude(x, 1000, (500, 2500), 1.0)
    other = phase_amplitude((-scale if turned else scale) * x, 1000, (500, 2500), scale)
    for name in ("rms", "arv", "iemg", "peak"):
        assert getattr(other, name) == pytest.approx(scale * getattr(one, name), rel=1e-9)


@MANY
@given(seeds, st.integers(0, 500))
def test_amplitude_moves_with_its_window(seed, shift):
    x = 10 * np.random.default_rng(seed).normal(size=3000)
    later = np.concatenate([np.zeros(shift), x])
    one = phase_amplitude(x, 1000, (500, 2500), 1.0)
    same(one, phase_amplitude(later, 1000, (500 + shift, 2500 + shift), 1.0))


@FEW
@given(seeds, scales, st.permutations(range(3)))
def test_reference_scales_and_does_not_care_for_the_order_of_contractions(seed, scale, order):
    x = np.random.default_rng(seed).normal(size=9000)
    spans = [(0, 2500), (3000, 5500), (6000, 8500)]
    for k, (a, b) in enumerate(spans):
        x[a:b] *= 20 + k
    one = reference_amplitude(x, 1000, spans, 1.0)
    other = reference_amplitude(scale * x, 1000, [spans[k] for k in order], scale)
    assert other.value == pytest.approx(scale * one.value, rel=1e-9)
    assert other.log_sd == pytest.approx(one.log_sd, rel=1e-6)
    assert other.high == pytest.approx(scale * one.high, rel=1e-6)


@MANY
@given(levels, st.floats(1.0, 10.0), st.randoms(use_true_random=False))
def test_ratio(a, factor, shuffle):
    b = [value * (1 + 0.1 * math.sin(k)) for k, value in enumerate(a)]
    one = activation_ratio(a, b)
    scaled = activation_ratio([factor * value for value in a], b)
    assert scaled.ratio == pytest.approx(factor * one.ratio)
    assert scaled.high / scaled.low == pytest.approx(one.high / one.low)
    turned = activation_ratio(b, a)
    assert (turned.ratio, turned.low, turned.high) == pytest.approx(
        (1 / one.ratio, 1 / one.high, 1 / one.low)
    )
    order = list(range(len(a)))
    shuffle.shuffle(order)
    same(one, activation_ratio([a[k] for k in order], [b[k] for k in order]), rel=1e-9)


@MANY
@given(levels, scales, st.randoms(use_true_random=False))
def test_variation_asymmetry_and_co_contraction(a, scale, shuffle):
    mixed = list(a)
    shuffle.shuffle(mixed)
    b = [1.2 * value + 1 for value in reversed(a)]
    same(
        coefficient_of_variation(a),
        coefficient_of_variation([scale * value for value in mixed]),
        rel=1e-6,
    )
    one, other = compare_sides(a, b), compare_sides(b, mixed)
    assert (one.percent, one.low, one.high) == pytest.approx(
        (-other.percent, -other.high, -other.low), abs=1e-6
    )
    both = compare_sides([scale * v for v in a], [scale * v for v in b])
    assert both.percent == pytest.approx(one.percent, abs=1e-6)
    same(co_contraction(a, b), co_contraction(b, a))


@MANY
@given(seeds, scales, st.floats(-100, 100), st.permutations(range(9)))
def test_reliability_and_effects(seed, scale, offset, order):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(9, 1)) + 0.5 * rng.normal(size=(9, 3))
    one, other = reliability(x), reliability(x[list(order)] + offset)
    for form, icc in one.icc.items():
        same(icc, other.icc[form], rel=1e-6, abs=1e-6)
    bigger = reliability(scale * x)
    assert bigger.sem_agreement == pytest.approx(scale * one.sem_agreement, rel=1e-6)
    assert bigger.icc["2,1"].value == pytest.approx(one.icc["2,1"].value, abs=1e-9)
    a, b = x[:, 0], x[:, 1] + 0.3
    g, turned = hedges_g(a, b), hedges_g(scale * b, scale * a)
    assert (g.g, g.low, g.high) == pytest.approx((-turned.g, -turned.high, -turned.low), abs=1e-6)
    w, moved = welch_change(a, b), welch_change(a + offset, b + offset)
    assert (w.difference, w.low) == pytest.approx((moved.difference, moved.low), abs=1e-6)
    assert limits_of_agreement(a, b).bias == pytest.approx(-limits_of_agreement(b, a).bias)


@FEW
@given(seeds, scales)
def test_spectrum_and_shape(seed, scale):
    x = np.random.default_rng(seed).normal(size=1000)
    one, other = power_spectrum(x, 1000), power_spectrum(-scale * x + 3 * scale, 1000)
    assert other.median_hz == pytest.approx(one.median_hz, rel=1e-6)
    assert other.rms == pytest.approx(scale * one.rms, rel=1e-6)
    curves = np.sin(np.linspace(0, 3, 101)) + 0.1 * x[:404].reshape(4, 101)
    assert ensemble(scale * curves + scale).cmc == pytest.approx(ensemble(curves).cmc, abs=1e-6)
    assert ensemble(curves[::-1]).cmc == pytest.approx(ensemble(curves).cmc, abs=1e-12)


# A whole recording --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def session():
    muscles = {"RM_R": (22, -0.02, 0.05, "cos"), "UT_R": (20, 0.0, 0.05, "cos")}
    return recording(np.random.default_rng(7), muscles, n=3)


@pytest.fixture(scope="module")
def document(session):
    return analyse_recording(session)


def lags_of(document, pair="RM_R-UT_R"):
    return [v for v in document["order"]["pairs"][pair]["lags_ms"] if v is not None]


def ratio_of(document, pair="RM_R:UT_R"):
    one = document["ratios"][pair]["hold"]
    return one["ratio"], one["low"], one["high"]


def changed(session, change):
    return replace(session, emg=[replace(c, **change(c)) for c in session.emg])


def test_recording_gain_and_offset(session, document):
    def louder(c):
        return {
            "values": 4 * c.values + 1e-4, "step": 4 * c.step,
            "low": 4 * c.low + 1e-4, "high": 4 * c.high + 1e-4,
        }  # fmt: skip

    other = analyse_recording(changed(session, louder))
    assert lags_of(other) == pytest.approx(lags_of(document), abs=1e-3)
    assert ratio_of(other) == pytest.approx(ratio_of(document), rel=1e-6)
    for muscle, reference in document["reference"]["muscles"].items():
        assert other["reference"]["muscles"][muscle]["value_uv"] == pytest.approx(
            4 * reference["value_uv"], rel=1e-6
        )


def test_recording_gain_of_one_channel_cancels(session, document):
    first = session.emg[0]
    louder = replace(
        first, values=8 * first.values, step=8 * first.step, low=8 * first.low, high=8 * first.high
    )
    other = analyse_recording(replace(session, emg=[louder, session.emg[1]]))
    assert lags_of(other) == pytest.approx(lags_of(document), abs=1e-3)
    assert ratio_of(other) == pytest.approx(ratio_of(document), rel=1e-6)


LANDMARKS = ("cue_s", "force_onset_s", "peak_s", "hold_start_s", "hold_end_s", "force_off_s")


def test_recording_time_shift(session, document):
    def moved(repetition):
        names = [f for f in repetition.__dataclass_fields__ if f.endswith("_s")]
        values = {name: getattr(repetition, name) for name in names}
        return replace(repetition, **{k: v + 64.0 for k, v in values.items() if v is not None})

    later = replace(
        changed(session, lambda c: {"times": c.times + 64.0}),
        force=replace(session.force, times=session.force.times + 64.0),
        repetitions=[moved(r) for r in session.repetitions],
    )
    other = analyse_recording(later)
    assert lags_of(other) == pytest.approx(lags_of(document), abs=1e-3)
    for one, two in zip(document["repetitions"], other["repetitions"], strict=True):
        a, b = (r["onsets"]["RM_R"]["time_s"] for r in (one, two))
        assert b == pytest.approx(a + 64.0, abs=1e-5)
    assert ratio_of(other) == pytest.approx(ratio_of(document), rel=1e-6)


def test_recording_channels_in_another_order_and_swapped(session, document):
    turned = analyse_recording(replace(session, emg=session.emg[::-1]))
    assert lags_of(turned) == pytest.approx(lags_of(document), abs=1e-3)
    a, b = session.emg
    swapped = replace(session, emg=[replace(a, values=b.values), replace(b, values=a.values)])
    other = analyse_recording(swapped)
    assert lags_of(other) == pytest.approx([-lag for lag in lags_of(document)], abs=1e-3)
    ratio, low, high = ratio_of(document)
    assert ratio_of(other) == pytest.approx((1 / ratio, 1 / high, 1 / low), rel=1e-6)


def test_recording_shuffled_repetitions(session, document):
    shuffled = [session.repetitions[k] for k in (2, 0, 4, 1, 3)]
    other = analyse_recording(replace(session, repetitions=shuffled))
    assert sorted(lags_of(other)) == pytest.approx(sorted(lags_of(document)), abs=1e-3)
    for name in ("lag_ms", "low_ms", "high_ms", "sd_ms", "p_before"):
        one, two = (d["order"]["pairs"]["RM_R-UT_R"][name] for d in (document, other))
        assert two == pytest.approx(one, abs=1e-3)
    assert ratio_of(other) == pytest.approx(ratio_of(document), rel=1e-9)
    assert other["verdict"]["state"] == document["verdict"]["state"]
