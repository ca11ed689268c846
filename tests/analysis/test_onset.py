import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_emg import BASELINE, MAKERS, SEARCH, scaled, trial

from labapp.analysis import detect_onset
from labapp.errors import LabError

RATE = 1000


def detect(x, rate=RATE, **kwargs):
    return detect_onset(x, rate, **{"baseline": BASELINE, "search": SEARCH} | kwargs)


@pytest.mark.parametrize("kind", ["noise", "granular"])
@pytest.mark.parametrize("rate", [1000, 2000])
def test_onset_is_found_with_an_interval(kind, rate):
    rng = np.random.default_rng(4)
    errors, covered = [], 0
    for _ in range(6):
        onset = detect(trial(rng, kind, 20, rate=rate), rate)
        assert onset.state == "ok"
        assert onset.low < onset.time < onset.high
        assert onset.snr_db == pytest.approx(21, abs=2.0)
        errors.append(onset.time - 1.75)
        covered += onset.low <= 1.75 <= onset.high
    assert abs(np.median(errors)) < 0.015
    assert covered >= 5


def test_no_burst_is_not_found():
    rng = np.random.default_rng(5)
    for _ in range(10):
        onset = detect(rng.normal(size=4000))
        assert onset.state == "not_found"
        assert math.isnan(onset.time)


def test_too_weak_a_burst_gives_no_time():
    rng = np.random.default_rng(6)
    for _ in range(5):
        onset = detect(trial(rng, "noise", 3))
        assert onset.state != "ok"


def test_burst_active_at_the_start_is_a_state():
    rng = np.random.default_rng(7)
    for start in (0.5, 1.0, 1.2, 1.32):
        onset = detect(trial(rng, "noise", 20, onset=start))
        assert onset.state in ("in_baseline", "not_found"), start


def test_twitch_just_before_the_burst_is_never_its_onset():
    rng = np.random.default_rng(8)
    states = []
    for _ in range(6):
        x = trial(rng, "noise", 25, onset=1.95)
        t = np.arange(len(x)) / RATE
        x += 8 * rng.normal(size=len(x)) * ((t > 1.85) & (t < 1.892))
        onset = detect(x)
        states.append(onset.state)
        assert onset.state != "ok" or abs(onset.time - 1.95) < 0.05
    assert "ambiguous" in states


def test_early_twitch_does_not_become_the_onset():
    rng = np.random.default_rng(9)
    for _ in range(6):
        x = trial(rng, "noise", 25, onset=2.2)
        t = np.arange(len(x)) / RATE
        x += 4 * rng.normal(size=len(x)) * ((t > 1.6) & (t < 1.64))
        onset = detect(x)
        assert onset.state != "ok" or abs(onset.time - 2.2) < 0.06


def heart(n, rate, first, amplitude):
    x = np.zeros(n)
    tt = (np.arange(60) - 30) / rate
    beat = amplitude * (1 - (tt / 0.008) ** 2) * np.exp(-((tt / 0.011) ** 2))
    for at in np.arange(first, n / rate - 0.1, 0.86):
        k = int(at * rate)
        x[k - 30 : k + 30] += beat
    return x


def test_heart_beats_alone_are_not_an_onset():
    rng = np.random.default_rng(10)
    for first in (0.2, 0.35, 0.5, 0.65):
        x = rng.normal(size=4000) + heart(4000, RATE, first, 12.0)
        assert detect(x).state != "ok", first


def test_burst_is_found_among_heart_beats():
    rng = np.random.default_rng(11)
    good = 0
    for first in np.linspace(0.1, 0.9, 8):
        x = trial(rng, "noise", 25) + heart(4000, RATE, first, 6.0)
        onset = detect(x)
        assert onset.state != "ok" or abs(onset.time - 1.75) < 0.12
        good += onset.state == "ok" and abs(onset.time - 1.75) < 0.04
    assert good >= 4


def test_clipped_beginning_is_not_measurable():
    rng = np.random.default_rng(12)
    x = np.clip(trial(rng, "noise", 40, shape="step", rise=0.0), -8, 8)
    assert detect(x).state == "not_measurable"


