"""Mark-10: readings with units, signs of tension, errors, automatic output."""

from __future__ import annotations

import re

import numpy as np
import pytest
from wire import decode, new_codec

from labapp import device
from labapp.drivers import mark10
from labapp.errors import LabError
from labapp.model import SampleBlock

WIRE = bytes.fromhex("2D 31 38 2E 37 38 20 6C 62 46 0D 0A")


def newtons(codec, got):
    return got.counts[:, 0] * codec.channels[0].scale


def test_the_reading_as_on_the_wire_is_tension():
    codec = new_codec("mark10", unit="lbF", decimals=2)
    got = decode(codec, [WIRE])
    assert newtons(codec, got)[0] == pytest.approx(18.78 * 4.4482216152605, rel=1e-14)
    assert newtons(codec, got)[0] == pytest.approx(83.54, abs=0.005)
    assert codec.encode(SampleBlock(0, got.counts)) == WIRE


@pytest.mark.parametrize(
    ("settings", "line", "force"),
    [
        ({}, b"4.285 N", -4.285),
        ({"tension": "positive"}, b"4.285 N", 4.285),
        ({"tension": "positive"}, b"-4.2 N", -4.2),
        ({"unit": "kN", "capacity": 5.0, "decimals": 4}, b"-0.0125 kN", 12.5),
        ({"unit": "kgF", "capacity": 50.0}, b"-1.000 kgF", 9.80665),
        ({"unit": "gF"}, b"-100.0 gF", 0.980665),
        ({"unit": "ozF"}, b"-27.96 ozF", 27.96 * 0.27801385),
        ({"unit": "mN"}, b"-250 mN", 0.25),
        ({"unit_shown": False}, b"-4.285", 4.285),
    ],
)
def test_units_and_signs(settings, line, force):
    codec = new_codec("mark10", **settings)
    got = decode(codec, [line + b"\r\n"])
    assert newtons(codec, got).tolist() == [pytest.approx(force, rel=1e-7)]


def test_errors_are_events_not_samples():
    got = decode(new_codec("mark10"), [b"1.000 N\r\n*10\r\n*22\r\n*77\r\n2.000 N\r\n"])
    assert [event.text for event in got.events] == [
        "*10 illegal command",
        "*22 value too large",
        "*77 unknown error",
    ]
    assert got.index.tolist() == [0, 1]
    assert got.stats.bad_frames == 0


@pytest.mark.parametrize(
    "line", [b"4.285 lbF", b"4.285", b"4.285N", b"4.2855 N", b"4,285 N", b"2501 N", b"N 4.285"]
)
def test_other_lines_are_damaged_and_keep_their_place(line):
    got = decode(new_codec("mark10"), [b"1 N\r\n" + line + b"\r\n2 N\r\n"])
    assert got.index.tolist() == [0, 2]
    assert got.stats.bad_frames == 1


def test_the_gauge_answers():
    side = mark10.Mark10Side(b"0.000 N\r\n")
    assert side.receive(b"?") == b""
    assert side.receive(b"\r\n") == b"0.000 N\r\n"
    assert side.receive(b"HELLO\r") == b"*10\r\n"
    assert side.receive(b"AOUT50\r") == b""
    assert side.streaming
    assert side.receive(b"AOUT00\r\n") == b""
    assert not side.streaming


def test_a_gauge_in_another_unit_does_not_match_the_start():
    driver = device.get_driver("mark10")
    chosen = device.parse_settings(driver, {"unit": "lbF", "auto": 5})
    steps = driver.start(chosen)
    np.testing.assert_array_equal([s.expect is None for s in steps], [True, False, True])
    assert not re.search(steps[1].expect, b"1.000 N\r\n")
    assert re.search(steps[1].expect, b"-1.00 lbF\r\n")
    assert steps[2].send == b"AOUT05\r"


@pytest.mark.parametrize(
    "wrong", [{"unit": "lb"}, {"capacity": 1e9}, {"auto": 0}, {"tension": "up"}, {"rate": 0.0}]
)
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("mark10"), wrong)
