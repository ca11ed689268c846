import math

import numpy as np
import pytest
from scipy.signal import sosfiltfilt

from labapp.analysis.filters import band_pass_sections, low_pass_sections
from labapp.analysis.scan import _Chain, scan_bursts
from labapp.errors import LabError


def signal(rng, rate, seconds, channels=2):
    t = np.arange(int(seconds * rate)) / rate
    level = 1 + 10 * ((t % 5 > 3) & (t % 5 < 4))
    return rng.normal(size=(len(t), channels)) * level[:, None]


@pytest.mark.parametrize("rate", [1000, 2000, 4000])
def test_envelope_is_that_of_scipy(rate):
    x = signal(np.random.default_rng(1), rate, 24) + 500.0
    band, low = band_pass_sections((20.0, 450.0), rate), low_pass_sections(50.0, rate)
    wanted = sosfiltfilt(low, np.abs(sosfiltfilt(band, x, axis=0)), axis=0)
    got = np.concatenate([e for _, e in _Chain.of(band, low).envelopes(x, 0, len(x))], axis=1).T
    inner = slice(int(0.6 * rate), -int(0.6 * rate))
    assert got.shape == wanted.shape
    assert np.abs(got - wanted)[inner].max() < 1e-6 * wanted.max()


def test_bursts_are_where_they_are():
    x = signal(np.random.default_rng(2), 1000, 30)
    for found in scan_bursts(x, 1000, baseline=(0.5, 2.5)):
        assert found.state == "ok"
        longest = np.sort(found.stop - found.first)[-6:]
        assert (longest > 950).all()
        begins = found.first[found.stop - found.first > 900] / 1000
        assert begins == pytest.approx(np.arange(3, 30, 5), abs=0.03)


def test_offset_and_scale_change_nothing_and_one_column_is_one_channel():
    x = signal(np.random.default_rng(3), 1000, 20)
    one = scan_bursts(x, 1000, baseline=(0.5, 2.5))
    other = scan_bursts(1e-6 * x + 3e-4, 1000, baseline=(0.5, 2.5))
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.first, b.first)
        assert b.threshold == pytest.approx(1e-6 * a.threshold, rel=1e-6)
    (single,) = scan_bursts(x[:, 0], 1000, baseline=(0.5, 2.5))
    assert np.array_equal(single.first, one[0].first)


def test_states():
    x = signal(np.random.default_rng(4), 1000, 20, 3)
    x[1000:1100, 0] = np.nan
    x[:, 1] = 0.37
    x[12_400:12_600, 2] = np.nan
    lost, flat, gap = scan_bursts(x, 1000, baseline=(0.5, 2.5))
    assert lost.state == flat.state == "not measurable"
    assert "lost" in lost.reason
    assert "does not vary" in flat.reason
    assert gap.state == "ok"
    assert not any((gap.first < 12_700) & (gap.stop > 12_300))


@pytest.mark.parametrize(
    "keywords",
    [
        {"baseline": (5.0, 50.0)},
        {"baseline": (-1.0, 1.0)},
        {"baseline": (math.nan, 1.0)},
        {"baseline": (0.5, 2.5), "k": -1.0},
        {"baseline": (0.5, 2.5), "least_s": math.nan},
        {"baseline": (0.5, 2.5), "band": (450.0, 20.0)},
    ],
)
def test_bad_settings_are_refused(keywords):
    with pytest.raises(LabError):
        scan_bursts(np.zeros(10_000), 1000, **keywords)
