"""ModularEEG P2: the frame of the reference exactly, joining a stream that runs already."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, missing, new_codec, noise, true_stream, wrong_samples

from labapp import device
from labapp.drivers import modulareeg
from labapp.errors import LabError
from labapp.model import SampleBlock

FRAME = bytes.fromhex("A5 5A 02 41 02 00 02 01 03 FF 00 00 01 00 02 BC 01")
VALUES = [512, 513, 1023, 0, 256, 700, 1]


def test_frame_of_the_reference():
    codec = new_codec("modulareeg")
    assert codec.encode(SampleBlock(65, np.array([VALUES], np.int32))) == FRAME
    before = true_stream(codec, 65, np.random.default_rng(1)).frames
    got = decode(new_codec("modulareeg"), [*before, FRAME])
    assert got.index[-1] == 65
    assert got.counts[-1].tolist() == VALUES
    assert got.stats.lost == 0


@pytest.mark.parametrize("joined", [1, 5, 100, 250, 252, 253, 255, 256, 300])
@pytest.mark.parametrize("cut", [0, 7])
def test_joining_a_running_stream_is_no_loss(joined, cut):
    codec = new_codec("modulareeg")
    truth = true_stream(codec, joined + 60, np.random.default_rng(2))
    got = decode(codec, [b"".join(truth.frames[joined:])[cut:]])
    assert got.index[0] == 0
    assert got.stats.lost == 0
    assert len(got.index) >= 57
    np.testing.assert_array_equal(got.counts, truth.counts[-len(got.index) :])


def test_losses_after_joining_are_counted():
    codec = new_codec("modulareeg")
    truth = true_stream(codec, 400, np.random.default_rng(3))
    got = decode(codec, [b"".join(truth.frames[100:200] + truth.frames[230:])])
    assert got.stats.lost == 30
    np.testing.assert_array_equal(got.counts[100:], truth.counts[230:])
    assert got.index[100] == 130


def test_random_bytes_are_never_data():
    codec = new_codec("modulareeg")
    got = decode(codec, [noise("labbox", np.random.default_rng(4), 300_000)])
    assert len(got.index) == 0


def test_frames_overwritten_in_place_are_lost():
    rng = np.random.default_rng(5)
    codec = new_codec("modulareeg")
    truth = true_stream(codec, 8000, rng)
    frames = list(truth.frames)
    hit = np.arange(20, 7980, 15)
    for place in hit.tolist():
        frames[place] = noise("labbox", rng, 17)
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    np.testing.assert_array_equal(missing(got, truth), hit)


def test_codes_beyond_ten_bits_are_damage():
    codec = new_codec("modulareeg")
    truth = true_stream(codec, 50, np.random.default_rng(6))
    frames = [bytearray(frame) for frame in truth.frames]
    frames[20][6] |= 4
    assert missing(decode(codec, [b"".join(frames)]), truth).tolist() == [20]


def test_scale_and_onset():
    channel = new_codec("modulareeg").channels[0]
    assert channel.scale * 1e6 == pytest.approx(1.7145, abs=1e-3)
    driver = device.get_driver("modulareeg")
    fast = device.parse_settings(driver, {"rate": 1000.0})
    assert device.onset_capability("modulareeg", fast)[0] == "no"


def test_the_board_runs_freely():
    side = modulareeg.ModularEegSide()
    assert side.receive(b"") == b""
    assert not side.streaming
    assert side.receive(b"\n") == b""
    assert side.streaming


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"gain": -1.0}, {"channels": 6}])
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("modulareeg"), wrong)
