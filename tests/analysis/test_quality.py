import math

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis.crosstalk import crosstalk
from labapp.analysis.quality import (
    check_clipping,
    check_ecg,
    check_flat,
    check_line,
    check_loss,
    check_motion,
    check_noise,
    check_quiet,
    check_snr,
    median_frequency,
)
from labapp.analysis.session_analysis import analyse_recording

RATE = 1000


def noise(n=4000, seed=1, scale=3e-6):
    return scale * np.random.default_rng(seed).normal(size=n)


def parts(x, length=500):
    return [x[k : k + length] for k in range(0, len(x) - length + 1, length)]


def test_levels_follow_the_reference():
    assert [check_noise("A", v * 1e-6).level for v in (3, 8, 20)] == ["good", "warn", "bad"]
    assert [check_snr("A", v).level for v in (25, 15, 5)] == ["good", "warn", "bad"]
    unasked = [check_snr("A", v, order_asked=False) for v in (25, 15, 5)]
    assert [one.level for one in unasked] == ["good", "good", "warn"]
    assert not any("order" in one.text or "onset" in one.text for one in unasked)
    assert [check_quiet("A", k, 12).level for k in (0, 2, 6)] == ["good", "warn", "bad"]
    assert [check_loss("A", v).level for v in (0.0, 0.5, 3.0)] == ["good", "warn", "bad"]


def test_clipping():
    x = noise()
    assert check_clipping("A", x, -1e-3, 1e-3, 0.0).level == "good"
    x[100] = 1e-3
    assert check_clipping("A", x, -1e-3, 1e-3, 0.0).level == "warn"
    x[100:103] = 1e-3
    assert check_clipping("A", x, -1e-3, 1e-3, 0.0).level == "bad"
    assert math.isnan(check_clipping("A", x, None, None, 0.0).value)


@pytest.mark.parametrize("family", [50.0, 60.0])
def test_line_hum(family):
    x = noise()
    t = np.arange(len(x)) / RATE
    assert check_line("A", parts(x), RATE).level == "good"
    hum = check_line("A", parts(x + 5e-6 * np.sin(2 * np.pi * family * t)), RATE)
    assert hum.level == "bad"
    assert f"{family:.0f} Hz" in hum.text
    assert math.isnan(check_line("A", [], RATE).value)


def test_motion():
    x = noise()
    t = np.arange(len(x)) / RATE
    assert check_motion("A", parts(x), RATE).level == "good"
    assert check_motion("A", parts(x + 2e-5 * np.sin(2 * np.pi * 4 * t)), RATE).level == "bad"


def test_flat_line_and_coarse_converter():
    x = noise()
    assert check_flat("A", x, RATE, 0.0, 3e-6).level == "good"
    x[1000:1100] = 0.0
    assert check_flat("A", x, RATE, 0.0, 3e-6).level == "bad"
    coarse = np.round(noise(scale=2e-6) / 3.2e-6) * 3.2e-6
    assert check_flat("A", coarse, RATE, 3.2e-6, 2e-6).level == "good"
    assert check_flat("A", np.full(10, np.nan), RATE, 0.0, math.nan).level == "bad"


def test_heart_beats():
    x = noise(12_000)
    assert math.isnan(check_ecg("A", parts(x), RATE).value)
    for at in range(400, 12_000, 860):
        x[at - 15 : at + 15] += 2e-5 * np.hanning(30) * np.cos(np.arange(30))
    assert check_ecg("A", parts(x), RATE).level in ("warn", "bad")


def test_median_frequency_of_band_limited_noise():
    spectrum = np.fft.rfft(np.random.default_rng(2).normal(size=60_000))
    frequency = np.fft.rfftfreq(60_000, 1 / 2000)
    x = np.fft.irfft(np.where((frequency >= 20) & (frequency <= 450), spectrum, 0))
    assert median_frequency(x, 2000) == pytest.approx(235, abs=5)


def test_crosstalk():
    rng = np.random.default_rng(3)
    pairs = [(rng.normal(size=700), rng.normal(size=700)) for _ in range(12)]
    assert crosstalk(pairs, RATE).peak < 0.1
    shared = [(a, 0.6 * np.roll(a, 4) + 0.8 * b) for a, b in pairs]
    found = crosstalk(shared, RATE)
    assert found.peak == pytest.approx(0.6, abs=0.05)
    assert found.lag == pytest.approx(0.004, abs=1e-9)
    assert math.isnan(crosstalk([], RATE).peak)


def test_findings_of_a_session_name_channel_and_remedy():
    inputs = recording(
        np.random.default_rng(4),
        {"RM_R": (20, 0.0, 0.05, "cos"), "UT_R": (8, 0.0, 0.05, "cos")},
        kind="noise",
        n=8,
        reference=False,
    )
    found = analyse_recording(inputs)["quality"]
    assert {"noise", "snr", "flat", "clipping", "line", "motion", "ecg", "baseline", "loss"} <= {
        one["check"] for one in found
    }
    weak = next(one for one in found if one["channel"] == "UT_R" and one["check"] == "snr")
    assert weak["level"] == "bad"
    assert "check the site" in weak["text"]
