"""Loadstar: hexadecimal counts ended by CR alone, text 12 wide, the two-CR handshake."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, new_codec

from labapp import device
from labapp.drivers import loadstar
from labapp.errors import LabError
from labapp.model import SampleBlock
from labapp.units import N_PER_LBF

MINUS_193 = bytes.fromhex("2D 30 30 30 30 43 31 0D")
PLUS_100000 = bytes.fromhex("20 30 31 38 36 41 30 0D")
TEXT = bytes.fromhex("20 20 20 20 20 20 33 2E 30 34 30 30 0D 0A")


def test_hexadecimal_readings_as_on_the_wire():
    codec = new_codec("loadstar", weight_per_count=0.0005)
    got = decode(codec, [MINUS_193 + PLUS_100000])
    assert got.counts[:, 0].tolist() == [-193, 100000]
    assert codec.encode(SampleBlock(0, got.counts)) == MINUS_193 + PLUS_100000
    assert codec.channels[0].unit == "N"
    newtons = got.counts[:, 0] * codec.channels[0].scale
    np.testing.assert_allclose(newtons, [-0.0965 * N_PER_LBF, 50 * N_PER_LBF], rtol=1e-15)


def test_without_a_weight_per_count_they_are_bare_counts():
    channel = new_codec("loadstar").channels[0]
    assert (channel.unit, channel.scale) == ("", 1.0)


def test_text_readings_as_on_the_wire():
    codec = new_codec("loadstar", form="text", unit="lb")
    got = decode(codec, [TEXT])
    assert got.counts.tolist() == [[30400]]
    assert 30400 * codec.channels[0].scale == pytest.approx(3.04 * N_PER_LBF, rel=1e-15)
    assert codec.encode(SampleBlock(0, got.counts)) == TEXT
    assert decode(new_codec("loadstar", form="text"), [b"3.04\r\n"]).counts.tolist() == [[30400]]


def test_a_raw_minus_one_is_no_reading():
    got = decode(new_codec("loadstar"), [MINUS_193 + b"-000001\r" + PLUS_100000])
    assert got.index.tolist() == [0, 2]
    assert (got.stats.lost, got.stats.bad_frames) == (1, 0)


@pytest.mark.parametrize("end", [b"\x8d", b"\x00", b""])
def test_a_damaged_line_end_costs_two_readings_and_no_place(end):
    wire = MINUS_193 + MINUS_193[:-1] + end + PLUS_100000 + PLUS_100000
    got = decode(new_codec("loadstar"), [wire])
    assert got.index.tolist() == [0, 3]


@pytest.mark.parametrize("line", [b"0000C1", b" 0000G1", b"+0000C1", b"  0000C1", b"-0000C10"])
def test_other_hexadecimal_lines_are_damaged_and_keep_their_place(line):
    got = decode(new_codec("loadstar"), [MINUS_193 + line + b"\r" + PLUS_100000])
    assert got.index.tolist() == [0, 2]
    assert got.stats.bad_frames == 1


@pytest.mark.parametrize(
    "line", [b"     3.0400", b"       3.0400", b"      3,0400", b" 99999.0000"]
)
def test_other_text_lines_are_damaged_and_keep_their_place(line):
    got = decode(new_codec("loadstar", form="text"), [TEXT + line + b"\r\n" + TEXT])
    assert got.index.tolist() == [0, 2]
    assert got.stats.bad_frames == 1


@pytest.mark.parametrize("form", ["hex", "text"])
def test_answers_are_events(form):
    reading = PLUS_100000 if form == "hex" else TEXT
    got = decode(new_codec("loadstar", form=form), [reading + b"A\r\nE\r\nTared\r\n" + reading])
    assert [event.text for event in got.events] == ["A", "E", "Tared"]
    assert got.index.tolist() == [0, 1]


def test_the_interface_answers():
    driver = device.get_driver("loadstar")
    side = loadstar.LoadstarSide(device.parse_settings(driver, {"unit": "kg"}))
    assert side.receive(b"\r\r") == b"A\r\nA\r\n"
    assert side.receive(b"mod") == b""
    assert side.receive(b"el\r") == b"FCM DI-1000\r\n"
    assert side.receive(b"UNIT\r") == b"KG\r\n"
    assert side.receive(b"hello\r") == b"E\r\n"
    assert side.receive(b"H\r") == b""
    assert side.streaming
    assert side.receive(b"\r") == b"A\r\n"
    assert not side.streaming


def test_the_hex_form_alone_is_fast_enough_and_never_verified():
    driver = device.get_driver("loadstar")
    for changes, capable in (({}, "marginal"), ({"form": "text", "rate": 80.0}, "no")):
        chosen = device.parse_settings(driver, changes)
        assert device.onset_capability("loadstar", chosen)[0] == capable
    assert "timing unverified" in device.sheet("loadstar").onset_reason


@pytest.mark.parametrize(
    "wrong", [{"form": "H"}, {"unit": "oz"}, {"weight_per_count": -1.0}, {"capacity": 1e5}]
)
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("loadstar"), wrong)
