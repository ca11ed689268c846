"""A real recording, imported and replayed: two ways in, one result."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

import labapp
from labapp import load
from labapp.cli import main as cli
from labapp.device import sheet
from labapp.exchange.importing import import_recording
from labapp.exchange.plan import ImportPlan
from labapp.model import SampleBlock
from labapp.record.config import ClockConfig, DeviceConfig
from labapp.record.replay import write_replay
from labapp.workflow.analysing import analyse
from labapp.workflow.files import import_file
from labapp.workflow.record import Recording, recorder_config

SHARED = Path(__file__).parents[3] / "shared" / "data" / "emg"
MAP = Path(__file__).parents[1] / "data" / "real_two_muscles.toml"
NS = 1_000_000_000
RATE = 2048.0
MUSCLES = ("HAND_L", "HAND_R")


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    source = SHARED / "real_two_muscles.npz"
    if not source.exists():
        pytest.skip(f"no real recording here ({source.name} is not part of the project)")
    out = tmp_path_factory.mktemp("real") / "real.h5"
    return import_file(source, out, map_path=MAP)


@pytest.fixture(scope="module")
def document(imported):
    return analyse(imported)


def test_every_response_has_its_onsets(document):
    repetitions = document["repetitions"]
    assert len(repetitions) >= 16
    assert document["streams"]["emg"]["rate_hz"] == RATE
    for repetition in repetitions:
        assert set(repetition["onsets"]) == set(MUSCLES)
        found = [o for o in repetition["onsets"].values() if o["time_s"] is not None]
        for onset in found:
            reaction = onset["time_s"] - repetition["cue_s"]
            assert -0.1 < reaction < 1.5
    # One hand answers each stimulus; in most trials the burst of that hand is found.
    one_hand = [
        rep for rep in repetitions if any(o["time_s"] is not None for o in rep["onsets"].values())
    ]
    assert len(one_hand) >= 0.8 * len(repetitions)


def test_an_order_is_not_claimed_for_hands_that_take_turns(document):
    assert document["verdict"]["state"] == "not interpretable"
    assert document["verdict"]["reasons"]
    assert document["order"]["pairs"]["HAND_L-HAND_R"]["verdict"] == "not interpretable"


def test_the_command_line_does_the_same(imported, tmp_path, capsys):
    out = tmp_path / "again.h5"
    words = ["import", SHARED / "real_two_muscles.npz", "--map", MAP, "--out", out]
    assert cli.main([str(word) for word in words]) == 0
    assert "118784 received + 0 lost" in capsys.readouterr().out
    with labapp.open_session(imported) as one, labapp.open_session(out) as two:
        assert np.array_equal(one.values("emg"), two.values("emg"))
        assert one.markers == two.markers


def rounded_to_24_bits(imported, folder):
    """The recording in steps that the wire format carries (0.9 nV), imported from such a file."""
    with labapp.open_session(imported) as session:
        stream = session.streams["emg"]
        counts = np.round(stream.counts(0, stream.n) / 64).astype(np.int32)
        scale = stream.channels[0].scale * 64
    np.save(folder / "rounded.npy", counts)
    shutil.copy(SHARED / "real_two_muscles_events.csv", folder)
    plan = load.read_toml(MAP, ImportPlan)
    channels = tuple(msgspec.structs.replace(one, scale=scale) for one in plan.channels)
    plan = msgspec.structs.replace(plan, array=None, channels=channels)
    out = folder / "imported" / "real.h5"
    out.parent.mkdir()
    import_recording(folder / "rounded.npy", out, mapping=plan)
    return out, counts, scale


def replayed(counts, scale, markers, folder):
    """The same counts as wire bytes through a port and the recorder, with the same markers."""
    settings = {"channels": 2, "rate": RATE, "scale": scale}
    ticks = np.round(np.arange(len(counts)) * 1e6 / RATE).astype(np.int64)
    wire = folder / "real.replay"
    delay_ns = round(sheet("labbox").wire_delay_s * NS)  # what the session takes off again
    write_replay(wire, "labbox", settings, [SampleBlock(0, counts, ticks)], RATE, delay_ns)
    device = DeviceConfig(
        id="emg",
        driver="labbox",
        port=f"replay://{wire}",
        settings=settings,
        montage=dict(zip(("ch1", "ch2"), MUSCLES, strict=True)),
    )
    out = folder / "replayed" / "real.h5"
    out.parent.mkdir()
    config = recorder_config(out, [device], clock=ClockConfig("stepped"))
    with Recording(config, out) as recording:
        for marker in markers:
            recording.recorder.mark(marker.kind, marker.data, round(marker.time * NS))
        recording.wait_until(round((len(counts) / RATE + 1) * NS))
    return recording.finish()


def test_the_same_samples_through_codec_port_and_recorder(imported, document, tmp_path):
    first, counts, scale = rounded_to_24_bits(imported, tmp_path)
    with labapp.open_session(first) as session:
        second = replayed(counts, scale, session.markers, tmp_path)
    with labapp.open_session(first) as one, labapp.open_session(second) as two:
        assert two.streams["emg"].driver == "labbox"
        assert np.array_equal(one.values("emg"), two.values("emg"))
        # The board's microseconds are whole: no sample lies further off than half of one.
        assert np.abs(one.times("emg") - two.times("emg")).max() < 1e-6
    before, after = analyse(first), analyse(second)
    assert after["verdict"] == before["verdict"] == document["verdict"]
    assert len(after["repetitions"]) == len(before["repetitions"]) > 0
    for was, now in zip(before["repetitions"], after["repetitions"], strict=True):
        assert (now["valid"], now["reasons"]) == (was["valid"], was["reasons"])
        for muscle in MUSCLES:
            one, two = was["onsets"][muscle], now["onsets"][muscle]
            assert two["state"] == one["state"]
            for key in ("time_s", "low_s", "high_s", "rise_s", "snr_db"):
                assert two[key] == (None if one[key] is None else pytest.approx(one[key], abs=2e-6))
