import numpy as np
import pytest
from wire import decode, new_codec

from labapp.device import FeedStats
from labapp.device.sampleframes import SampleFrames
from labapp.errors import LabError
from labapp.timing.counters import repair


def frames(packets, stamps, values=None):
    n = len(packets)
    values = np.zeros((n, 1)) if values is None else values
    return SampleFrames(1, "d", FeedStats()).encode(np.array(packets), np.array(stamps), values)


def test_packet_numbers_tell_losses_modulo_their_wrap():
    k = np.delete(np.arange(1, 900), [9, *range(200, 420)])
    got = decode(new_codec("brainflow", channels=1), [frames(k % 256, 1e9 + k / 250)])
    np.testing.assert_array_equal(got.index, k)
    assert got.stats.lost == 1 + 221  # packet 0 never came


def test_a_packet_given_twice_is_dropped():
    k = np.array([0, 1, 2, 2, 4, 5])  # as BrainFlow does when half a Daisy pair is lost
    got = decode(new_codec("brainflow", channels=1, modulus=128), [frames(k, 5 + k / 125)])
    np.testing.assert_array_equal(got.index, [0, 1, 2, 4, 5])
    assert (got.stats.lost, got.stats.bad_frames) == (1, 1)


def test_a_loss_of_whole_wraps_is_told_by_the_stamps_or_repaired_by_arrival():
    k = np.r_[0:100, 355:600]  # sample 99 is followed by packet 99 of the next wrap
    wire = frames(k % 256, 1e9 + k / 250)
    got = decode(new_codec("brainflow", channels=1), [wire])
    np.testing.assert_array_equal(got.index, k)
    two = np.r_[0:1000, 1512:4000]
    minimal = np.r_[0:1000, 1000:3488]
    (found,) = repair(
        minimal, np.arange(1, len(two) + 1), two / 250, [], [], rate=250.0, modulus=256
    )
    assert (found.row, found.add) == (1000, 512)


def test_a_board_without_counter_counts_what_came():
    one = new_codec("brainflow", channels=1, modulus=0)
    got = decode(one, [frames(np.arange(600), 7 + np.arange(600) / 250)])
    np.testing.assert_array_equal(got.index, np.arange(600))
    assert one.counter_modulus == 1 << 32


def test_packet_numbers_beyond_the_wrap_and_values_that_are_no_numbers_are_lost():
    packets = np.arange(20)
    packets[4] = 300
    values = np.ones((20, 1))
    values[9] = np.nan
    got = decode(new_codec("brainflow", channels=1), [frames(packets, 1 + packets / 250, values)])
    np.testing.assert_array_equal(got.index, np.delete(np.arange(20), [4, 9]))
    assert (got.counts == 1000).all()


def test_the_step_of_the_board_stores_its_counts():
    step = 4.5e6 / 24 / ((1 << 23) - 1)
    counts = np.random.default_rng(1).integers(-(1 << 23), 1 << 23, (400, 1))
    k = np.arange(400)
    one = new_codec("brainflow", channels=1, step_uv=step)
    got = decode(one, [frames(k % 256, k / 250, counts * step)])
    np.testing.assert_array_equal(got.counts, counts)
    assert one.channels[0].scale == pytest.approx(step * 1e-6, rel=1e-15)


def test_settings_that_fit_no_board_are_refused():
    for settings in ({"channels": 0}, {"rate": 0.0}, {"modulus": 100}, {"step_uv": 0.0}):
        with pytest.raises(LabError):
            new_codec("brainflow", **settings)
    with pytest.raises(LabError):
        new_codec("brainflow", names=["a", "a"], channels=2)
