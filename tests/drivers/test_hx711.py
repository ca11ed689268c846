"""HX711 sketches: the lines that are seen in the wild, raw counts and units, time column."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, new_codec, true_stream, wrong_samples

from labapp import device
from labapp.errors import LabError
from labapp.model import SampleBlock
from labapp.units import N_PER_KGF, N_PER_LBF


def force(codec, got):
    channel = codec.channels[0]
    return (got.counts[:, 0] - channel.offset) * channel.scale


def test_the_bogde_example_as_on_the_wire():
    wire = bytes.fromhex("48 58 37 31 31 20 72 65 61 64 69 6E 67 3A 20 2D 31 32 33 34 0D 0A")
    codec = new_codec("hx711")
    got = decode(codec, [wire + b"HX711 reading: 123456\r\n"])
    assert got.counts[:, 0].tolist() == [-1234, 123456]
    assert codec.encode(SampleBlock(0, np.array([[-1234]], np.int32))) == wire
    assert codec.channels[0].unit == "", "raw counts are no newtons"


def test_raw_counts_with_zero_and_factor_are_newtons():
    codec = new_codec("hx711", zero=1000, newton_per_count=0.01)
    got = decode(codec, [b"HX711 reading: 13345\r\n"])
    assert codec.channels[0].unit == "N"
    assert force(codec, got)[0] == pytest.approx(123.45, abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "line", "newtons"),
    [
        ({"label": "Reading", "unit": "lb"}, b"Reading: 12.3 lbs", 12.3 * N_PER_LBF),
        (
            {"label": "Reading", "unit": "lb"},
            b"Reading: -12.30 lbs [calibration_factor: -7050.00]",
            -12.3 * N_PER_LBF,
        ),
        ({"label": "one reading", "unit": "kg"}, b"one reading:\t1.5", 1.5 * N_PER_KGF),
        ({"label": "", "unit": "N"}, b"-0.07", -0.07),
        ({"label": "", "unit": "g"}, b"100 g", 0.1 * N_PER_KGF),
        ({"label": "", "unit": "N", "milliseconds": True}, b"12345,4.2", 4.2),
        ({"label": "", "unit": "N", "milliseconds": True}, b"12345\t4.2", 4.2),
    ],
)
def test_lines_of_other_sketches(settings, line, newtons):
    codec = new_codec("hx711", **settings)
    got = decode(codec, [line + b"\r\n"])
    assert force(codec, got).tolist() == [pytest.approx(newtons, rel=1e-15)]
    if codec.tick_rate:
        assert got.ticks.tolist() == [12345]


@pytest.mark.parametrize(
    "line",
    [
        b"HX711 readin: 5",
        b"HX711 reading 5",
        b"eading: 5",
        b"5",
        b"HX711 reading: 1.5",
        b"HX711 reading: 8388608",
        b"HX711 reading: 5 lbs",
        b"HX711 reading: 5,6",
    ],
)
def test_lines_of_another_shape_are_damaged(line):
    got = decode(new_codec("hx711"), [b"HX711 reading: 1\n", line, b"\nHX711 reading: 2\n"])
    assert got.counts[:, 0].tolist() == [1, 2]
    assert got.index.tolist() == [0, 2]
    assert got.stats.bad_frames == 1


def test_a_missing_value_is_a_lost_sample():
    codec = new_codec("hx711", label="", unit="N")
    got = decode(codec, [b"1.00\nnan\novf\n2.00\n"])
    assert got.index.tolist() == [0, 3]
    assert (got.stats.lost, got.stats.bad_frames) == (2, 0)


def test_rails_are_the_chips():
    codec = new_codec("hx711")
    assert (codec.channels[0].low, codec.channels[0].high) == (-8388608, 8388607)
    got = decode(codec, [b"HX711 reading: 8388607\nHX711 reading: -8388608\n"])
    assert got.counts[:, 0].tolist() == [8388607, -8388608]


@pytest.mark.parametrize("seed", range(3))
def test_lines_lost_are_found_by_the_milliseconds_at_any_real_rate(seed):
    rng = np.random.default_rng(seed)
    codec = new_codec("hx711", label="", milliseconds=True, unit="N")
    period = rng.uniform(10.5, 13.3)
    sent = rng.random(3000) > 0.03
    sent[[0, 1, -1]] = True
    times = 70_000 + (np.arange(3000) * period + rng.uniform(-1, 1, 3000)).astype(int)
    wire = b"".join(b"%d,%d.5\r\n" % (t, i) for i, t in enumerate(times.tolist()) if sent[i])
    got = decode(codec, [wire])
    np.testing.assert_array_equal(got.index, np.flatnonzero(sent))
    np.testing.assert_array_equal(got.counts[:, 0], got.index * 100 + 50)
    assert got.stats.lost == np.count_nonzero(~sent)


def test_a_dropped_colon_costs_its_line_and_keeps_its_place():
    codec = new_codec("hx711")
    truth = true_stream(codec, 50, np.random.default_rng(1))
    frames = list(truth.frames)
    frames[20] = frames[20].replace(b":", b"")
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    assert got.stats.lost == 1


def test_boot_text_is_told_and_is_no_sample():
    got = decode(new_codec("hx711"), [b"HX711 Demo\r\nInitializing\r\nHX711 reading: 7\r\n"])
    assert [event.text for event in got.events] == ["HX711 Demo", "Initializing"]
    assert got.index.tolist() == [0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": "a:b"},
        {"label": "x\n"},
        {"decimals": 9},
        {"rate": 0.0},
        {"unit": "st"},
        {"zero": 1 << 24},
        {"newton_per_count": -1.0},
    ],
)
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("hx711"), wrong)
