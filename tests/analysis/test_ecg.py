from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording
from made_heart import heart_recording

from labapp.analysis import AnalysisSettings, EmgChannel, analyse_recording
from labapp.analysis.ecg import ecg_effect, high_pass_ecg, subtract_ecg
from labapp.analysis.filters import band_pass
from labapp.analysis.heartbeat import find_heart
from labapp.errors import LabError


def level(x, windows):
    return np.sqrt(np.mean([np.mean(x[a:b] ** 2) for a, b in windows]))


def percent_off(x, truth, windows):
    return 100 * (level(x, windows) / level(truth, windows) - 1)


@pytest.mark.parametrize("rate", [1000, 2000])
@pytest.mark.parametrize("r_uv", [10.0, 20.0, 60.0])
@pytest.mark.parametrize("snr_db", [20.0, 32.0])
def test_template_removes_the_heart_and_leaves_the_bursts(rate, r_uv, snr_db):
    emg, heart, beats, bursts, rests = heart_recording(1, rate=rate, r_uv=r_uv, snr_db=snr_db)
    found = subtract_ecg(emg + heart, rate)
    truth, before, after = (band_pass(x, rate) for x in (emg, emg + heart, found.signal))
    assert found.state == "ok"
    # At rest the heart adds 2 to 47 %; what is left is below 1 %.
    assert percent_off(before, truth, rests) > 1.2
    assert abs(percent_off(after, truth, rests)) < 1.0
    assert abs(percent_off(after, truth, bursts)) < 0.2
    assert found.heart.rate_bpm == pytest.approx(70, abs=3)
    seen = found.heart.beats / rate
    assert all(np.abs(beats - at).min() < 0.03 for at in seen)
    assert np.mean([np.abs(seen - at).min() < 0.03 for at in beats[2:-2]]) > 0.7


def test_high_pass_is_cheap_and_lossy():
    emg, heart, _, bursts, rests = heart_recording(2, r_uv=60.0)
    truth, before = band_pass(emg, 1000), band_pass(emg + heart, 1000)
    after = high_pass_ecg(before, 1000)
    assert percent_off(before, truth, rests) > 30
    assert abs(percent_off(after, truth, rests)) < 8
    assert -1 < percent_off(after, truth, bursts) < 0
    with pytest.raises(LabError):
        high_pass_ecg([], 1000)


@pytest.mark.parametrize("seed", range(6))
def test_no_heart_is_found_where_there_is_none(seed):
    emg, _, _, _, _ = heart_recording(10 + seed, rate=(1000, 2000)[seed % 2])
    found = subtract_ecg(emg, (1000, 2000)[seed % 2])
    assert found.heart.state == "none"
    assert found.removed == 0
    assert np.array_equal(found.signal, emg)
    assert found.reason


@pytest.mark.parametrize("bpm", [45, 60, 90, 120])
def test_heart_rate(bpm):
    emg, heart, _, _, _ = heart_recording(3, bpm=bpm)
    found = find_heart(emg + heart, 1000)
    assert found.state == "present"
    assert found.rate_bpm == pytest.approx(bpm, rel=0.04)
    # R wave of 20 uV over 3 uV of noise, in 8 to 30 Hz.
    assert found.r_ratio > 10
    assert 8e-6 < found.r_amplitude < 25e-6


def test_inverted_and_scaled_signals_find_the_same_beats():
    emg, heart, _, _, _ = heart_recording(4)
    x = emg + heart
    one, other = find_heart(x, 1000), find_heart(-2 * x, 1000)
    assert np.array_equal(one.beats, other.beats)
    assert other.r_amplitude == pytest.approx(2 * one.r_amplitude)


def test_beats_of_another_channel_serve_a_noisier_one():
    emg, heart, _, _, rests = heart_recording(5, r_uv=60.0)
    other, _, _, _, _ = heart_recording(6, noise_uv=20.0)
    x = other + 0.2 * heart
    shared = subtract_ecg(x, 1000, heart=find_heart(emg + heart, 1000))
    assert shared.state == "ok"
    truth, after = band_pass(other, 1000), band_pass(shared.signal, 1000)
    assert abs(percent_off(after, truth, rests)) < 1.5


def test_gaps_and_short_or_flat_signals_are_states():
    emg, heart, _, _, _ = heart_recording(7)
    x = emg + heart
    x[5000:5600] = np.nan
    found = subtract_ecg(x, 1000)
    assert found.state == "ok"
    assert np.array_equal(np.isnan(found.signal), np.isnan(x))
    assert find_heart(x[:4000], 1000).state == "not measurable"
    assert find_heart(np.zeros(20_000), 1000).state == "none"
    assert find_heart(np.full(20_000, np.nan), 1000).state == "not measurable"
    with pytest.raises(LabError):
        find_heart(np.zeros((20_000, 2)), 1000)


def test_effect_at_rest():
    emg, heart, _, _, rests = heart_recording(8, r_uv=60.0)
    effect = ecg_effect(emg + heart, emg, rests)
    assert effect.rest > effect.rest_clean > 0
    assert effect.percent > 20
    assert np.isnan(ecg_effect(emg, emg, []).percent)


def test_removal_changes_amplitudes_and_never_onsets():
    muscles = {"RM_R": (20, 0, 0.05, "cos"), "UT_R": (20, 0, 0.05, "cos")}
    inputs = recording(np.random.default_rng(9), muscles, n=3)
    _, heart, _, _, _ = heart_recording(9, pulls=5, r_uv=25.0)
    channels = []
    for channel in inputs.emg:
        x = channel.values.copy()
        x[: len(heart)] += heart[: len(x)]
        channels.append(
            EmgChannel(channel.muscle, x, channel.times, channel.rate, low=-1.65e-3, high=1.65e-3)
        )
    inputs = replace(inputs, emg=channels)
    plain = analyse_recording(inputs)
    assert plain["ecg"]["channels"]["RM_R"]["state"] == "present"
    assert plain["ecg"]["channels"]["RM_R"]["rate_bpm"] == pytest.approx(70, abs=3)
    for how in ("template", "high_pass"):
        clean = analyse_recording(inputs, AnalysisSettings(ecg_removal=how))
        assert clean["ecg"]["removal"] == how
        for one, other in zip(plain["repetitions"], clean["repetitions"], strict=True):
            assert one["onsets"] == other["onsets"]
        assert clean["order"] == plain["order"]
        assert clean["reference"] != plain["reference"]
    with pytest.raises(LabError, match="ecg_removal"):
        AnalysisSettings(ecg_removal="notch")
