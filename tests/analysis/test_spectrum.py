import math

import numpy as np
import pytest
from scipy.signal import welch

from labapp.analysis.fatigue import muscle_fatigue, pattern_of, trend
from labapp.analysis.filters import band_pass
from labapp.analysis.spectrum import power_spectrum, summary
from labapp.errors import LabError


def shaped(rng, rate, seconds, centre, level=1.0):
    """Noise with a spectrum around `centre` Hz."""
    n = int(rate * seconds)
    f = np.fft.rfftfreq(n, 1 / rate)
    lines = np.fft.rfft(rng.normal(size=n)) * np.exp(-0.5 * ((f - centre) / 30) ** 2)
    x = np.fft.irfft(lines, n)
    return level * x / x.std()


@pytest.mark.parametrize("rate", [1000, 2000])
def test_frequencies_of_a_known_spectrum(rate):
    x = shaped(np.random.default_rng(1), rate, 100, 100)
    found = power_spectrum(x, rate)
    assert found.median_hz == pytest.approx(100, abs=1.2)
    assert found.mean_hz == pytest.approx(100, abs=1.2)
    assert found.rms == pytest.approx(1.0, rel=0.02)


def test_short_epochs_are_not_biased():
    rng = np.random.default_rng(2)
    x = shaped(rng, 2000, 60, 90)
    found = [power_spectrum(x[k : k + 1000], 2000).median_hz for k in range(0, len(x), 1000)]
    assert np.mean(found) == pytest.approx(90, abs=1.5)


def test_states_and_errors():
    assert math.isnan(power_spectrum(np.zeros(1000), 1000).median_hz)
    assert math.isnan(power_spectrum(np.full(1000, 0.37), 1000).median_hz)
    assert math.isnan(power_spectrum([math.nan] * 1000, 1000).median_hz)
    for x, rate in ((np.ones(1000), 500), (np.ones(50), 1000), (np.ones((500, 2)), 1000)):
        with pytest.raises(LabError):
            power_spectrum(x, rate)
    with pytest.raises(LabError):
        power_spectrum(np.ones(1000), 1000, band=(400, 100))


def holds(rng, centres, levels, rate=1000):
    parts, spans = [], []
    for centre, level in zip(centres, levels, strict=True):
        first = sum(map(len, parts)) + rate
        parts += [0.01 * rng.normal(size=rate), shaped(rng, rate, 4, centre, level)]
        spans.append((first, first + 4 * rate))
    return np.concatenate(parts), spans


def test_spectrum_of_a_hold_is_welchs():
    x = shaped(np.random.default_rng(8), 1000, 4, 90)
    found = muscle_fatigue(x, 1000, [(0, 4000)])
    f, p = welch(x, 1000, window="hann", nperseg=500)
    wanted = summary(f, p, 1.0)
    assert found.median_hz[0] == pytest.approx(wanted.median_hz, abs=1e-9)
    assert found.rms[0] == pytest.approx(wanted.rms, abs=1e-9)
    assert found.epochs == 8


def test_fatigue_is_found_with_its_slope():
    rng = np.random.default_rng(3)
    step = np.arange(8)
    x, spans = holds(rng, 110 - 3 * step, 1 + 0.05 * step)
    found = muscle_fatigue(x, 1000, spans, snr_db=30)
    assert found.pattern == "fatigue"
    assert found.epochs == 64
    # 3 Hz a hold of 5 s, from about 112 Hz at time 0.
    assert found.frequency.slope == pytest.approx(-0.6, abs=0.06)
    assert found.frequency.low < -0.6 < found.frequency.high
    assert found.amplitude.low > 0
    assert len(found.median_hz) == 8


def test_no_trend_and_no_claim():
    rng = np.random.default_rng(4)
    claims = 0
    for _ in range(40):
        x, spans = holds(rng, [100] * 6, [1.0] * 6)
        claims += muscle_fatigue(x, 1000, spans).pattern != "no clear change"
    assert claims <= 1


def test_one_long_hold_is_followed_by_its_epochs():
    rng = np.random.default_rng(5)
    x = np.concatenate([shaped(rng, 1000, 1, 110 - 2 * k, 1 + 0.04 * k) for k in range(15)])
    found = muscle_fatigue(x, 1000, [(0, len(x))])
    assert found.frequency.n == 30
    assert found.pattern == "fatigue"


def test_withheld_with_a_reason():
    rng = np.random.default_rng(6)
    x, spans = holds(rng, [100] * 3, [1.0] * 3)
    assert muscle_fatigue(x, 1000, spans, snr_db=12).reason.startswith(
        "signal-to-noise ratio 12 dB"
    )
    assert muscle_fatigue(x, 500, spans).reason.startswith("a device of 500 Hz")
    assert "4 are needed" in muscle_fatigue(x, 1000, spans[:0]).reason
    x[spans[0][0] : spans[-1][1]] = np.nan
    lost = muscle_fatigue(x, 1000, spans)
    assert lost.pattern is None
    assert math.isnan(lost.median_hz[0])
    with pytest.raises(LabError):
        muscle_fatigue(x, 1000, spans, epoch_s=5.0)
    with pytest.raises(LabError):
        muscle_fatigue(np.zeros((10, 2)), 1000, spans)


def test_quadrants():
    t = np.arange(10.0)
    wobble = 0.01 * np.array([1, -1] * 5)
    up, down, flat = trend(t, 10 + t + wobble), trend(t, 20 - t + wobble), trend(t, wobble + 5)
    assert pattern_of(down, up) == "fatigue"
    assert pattern_of(up, up) == "force up"
    assert pattern_of(down, down) == "force down"
    assert pattern_of(up, down) == "recovery"
    assert pattern_of(flat, up) == "no clear change"


def test_trend_needs_four_points():
    assert math.isnan(trend([0, 1, 2], [1, 2, 3]).slope)
    assert math.isnan(trend([1, 1, 1, 1], [1, 2, 3, 4]).slope)
    with pytest.raises(LabError):
        trend([1, 2], [1])


def test_band_pass_does_not_move_the_median():
    x = shaped(np.random.default_rng(7), 2000, 10, 100)
    assert power_spectrum(band_pass(x, 2000), 2000).median_hz == pytest.approx(
        power_spectrum(x, 2000).median_hz, abs=0.5
    )