def test_clipped_peaks_later_do_not_spoil_the_beginning():
    rng = np.random.default_rng(13)
    x = trial(rng, "noise", 25, rise=0.15)
    limit = np.sort(np.abs(x))[-3]
    onset = detect(np.clip(x, -limit, limit))
    assert onset.state == "ok"
    assert onset.time == pytest.approx(1.75, abs=0.06)


@pytest.mark.parametrize(
    ("first", "stop", "state"),
    [
        (1700, 1760, "not_measurable"),
        (1000, 1300, "not_measurable"),
        (1350, 1420, "not_measurable"),
        (2600, 2700, "ok"),
        (100, 400, "ok"),
        (0, 4000, "not_measurable"),
    ],
)
def test_lost_samples(first, stop, state):
    x = trial(np.random.default_rng(14), "noise", 20)
    x[first:stop] = np.nan
    onset = detect(x)
    assert onset.state == state
    assert math.isnan(onset.time) == (state != "ok")


def test_constant_and_frozen_signals():
    assert detect(np.full(4000, 3.0)).state == "not_measurable"
    x = trial(np.random.default_rng(15), "noise", 20)
    x[700:1400] = 0.0
    assert detect(x).state == "not_measurable"


@pytest.mark.parametrize(
    "bad",
    [[], [1.0], np.zeros((4000, 2)), np.zeros(400), ["x"] * 10, np.zeros(4000, dtype=complex) + 1j],
)
def test_wrong_shapes_are_refused(bad):
    with pytest.raises(LabError):
        detect(bad)


@pytest.mark.parametrize(
    "windows",
    [
        {"baseline": (1.3, 0.8)},
        {"baseline": (0.8, 0.85)},
        {"search": (1.4, 9.0)},
        {"search": (0.1, 0.6)},
        {"baseline": (-1.0, 0.5)},
        {"baseline": "x"},
        {"search": (1.4, float("nan"))},
    ],
)
def test_windows_that_do_not_fit_are_refused(windows):
    with pytest.raises(LabError):
        detect(trial(np.random.default_rng(1)), **windows)


@settings(max_examples=12, deadline=None)
@given(scale=st.floats(1e-6, 1e6), offset=st.floats(-1e3, 1e3), seed=st.integers(0, 50))
def test_scale_and_offset_change_nothing(scale, offset, seed):
    x = trial(np.random.default_rng(seed), "noise", 20)
    one, other = detect(x), detect(x * scale + offset * scale)
    assert one.state == other.state
    if one.state == "ok":
        assert other.time == pytest.approx(one.time, abs=1e-6)


@settings(max_examples=8, deadline=None)
@given(shift=st.integers(0, 300), seed=st.integers(0, 50))
def test_time_shift_moves_the_onset(shift, seed):
    rng = np.random.default_rng(seed)
    x = np.concatenate([trial(rng, "noise", 20), rng.normal(size=400)])
    moved = np.concatenate([rng.normal(size=shift), x])
    s = shift / RATE
    one = detect(x)
    other = detect(
        moved, baseline=(BASELINE[0] + s, BASELINE[1] + s), search=(SEARCH[0] + s, SEARCH[1] + s)
    )
    assert one.state == other.state
    if one.state == "ok":
        assert other.time - s == pytest.approx(one.time, abs=2e-3)


def test_same_input_same_output():
    x = trial(np.random.default_rng(3), "granular", 15)
    assert detect(x) == detect(x.copy())


def test_two_bursts_of_equal_size_take_the_first():
    rng = np.random.default_rng(20)
    t = np.arange(4000) / RATE
    x = trial(rng, "noise", 20, onset=1.6)
    x += scaled(MAKERS["noise"](rng, t, 3.2, "cos", 0.05, RATE), 20, RATE)
    onset = detect(x)
    assert onset.state == "ok"
    assert onset.time == pytest.approx(1.6, abs=0.04)
