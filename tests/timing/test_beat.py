"""The USB beat: the cases of the reference, and phases counted one by one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labapp.timing.beat import FTDI_TIMER_S, USB_FRAME_S, beat_residual_s, find_beat


@pytest.mark.parametrize(
    ("rate", "timer_ms", "residual_ms"),
    [(62.5, 16, 16), (100, 16, 2), (80, 16, 0.5), (1000, 1, 1), (1000, 16, 1), (10, 16, 4)],
)
def test_cases_of_the_reference(rate, timer_ms, residual_ms):
    assert beat_residual_s(1 / rate, timer_ms / 1e3) * 1e3 == pytest.approx(residual_ms)


def test_what_is_raised():
    beat = find_beat(62.5, FTDI_TIMER_S)
    assert beat.residual_s == pytest.approx(0.016)
    assert "62.5 packets" in beat.text
    assert "16 ms" in beat.text
    assert find_beat(100, FTDI_TIMER_S).residual_s == pytest.approx(0.002)
    assert find_beat(80, FTDI_TIMER_S) is None  # 0.5 ms
    assert find_beat(62.5, None) is None
    assert find_beat(62.5, USB_FRAME_S).residual_s == pytest.approx(0.001)
    assert find_beat(93.7, FTDI_TIMER_S) is None


def test_slip_that_sweeps_the_interval_is_harmless():
    # 1 kHz on 1-ms frames: 50 ppm x 120 s = 6 ms > 1 ms; 5 ppm is 0.6 ms.
    assert find_beat(1000, USB_FRAME_S, rate_ppm_slip=50) is None
    assert find_beat(1000, USB_FRAME_S, rate_ppm_slip=-50) is None
    assert find_beat(1000, USB_FRAME_S, rate_ppm_slip=5).residual_s == pytest.approx(1e-3)
    assert find_beat(1000, USB_FRAME_S, rate_ppm_slip=50, window_s=10).residual_s == 1e-3
    # 62.5/s on 16 ms: 50 ppm are 6 ms in 120 s: not enough.
    assert find_beat(62.5, FTDI_TIMER_S, rate_ppm_slip=50).residual_s == pytest.approx(0.016)
    assert find_beat(62.5, FTDI_TIMER_S, rate_ppm_slip=200) is None
    # A measured rate says the same as a nominal one with its slip.
    assert find_beat(62.5 * (1 + 50e-6), FTDI_TIMER_S, rate_ppm_slip=0) is not None


@pytest.mark.parametrize(("period", "timer"), [(0.0, 1.0), (1.0, 0.0), (math.nan, 1.0)])
def test_periods_must_be_positive(period, timer):
    with pytest.raises(ValueError, match="must be > 0"):
        beat_residual_s(period, timer)


def widest(phases, timer):
    """Largest interval of the timer in which no packet falls."""
    at = np.sort(phases % timer)
    return float(np.max(np.diff(np.append(at, at[0] + timer))))


@given(j=st.integers(1, 40), k=st.integers(1, 40), timer_ms=st.sampled_from([1, 2, 16, 255]))
def test_whole_ratios_leave_the_phases_that_are_counted(j, k, timer_ms):
    timer = timer_ms / 1e3
    period = k * timer / j
    expected = timer * math.gcd(j, k) / j
    assert beat_residual_s(period, timer) == pytest.approx(expected)
    phases = np.arange(j) * period + 0.25 * expected
    assert widest(phases, timer) == pytest.approx(expected)


@settings(deadline=None)
@given(rate=st.floats(5, 2000), timer_ms=st.sampled_from([1, 2, 16]), ppm=st.floats(-500, 500))
def test_no_beat_means_that_the_packets_see_the_whole_timer(rate, timer_ms, ppm):
    timer = timer_ms / 1e3
    period = 1 / (rate * (1 + ppm * 1e-6))
    hole = widest(np.arange(int(120 / period)) * period, timer)
    beat = find_beat(rate, timer, rate_ppm_slip=ppm)
    if beat is None:
        assert hole < 2e-3
    else:
        assert hole <= beat.residual_s * (1 + 1e-6)
        assert beat.residual_s >= 0.999e-3
