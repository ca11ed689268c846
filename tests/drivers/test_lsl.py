import numpy as np
import pytest
from wire import decode, new_codec

from labapp.device.sampleframes import RAIL, ClockReading, encode_clock
from labapp.errors import LabError
from labapp.model import DeviceEvent, SampleBlock

RATE = 1000.0


def codec(**settings):
    return new_codec("lsl", channels=1, **settings)


def frames(stamps, values=None, *, kind="d", counter=None):
    """Wire of samples that arrived with these stamps (s)."""
    from labapp.device import FeedStats
    from labapp.device.sampleframes import SampleFrames

    n = len(stamps)
    counter = np.arange(n) if counter is None else np.array(counter)
    values = np.zeros(n) if values is None else np.asarray(values)
    return SampleFrames(1, kind, FeedStats()).encode(counter, np.array(stamps), values[:, None])


def test_steps_of_regular_stamps_are_lost_samples():
    k = np.delete(np.arange(3000), [5, *range(100, 107), *range(2000, 2500)])
    got = decode(codec(), [frames(1234.5 + k / RATE, k)])
    np.testing.assert_array_equal(got.index, k)
    np.testing.assert_array_equal(got.counts[:, 0], k * 1000)
    assert got.stats.lost == 508
    np.testing.assert_array_equal(got.ticks, np.rint((1234.5 + k / RATE) * 1e9))


def test_long_losses_are_counted_by_the_rate_learnt():
    k = np.r_[0:5000, 65000:65100]  # a minute, by a clock 3000 ppm off
    got = decode(codec(), [frames(50 + k / RATE * 1.003, k)])
    np.testing.assert_array_equal(got.index, k)


def test_stamps_that_repeat_or_step_back_cost_their_samples_only():
    stamps = 10 + np.arange(100) / RATE
    stamps[40] = stamps[39]
    stamps[60] = stamps[55]
    got = decode(codec(), [frames(stamps, np.arange(100))])
    np.testing.assert_array_equal(got.index, np.delete(np.arange(100), [40, 60]))
    assert (np.diff(got.ticks) > 0).all()
    assert (got.stats.lost, got.stats.bad_frames) == (2, 2)


def test_a_clock_that_begins_anew_is_a_restart():
    stamps = np.r_[5000 + np.arange(50) / RATE, 3 + np.arange(50) / RATE]
    got = decode(codec(), [frames(stamps)])
    assert [(event.name, event.index) for event in got.events] == [("restart", 50)]
    np.testing.assert_array_equal(got.index, np.arange(100))
    assert got.stats.lost == 0


def test_values_that_are_no_numbers_are_lost_and_rails_hold():
    values = np.array([1.0, np.nan, 2.0, np.inf, -np.inf, 1e30, -1e30, 0.0])
    got = decode(codec(), [frames(np.arange(8) / RATE, values)])
    np.testing.assert_array_equal(got.index, [0, 2, 5, 6, 7])
    np.testing.assert_array_equal(got.counts[:, 0], [1000, 2000, RAIL, -RAIL, 0])
    assert got.stats.lost == 3


@pytest.mark.parametrize("stamp", [np.nan, np.inf, -1.0, 1e300])
def test_impossible_stamps_are_lost_samples(stamp):
    stamps = np.arange(20) / RATE
    stamps[7] = stamp
    for way in ("regular", "arrival", "irregular"):
        rate = {"rate": 100.0} if way == "irregular" else {}
        got = decode(codec(stamps=way, **rate), [frames(stamps)])
        np.testing.assert_array_equal(got.index, np.delete(np.arange(20), 7))


def test_stamps_of_arrival_are_no_index_and_tell_only_large_steps():
    rng = np.random.default_rng(2)
    stamps = 100 + np.arange(3000) / RATE + rng.uniform(0, 0.03, 3000)
    stamps[2000:] += 0.7
    one = codec(stamps="arrival")
    got = decode(one, [frames(stamps)])
    np.testing.assert_array_equal(got.index, np.arange(3000))
    assert [(event.name, event.index) for event in got.events] == [("stamp_step", 2000)]
    assert one.counter_modulus == 1 << 32


def test_irregular_stamps_lose_nothing():
    stamps = np.cumsum(np.random.default_rng(3).uniform(0.001, 5.0, 200))
    got = decode(codec(stamps="irregular", rate=10.0), [frames(stamps)])
    np.testing.assert_array_equal(got.index, np.arange(200))
    np.testing.assert_array_equal(got.ticks, np.rint(stamps * 1e9))


