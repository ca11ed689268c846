"""Shimmer3: the packets of the reference exactly, stamps that go wrong, the conversation."""

from __future__ import annotations

import re

import numpy as np
import pytest
from wire import decode, missing, new_codec, noise, true_stream, wrong_samples

from labapp import device
from labapp.drivers import shimmer3
from labapp.errors import LabError
from labapp.model import SampleBlock

PACKET = bytes.fromhex("00 A0 00 00 80 00 13 88 FF FF FB 80 00 00 01 FF FF FF")
VALUES = [5000, -5, 1, -1, 0x80, 0x80]


def stream(n, seed=1, tick_first=0, **settings):
    codec = new_codec("shimmer3", **settings)
    truth = true_stream(codec, n, np.random.default_rng(seed), tick_first=tick_first)
    return codec, truth, list(truth.frames)


def test_packet_of_the_reference():
    codec, _, before = stream(5, chips=2)
    assert codec.encode(SampleBlock(5, np.array([VALUES], np.int32))) == PACKET
    got = decode(codec, [*before, PACKET])
    assert got.index.tolist() == list(range(6))
    assert got.counts[-1].tolist() == VALUES
    assert got.ticks[-1] == 160
    assert 160 / codec.tick_rate * 1e3 == pytest.approx(4.883, abs=5e-4)
    uv = [5000 * codec.channels[0].scale * 1e6, codec.channels[0].scale * 1e6]
    assert uv == [pytest.approx(120.20, abs=5e-3), pytest.approx(0.0240405, abs=5e-8)]


def test_answers_of_the_reference():
    driver = device.get_driver("shimmer3")
    side = driver.device_side(device.parse_settings(driver, {"rate": 512}))
    assert side.receive(b"\x2e").hex(" ") == "ff 2f 03 00 00 00 10 00"
    answer = side.receive(b"\x01")
    assert answer == bytes.fromhex("FF 02 40 00 01 FF 01 09 03 01 1D 1E 1F")
    assert side.receive(b"\x03") == b"\xff\x04\x40\x00"
    assert side.receive(b"\x05\x20") + side.receive(b"\x00") == b"\xff"
    assert side.divider == 32
    assert (
        side.receive(b"\x61\x00\x00\x02\x04\xa1\x63\x00\x00\x03") == b"\xff\xff\x62\x03\x04\xa1\x10"
    )
    assert side.receive(b"\x79\x03abc\x72") == b"\xff\xff\x8a\x71\x00"
    assert side.receive(b"\x07") == b"\xff"
    assert side.streaming


@pytest.mark.parametrize("rate", [256, 512, 1024])
@pytest.mark.parametrize("chips", [1, 2])
def test_round_trip_and_start_at_every_setting(rate, chips):
    codec, truth, frames = stream(700, rate=rate, chips=chips, tick_first=7)
    got = decode(codec, frames)
    np.testing.assert_array_equal(got.counts, truth.counts)
    np.testing.assert_array_equal(got.ticks, truth.ticks)
    driver = device.get_driver("shimmer3")
    chosen = device.parse_settings(driver, {"rate": rate, "chips": chips, "gain": 4})
    side = driver.device_side(chosen)
    for step in driver.start(chosen):
        assert re.search(step.expect or b"", side.receive(step.send)), step
    assert side.streaming
    assert side.divider == 32768 // rate
    assert side.registers[0][0] == shimmer3.DATA_RATES[rate]


def test_a_unit_configured_to_another_gain_is_refused():
    driver = device.get_driver("shimmer3")
    chosen = device.parse_settings(driver, {"gain": 12})
    side = driver.device_side(device.parse_settings(driver, {"gain": 6}))
    answers = [(step, side.receive(step.send)) for step in driver.start(chosen)]
    refused = [step for step, answer in answers if not re.search(step.expect or b"", answer)]
    assert [step.send[0] for step in refused] == [0x63]
    assert refused[0].required


