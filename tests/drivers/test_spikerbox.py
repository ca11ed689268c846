"""Backyard Brains: the frames of the reference exactly, messages anywhere, what damage costs."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, missing, new_codec, noise, true_stream, wrong_samples

from labapp import device
from labapp.drivers import spikerbox
from labapp.errors import LabError
from labapp.model import SampleBlock

FRAMES = [
    (1, 10, "84 00", [512]),
    (2, 10, "84 00 07 7F", [512, 1023]),
    (2, 14, "C0 00 7F 7F", [8192, 16383]),
    (6, 10, "80 00 00 01 00 7F 01 00 07 68 04 00", [0, 1, 127, 128, 1000, 512]),
]
MESSAGE = bytes.fromhex("FF FF 01 01 80 FF 48 57 54 3A 48 55 4D 41 4E 53 42 3B FF FF 01 01 81 FF")


@pytest.mark.parametrize(("channels", "bits", "wire", "values"), FRAMES)
def test_frames_of_the_reference(channels, bits, wire, values):
    frame = bytes.fromhex(wire)
    codec = new_codec("spikerbox", channels=channels, bits=bits)
    assert codec.encode(SampleBlock(0, np.array([values], np.int32))) == frame
    assert decode(codec, [frame]).counts.tolist() == [values]


def test_message_of_the_reference():
    assert spikerbox.message("HWT:HUMANSB;") == MESSAGE
    got = decode(new_codec("spikerbox"), [MESSAGE])
    assert [(event.name, event.text) for event in got.events] == [("text", "HWT:HUMANSB")]
    assert got.stats.junk_bytes == 0


@pytest.mark.parametrize("place", range(9))
def test_a_message_between_any_two_bytes_costs_nothing(place):
    """Also where the samples themselves hold FF, and however the bytes are split."""
    codec = new_codec("spikerbox")
    counts = np.array([[16383, 16383], [5, 16383], [16383, 0], [16383, 1]], np.int32)
    wire = codec.encode(SampleBlock(0, counts))
    wire = wire[:place] + spikerbox.message("EVNT:3;JOY:1;") + wire[place:]
    whole = decode(new_codec("spikerbox"), [wire])
    assert whole.counts.tolist() == counts.tolist()
    assert whole.stats.junk_bytes == whole.stats.bad_frames == 0
    said = [event for event in whole.events if event.name != "timing_unverified"]
    assert [(event.name, event.text) for event in said] == [("marker", "3"), ("text", "JOY:1")]
    assert said[0].index == max(0, (place - 1) // 4 if place % 4 == 0 else place // 4)
    for cut in range(len(wire)):
        got = decode(new_codec("spikerbox"), [wire[:cut], wire[cut:]])
        assert got.counts.tolist() == counts.tolist()
        assert [e.text for e in got.events] == [e.text for e in whole.events]


def test_a_message_that_never_ends_costs_its_bytes_only():
    codec = new_codec("spikerbox")
    truth = true_stream(codec, 200, np.random.default_rng(1))
    frames = list(truth.frames)
    frames[50] = spikerbox.BEGIN + b"EVNT:1;" + frames[50]
    got = decode(codec, [b"".join(frames)])
    np.testing.assert_array_equal(got.counts[-149:], truth.counts[-149:])
    assert not [event for event in got.events if event.name == "marker"]


@pytest.mark.parametrize(("channels", "bits"), [(1, 10), (1, 14), (2, 14), (3, 10), (6, 10)])
@pytest.mark.parametrize("kind", ["drop", "flip"])
def test_a_byte_lost_or_marked_costs_two_frames_and_keeps_the_index(channels, bits, kind):
    rng = np.random.default_rng(2)
    codec = new_codec("spikerbox", channels=channels, bits=bits)
    truth = true_stream(codec, 3000, rng)
    frames = [bytearray(frame) for frame in truth.frames]
    hit = np.arange(10, 2990, 12)
    for at in hit.tolist():
        place = int(rng.integers(0, len(frames[at])))
        if kind == "drop":
            del frames[at][place]
        else:
            frames[at][place] ^= 0x80
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    lost = missing(got, truth)
    assert set(hit.tolist()) <= set(lost.tolist()) <= set(hit.tolist()) | set((hit - 1).tolist())
    assert got.stats.lost == len(lost)
    assert got.stats.bad_frames == len(hit)


def test_a_frame_lost_whole_is_not_seen_and_the_recording_says_so():
    codec = new_codec("spikerbox")
    truth = true_stream(codec, 100, np.random.default_rng(3))
    got = decode(codec, [b"".join(truth.frames[:50] + truth.frames[51:])])
    assert got.stats.lost == 0
    assert [event.name for event in got.events] == ["timing_unverified"]
    assert "timing unverified" in device.sheet("spikerbox").onset_reason


def test_the_stream_before_the_channels_were_set_is_not_counted():
    old = new_codec("spikerbox", channels=1, bits=10)
    stale = b"".join(true_stream(old, 50, np.random.default_rng(4)).frames)
    codec = new_codec("spikerbox", channels=6, bits=10)
    truth = true_stream(codec, 20, np.random.default_rng(5))
    got = decode(codec, [stale, *truth.frames])
    assert got.index.tolist() == list(range(20))
    np.testing.assert_array_equal(got.counts, truth.counts)
    assert got.stats.lost == 0


@pytest.mark.parametrize(("bits", "low", "high"), [(14, 0.029, 0.033), (10, 0.00004, 0.0003)])
def test_random_bytes_make_frames_as_often_as_the_format_lets_them(bits, low, high):
    n = 200_000
    codec = new_codec("spikerbox", bits=bits)
    got = decode(codec, [noise("labbox", np.random.default_rng(6), n)])
    assert low < len(got.index) / n < high


def test_seas_of_bytes_without_start_do_not_pile_up():
    codec = new_codec("spikerbox")
    frame = b"\xc0\x00\x7f\x7f"
    for _ in range(50):
        codec.feed(bytes(10_000))
    got = decode(codec, [frame, frame])
    assert len(got.index) == 2
    assert got.stats.junk_bytes == 500_000


def test_commands():
    side = spikerbox.SpikerboxSide(14)
    assert side.receive(b"b:") + side.receive(b";\n") == MESSAGE
    assert not side.streaming
    driver = device.get_driver("spikerbox")
    chosen = device.parse_settings(driver, {"channels": 3, "bits": 10, "rate": 3333.3})
    assert [step.send for step in driver.start(chosen)] == [b"b:;\n", b"conf s:3333;c:3;\n"]
    assert side.receive(b"conf s:3333;c:3;\n") == b""
    assert side.streaming


@pytest.mark.parametrize("wrong", [{"channels": 7}, {"bits": 12}, {"rate": 0.0}, {"scale": 0.0}])
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("spikerbox"), wrong)
