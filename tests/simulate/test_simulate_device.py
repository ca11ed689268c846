from __future__ import annotations

import threading

import msgspec
import numpy as np
import pytest

from labapp.device import get_driver
from labapp.errors import LabError
from labapp.simulate import SimulatedLab, load_scenario
from labapp.simulate.scenario import Device

CUES = [(1.0, {"pull": "fast", "hold_s": 1.0}), (5.0, {"pull": "reference", "hold_s": 2.0})]
START_NS = 1_000_000_000


def missing(blocks, sent):
    """Indices below ``sent`` that are in no block."""
    there = np.zeros(sent, dtype=bool)
    for block in blocks:
        assert block.stop <= sent
        assert not there[block.first : block.stop].any()
        there[block.first : block.stop] = True
    return set(np.flatnonzero(~there).tolist())


def dropped(run):
    return {i for first, stop in run["dropped"] for i in range(first, stop)}


def test_the_same_seed_gives_the_same_bytes(listener):
    def chunks(seed):
        lab = listener("lossy", seed=seed)
        lab.add("bitalino")
        lab.add("chronojump")
        lab.listen(4.0, CUES[:1])
        return lab.chunks

    first = chunks(1)
    assert first == chunks(1)
    assert first["bitalino"] != chunks(2)["bitalino"]


def test_bytes_do_not_depend_on_the_order_in_which_devices_are_asked(listener):
    together = listener("demo")
    together.add("bitalino")
    together.add("chronojump")
    together.listen(4.0, CUES[:1])

    apart = listener("demo")
    apart.add("chronojump")
    apart.add("bitalino")
    for at, data in CUES[:1]:
        apart.lab.hear("cue", START_NS + round(at * 1e9), data)
    for name in ("chronojump", "bitalino"):
        got = [apart.devices[name].next_chunk() for _ in together.chunks[name]]
        assert got == together.chunks[name]


