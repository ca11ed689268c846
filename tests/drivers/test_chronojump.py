"""Chronojump: text lines, device microseconds, losses found from time alone."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, missing, new_codec, true_stream, wrong_samples

from labapp import device
from labapp.drivers import chronojump
from labapp.errors import LabError
from labapp.model import DeviceEvent, SampleBlock


def lines(times, values=None):
    values = ["1.00"] * len(times) if values is None else values
    return b"".join(b"%d;%s\r\n" % (t, v.encode()) for t, v in zip(times, values, strict=True))


def test_a_capture_as_the_device_sends_it():
    wire = b"Starting capture...\r\n" + lines(
        [180, 12680, 25190, 37700], ["0.00", "-0.05", "-123.45", "4905.10"]
    )
    got = decode(new_codec("chronojump"), [wire + b"Capture ended:\r\n"])
    assert got.index.tolist() == [0, 1, 2, 3]
    assert got.counts[:, 0].tolist() == [0, -5, -12345, 490510]
    assert got.ticks.tolist() == [180, 12680, 25190, 37700]
    texts = [event.text for event in got.events if event.name == "text"]
    assert texts == ["Starting capture...", "Capture ended:"]
    assert got.stats.junk_bytes == 0


def test_encoding_is_the_device_text():
    codec = new_codec("chronojump")
    counts = np.array([[0], [-5], [12345]], np.int32)
    assert codec.encode(SampleBlock(0, counts)) == b"0;0.00\r\n12500;-0.05\r\n25000;123.45\r\n"


def test_the_partial_line_at_the_beginning_is_no_sample():
    times = 5_000_000 + 12500 * np.arange(30)
    whole = lines(times)
    for cut in range(1, len(b"5000000;1.00\r\n")):
        got = decode(new_codec("chronojump"), [whole[cut:]])
        assert set(got.ticks.tolist()) <= set(times.tolist()), cut
        assert len(got.index) >= 29
        assert got.stats.lost == 0


@pytest.mark.parametrize("rate", [75.0, 80.0, 92.0, 95.0])
@pytest.mark.parametrize("seed", range(5))
def test_missing_lines_are_found_at_any_real_rate(rate, seed):
    rng = np.random.default_rng(seed)
    n = 3000
    times = (np.arange(n) * 1e6 / rate + rng.uniform(-1500, 1500, n)).astype(np.int64) + 1500
    sent = rng.random(n) > 0.05
    sent[[0, 1, -1]] = True
    sent[700:715] = False
    got = decode(new_codec("chronojump"), [lines(times[sent])])
    np.testing.assert_array_equal(got.index, np.flatnonzero(sent))
    assert got.stats.lost == n - sent.sum()


def test_a_slowly_drifting_oscillator_makes_no_loss():
    period = 10_500 + 3000 * np.sin(np.arange(20_000) / 3000)
    times = np.cumsum(period).astype(np.int64)
    got = decode(new_codec("chronojump"), [lines(times - times[0])])
    assert got.stats.lost == 0
    assert len(got.index) == 20_000


def test_ten_conversions_per_second():
    got = decode(new_codec("chronojump", rate=10.0), [lines(np.arange(50) * 100_000)])
    assert got.stats.lost == 0
    assert len(got.index) == 50


@pytest.mark.parametrize("digit", range(7))
def test_a_changed_digit_of_the_time_costs_that_line_only(digit):
    rng = np.random.default_rng(digit)
    codec = new_codec("chronojump")
    times = 1_000_000 + 12500 * np.arange(200)
    values = [f"{i}.00" for i in range(200)]
    wire = lines(times, values).splitlines(keepends=True)
    for at in range(10, 190, 6):
        line = bytearray(wire[at])
        line[digit] = ord("0") + (line[digit] - ord("0") + int(rng.integers(2, 9))) % 10
        wire[at] = bytes(line)
    got = decode(codec, [b"".join(wire)])
    np.testing.assert_array_equal(got.counts[:, 0], got.index * 100)
    lost = np.setdiff1d(np.arange(200), got.index)
    assert set(lost.tolist()) <= set(range(10, 190, 6))


def test_malformed_lines_are_junk():
    bad = [b"12500", b"nan", b"1;2;3", b"1;nan", b"1;1.5", b"1;+1.00", b"-1;1.00", b"1e3;1.00"]
    bad += [
        b"99999999999;1.00",
        b"9999999999;1.00",
        b"12600;99999.00",
        b";1.00",
        b"1;.50",
        b"x" * 500,
    ]
    codec = new_codec("chronojump")
    wire = lines(12500 * np.arange(10)) + b"\r\n".join(bad) + b"\r\n"
    got = decode(codec, [wire + lines(12500 * np.arange(10, 20))])
    assert got.index.tolist() == list(range(20))
    assert got.stats.bad_frames == len(bad)


def test_trigger_edges_are_events_in_device_time():
    codec = new_codec("chronojump")
    start = (1 << 32) - 100_000
    times = start + 12500 * np.arange(30)
    wire = lines(times % (1 << 32)).splitlines(keepends=True)
    rise = codec.encode_event(DeviceEvent("trigger_rise", ticks=start + 12500 * 4 + 700))
    fall = codec.encode_event(DeviceEvent("trigger_fall", ticks=start + 12500 * 12 + 31))
    wire[5:5] = [rise]
    wire[14:14] = [fall, b"77;R\r\n", b"2000000000;r\r\n"]
    got = decode(codec, [b"".join(wire)])
    assert got.events == [
        DeviceEvent("trigger_rise", index=5, ticks=start + 50_700),
        DeviceEvent("trigger_fall", index=13, ticks=start + 150_031),
        DeviceEvent("trigger_rise", index=13, ticks=(1 << 32) + 77),
    ]
    assert got.stats.bad_frames == 1
    assert got.ticks.tolist() == times.tolist()
    with pytest.raises(LabError):
        codec.encode_event(DeviceEvent("text", text="hello"))


def test_a_restarted_clock_is_told_and_counts_on():
    wire = lines(3_000_000 + 12500 * np.arange(40)) + lines(100 + 12500 * np.arange(40))
    got = decode(new_codec("chronojump"), [wire])
    assert [event.name for event in got.events] == ["restart"]
    assert got.events[0].index == 40
    assert got.index.tolist() == list(range(80))
    assert (np.diff(got.ticks) > 0).all()


def test_every_other_line_lost_is_still_told():
    codec = new_codec("chronojump")
    truth = true_stream(codec, 400, np.random.default_rng(1))
    kept = list(range(100)) + list(range(100, 300, 2)) + list(range(300, 400))
    got = decode(codec, [b"".join(truth.frames[i] for i in kept)])
    assert not len(wrong_samples(got, truth))
    assert missing(got, truth).tolist() == list(range(101, 300, 2))


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_answers_of_the_firmware(version):
    side = chronojump.ChronojumpSide(version)
    assert side.receive(b"get_version:") == f"Force_Sensor-{version}\r\n".encode()
    assert side.receive(b"get_transmission_format:") == b"text\r\n"
    assert side.receive(b"tare:") == b"Taring OK:0\r\n"
    assert side.receive(b"calibrate:5.00") == b""  # not complete yet
    assert side.receive(b";").startswith(b"Calibrating OK:")
    assert side.receive(b"set_tare:77;get_tare:").endswith(b"77\r\n")
    assert side.receive(b"dance:") == b"Not a valid command\r\n"
    assert side.receive(b"start_") == b""
    assert side.receive(b"capture:") == b"Starting capture...\r\n"
    assert side.streaming
    ended = side.receive(b"end_capture:")
    assert ended == (b"Capture ended:\r\n" if version == "0.6" else b"Capture ended\r\n")
    assert not side.streaming


def test_lines_one_period_apart_are_placed_where_they_end():
    one, two = new_codec("chronojump"), new_codec("chronojump")
    wire = lines(12_500 * np.arange(400) + np.arange(400) % 7)
    assert one.feed_placed(wire[:40]) is None  # the first line is not certain yet
    assert len(decode_part(one, wire[:40])) == len(decode_part(two, wire[:40]))
    at, ends, index = 40, [], []
    for stop in (1000, wire.index(b"\r", 2000) + 1, len(wire)):  # one ends between CR and LF
        items, places = one.feed_placed(wire[at:stop])
        assert sum(len(block.counts) for block in items) == len(places)
        index += decode_part(two, wire[at:stop])
        assert [i for block in items for i in range(block.first, block.stop)] == index[len(ends) :]
        ends += (places + at).tolist()
        at = stop
    returns = [k + 1 for k in range(len(wire)) if wire[k : k + 1] == b"\r"]
    assert ends == returns[-len(ends) :]
    assert one.stats == two.stats


@pytest.mark.parametrize("odd", [b"5400000;R\r\n", b"5400000;1.00\r\n", b"x\r\n", b"9" * 70])
def test_nothing_is_taken_where_a_line_cannot_be_placed(odd):
    one, two = new_codec("chronojump"), new_codec("chronojump")
    wire = lines(12_500 * np.arange(400))
    for codec in (one, two):
        codec.feed(wire)
    after = lines(12_500 * np.arange(400, 420)) + odd
    for _ in range(2):
        assert one.feed_placed(after) is None
    assert decode_part(one, after) == decode_part(two, after)
    assert one.stats == two.stats


def decode_part(codec, data):
    return [i for block in codec.feed(data) if isinstance(block, SampleBlock)
            for i in range(block.first, block.stop)]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"rate": 1000.0}, {"range_n": 0.0}, {"baud": 9600}])
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("chronojump"), wrong)
