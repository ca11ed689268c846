from __future__ import annotations

import numpy as np
import pytest
from synthetic_source import SyntheticSource, TwoDevices

from labapp.ui.lanelines import HEIGHT, TOP
from labapp.ui.lanenames import value_text
from labapp.ui.lanes import ERASE, Lanes, Mode
from labapp.ui.tracesdelay import ShownDelay
from labapp.ui.viewfilter import ViewFilter
from labapp.workflow.live_source import away


@pytest.mark.parametrize("mode", ["sweep", "scroll"])
def test_lines_stay_in_their_lane_and_in_the_window(mode: Mode) -> None:
    source = SyntheticSource(channels=4)
    lanes = Lanes(source, 5.0, 1000)
    lanes.mode = mode
    for _ in range(20):
        source.advance(1234)
        lanes.poll()
    now = lanes.now_s
    groups = lanes.lines() if mode == "sweep" else lanes.lines_between(now - 5.0, now, now - 5.0)
    assert [g.lane.channel.muscle for g in groups] == ["RM_R", "UT_R", "MT_R", "LT_R"]
    for index, group in enumerate(groups):
        assert len(group.signal) > 800
        beside = 0.0 if mode == "sweep" else 0.012  # lines that reach into it
        assert group.signal[:, [0, 2]].min() >= -beside
        assert group.signal[:, [0, 2]].max() <= 5.0 + beside
        assert group.signal[:, [1, 3]].min() >= index + TOP - 1e-9
        assert group.signal[:, [1, 3]].max() <= index + TOP + HEIGHT + 1e-9


def test_lost_samples_are_drawn_as_a_gap() -> None:
    source = SyntheticSource(channels=1)
    source.valid[4000:5000] = False
    lanes = Lanes(source, 5.0, 1000)
    source.advance(9000)
    lanes.poll()
    now = lanes.now_s
    (group,) = lanes.lines_between(now - 5.0, now, now)
    gap = (0.25 + 4000 / 2000 - now + 0.02, 0.25 + 5000 / 2000 - now - 0.02)
    assert not ((group.signal[:, 0] > gap[0]) & (group.signal[:, 0] < gap[1])).any()
    assert group.lost[:, 0].min() == pytest.approx(gap[0] - 0.02, abs=0.02)
    assert group.lost[:, 2].max() == pytest.approx(gap[1] + 0.02, abs=0.02)


def test_no_value_stays_beside_the_lanes_of_a_device_that_is_away() -> None:
    source = TwoDevices()
    source.advance(9000)
    lanes = Lanes(source, 5.0, 1000)
    (*emg, force) = lanes.lanes
    force.value, emg[0].percent = 12.0, 86.0
    status = {"streams": {"emg": {"state": "lost"}, "cell": {"state": "open"}}}
    assert lanes.forget(away(status))
    assert not lanes.forget(away(status))
    assert [value_text(lane) for lane in lanes.lanes] == ["no data"] * 3 + ["12 N"]
    status["streams"]["cell"]["state"] = "silent"
    lanes.forget(away(status))
    assert value_text(force) == "no data"
    source.advance(500)
    lanes.poll()
    assert [value_text(lane) == "no data" for lane in lanes.lanes] == [False] * 4
    assert value_text(emg[0]) == "86 %"


def test_samples_on_the_rail_are_marked() -> None:
    source = SyntheticSource(channels=1)
    source.counts[1000:1003] = 2**23 - 1
    lanes = Lanes(source, 5.0, 1000)
    source.advance(4000)
    lanes.poll()
    assert len(lanes.lines()[0].clipped) in (1, 2)


def test_filter_changes_the_view_only() -> None:
    source = SyntheticSource(channels=2)
    source.counts += 30_000
    source.advance(8000)
    lanes = Lanes(source, 4.0, 500)
    before = source.counts.copy()
    lanes.set_filtered(True, 500)
    assert lanes.lines()[0].lane.scale.limit < 3e-3
    np.testing.assert_array_equal(source.counts, before)


