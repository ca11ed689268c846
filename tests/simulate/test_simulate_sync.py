"""The pulse line of a simulated laboratory: what each kind of input sees of it."""

import msgspec
import numpy as np
import pytest

from labapp.device import get_driver
from labapp.errors import LabError
from labapp.load import parse_toml
from labapp.model import DeviceEvent
from labapp.simulate import Scenario, SimulatedLab, load_scenario

WIRED = {"A1": "RM_R", "A2": "UT_R", "A3": "TRIG", "A4": "COPY"}
CUES = [(4.0 + 5 * k, {"pull": "fast", "hold_s": 1.0}) for k in range(2)]


@pytest.fixture
def heard(listener):
    """Both devices for 15 s."""
    heard = listener("sync_pulses")
    heard.add("bitalino", WIRED)
    heard.add("chronojump")
    heard.listen(15.0, CUES)
    return heard


def rises(t, level):
    at = np.flatnonzero((level[1:] > 0.5) & (level[:-1] <= 0.5))
    return 0.5 * (t[at] + t[at + 1])


def nearest(times, truth):
    return times - truth[np.abs(times[:, None] - truth).argmin(axis=1)]


def test_intervals_are_pseudo_random_and_in_the_truth(heard):
    pulses = np.array(heard.lab.truth()["sync"]["pulses_ns"]) * 1e-9
    steps = np.diff(pulses)
    assert len(pulses) > 12
    assert steps.min() >= 0.6
    assert steps.max() <= 1.4
    assert len(np.unique(np.round(steps, 6))) == len(steps)
    assert heard.lab.truth()["devices"]["chronojump"]["delay_ms"] == {
        "transport": 17.0,
        "filter": 25.0,
    }


def test_bit_and_channel_rise_with_the_line(heard):
    pulses = np.array(heard.lab.truth()["sync"]["pulses_ns"]) * 1e-9
    t, values = heard.values("bitalino")
    assert set(np.unique(values[:, 4])) == {0.0, 8.0}
    digital = rises(t, values[:, 4] / 8)
    assert np.abs(nearest(digital, pulses)).max() <= 0.00051
    top = np.quantile(values[:, 2], 0.95)
    analogue = rises(t, values[:, 2] / top)
    late = nearest(analogue, pulses)
    assert 0.0 < np.median(late) < 0.002  # the capacitor and the converter's steps
    assert top == pytest.approx(0.6 * 512 * 3.3 / 1009 / 1024, rel=0.02)


def test_trigger_lines_carry_the_devices_own_time(heard):
    codec = get_driver("chronojump").codec(get_driver("chronojump").settings_type())
    items = [item for data, _ in heard.chunks["chronojump"] for item in codec.feed(data)]
    edges = [i for i in items if isinstance(i, DeviceEvent) and i.name == "trigger_rise"]
    run = heard.lab.truth()["devices"]["chronojump"]["runs"][0]
    ticks = np.array([edge.ticks for edge in edges])
    pulses = np.array(heard.lab.truth()["sync"]["pulses_ns"])
    since = (pulses - run["first_sample_ns"]) * 1e-3 * run["rate_hz"] / 80.0
    # One constant (where the device's clock stood at its first sample), and microseconds.
    offset = np.median(nearest(ticks * 1.0, since))
    assert 0 <= offset < 0.3 * 12_500
    assert np.abs(nearest(ticks - offset, since)).max() < 12
    assert codec.stats.junk_bytes == codec.stats.bad_frames == codec.stats.lost == 0


def test_the_copy_has_the_force_and_not_its_filter(heard):
    t, values = heard.values("bitalino")
    tf, force = heard.values("chronojump")
    for pull in heard.lab.truth()["pulls"]:
        middle = pull["force_onset_ns"] * 1e-9 + np.linspace(0.05, 0.2, 40)
        copied = np.interp(middle, t, values[:, 3]) / values[:, 3].max()
        sent = np.interp(middle + 0.025, tf, force[:, 0]) / force.max()
        assert np.abs(copied - sent).max() < 0.05


def test_lost_frames_leave_the_edges_in_place(listener):
    heard = listener("sync_pulses", loss=0.05)
    heard.add("chronojump")
    heard.listen(20.0)
    codec = get_driver("chronojump").codec(get_driver("chronojump").settings_type())
    items = [item for data, _ in heard.chunks["chronojump"] for item in codec.feed(data)]
    edges = [i for i in items if isinstance(i, DeviceEvent) and i.name.startswith("trigger")]
    ticks = np.array([edge.ticks for edge in edges])
    assert codec.stats.lost > 30
    assert len(edges) > 30
    assert np.all(np.diff(ticks) > 0)


def test_transport_delay_shifts_arrivals_and_nothing_else():
    plain = load_scenario("sync_pulses")
    late = msgspec.structs.replace(
        plain,
        devices={
            name: msgspec.structs.replace(device, transport_delay_ms=device.transport_delay_ms + 9)
            for name, device in plain.devices.items()
        },
    )
    chunks = []
    for scenario in (plain, late):
        driver = get_driver("bitalino")
        options = driver.settings_type()
        device = SimulatedLab(scenario, seed=3).device(driver, options, channel_map=WIRED)
        for step in driver.start(options):
            device.receive(step.send, 0)
        chunks.append([device.next_chunk() for _ in range(20)])
    for (one, t_one), (other, t_other) in zip(*chunks, strict=True):
        assert one == other
        assert t_other - t_one == 9_000_000


@pytest.mark.parametrize("code", ["TRIG", "COPY"])
def test_a_scenario_without_a_line_has_no_such_channel(code):
    lab = SimulatedLab(load_scenario("demo"), seed=1)
    driver = get_driver("bitalino")
    with pytest.raises(LabError, match="no synchronisation pulses"):
        lab.device(driver, driver.settings_type(), channel_map={"A4": code})


def test_without_a_line_the_truth_says_nothing_of_it(listener):
    heard = listener("demo")
    heard.add("bitalino")
    truth = heard.lab.truth()
    assert "sync" not in truth
    assert "delay_ms" not in truth["devices"]["bitalino"]


@pytest.mark.parametrize(
    "table", ["interval_s = [1.4, 0.6]", "width_ms = 600.0", "interval_s = [0.1, 0.2]"]
)
def test_impossible_lines_are_refused(table):
    text = f'title = "x"\n[[muscles]]\ncode = "RM_R"\n[sync]\n{table}\n'
    with pytest.raises(LabError, match=r"x\.toml"):
        parse_toml(text, Scenario, name="x.toml")
