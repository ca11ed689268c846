from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from labapp.simulate.muscle import FINE_RATE, firings, make_pool, render
from labapp.simulate.rise import program, rise
from labapp.simulate.scenario import Muscle
from labapp.simulate.seeds import generator

SHAPES = ("linear_amplitude", "linear_variance", "cosine", "step", "exponential", "sigmoid")
M = Muscle(code="X")


def pool_of(name, seed=1):
    return make_pool(M.units, (M.rate_min_hz, M.rate_max_hz), seed, name)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_rise_leaves_zero_at_the_onset_and_reaches_one(shape):
    u = np.linspace(-0.5, 1.5, 2001)
    y = rise(shape, u)
    assert (y[u < 0] == 0).all()
    assert (y[u > 0.002] > 0).all()
    assert y[u >= 1] == pytest.approx(1.0)
    assert (np.diff(y) >= 0).all()
    if shape != "step":
        assert y[np.argmin(abs(u))] == pytest.approx(0.0, abs=1e-9)


def test_a_program_holds_its_levels():
    t = np.arange(0, 3, 0.001)
    y = program(t, "cosine", 0.05, (0.9, 0.6, 0.3), np.array([0.3, 1.3, 1.8]))
    assert y[200] == pytest.approx(0.9)
    assert y[1000] == pytest.approx(0.6)
    assert y[1600] == pytest.approx(0.3)
    assert y[2500] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("kind", ["motor_units", "noise"])
@pytest.mark.parametrize("shape", ["linear_amplitude", "cosine", "step"])
def test_power_follows_the_square_of_the_drive(kind, shape):
    t = np.arange(600) * 1e-3
    amplitude = 0.8 * rise(shape, t / 0.1)
    power = np.zeros(int(0.4 * FINE_RATE))
    trials = 100
    for trial in range(trials):
        x = render(kind, pool_of("A"), amplitude, 0.0, len(power), generator(2, kind, trial))
        power += x**2 / trials
    blocks = np.sqrt(power.reshape(-1, 100).mean(axis=1))  # 20 ms
    centre = (np.arange(len(blocks)) + 0.5) * 0.02
    # A potential lasts about 12 ms, so its power lies some 6 ms after the firing.
    late = 0.006 if kind == "motor_units" else 0.0
    expected = 0.8 * rise(shape, (centre - late) / 0.1)
    assert blocks[6:].mean() == pytest.approx(0.8, rel=0.05)
    assert blocks[:6] == pytest.approx(expected[:6], abs=0.12)


def test_nothing_fires_before_the_onset_and_the_step_fires_at_once():
    n = 2000
    x = render("motor_units", pool_of("A"), np.full(300, 0.9), 0.1, n, generator(1, "step"))
    first = np.flatnonzero(x)[0] / FINE_RATE
    assert 0.1 <= first < 0.103


def test_equal_muscles_fire_first_equally_soon():
    amplitude = 0.9 * rise("cosine", np.arange(60) * 1e-3 / 0.05)
    delay = {}
    for name in ("RM_R", "UT_R"):
        pool = pool_of(name)
        delay[name] = np.mean(
            [firings(pool, amplitude, generator(1, name, i))[0].min() for i in range(500)]
        )
    # Measured: 8 ms after the onset of a 50 ms rise (4 ms if linear in amplitude, 0.2 ms if a
    # step); the amplitude of a raised cosine is then 6 % of its end.
    assert 0.001 < delay["RM_R"] < 0.012
    assert abs(delay["RM_R"] - delay["UT_R"]) < 0.0005


def test_the_spectrum_is_that_of_surface_emg():
    parts = [
        render("motor_units", pool_of(name), np.full(2500, 0.8), 0.0, 10_000, generator(1, name))
        for name in "ABCDEF"
    ]
    x = np.concatenate([part[2000:] for part in parts])
    f = np.fft.rfftfreq(len(x), 1 / FINE_RATE)
    power = np.where((f > 20) & (f < 450), np.abs(np.fft.rfft(x)) ** 2, 0)
    median = f[np.searchsorted(np.cumsum(power), power.sum() / 2)]
    assert 60 <= median <= 110
    assert np.abs(np.fft.rfft(x))[f > 450].max() < 0.05 * np.abs(np.fft.rfft(x)).max()
    assert 2.8 < np.mean(x**4) / np.mean(x**2) ** 2 < 5  # granular, not only Gaussian


def test_motor_units_are_recruited_by_size():
    pool = pool_of("A")
    assert (np.diff(pool.size) > 0).all()
    assert (np.diff(pool.threshold) > 0).all()
    weak = firings(pool, np.full(1000, 0.1), generator(1, "weak"))[1]
    strong = firings(pool, np.full(1000, 1.0), generator(1, "strong"))[1]
    assert len(set(strong)) == M.units
    assert 5 < len(set(weak)) < 0.7 * M.units
    assert max(weak) < max(strong)


def snr_db(x, rate, onset, rng_rest):
    """The definition: 10 log10(max P10 / mean of the resting power - 1)."""
    band = butter(4, [20, 450], "bandpass", fs=rate, output="sos")
    low = butter(2, 10, "lowpass", fs=rate, output="sos")
    y = sosfiltfilt(band, x)
    p10 = sosfiltfilt(low, y**2)
    rest = y[rng_rest]
    return 10 * np.log10(p10[onset].max() / np.mean(rest**2) - 1)


@pytest.mark.parametrize("name", ["equal_onsets_unequal_snr", "demo"])
def test_the_signal_to_noise_ratio_comes_out_as_asked(listener, name):
    lab = listener(name, seed=3)
    lab.add("bitalino")
    cues = [(2.0 + 4.0 * i, {"pull": "fast", "hold_s": 1.0}) for i in range(8)]
    lab.listen(33.0, cues)
    t, values = lab.values("bitalino")
    assert len(t) > 32_000
    for column, muscle in enumerate(lab.scenario.muscles):
        found = []
        for pull in lab.lab.truth()["pulls"]:
            cue = pull["cue_ns"] * 1e-9
            k = (t > cue - 1.2) & (t < cue + 2.2)
            part = t[k] - cue
            rest = (part > -0.7) & (part < -0.2)
            found.append(snr_db(values[k, column], 1000.0, part > 0.0, rest))
        assert np.mean(found) == pytest.approx(muscle.snr_db, abs=1.5), muscle.code


def test_a_silent_muscle_shows_noise_only(listener):
    lab = listener("no_rhomboid")
    lab.add("bitalino")
    lab.listen(5.0, [(1.0, {"pull": "fast"})])
    t, values = lab.values("bitalino")
    pull = lab.lab.truth()["pulls"][0]
    assert "RM_R" not in pull["onsets_ns"]
    busy = (t > pull["force_onset_ns"] * 1e-9) & (t < pull["force_onset_ns"] * 1e-9 + 1)
    assert values[busy, 0].std() == pytest.approx(values[t < 2.0, 0].std(), rel=0.15)
    assert values[busy, 1].std() > 5 * values[t < 2.0, 1].std()