def test_devices_may_be_asked_from_several_threads(listener):
    quiet = listener("demo")
    quiet.add("bitalino")
    quiet.add("chronojump")
    quiet.listen(3.0, CUES[:1])
    busy = listener("demo")
    for name in ("bitalino", "chronojump"):
        busy.add(name)
    busy.lab.hear("cue", START_NS + 10**9, CUES[0][1])
    got: dict[str, list[object]] = {}

    def ask(name):
        got[name] = [busy.devices[name].next_chunk() for _ in quiet.chunks[name]]

    threads = [threading.Thread(target=ask, args=(name,)) for name in busy.devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == quiet.chunks


def test_received_and_lost_are_what_was_sent(listener):
    lab = listener("lossy", seed=5)
    lab.add("bitalino")
    lab.listen(45.0)
    blocks = lab.blocks("bitalino")
    run = lab.lab.truth()["devices"]["bitalino"]["runs"][0]
    assert len(dropped(run)) > 80
    assert len(run["damaged"]) > 50
    received = sum(len(block.counts) for block in blocks)
    gone = dropped(run) | set(run["damaged"])
    last = max(block.stop for block in blocks)
    assert missing(blocks, last) == {i for i in gone if i < last}
    assert received + len(gone) == run["sent"]
    assert lab.codecs["bitalino"].stats.lost == len({i for i in gone if i < last})


def test_values_that_arrive_over_a_bad_link_are_those_of_a_good_one(listener):
    good = msgspec.structs.replace(
        load_scenario("lossy"), devices={"bitalino": Device(transport="bluetooth", ppm=50.0)}
    )
    frames = {}
    for key, scenario in (("good", good), ("bad", load_scenario("lossy"))):
        lab = listener(scenario, seed=5)
        lab.add("bitalino")
        lab.listen(8.0, CUES)
        frames[key] = {
            block.first + i: tuple(row)
            for block in lab.blocks("bitalino")
            for i, row in enumerate(block.counts.tolist())
        }
    assert len(frames["bad"]) < len(frames["good"])
    assert all(frames["good"].get(i, row) == row for i, row in frames["bad"].items())


def test_a_missing_byte_costs_its_frame_and_at_most_its_neighbours(listener):
    scenario = msgspec.structs.replace(
        load_scenario("simultaneous"), devices={"bitalino": Device(missing_bytes=0.001)}
    )
    lab = listener(scenario)
    lab.add("bitalino")
    lab.listen(60.0)
    blocks = lab.blocks("bitalino")
    run = lab.lab.truth()["devices"]["bitalino"]["runs"][0]
    last = max(block.stop for block in blocks)
    damaged = {i for i in run["damaged"] if i < last}
    assert len(damaged) > 30
    lost = missing(blocks, last)
    assert damaged <= lost
    assert all(min(abs(i - d) for d in run["damaged"]) <= 8 for i in lost)


def test_loss_can_be_added_to_a_scenario(listener):
    lab = listener("simultaneous", loss=0.05)
    lab.add("bitalino")
    lab.listen(8.0)
    run = lab.lab.truth()["devices"]["bitalino"]["runs"][0]
    assert len(dropped(run)) / run["sent"] == pytest.approx(0.05, abs=0.01)


def test_a_burst_runs_on_over_a_block_of_frames(listener):
    scenario = msgspec.structs.replace(
        load_scenario("simultaneous"),
        devices={"bitalino": Device(bursts_per_minute=60.0, burst_frames=(1500, 1500))},
    )
    lab = listener(scenario)
    lab.add("bitalino")
    lab.listen(30.0)
    run = lab.lab.truth()["devices"]["bitalino"]["runs"][0]
    inner = [span for span in run["dropped"] if span[1] < run["sent"]]
    assert inner
    assert all(stop - first >= 1500 for first, stop in inner)


def test_a_cue_changes_nothing_before_its_time(listener):
    def chunks(cues):
        lab = listener("demo")
        lab.add("bitalino")
        lab.add("chronojump")
        lab.listen(3.0, cues)
        return lab.chunks

    calm, pulled = chunks([]), chunks(CUES[:1])
    cue_ns = START_NS + 10**9
    for name, safe_ns in (("bitalino", 120_000_000), ("chronojump", 120_000_000)):
        assert [c for c in calm[name] if c[1] < cue_ns + safe_ns] == [
            c for c in pulled[name] if c[1] < cue_ns + safe_ns
        ]
        assert [c[1] for c in calm[name][:30]] == [c[1] for c in pulled[name][:30]]
        assert calm[name] != pulled[name]


def test_a_pull_that_is_prepared_holds_up_no_device_and_changes_nothing(listener, monkeypatch):
    plain = listener("demo")
    plain.add("bitalino")
    plain.listen(3.0, CUES[:1])
    lab = listener("demo")
    device = lab.add("bitalino")
    world = lab.lab._world
    begun, go_on, render = threading.Event(), threading.Event(), world._render

    def slow(pull):
        begun.set()
        assert go_on.wait(10)
        return render(pull)

    monkeypatch.setattr(world, "_render", slow)
    cue_ns = START_NS + 10**9
    hear = threading.Thread(
        target=lab.lab.hear, args=("cue", cue_ns, CUES[0][1]), kwargs={"prepared": True}
    )
    hear.start()
    assert begun.wait(10)
    before = [one for one in plain.chunks["bitalino"] if one[1] < cue_ns + 120_000_000]
    assert [device.next_chunk() for _ in before] == before  # sent while the pull is made
    go_on.set()
    hear.join()
    monkeypatch.setattr(world, "_render", None)  # made once, and there
    after = plain.chunks["bitalino"][len(before) :]
    assert [device.next_chunk() for _ in after] == after


def test_one_chunk_ahead_of_time_changes_nothing(listener):
    waiting = listener("demo")
    waiting.add("bitalino")
    cues = [(0.5 + 3.1 * i, {"pull": "fast", "hold_s": 0.5}) for i in range(6)]
    waiting.listen(18.0, cues)
    eager = listener("demo")
    device = eager.add("bitalino")
    got, left = [], [(START_NS + round(at * 1e9), data) for at, data in cues]
    for _ in waiting.chunks["bitalino"]:
        got.append(device.next_chunk())  # taken at once, held until it arrives
        while left and left[0][0] <= got[-1][1]:
            eager.lab.hear("cue", *left.pop(0))
    assert got == waiting.chunks["bitalino"]
    assert all(pull["delayed_ms"] == 0 for pull in eager.lab.truth()["pulls"])


def test_a_cue_heard_too_late_is_answered_later_and_told(listener):
    lab = listener("demo")
    lab.add("bitalino")
    lab.listen(3.0)
    lab.lab.hear("cue", START_NS + 10**9, {"pull": "fast"})
    before = lab.lab.truth()["pulls"][0]
    assert before["delayed_ms"] > 1000
    assert min(before["onsets_ns"].values()) >= START_NS + 2_900_000_000
    lab.listen(6.0)
    t, values = lab.values("bitalino")
    onset = before["onsets_ns"]["RM_R"] * 1e-9
    after = values[(t > onset + 0.1) & (t < onset + 0.6), 0].std()
    assert after > 4 * values[t < onset - 0.01, 0].std()


def test_the_clock_of_a_device_is_off_by_what_the_scenario_says(listener):
    scenario = msgspec.structs.replace(
        load_scenario("simultaneous"),
        devices={"bitalino": Device(ppm=200.0, warmup_ppm=0.0, wander_ppm=0.0)},
    )
    lab = listener(scenario)
    lab.add("bitalino")
    lab.listen(100.0)
    run = lab.lab.truth()["devices"]["bitalino"]["runs"][0]
    assert run["rate_hz"] == pytest.approx(1000.2, abs=1e-6)
    expected = (START_NS + 100e9 - run["first_sample_ns"]) * 1e-9 * 1000.2
    assert run["sent"] == pytest.approx(expected, abs=100)
    # The newest sample of a chunk can never have been taken after the chunk arrived.
    index = -1
    for data, arrival in lab.chunks["bitalino"]:
        index += len(data) // 7
        taken = run["first_sample_ns"] + index / run["rate_hz"] * 1e9
        assert 4e6 < arrival - taken < 130e6


def test_the_force_device_counts_microseconds_of_its_own_clock(listener):
    lab = listener("rhomboid_leads_30ms")
    lab.add("chronojump")
    lab.listen(30.0, [(5.0, {"pull": "fast", "hold_s": 1.0})])
    blocks = lab.blocks("chronojump")
    ticks = np.concatenate([block.ticks for block in blocks])
    assert set(np.diff(ticks).tolist()) == {12_500}
    assert blocks[0].first == 0
    assert lab.codecs["chronojump"].stats.lost == 0
    t, values = lab.values("chronojump")
    force = lab.scenario.force
    pull = lab.lab.truth()["pulls"][0]
    onset = pull["force_onset_ns"] * 1e-9
    assert values[t < onset].mean() == pytest.approx(force.baseline_n, abs=0.05)
    hold = (t > onset + 0.3) & (t < onset + 1.2)
    assert values[hold].mean() == pytest.approx(force.peak_n + force.baseline_n, rel=0.03)
    first = t[np.flatnonzero(values[:, 0] > force.baseline_n + 10 * force.noise_n)[0]]
    assert 0.0 <= first - onset < 0.026


def test_activation_ratios_are_recovered_from_the_signals(listener):
    lab = listener("demo", seed=4)
    lab.add("bitalino")
    cues = [(1.0 + 9.0 * i, {"pull": "reference", "hold_s": 4.0}) for i in range(2)]
    cues += [(19.0 + 4.0 * i, {"pull": "fast", "hold_s": 1.0}) for i in range(5)]
    lab.listen(39.0, cues)
    t, values = lab.values("bitalino")
    level = {"reference": [], "fast": []}
    for pull in lab.lab.truth()["pulls"]:
        low, high = (at * 1e-9 for at in pull["phases_ns"]["hold"])
        k = (t > low) & (t < high - 0.1)
        rest = (t > pull["cue_ns"] * 1e-9 - 0.7) & (t < pull["cue_ns"] * 1e-9)
        level[pull["pull"]].append(np.sqrt(values[k, :4].var(0) - values[rest, :4].var(0)))
    percent = 100 * np.mean(level["fast"], axis=0) / np.mean(level["reference"], axis=0)
    true = [m.phases.hold * 100 for m in lab.scenario.muscles]
    assert percent == pytest.approx(true, rel=0.1)


def test_crosstalk_reaches_the_other_electrode(listener):
    scenario = load_scenario("no_rhomboid")
    scenario = msgspec.structs.replace(scenario, crosstalk={"RM_R": {"MT_R": 0.5}})
    lab = listener(scenario)
    lab.add("bitalino")
    lab.listen(4.0, CUES[:1])
    t, values = lab.values("bitalino")
    k = t > lab.lab.truth()["pulls"][0]["force_onset_ns"] * 1e-9
    k &= t < lab.lab.truth()["pulls"][0]["phases_ns"]["hold"][1] * 1e-9
    assert np.corrcoef(values[k, 0], values[k, 2])[0, 1] > 0.9
    assert values[k, 0].std() / values[k, 2].std() == pytest.approx(0.5, abs=0.06)


def test_heart_and_mains_show_where_asked(listener):
    scenario = load_scenario("simultaneous")
    quiet, heart, hum, other = scenario.muscles
    scenario = msgspec.structs.replace(
        scenario,
        muscles=(
            quiet,
            msgspec.structs.replace(heart, ecg_uv=200.0),
            msgspec.structs.replace(hum, hum_uv=20.0),
            other,
        ),
    )
    lab = listener(scenario)
    lab.add("bitalino")
    lab.listen(20.0)
    _, values = lab.values("bitalino")
    uv = values * 1e6
    assert uv[:, 1].max() > 150 > 40 > uv[:, 0].max()
    beats = np.sum(np.diff((uv[:, 1] > 100).astype(int)) == 1)
    assert beats == pytest.approx(20 * scenario.ecg.rate_bpm / 60, abs=2)
    spectrum = np.abs(np.fft.rfft(uv[:19000, 2]))
    assert np.argmax(spectrum[100:]) + 100 == 50 * 19
    assert uv[:, 2].std() == pytest.approx(np.hypot(20, 4.4), rel=0.05)


def test_signals_stay_on_the_rails(listener):
    scenario = load_scenario("simultaneous")
    loud = tuple(msgspec.structs.replace(m, noise_uv=200.0, snr_db=40.0) for m in scenario.muscles)
    lab = listener(msgspec.structs.replace(scenario, muscles=loud))
    lab.add("bitalino")
    lab.listen(3.0, CUES[:1])
    counts = np.concatenate([block.counts for block in lab.blocks("bitalino")])
    assert counts[:, :4].min() == 0
    assert counts[:, :4].max() == 1023


def test_a_stream_stops_and_starts_anew(listener):
    lab = listener("demo")
    device = lab.add("bitalino")
    lab.listen(1.0)
    driver = get_driver("bitalino")
    for step in driver.stop(driver.settings_type()):
        device.receive(step.send, START_NS + 10**9)
    assert not device.streaming
    assert device.next_chunk() is None
    assert device.next_arrival_ns() is None
    for step in driver.start(driver.settings_type()):
        device.receive(step.send, START_NS + 2 * 10**9)
    data, arrival = device.next_chunk()
    assert data
    assert arrival > START_NS + 2 * 10**9
    runs = lab.lab.truth()["devices"]["bitalino"]["runs"]
    assert [run["start_ns"] for run in runs] == [START_NS, START_NS + 2 * 10**9]
    assert data != lab.chunks["bitalino"][0][0]


@pytest.mark.parametrize(
    ("montage", "what"),
    [({"A9": "RM_R"}, "A9"), ({"A1": "SA_R"}, "SA_R")],
)
def test_a_wrong_montage_is_told_at_once(montage, what):
    driver = get_driver("bitalino")
    lab = SimulatedLab(load_scenario("demo"), seed=1)
    with pytest.raises(LabError, match=what):
        lab.device(driver, driver.settings_type(), channel_map=montage)


def test_two_devices_of_one_kind_are_told_apart():
    driver = get_driver("bitalino")
    lab = SimulatedLab(load_scenario("demo"), seed=1)
    for name in (None, None, "second"):
        lab.device(driver, driver.settings_type(), channel_map={}, name=name)
    assert set(lab.truth()["devices"]) == {"bitalino", "bitalino#2", "second"}
    with pytest.raises(LabError, match="second"):
        lab.device(driver, driver.settings_type(), channel_map={}, name="second")


@pytest.mark.parametrize("transport", ["ftdi16", "ftdi1", "cdc", "bluetooth"])
def test_every_transport_delivers_every_frame(listener, transport):
    scenario = msgspec.structs.replace(
        load_scenario("simultaneous"), devices={"bitalino": Device(transport=transport)}
    )
    lab = listener(scenario)
    lab.add("bitalino")
    lab.listen(2.0)
    chunks = lab.chunks["bitalino"]
    arrivals = [arrival for _, arrival in chunks]
    assert arrivals == sorted(set(arrivals))
    blocks = lab.blocks("bitalino")
    assert sum(len(block.counts) for block in blocks) == blocks[-1].stop > 1800
    assert lab.codecs["bitalino"].stats.lost == 0
    gaps = np.diff(arrivals) * 1e-6
    assert gaps.max() < 131
    assert {"ftdi16": 7, "ftdi1": 0.9, "cdc": 0.9, "bluetooth": 25}[transport] < np.mean(gaps)
