"""A device that resets itself: the simulator's truth, and what a session makes of it."""

import numpy as np
import pytest
from msgspec import structs

from labapp import device as devices
from labapp.errors import LabError
from labapp.record.log import FrameKind, LogWriter
from labapp.record.ports import PortContext
from labapp.record.sim_port import SimPort
from labapp.session.build import build_session
from labapp.session.check import check_session
from labapp.session.file import open_session
from labapp.simulate.lab import SimulatedLab
from labapp.simulate.scenario import Device, load_scenario
from labapp.timing.labclock import SteppedClock

LABBOX = {"channels": 2, "rate": 1000.0}


def started(lab, driver, settings, **options):
    parsed = devices.parse_settings(driver, settings)
    made = lab.device(driver, parsed, channel_map={}, **options)
    for step in driver.start(parsed):
        made.receive(step.send, 0)
    return made


def session_of(tmp_path, name, settings, *, seconds, loss=0.01, seed=1, **options):
    """Record a simulated device straight into a log, build the session, and give the truth."""
    driver = devices.get_driver(name)
    lab = SimulatedLab(load_scenario("simultaneous"), seed=seed, loss=loss)
    made = started(lab, driver, settings, name="one", **options)
    header = {
        "format": "labapp-log", "version": 1, "uuid": "", "origin_ns": 0, "created_utc": "",
        "streams": [{"id": "one", "number": 0, "driver": name, "settings": settings}],
    }  # fmt: skip
    writer = LogWriter(tmp_path / "capture.log", header)
    writer.append_json(FrameKind.OPEN, 0, 0, {"port": {}})
    while (at := made.next_arrival_ns()) is not None and at < seconds * 1e9:
        data, stamp = made.next_chunk()
        writer.append(FrameKind.DATA, 0, stamp, data)
    writer.close()
    report = build_session(tmp_path / "capture.log", tmp_path / "s.h5")
    assert [f for f in check_session(tmp_path / "s.h5") if f.level == "error"] == []
    return report.streams["one"], made.truth()["runs"]


def sent_rows(run):
    """Sample numbers of a run that were neither lost nor damaged."""
    kept = np.ones(run["sent"], bool)
    for first, stop in run["dropped"]:
        kept[first:stop] = False
    kept[run["damaged"]] = False
    return np.flatnonzero(kept)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_reset_makes_two_segments_with_exact_accounts(tmp_path, seed):
    account, runs = session_of(tmp_path, "labbox", LABBOX, seconds=8.0, seed=seed, resets_s=(2.5,))
    assert len(runs) == 2
    assert runs[0]["reset_ns"] == pytest.approx(2.5e9)
    assert "reset_ns" not in runs[1]
    assert runs[1]["start_ns"] == pytest.approx(4.8e9)
    assert account.segments == 2
    rows = [sent_rows(run) for run in runs]
    with open_session(tmp_path / "s.h5") as session:
        stream = session.streams["one"]
        for number, (segment, kept) in enumerate(zip(stream.segments, rows, strict=True)):
            mine = stream.runs[stream.runs["segment"] == number]
            index = np.concatenate(
                [np.arange(first, first + count) for first, count, *_ in mine.tolist()]
            ) - int(segment["base"])
            np.testing.assert_array_equal(index, kept[: len(index)])
            if number == 0:
                assert len(index) == len(kept)
        assert stream.outage == pytest.approx(2300, abs=15)
        assert stream.received + stream.lost + stream.outage == stream.n
        times = stream.times()
        second = int(stream.segments["base"][1])
        truth_s = runs[1]["first_sample_ns"] * 1e-9
        delay = times[0] - runs[0]["first_sample_ns"] * 1e-9
        assert times[second] - truth_s == pytest.approx(delay, abs=0.5e-3)


def test_a_reset_of_a_device_that_counts_to_sixteen(tmp_path):
    """The counter cannot tell it from a loss: the silence begins a segment all the same."""
    account, runs = session_of(tmp_path, "bitalino", {}, seconds=20.0, loss=0.0, resets_s=(8.0,))
    assert account.segments == 2
    assert account.lost <= 20
    with open_session(tmp_path / "s.h5") as session:
        stream = session.streams["one"]
        times = stream.times()
        rows = int(np.sum(stream.runs["count"][stream.runs["segment"] == 0]))
        assert rows == runs[0]["sent"]
        second = int(stream.runs["first"][stream.runs["segment"] == 1][0])
        truth_s = runs[1]["first_sample_ns"] * 1e-9
        delay = times[0] - runs[0]["first_sample_ns"] * 1e-9
        assert times[second] - truth_s == pytest.approx(delay, abs=5e-3)
        assert any("restart" in note.get("text", "") for _, note in session.notes)


def test_resets_of_a_scenario_and_of_a_port():
    driver = devices.get_driver("labbox")
    settings = devices.parse_settings(driver, LABBOX)
    lab = SimulatedLab(load_scenario("simultaneous"), seed=1)
    clock = SteppedClock()
    context = PortContext(
        driver=driver, settings=settings, clock=clock, lab=lab, name="one", baud=115200
    )
    for text in ("0", "soon", "nan", "inf"):
        with pytest.raises(LabError, match="resets at"):
            SimPort(f"sim://labbox?wire=memory&reset_at={text}", context)
    port = SimPort("sim://labbox?wire=memory&reset_at=1.5", context)
    try:
        for step in driver.start(settings):
            port.write(step.send)
        clock.advance(int(6e9))
        stamps = []
        while not stamps or stamps[-1] < 5e9:
            data, stamp = port.read(0.01)
            if data:
                stamps.append(stamp)
    finally:
        port.close()
    silence = np.diff(stamps)
    assert silence.max() == pytest.approx(2.3e9, rel=0.02)
    assert np.count_nonzero(silence > 1e8) == 1
    run = lab.truth()["devices"]["one"]["runs"][0]
    assert run["sent"] == pytest.approx(1500, abs=15)


def test_an_rc_clock_runs_fast_and_wanders():
    scenario = structs.replace(
        load_scenario("simultaneous"), devices={"chronojump": Device(clock="rc")}
    )
    lab = SimulatedLab(scenario, seed=4)
    made = started(lab, devices.get_driver("chronojump"), {}, name="force")
    codec = devices.get_driver("chronojump").codec(
        devices.parse_settings(devices.get_driver("chronojump"), {})
    )
    ticks = []
    while (chunk := made.next_chunk())[1] < 60e9:
        ticks += [block.ticks for block in codec.feed(chunk[0]) if hasattr(block, "ticks")]
    steps = np.diff(np.concatenate([t for t in ticks if isinstance(t, np.ndarray)]))
    share = np.median(steps) / 12_500
    assert 0.83 <= share <= 0.953
    assert np.mean(steps[-400:]) / np.mean(steps[:400]) - 1 == pytest.approx(1.3e-3, abs=0.6e-3)
    rate = made.truth()["runs"][0]["rate_hz"]
    assert rate == pytest.approx(1e6 / np.mean(steps[-80:]), rel=2e-4)