@pytest.mark.parametrize("kind", ["float32", "int8", "int16", "int32"])
def test_every_format_comes_back_exactly(kind):
    wire = "f" if kind == "float32" else "i"
    most = {"int8": 127, "int16": 32767, "int32": RAIL, "float32": (1 << 24) - 1}[kind]
    values = np.random.default_rng(4).integers(-most, most + 1, 500)
    step = {"step": 1.0} if kind == "float32" else {}
    one = codec(format=kind, unit="uV", **step)
    got = decode(one, [frames(np.arange(500) / RATE, values, kind=wire)])
    np.testing.assert_array_equal(got.counts[:, 0], values)
    assert one.channels[0].scale == 1e-6
    block = SampleBlock(0, got.counts, got.ticks)
    assert codec(format=kind, unit="uV", **step).encode(block) == frames(
        np.arange(500) / RATE, values, kind=wire
    )


def test_clock_readings_between_samples_are_events_and_cost_none():
    stamps = np.arange(60) / RATE
    wire = frames(stamps)
    size = len(wire) // 60
    reading = encode_clock(ClockReading(0.03, -1.25e-3, 4.0))
    whole = reading + wire[: 30 * size] + reading + wire[30 * size :] + reading
    for cut in range(0, len(whole), 7):
        got = decode(codec(), [whole[:cut], whole[cut:]])
        np.testing.assert_array_equal(got.index, np.arange(60))
        assert [(event.name, event.index) for event in got.events] == [
            ("clock", 0),
            ("clock", 30),
            ("clock", 60),
        ]
        assert got.stats.junk_bytes == got.stats.bad_frames == 0
    assert "-0.00125 s" in got.events[0].text


@pytest.mark.parametrize("name", ["lsl", "brainflow"])
def test_samples_are_placed_at_the_bytes_that_complete_them(name):
    one, two = new_codec(name), new_codec(name)
    rng = np.random.default_rng(6)
    counts = rng.integers(-1000, 1000, (300, len(one.channels))).astype(np.int32)
    wire = one.encode(SampleBlock(0, counts))
    size = len(wire) // 300
    damaged = bytearray(wire)
    for at in (3, 40, 41, 170):
        damaged[at * size + 20] ^= 1
    rest = bytes(damaged)
    placed, ends = [], []
    before = 0
    for part in (rest[: 10 * size + 5], rest[10 * size + 5 : 100 * size], rest[100 * size :]):
        items, stops = one.feed_placed(part)
        placed += [item for item in items if isinstance(item, SampleBlock)]
        ends += (stops + before).tolist()
        before += len(part)
    plain = [item for item in two.feed(rest) if not isinstance(item, DeviceEvent)]
    index = np.concatenate([np.arange(block.first, block.stop) for block in placed])
    np.testing.assert_array_equal(
        index, np.concatenate([np.arange(block.first, block.stop) for block in plain])
    )
    np.testing.assert_array_equal(ends, (index + 1) * size)


def test_settings_that_fit_no_stream_are_refused():
    for settings in (
        {"channels": 0},
        {"rate": float("nan")},
        {"stamps": "irregular"},
        {"names": ["a", "a", "b", "c"]},
        {"units": ["uV"]},
        {"unit": "ms"},
        {"step": -1.0},
    ):
        with pytest.raises(LabError):
            new_codec("lsl", **settings)


def test_units_of_the_channels_make_their_kinds():
    units = ["mV", "N", "kgf", ""]
    one = new_codec("lsl", channels=4, units=units, unit="", format="float32")
    assert [(c.kind, c.unit) for c in one.channels] == [
        ("emg", "V"), ("force", "N"), ("force", "N"), ("digital", ""),
    ]  # fmt: skip
    assert [c.scale for c in one.channels] == [1e-9, 1e-5, 1e-5, 1e-4]
    other = new_codec("lsl", channels=4, units=units, unit="uV", format="int16")
    assert [c.unit for c in other.channels] == ["V", "N", "N", "V"]
    assert [c.scale for c in other.channels] == [1e-3, 1.0, 9.80665, 1e-6]


def test_a_channel_that_says_another_unit_is_no_voltage_whatever_is_said_of_the_others():
    three = new_codec(
        "lsl", channels=3, names=["a", "b", "c"], units=["", "none", "N"], unit="uV"
    ).channels
    assert [(c.kind, c.unit) for c in three] == [("emg", "V"), ("digital", ""), ("force", "N")]
    with pytest.raises(LabError, match="'ms' is no voltage or force"):
        new_codec("lsl", channels=1, units=["ms"])
