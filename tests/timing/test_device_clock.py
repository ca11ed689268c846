"""Clock scenarios of timing.md in short; the long table belongs to the reliability run."""

from dataclasses import replace

import numpy as np
import pytest

from labapp.timing.clock import WINDOW_S, DeviceClock
from labapp.timing.kind import choose_kind
from labapp.timing.offline import exact_map, fit_map

PAIRS = [
    ("emg-ftdi16", "lc-ftdi16"),
    ("emg-ftdi1", "lc-ftdi1"),
    ("emg-bt", "lc-ftdi1"),
    ("emg-cdc", "adc-cdc"),
    ("emg-cdc", "rc-ftdi1"),
]


def online(reads, clock):
    stamps = []
    for index, stamp in zip(reads.newest.tolist(), reads.stamps.tolist(), strict=True):
        clock.observe(index, stamp)
        stamps.append(clock.time(index))
    return np.array(stamps) - reads.truth[reads.newest] - reads.minimum


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_devices_align(first, second, simulate, devices):
    rng = np.random.default_rng(11)
    grid = np.linspace(2.0, 105.0, 1000)
    offline_error, online_error = [], []
    for name, ppm in ((first, 50), (second, -50)):
        device = replace(devices[name], ppm=ppm)
        reads = simulate(device, 130.0, rng)
        kind = "rc" if device.rc else "crystal"
        n = np.searchsorted(reads.truth, grid)
        fitted = fit_map(reads.newest, reads.stamps, device.fs, kind)
        offline_error.append(fitted.time(n) - reads.truth[n] - reads.minimum)
        np.testing.assert_allclose(fitted.index(fitted.time(n)), n, atol=1e-4)
        error = online(reads, DeviceClock(device.fs, kind))
        online_error.append(np.interp(grid, reads.truth[reads.newest], error))
    limit = 1e-3 if "rc" in second else 0.5e-3
    assert np.percentile(np.abs(offline_error[0] - offline_error[1]), 99) < limit
    moving = np.abs(online_error[0] - online_error[1])
    assert np.percentile(moving[grid > 60], 99) < 1e-3
    assert np.percentile(moving[(grid > 5) & (grid <= 60)], 99) < 2e-3


@pytest.mark.parametrize("name", ["emg-bt", "rc-ftdi1"])
def test_the_line_lies_under_every_read_of_the_window_and_touches_two(simulate, devices, name):
    device = devices[name]
    kind = "rc" if device.rc else "crystal"
    reads = simulate(device, 200.0, np.random.default_rng(3))
    clock = DeviceClock(device.fs, kind)
    indices, stamps = reads.newest.astype(float), reads.stamps
    for k in range(len(stamps)):
        clock.observe(float(indices[k]), float(stamps[k]))
        if k % 700 == 699:
            clock._refit()
            # What is older than the window by a block and more is forgotten, the rest is not.
            seen = slice(np.searchsorted(stamps, stamps[k] - WINDOW_S[kind]), k + 1)
            late = stamps[seen] - [clock.time(index) for index in indices[seen]]
            assert late.min() > -1e-9
            assert np.sort(late)[1] < 1e-9


def test_a_busy_host_does_not_shift_the_clock(simulate, devices):
    reads = simulate(
        replace(devices["emg-ftdi1"], busy=True, ppm=30), 70.0, np.random.default_rng(2)
    )
    fitted = fit_map(reads.newest, reads.stamps, 1000.0)
    n = np.arange(1000, 69_000, 50)
    error = fitted.time(n) - reads.truth[n] - reads.minimum
    assert np.percentile(np.abs(error), 99) < 1e-3
    assert abs(fitted.rate_ppm + 30) < 10


def test_restart_carries_the_rate_over(simulate, devices):
    rng = np.random.default_rng(3)
    device = replace(devices["emg-ftdi16"], ppm=80)
    clock = DeviceClock(1000.0)
    online(simulate(device, 60.0, rng), clock)
    assert clock.state == "locked"
    with pytest.raises(ValueError, match="went back"):
        clock.observe(0, 70.0)
    clock.restart()
    assert clock.state == "converging"
    error = online(simulate(device, 30.0, rng), clock)
    assert np.abs(error[:30]).max() < 2e-3
    assert np.abs(error[300:]).max() < 0.3e-3
    assert clock.rate_ppm == pytest.approx(-80, abs=25)


def test_kind_is_told_from_the_data(simulate, devices):
    rng = np.random.default_rng(4)
    for name, expected in (("emg-ftdi16", "crystal"), ("lc-ftdi1", "crystal"), ("rc-ftdi1", "rc")):
        reads = simulate(devices[name], 130.0, rng)
        assert choose_kind(reads.newest, reads.stamps, devices[name].fs) == expected


def test_few_reads_keep_the_nominal_rate():
    fitted = fit_map([9, 19], [1.02, 1.03], 1000.0)
    assert fitted.rate == pytest.approx(1000.0)
    assert fitted.time(9) == pytest.approx(1.02)
    assert fit_map([5], [2.0], 100.0).time(5) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="fall"):
        fit_map([5, 4], [1.0, 2.0], 100.0)


def test_exact_map_is_exact():
    exact = exact_map(2048.0)
    assert exact.time(2048.0) == 1.0
    assert exact.index(1.0) == pytest.approx(2048.0)
    assert exact.rate == 2048.0
    assert exact.rate_ppm == 0.0


def test_pchip_is_scipys():
    interpolate = pytest.importorskip("scipy.interpolate")
    from labapp.timing.pchip import evaluate_pchip, pchip_slopes

    rng = np.random.default_rng(5)
    for n in (2, 3, 4, 30):
        x, y = np.cumsum(rng.uniform(0.1, 2, n)), rng.normal(size=n)
        at = np.linspace(x[0], x[-1], 200)
        ours = evaluate_pchip(x, y, pchip_slopes(x, y), at)
        np.testing.assert_allclose(ours, interpolate.PchipInterpolator(x, y)(at), atol=1e-12)