@pytest.mark.parametrize("tick_first", [0, 5, 160, 1 << 20, (1 << 24) - 32 * 100 - 9])
def test_the_first_packet_has_index_zero_wherever_the_clock_stands(tick_first):
    codec, truth, frames = stream(300, tick_first=tick_first)
    got = decode(codec, [b"".join(frames)[5:]])
    assert got.index[0] == 0
    assert got.stats.lost == 0
    assert len(got.index) >= 297
    np.testing.assert_array_equal(got.ticks, truth.ticks[-len(got.ticks) :])


def test_losses_are_exact_up_to_half_a_wrap():
    codec = new_codec("shimmer3")
    truth = true_stream(codec, 40_000, np.random.default_rng(2))
    frames = truth.frames
    got = decode(codec, [b"".join(frames[:100] + frames[101:200] + frames[39_000:])])
    assert missing(got, truth).tolist() == [100, *range(200, 39_000)]
    assert not len(wrong_samples(got, truth))
    assert got.stats.lost == 1 + 38_800


@pytest.mark.parametrize("stamp", [0, 1, 0x7FFFFF, 0xFFFFFF])
def test_an_invalid_or_wild_stamp_costs_its_packet(stamp):
    """Naive unwrapping adds 512 s to all that follows."""
    codec, truth, frames = stream(200, tick_first=64_000)
    frames[90] = b"\x00" + stamp.to_bytes(3, "little") + frames[90][4:]
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    assert missing(got, truth).tolist() == [90]


def test_a_stamp_of_zero_is_valid_where_the_clock_wraps():
    codec, truth, frames = stream(200, tick_first=(1 << 24) - 32 * 90)
    assert frames[90][1:4] == bytes(3)
    got = decode(codec, frames)
    assert got.index.tolist() == list(range(200))
    np.testing.assert_array_equal(got.ticks, truth.ticks)


@pytest.mark.parametrize("again", [1, 2, 7])
def test_packets_sent_again_are_dropped(again):
    codec, truth, frames = stream(200)
    for at in (150, 90, 40):
        frames[at:at] = frames[at - again : at]
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    assert len(missing(got, truth)) == got.stats.lost <= 3 * 2
    assert got.stats.bad_frames >= 3 * again


def test_packets_out_of_order_cost_themselves():
    codec, truth, frames = stream(200)
    frames[90], frames[91] = frames[91], frames[90]
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    assert missing(got, truth).tolist() == [90, 91]


def test_a_clock_that_begins_anew_is_an_event_and_no_loss():
    codec, _, frames = stream(300, tick_first=1 << 20)
    _, later, more = stream(300, seed=3)
    got = decode(codec, [b"".join(frames + more)])
    assert [(event.name, event.index) for event in got.events] == [("restart", 300)]
    assert got.stats.lost == 0
    assert got.index.tolist() == list(range(600))
    np.testing.assert_array_equal(got.counts[300:], later.counts)
    assert (np.diff(got.ticks) > 0).all()


def test_an_answer_inside_the_stream_costs_what_it_touches():
    codec, truth, frames = stream(200)
    frames[90] += b"\x8a\x71\x21"
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    assert len(missing(got, truth)) <= 5


@pytest.mark.parametrize("chips", [1, 2])
def test_random_bytes_are_never_data(chips):
    codec = new_codec("shimmer3", chips=chips)
    got = decode(codec, [noise("labbox", np.random.default_rng(4), 300_000)])
    assert len(got.index) == 0


def test_packets_overwritten_in_place_are_lost():
    codec, truth, frames = stream(10_000)
    rng = np.random.default_rng(5)
    hit = np.arange(20, 9980, 15)
    for place in hit.tolist():
        frames[place] = noise("labbox", rng, 11)
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    np.testing.assert_array_equal(missing(got, truth), hit)


@pytest.mark.parametrize("wrong", [{"rate": 1000}, {"gain": 5}, {"chips": 3}])
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("shimmer3"), wrong)
