"""Lines of numbers: the grammar, missing values, time columns, what cannot be seen."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, missing, new_codec, true_stream, wrong_samples

from labapp import device
from labapp.errors import LabError
from labapp.model import SampleBlock

TWO = [{"name": "emg1"}, {"name": "emg2"}]
FORCE = {"name": "force", "unit": "N", "scale": 0.01, "low": -50_000, "high": 50_000, "decimals": 2}


def rows(wire, **settings):
    got = decode(new_codec("ascii_lines", **settings), [wire])
    return got, got.counts.tolist()


def test_stock_myoware_line_of_the_reference():
    got, counts = rows(bytes.fromhex("35 31 32 0D 0A"))
    assert counts == [[512]]
    channel = new_codec("ascii_lines").channels[0]
    assert 512 * channel.scale == pytest.approx(2.502, abs=5e-4)
    assert got.stats.lost == 0


def test_time_and_two_channels_of_the_reference():
    wire = bytes.fromhex("31 32 33 34 35 2C 35 31 32 2C 34 39 38 0D 0A")
    got, counts = rows(wire, columns=TWO, rate=100.0, time="ms")
    assert counts == [[512, 498]]
    assert got.ticks.tolist() == [12345]
    block = SampleBlock(0, got.counts, got.ticks)
    assert new_codec("ascii_lines", columns=TWO, rate=100.0, time="ms").encode(block) == wire


def test_labels_of_the_reference():
    wire = bytes.fromhex("65 6D 67 31 3A 35 31 32 2C 65 6D 67 32 3A 34 39 38 0A")
    assert rows(wire, columns=TWO)[1] == [[512, 498]]


@pytest.mark.parametrize(
    "line",
    [
        b"512,498\n", b"512;498\r", b"512\t498\r\n", b"512 498\n", b" 512 , 498 \n",
        b"a:512 b:498\n", b"a: 512\tb: 498\r\n", b"+512,0498\n", b"512,498,\n",
        b"\n\r\n512,498\n\n",
    ],
)  # fmt: skip
def test_separators_labels_and_line_ends(line):
    got, counts = rows(line, columns=TWO)
    assert counts == [[512, 498]]
    assert got.stats.bad_frames == got.stats.junk_bytes == 0


@pytest.mark.parametrize("line", [b"nan,498", b"512,inf", b"512,", b",498", b"512,-inf", b"a:,b:1"])
def test_missing_values_are_lost_samples_not_zeros(line):
    got, counts = rows(b"1,2\n" + line + b"\n3,4\n", columns=TWO)
    assert got.index.tolist() == [0, 2]
    assert counts == [[1, 2], [3, 4]]
    assert got.stats.lost == 1
    assert got.stats.bad_frames == 0


def test_text_is_logged_and_takes_no_index():
    wire = b"MyoWare Example_01_analogRead_SINGLE\r\n# gain 200\r\n5\r\nready\r\n6\r\n"
    got, counts = rows(wire)
    assert counts == [[5], [6]]
    assert got.index.tolist() == [0, 1]
    texts = [event.text for event in got.events if event.name == "text"]
    assert texts == ["MyoWare Example_01_analogRead_SINGLE", "# gain 200", "ready"]
    assert got.stats.junk_bytes == 0


def test_without_time_the_recording_is_marked_once():
    codec = new_codec("ascii_lines")
    events = [e for chunk in (b"1\n", b"2\n") for e in codec.feed(chunk) if hasattr(e, "text")]
    assert [(event.name, event.index) for event in events] == [("timing_unverified", 0)]
    assert "timing unverified" in device.sheet("ascii_lines").onset_reason
    assert not rows(b"0,1\n100,2\n", time="ms")[0].events


@pytest.mark.parametrize(
    "line", [b"1024", b"-1", b"5\xb12", b"5,6", b"1.5", b"1e3", b"12345678901"]
)
def test_what_is_not_the_number_expected_is_lost(line):
    got, counts = rows(b"1\n" + line + b"\n3\n")
    assert counts == [[1], [3]]
    assert got.index.tolist() == [0, 2]
    assert got.stats.bad_frames == 1


def test_decimals_are_counts():
    got, counts = rows(b"-12.34\n0.1\n7\n-0.05\n500.00\n", columns=[FORCE])
    assert counts == [[-1234], [10], [700], [-5], [50_000]]
    codec = new_codec("ascii_lines", columns=[FORCE])
    assert (
        codec.encode(SampleBlock(0, got.counts)) == b"-12.34\r\n0.10\r\n7.00\r\n-0.05\r\n500.00\r\n"
    )
    assert rows(b"1.234\n", columns=[FORCE])[1] == []


def test_every_hundredth_survives_the_way_there_and_back():
    codec = new_codec("ascii_lines", columns=[FORCE])
    counts = np.arange(-50_000, 50_001, 7, dtype=np.int32).reshape(-1, 1)
    got = decode(codec, [codec.encode(SampleBlock(0, counts))])
    np.testing.assert_array_equal(got.counts, counts)


@pytest.mark.parametrize("seed", range(3))
def test_missing_lines_show_in_the_time(seed):
    settings = {"columns": TWO, "rate": 1000.0, "time": "us"}
    rng = np.random.default_rng(seed)
    codec = new_codec("ascii_lines", **settings)
    truth = true_stream(codec, 3000, rng)
    sent = rng.random(3000) > 0.05
    sent[-1] = True
    got = decode(codec, [b"".join(f for f, kept in zip(truth.frames, sent, strict=True) if kept)])
    assert not len(wrong_samples(got, truth))
    np.testing.assert_array_equal(missing(got, truth), np.flatnonzero(~sent))


def test_without_time_a_line_lost_whole_is_not_seen():
    codec = new_codec("ascii_lines")
    truth = true_stream(codec, 50, np.random.default_rng(1))
    got = decode(codec, [b"".join(truth.frames[:20] + truth.frames[21:])])
    assert got.index.tolist() == list(range(49))
    assert got.stats.lost == 0


def test_changed_digits_pass_as_often_as_the_rails_let_them():
    """The false accept rate of a format without checksum: most changes are numbers too."""
    rng = np.random.default_rng(2)
    codec = new_codec("ascii_lines")
    truth = true_stream(codec, 4000, rng)
    frames = [bytearray(frame) for frame in truth.frames]
    for frame in frames[::2]:
        place = int(rng.integers(0, len(frame) - 2))
        frame[place] = 48 + (frame[place] - 48 + int(rng.integers(1, 10))) % 10
    got = decode(codec, [b"".join(frames)])
    share = len(wrong_samples(got, truth)) / 2000
    assert 0.9 < share < 1.0
    assert len(missing(got, truth)) == 2000 - len(wrong_samples(got, truth))


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": []}, {"columns": [{"name": "a"}, {"name": "a"}]}, {"rate": 0.0},
        {"time": "s"}, {"time": "ms", "rate": 1000.0}, {"columns": [{"scale": 0.0}]},
        {"columns": [{"low": 5, "high": 5}]}, {"columns": [{"decimals": 9}]},
    ],
)  # fmt: skip
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("ascii_lines"), wrong)
