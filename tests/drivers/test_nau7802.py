"""NAU7802 sketches: two numbers per line, and a zero that means an error."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, new_codec

from labapp import device
from labapp.errors import LabError
from labapp.model import SampleBlock

LINE = b"Reading: 57683\tWeight: 27.96\r\n"


def test_the_worked_line_is_its_newtons():
    codec = new_codec("nau7802", unit="oz")
    got = decode(codec, [LINE])
    assert got.counts.tolist() == [[2796]]
    assert 2796 * codec.channels[0].scale == pytest.approx(7.773, abs=5e-4)
    assert 2796 * codec.channels[0].scale == pytest.approx(27.96 * 0.27801385, rel=1e-7)


def test_the_raw_reading_with_the_worked_calibration():
    per_oz = (43122 - 25776) / 15.2
    assert per_oz == pytest.approx(1141.2, abs=0.05)
    codec = new_codec("nau7802", column="reading", zero=25776, newton_per_count=0.27801385 / per_oz)
    channel = codec.channels[0]
    got = decode(codec, [LINE])
    assert got.counts.tolist() == [[57683]]
    assert (57683 - channel.offset) * channel.scale == pytest.approx(7.773, abs=5e-4)
    assert channel.unit == "N"


@pytest.mark.parametrize("column", ["weight", "reading"])
def test_a_reading_of_zero_is_an_error_not_zero_load(column):
    codec = new_codec("nau7802", column=column)
    zero = b"Reading: 0\tWeight: 0.00\r\n"
    got = decode(codec, [LINE + zero + zero + LINE])
    assert got.index.tolist() == [0, 3]
    assert (got.stats.lost, got.stats.bad_frames) == (2, 0)


def test_a_weight_of_zero_is_a_load():
    got = decode(new_codec("nau7802"), [b"Reading: 25776\tWeight: 0.00\r\n"])
    assert got.counts.tolist() == [[0]]
    codec = new_codec("nau7802", column="reading")
    wire = codec.encode(SampleBlock(0, np.array([[0], [5]], np.int32)))
    assert decode(codec, [wire]).index.tolist() == [1], "a raw 0 cannot be told from an error"


@pytest.mark.parametrize(
    "line",
    [
        b"Reading: 57683 Weight: 27.96",
        b"eading: 57683\tWeight: 27.96",
        b"Reading: 57683\tWeight 27.96",
        b"Reading: 57683Weight: 27.96",
        b"Reading: 57683",
        b"Reading: 57683\tWeight: 27.961",
        b"Reading: 5.7\tWeight: 27.96",
    ],
)
def test_lines_of_another_shape_are_damaged(line):
    got = decode(new_codec("nau7802"), [LINE + line + b"\r\n" + LINE])
    assert got.index.tolist() == [0, 2]
    assert got.stats.bad_frames == 1


def test_nothing_sent_could_tare_or_calibrate():
    driver = device.get_driver("nau7802")
    chosen = device.parse_settings(driver, {})
    sent = b"".join(step.send for step in [*driver.start(chosen), *driver.stop(chosen)])
    assert not set(sent) & set(b"tcTC")


@pytest.mark.parametrize("wrong", [{"column": "both"}, {"decimals": -1}, {"rate": 1000.0}])
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("nau7802"), wrong)
