"""OpenScale: CSV with a comma at the end, columns by its menu, time from its milliseconds."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, new_codec

from labapp import device
from labapp.drivers import openscale
from labapp.errors import LabError
from labapp.model import SampleBlock

WIRE = bytes.fromhex("34 35 36 37 2C 31 32 2E 33 34 2C 6B 67 2C 32 34 2E 33 31 2C 0D 0A")


def test_the_line_as_on_the_wire():
    codec = new_codec("openscale", unit="kg")
    got = decode(codec, [WIRE])
    values = got.counts[0] * [channel.scale for channel in codec.channels]
    assert [channel.name for channel in codec.channels] == ["force", "T_local"]
    assert got.ticks[0] / codec.tick_rate == 4.567
    assert values[0] == pytest.approx(12.34 * 9.80665, rel=1e-15)
    assert values[0] == pytest.approx(121.01, abs=0.005)
    assert values[1] == pytest.approx(24.31, rel=1e-15)
    assert codec.encode(SampleBlock(0, got.counts, got.ticks)) == WIRE


@pytest.mark.parametrize(
    ("settings", "line", "counts"),
    [
        ({}, b"500,-1.5,lbs,24.31,", [-150, 2431]),
        ({"milliseconds": False}, b"12.34,lbs,-5.00,", [1234, -500]),
        ({"local_temperature": False}, b"500,12.34,lbs,", [1234]),
        ({"raw": True}, b"500,12.34,lbs,-98765,24.31,", [1234, -98765, 2431]),
        (
            {"raw": True, "remote_temperature": True},
            b"500,12.34,lbs,7,24.31,0,",
            [1234, 7, 2431, 0],
        ),
        ({"decimals": 4}, b"500,12.3456,lbs,24.31,", [123456, 2431]),
    ],
)
def test_columns_as_the_menu_has_them(settings, line, counts):
    codec = new_codec("openscale", **settings)
    got = decode(codec, [line + b"\r\n"])
    assert got.counts.tolist() == [counts]
    again = decode(
        new_codec("openscale", **settings),
        [codec.encode(SampleBlock(0, got.counts, got.ticks))],
    )
    assert again.counts.tolist() == [counts]


def test_the_header_of_a_reset_is_text():
    codec = new_codec("openscale", unit="kg")
    got = decode(codec, [openscale.HEADER + WIRE])
    assert [event.text for event in got.events][-1] == "Readings:"
    assert len(got.events) == 5
    assert got.index.tolist() == [0]
    assert (got.stats.lost, got.stats.bad_frames) == (0, 0)


@pytest.mark.parametrize(
    "line",
    [
        b"5567,12.34,lbs,24.31,",
        b"556712.34,kg,24.31,",
        b"5567,12.34,kg24.31,",
        b"5567,12.34,kg,24.31",
        b"5567,12.34,kg,",
        b"5567,12.345,kg,24.31,",
        b"99999999999,12.34,kg,24.31,",
        b"4294967296,12.34,kg,24.31,",
    ],
)
def test_lines_of_another_shape_are_lost_and_found_by_time(line):
    codec = new_codec("openscale", unit="kg")
    lines = [b"%d,1.00,kg,20.00," % t for t in range(4567, 30_000, 500)]
    lines[20] = line
    got = decode(codec, [b"\r\n".join(lines) + b"\r\n"])
    assert got.index.tolist() == [i for i in range(len(lines)) if i != 20]
    assert (got.stats.lost, got.stats.bad_frames) == (1, 1)


def test_a_missing_value_is_a_lost_sample():
    codec = new_codec("openscale", unit="kg")
    lines = [b"%d,1.00,kg,20.00," % t for t in range(0, 20_000, 500)]
    lines[7] = b"3500,nan,kg,20.00,"
    lines[9] = b"4500,1.00,kg,,"
    got = decode(codec, [b"\r\n".join(lines) + b"\r\n"])
    assert np.setdiff1d(np.arange(len(lines)), got.index).tolist() == [7, 9]
    assert got.stats.bad_frames == 0


@pytest.mark.parametrize("settings", [{}, {"milliseconds": False}])
def test_no_x_is_ever_sent(settings):
    driver = device.get_driver("openscale")
    chosen = device.parse_settings(driver, settings)
    sent = b"".join(step.send for step in [*driver.start(chosen), *driver.stop(chosen)])
    assert sent
    assert not set(sent) & set(b"xX!")


@pytest.mark.parametrize("wrong", [{"unit": "N"}, {"decimals": 5}, {"rate": 100.0}])
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("openscale"), wrong)
