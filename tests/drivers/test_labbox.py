"""labbox: the specification's worked frame, counters of 32 bits, restarts."""

from __future__ import annotations

import binascii

import numpy as np
import pytest
from wire import decode, new_codec, noise, true_stream, wrong_samples

from labapp import device, paths
from labapp.errors import LabError
from labapp.model import SampleBlock

WORKED = "A5 5A 01 02 07 00 00 00 AC 0D 00 00 01 00 00 FF FF FF 6F F1"


def test_worked_frame_of_the_specification():
    frame = bytes.fromhex(WORKED)
    block = SampleBlock(7, np.array([[1, -1]], np.int32), np.array([3500]))
    codec = new_codec("labbox", channels=2)
    assert codec.encode(block) == frame
    assert codec.encode(SampleBlock(7, block.counts)) == frame  # 7 / 2000 Hz = 3500 us
    got = decode(new_codec("labbox", channels=2), [frame])
    assert got.index.tolist() == [7]
    assert got.counts.tolist() == [[1, -1]]
    assert got.ticks.tolist() == [3500]
    assert WORKED in (paths.bundled("hardware") / "labbox" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("channels", [1, 2, 8, 64])
def test_the_crc_is_the_standard_one(channels):
    codec = new_codec("labbox", channels=channels)
    for frame in true_stream(codec, 50, np.random.default_rng(1)).frames:
        assert binascii.crc_hqx(frame[:-2], 0xFFFF) == int.from_bytes(frame[-2:], "little")


@pytest.mark.parametrize("n", [1, 2, 511, 512, 700])
def test_few_frames_and_many_are_checked_alike(n):
    """The checksums of a live batch and of a file are worked out in two ways."""
    codec = new_codec("labbox", channels=3)
    truth = true_stream(codec, n, np.random.default_rng(7))
    wire = bytearray(b"".join(truth.frames))
    got = decode(new_codec("labbox", channels=3), [bytes(wire)])
    np.testing.assert_array_equal(got.counts, truth.counts)
    bad = n // 2
    wire[bad * len(truth.frames[0]) + 14] ^= 0x10
    got = decode(new_codec("labbox", channels=3), [bytes(wire)])
    assert got.index.tolist() == [i for i in range(n) if i != bad]


def test_settings_choose_unit_scale_and_names():
    codec = new_codec("labbox", channels=2, rate=1000, scale=0.5, unit="N", names=["left", "right"])
    assert [(c.name, c.kind, c.unit, c.scale) for c in codec.channels] == [
        ("left", "force", "N", 0.5),
        ("right", "force", "N", 0.5),
    ]
    assert codec.rate == 1000.0


@pytest.mark.parametrize(
    "wrong", [{"channels": 0}, {"rate": 0}, {"scale": 0}, {"unit": "lb"}, {"names": ["a"]}]
)
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("labbox"), wrong)


def test_a_counter_more_than_half_a_wrap_ahead_has_gone_back():
    codec = new_codec("labbox")
    truth = true_stream(codec, 20, np.random.default_rng(2))
    late = SampleBlock(3_000_000_000, truth.counts)
    got = decode(codec, [b"".join(truth.frames), codec.encode(late)])
    assert [(event.name, event.index) for event in got.events] == [("restart", 20)]


def test_a_loss_below_half_a_wrap_and_the_clock_wrapping_in_it():
    codec = new_codec("labbox")
    truth = true_stream(codec, 20, np.random.default_rng(2))
    first = 2_000_000_000  # 11.6 days: 232 wraps of the microseconds
    ticks = np.round((first + np.arange(20)) * 500.0).astype(np.int64)
    got = decode(
        codec, [b"".join(truth.frames), codec.encode(SampleBlock(first, truth.counts, ticks))]
    )
    assert got.stats.lost == first - 20
    assert got.ticks[20:].tolist() == ticks.tolist()


def test_a_restart_is_told_and_the_index_goes_on():
    codec = new_codec("labbox")
    truth = true_stream(codec, 50, np.random.default_rng(3))
    got = decode(codec, [b"".join(truth.frames), b"".join(truth.frames[2:])])
    assert [(event.name, event.index) for event in got.events] == [("restart", 50)]
    assert got.index.tolist() == [*range(50), *range(52, 100)]
    np.testing.assert_array_equal(got.counts[50:], truth.counts[2:])


def test_a_frame_sent_twice_counts_once():
    codec = new_codec("labbox")
    truth = true_stream(codec, 10, np.random.default_rng(4))
    got = decode(codec, [b"".join(truth.frames[:5] + truth.frames[4:])])
    assert got.index.tolist() == list(range(10))
    assert not len(wrong_samples(got, truth))
    assert got.stats.bad_frames == 1


def test_other_versions_and_numbers_of_channels_are_not_data():
    truth = true_stream(new_codec("labbox", channels=3), 50, np.random.default_rng(5))
    codec = new_codec("labbox", channels=4)
    assert len(decode(codec, [b"".join(truth.frames)]).index) == 0
    frames = [frame[:2] + b"\x02" + frame[3:] for frame in truth.frames]
    assert len(decode(new_codec("labbox", channels=3), frames).index) == 0


def test_marks_inside_the_payload_do_not_mislead():
    codec = new_codec("labbox")
    mark = int.from_bytes(b"\xa5\x5a\x01", "little")
    counts = np.full((200, 4), mark, np.int32)
    truth = true_stream(codec, 200, np.random.default_rng(6), counts=counts)
    frames = list(truth.frames)
    frames[50] = frames[50][:9]
    frames[90] += (
        noise("labbox", np.random.default_rng(7), 5)
        + codec.encode(SampleBlock(90, counts[:1]))[:20]
    )
    got = decode(codec, [b"".join(frames)])
    assert got.index.tolist() == [i for i in range(200) if i != 50]


def test_the_board_answers_only_while_idle():
    driver = device.get_driver("labbox")
    side = driver.device_side(device.parse_settings(driver, {"channels": 3}))
    assert side.receive(b"V") == b"labbox 1 3\n"
    assert side.receive(b"xB") == b""
    assert side.streaming
    assert side.receive(b"V") == b""
    assert side.receive(b"SV") == b"labbox 1 3\n"
