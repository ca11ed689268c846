"""MT-SICS: weights of fixed width, and statuses that are no numbers."""

from __future__ import annotations

import pytest
from wire import decode, new_codec

from labapp import device
from labapp.drivers import mtsics
from labapp.errors import LabError
from labapp.model import SampleBlock

STABLE = bytes.fromhex("53 20 53 20 20 20 20 20 31 30 30 2E 30 30 20 67 0D 0A")
DYNAMIC = bytes.fromhex("53 20 44 20 20 20 20 20 20 2D 30 2E 36 38 20 67 0D 0A")
OVERLOAD = bytes.fromhex("53 20 2B 0D 0A")


def test_weights_as_on_the_wire():
    assert STABLE == b"S S     100.00 g\r\n"
    assert DYNAMIC == b"S D      -0.68 g\r\n"
    codec = new_codec("mtsics")
    got = decode(codec, [STABLE + DYNAMIC])
    assert got.counts[:, 0].tolist() == [10000, -68]
    newtons = got.counts[:, 0] * codec.channels[0].scale
    assert newtons[0] == pytest.approx(0.980665, rel=1e-15)
    assert newtons[1] == pytest.approx(-0.68e-3 * 9.80665, rel=1e-15)
    assert codec.encode(SampleBlock(0, got.counts[1:])) == DYNAMIC


@pytest.mark.parametrize("status", [OVERLOAD, b"S -\r\n", b"S I\r\n", b"SI +\r\n", b"SIR I\r\n"])
def test_overload_and_its_like_are_no_numbers(status):
    got = decode(new_codec("mtsics"), [STABLE + status + status + DYNAMIC])
    assert got.index.tolist() == [0, 3]
    assert got.counts[:, 0].tolist() == [10000, -68]
    assert (got.stats.lost, got.stats.bad_frames) == (2, 0)


def test_errors_are_events():
    got = decode(new_codec("mtsics"), [b"ES\r\n" + STABLE + b"ET\r\nEL\r\n" + STABLE])
    assert [event.text for event in got.events] == [
        "ES syntax error",
        "ET transmission error",
        "EL logical error",
    ]
    assert got.index.tolist() == [0, 1]


@pytest.mark.parametrize(
    "line",
    [
        b"S S    100.00 g",  # one space lost
        b"S S     10000 0 g",
        b"S S     100.00 kg",
        b"S S     100.00",
        b"S X     100.00 g",
        b"SS     100.00 g",
        b"S S    -1-0.00 g",
        b"S S    100.005 g",
        b"S S  999999.00 g",
    ],
)
def test_other_lines_are_damaged_and_keep_their_place(line):
    got = decode(new_codec("mtsics"), [STABLE + line + b"\r\n" + STABLE])
    assert got.index.tolist() == [0, 2]
    assert got.stats.bad_frames == 1


def test_other_units():
    codec = new_codec("mtsics", unit="kg", decimals=3, capacity=60.0)
    got = decode(codec, [b"S S     12.345 kg\r\n"])
    assert got.counts[0, 0] * codec.channels[0].scale == pytest.approx(12.345 * 9.80665, rel=1e-15)


def test_the_balance_answers():
    side = mtsics.MtsicsSide(STABLE)
    assert side.receive(b"@\r") == b'I4 A "0123456789"\r\n'
    assert side.receive(b"\nSI\r\n") == STABLE
    assert side.receive(b"ZI\r\n") == b"ZI S\r\n"
    assert side.receive(b"sir\r\n") == b"ES\r\n"
    assert side.receive(b"SIR\r\n") == b""
    assert side.streaming
    assert side.receive(b"Z\r\n") == b"Z A\r\n"
    assert not side.streaming


@pytest.mark.parametrize(
    "wrong", [{"unit": "t"}, {"capacity": 0.0}, {"decimals": 7}, {"rate": 1000.0}]
)
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("mtsics"), wrong)