def test_view_filter_does_not_care_how_samples_arrive_and_keeps_gaps() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3000, 2)) + 5.0
    values[1000:1100] = np.nan
    whole = ViewFilter(1000.0).apply(values)
    pieces = ViewFilter(1000.0)
    parts = [pieces.apply(values[i : i + 130]) for i in range(0, 3000, 130)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-9)
    assert np.isnan(whole[1000:1100]).all()
    assert not np.isnan(whole[:1000]).any()
    assert abs(whole[200:1000].mean()) < 0.05


def test_view_filter_passes_80_hz_and_stops_3_hz() -> None:
    t = np.arange(4000) / 1000.0
    filtered = ViewFilter(1000.0).apply(
        np.column_stack([np.sin(2 * np.pi * 80 * t), np.sin(2 * np.pi * 3 * t)])
    )
    assert filtered[1000:, 0].std() == pytest.approx(np.sqrt(0.5), rel=0.05)
    assert filtered[1000:, 1].std() < 0.03


@pytest.mark.parametrize("rate", [2000.0, 80.0])
def test_a_strip_has_the_lines_of_the_whole_that_reach_into_it(rate: float) -> None:
    source = SyntheticSource(channels=2, rate=rate)
    lanes = Lanes(source, 5.0, 1000)
    for _ in range(30):
        source.advance(round(0.37 * rate))
        lanes.poll()
    left, right = lanes.now_s % 5.0 - 0.3, lanes.now_s % 5.0 + 0.2
    for whole, part in zip(lanes.lines(), lanes.lines(left, right), strict=True):
        reaches = (whole.signal[:, 2] >= left) & (whole.signal[:, 0] <= right)
        inside = {tuple(row) for row in whole.signal[reaches].tolist()}
        assert inside <= {tuple(row) for row in part.signal.tolist()}
        assert inside
        assert len(part.signal) < 0.3 * len(whole.signal)


@pytest.mark.parametrize("rate", [2000.0, 80.0])
def test_a_sweep_has_the_lines_of_its_two_laps(rate: float) -> None:
    source = SyntheticSource(channels=2, rate=rate)
    lanes = Lanes(source, 5.0, 1000)
    for _ in range(30):
        source.advance(round(0.41 * rate))
        lanes.poll()
    now = lanes.now_s
    lap = now // 5.0 * 5.0
    before = lanes.lines_between(now - 5.0 * (1 - ERASE), lap, lap - 5.0)
    after = lanes.lines_between(lap, now, lap)
    for swept, one, other in zip(lanes.lines(), before, after, strict=True):
        rows = np.concatenate([one.signal, other.signal])
        known = {tuple(np.round(row, 6)) for row in rows}
        assert {tuple(np.round(row, 6)) for row in swept.signal} <= known
        assert len(rows) - 10 <= len(swept.signal) <= len(rows)


def test_gain_enlarges_the_picture_and_nothing_else() -> None:
    source = SyntheticSource(channels=1)
    source.counts //= 60  # small signals on the smallest scale, far from its edge
    lanes = Lanes(source, 5.0, 1000)
    source.advance(8000)
    lanes.poll()
    before = np.ptp(lanes.lines()[0].signal[:, [1, 3]])
    lanes.lanes[0].scale.gain = 2.0
    assert np.ptp(lanes.lines()[0].signal[:, [1, 3]]) == pytest.approx(2 * before)
    assert lanes.lanes[0].scale.top == lanes.lanes[0].scale.limit / 2
    assert lanes.lanes[0].value > 0


def test_delay_to_the_screen_is_that_of_the_samples_of_a_frame() -> None:
    delay = ShownDelay()
    assert delay.words() == ""
    for frame in range(100):
        at = frame / 60
        delay.add(at, at - 0.045, at - 0.025)
    assert delay.ms == pytest.approx(35.0)
    assert delay.most_ms == pytest.approx(45.0)
    assert delay.words() == "shown 35 ms after arrival"
    assert "at most 45 ms" in delay.details()
    delay.clear()
    assert delay.ms is None
