"""Chronojump force platform: start marks that can be data, spacing, rising time."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, missing, new_codec, true_stream, wrong_samples

from labapp import device
from labapp.drivers import chronojump_plate
from labapp.errors import LabError
from labapp.model import SampleBlock

WIRE = bytes.fromhex("FF FF FF FF 87 D6 12 00 0A 00 FD FF FA 00 00 00")


def resting(codec, n, rng, cells=(-1, -1, 0, 0)):
    """A plate at rest: every frame holds what looks like a start mark, with a little noise."""
    counts = np.tile(np.array(cells, np.int32), (n, 1))
    counts[:, 2:] += rng.integers(-1, 2, (n, 2), np.int32)
    return true_stream(codec, n, rng, counts=counts)


def test_the_frame_as_on_the_wire():
    codec = new_codec("chronojump_plate")
    got = decode(codec, [WIRE])
    assert got.counts.tolist() == [[10, -3, 250, 0]]
    assert got.ticks[0] / codec.tick_rate == 1.234567
    assert codec.encode(SampleBlock(0, got.counts, got.ticks)) == WIRE


def test_cells_are_bare_counts_until_calibrated():
    assert {channel.unit for channel in new_codec("chronojump_plate").channels} == {""}
    codec = new_codec("chronojump_plate", newton_per_count=[0.5, 0.25, 1.0, 2.0])
    assert [channel.scale for channel in codec.channels] == [0.5, 0.25, 1.0, 2.0]
    assert {channel.unit for channel in codec.channels} == {"N"}


@pytest.mark.parametrize("cells", [(-1, -1, 0, 0), (0, -1, -1, 0), (0, 0, -1, -1), (-1,) * 4])
@pytest.mark.parametrize("cut", range(0, 32, 3))
def test_four_ff_in_the_cells_never_make_a_frame(cells, cut):
    codec = new_codec("chronojump_plate")
    truth = resting(codec, 200, np.random.default_rng(cut), cells)
    got = decode(codec, [b"".join(truth.frames)[cut:]])
    lost = -(-cut // 16)
    got_index = got.index + lost - got.index[0]
    np.testing.assert_array_equal(got_index, np.arange(lost, 200))
    np.testing.assert_array_equal(got.counts, truth.counts[lost:])


@pytest.mark.parametrize("at", range(1, 16))
def test_bytes_lost_at_rest_cost_two_frames_at_most(at):
    codec = new_codec("chronojump_plate")
    truth = resting(codec, 300, np.random.default_rng(at))
    frames = list(truth.frames)
    for place in range(20, 280, 20):
        frames[place] = frames[place][:at] + frames[place][at + 1 + place % 7 :]
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    lost = missing(got, truth)
    assert set(lost.tolist()) <= {p + d for p in range(20, 280, 20) for d in (-1, 0, 1)}
    assert got.stats.lost == len(lost)


def test_a_damaged_mark_costs_its_frame_only():
    codec = new_codec("chronojump_plate")
    truth = true_stream(codec, 100, np.random.default_rng(2))
    frames = list(truth.frames)
    for place in (30, 60, 98):
        frames[place] = b"\xfe" + frames[place][1:]
    got = decode(codec, [b"".join(frames)])
    assert missing(got, truth).tolist() == [30, 60, 98]
    assert not len(wrong_samples(got, truth))


def test_a_damaged_time_costs_its_frame_only():
    codec = new_codec("chronojump_plate")
    truth = true_stream(codec, 100, np.random.default_rng(3))
    frames = list(truth.frames)
    for place in (30, 60):
        frames[place] = frames[place][:7] + b"\x7f" + frames[place][8:]
    got = decode(codec, [b"".join(frames)])
    assert missing(got, truth).tolist() == [30, 60]
    assert not len(wrong_samples(got, truth))


@pytest.mark.parametrize("rate", [110.0, 150.0, 210.0])
def test_frames_lost_are_found_by_time_at_any_real_rate(rate):
    rng = np.random.default_rng(int(rate))
    codec = new_codec("chronojump_plate")
    ticks = (np.arange(2000) * 1e6 / rate + rng.uniform(0, 600, 2000)).astype(np.int64)
    counts = rng.integers(-2048, 2048, (2000, 4)).astype(np.int32)
    sent = rng.random(2000) > 0.03
    sent[:12] = sent[-1] = True  # the true period is learnt from the first steps
    wire = [
        codec.encode(SampleBlock(i, counts[i : i + 1], ticks[i : i + 1]))
        for i in np.flatnonzero(sent).tolist()
    ]
    got = decode(codec, [b"".join(wire)])
    np.testing.assert_array_equal(got.index, np.flatnonzero(sent))
    np.testing.assert_array_equal(got.counts, counts[sent])


def test_the_text_at_the_end_is_no_frame():
    codec = new_codec("chronojump_plate")
    truth = true_stream(codec, 10, np.random.default_rng(4))
    got = decode(codec, [b"".join(truth.frames) + b"Capture ended\r\n"])
    assert not len(wrong_samples(got, truth))
    assert len(got.index) >= 9


def test_answers_of_the_firmware():
    side = chronojump_plate.PlateSide()
    assert side.receive(b"get_version:") == b"Force_Platform-0.1\r\n"
    assert side.receive(b"tare:") == b""
    assert side.receive(b"dance:") == b"Not a valid command\r\n"
    assert side.receive(b"start_") == b""
    assert side.receive(b"capture:") == b""
    assert side.streaming
    assert side.receive(b"end_capture:") == b"Capture ended\r\n"
    assert not side.streaming


@pytest.mark.parametrize(
    "wrong", [{"rate": 1000.0}, {"newton_per_count": [1.0]}, {"newton_per_count": [1, 1, 0, 1]}]
)
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("chronojump_plate"), wrong)
