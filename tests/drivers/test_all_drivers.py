"""One test for every driver: what the codec contract promises, shown on each of them.

A new driver is tested by being there. Where its wire has no checksum it goes into ``wire.TEXT``
or ``wire.MARKS``, and is damaged where that can be told from data.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire import (
    BLIND,
    BLINDING,
    DAMAGES,
    EXACT,
    FREE,
    NO_VALUE,
    NOISE,
    TEXT,
    VARIANTS,
    base,
    damaged_stream,
    decode,
    far_losses,
    missing,
    new_codec,
    noise,
    true_stream,
    wrong_samples,
)

from labapp import device
from labapp.errors import LabError
from labapp.model import SampleBlock

NAMES = [*(info.name for info in device.list_drivers()), *VARIANTS]
SHIPPED = {
    "ascii_lines",
    "bitalino",
    "brainflow",
    "chords",
    "chronojump",
    "chronojump_plate",
    "cyton",
    "hx711",
    "labbox",
    "loadstar",
    "lsl",
    "mark10",
    "modulareeg",
    "mtsics",
    "nau7802",
    "openscale",
    "shimmer3",
    "spikerbox",
}
SEEING = [name for name in NAMES if name not in BLIND]
every_driver = pytest.mark.parametrize("name", NAMES)
every_seeing_driver = pytest.mark.parametrize("name", SEEING)
quick = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def assert_complete(got, truth):
    assert got.index.tolist() == list(range(truth.first, truth.first + len(truth.counts)))
    np.testing.assert_array_equal(got.counts, truth.counts)
    if truth.ticks is not None:
        np.testing.assert_array_equal(got.ticks, truth.ticks)


def test_the_shipped_drivers_are_there_and_whole():
    assert set(NAMES) >= SHIPPED
    assert not set(device.broken_drivers()) & SHIPPED


@every_driver
@pytest.mark.parametrize("n", [1, 2, 3, 5, 50, 4500])
def test_round_trip(name, n):
    codec = new_codec(name)
    truth = true_stream(codec, n, np.random.default_rng(n))
    got = decode(codec, [b"".join(truth.frames)])
    assert_complete(got, truth)
    assert got.stats.lost == got.stats.junk_bytes == got.stats.bad_frames == 0


@every_driver
def test_frames_encoded_one_by_one_are_the_same_bytes(name):
    codec = new_codec(name)
    truth = true_stream(codec, 40, np.random.default_rng(2))
    for i, frame in enumerate(truth.frames):
        ticks = None if truth.ticks is None else truth.ticks[i : i + 1]
        assert codec.encode(SampleBlock(i, truth.counts[i : i + 1], ticks)) == frame


@every_driver
def test_given_and_pending_are_all_that_arrived(name):
    codec = new_codec(name)
    newest = 0
    for i, frame in enumerate(true_stream(codec, 60, np.random.default_rng(17)).frames):
        for item in codec.feed(frame):
            newest = item.stop if isinstance(item, SampleBlock) else newest
        if i > 0:  # a first line of text alone is not certain to be whole
            assert newest + codec.pending == i + 1


@every_driver
def test_without_ticks_the_device_clock_is_nominal(name):
    codec = new_codec(name)
    n = 300
    truth = true_stream(codec, n, np.random.default_rng(3))
    got = decode(codec, [codec.encode(SampleBlock(0, truth.counts))])
    np.testing.assert_array_equal(got.counts, truth.counts)
    if codec.tick_rate is not None:
        due = np.arange(n) * codec.tick_rate / codec.rate
        assert np.abs(got.ticks - due).max() <= 0.5


@every_driver
def test_extreme_codes_and_sign_bits(name):
    codec = new_codec(name)
    low = np.array([channel.low for channel in codec.channels])
    high = np.array([channel.high for channel in codec.channels])
    rows = [low, high, high - low + low - 1, low + 1]
    rows += [np.where(np.arange(len(low)) % 2, low, high), np.clip(0, low, high)]
    rows += [np.clip(-1, low, high), np.clip(1, low, high)]
    for bit in range(24):
        rows += [np.clip(1 << bit, low, high), np.clip(-(1 << bit), low, high)]
        rows += [np.clip((1 << bit) - 1, low, high)]
    counts = np.broadcast_to(
        np.stack([np.broadcast_to(r, low.shape) for r in rows]), (len(rows), len(low))
    )
    counts = counts[(counts != NO_VALUE.get(name, 1 << 40)).all(axis=1)]
    truth = true_stream(codec, len(counts), np.random.default_rng(4), counts=counts)
    assert_complete(decode(codec, [b"".join(truth.frames)]), truth)


@every_driver
def test_counts_off_the_rails_or_of_the_wrong_shape_are_refused(name):
    codec = new_codec(name)
    columns = len(codec.channels)
    too_high = np.full((1, columns), max(c.high for c in codec.channels) + 1, np.int32)
    with pytest.raises(LabError):
        codec.encode(SampleBlock(0, too_high))
    with pytest.raises(LabError):
        codec.encode(SampleBlock(0, np.zeros((1, columns + 1), np.int32)))


@every_driver
def test_any_split_gives_the_same_samples(name):
    rng = np.random.default_rng(5)
    codec = new_codec(name)
    frames = list(true_stream(codec, 200, rng).frames)
    for at in (40, 80, 120, 160):  # splits must not matter around damage either
        frames[at] = noise(name, rng, int(rng.integers(1, 30)))
    wire = noise(name, rng, 11) + b"".join(frames)
    whole = decode(new_codec(name), [wire])
    for size in (1, 2, 3, 7, 13, 64, 1000):
        chunks = [wire[i : i + size] for i in range(0, len(wire), size)]
        got = decode(new_codec(name), [*chunks, b""])
        np.testing.assert_array_equal(got.index, whole.index)
        np.testing.assert_array_equal(got.counts, whole.counts)
        if whole.ticks is not None:
            np.testing.assert_array_equal(got.ticks, whole.ticks)
        assert got.events == whole.events
        assert got.stats.lost == whole.stats.lost


@every_driver
@quick
@given(data=st.data())
def test_any_split_of_any_damaged_bytes(name, data):
    wire = data.draw(st.one_of(st.binary(max_size=300), mixtures(name)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=12)))
    chunks = [wire[a:b] for a, b in itertools.pairwise([0, *cuts, len(wire)])]
    whole, split = decode(new_codec(name), [wire]), decode(new_codec(name), chunks)
    np.testing.assert_array_equal(split.index, whole.index)
    np.testing.assert_array_equal(split.counts, whole.counts)


def mixtures(name):
    """Pieces of true streams, cut anywhere, with foreign bytes between them."""
    codec = new_codec(name)
    wire = b"".join(true_stream(codec, 60, np.random.default_rng(6)).frames)
    piece = st.tuples(st.integers(0, len(wire)), st.integers(0, 200)).map(
        lambda cut: wire[cut[0] : cut[0] + cut[1]]
    )
    return st.lists(st.one_of(piece, st.binary(max_size=20)), max_size=8).map(b"".join)


@every_driver
@quick
@given(data=st.data())
def test_hostile_bytes_never_raise(name, data):
    decode(new_codec(name), data.draw(st.lists(st.binary(max_size=200), max_size=10)))
    decode(new_codec(name), data.draw(st.lists(mixtures(name), max_size=4)))


@every_driver
def test_wrapped_counters_and_clocks(name):
    rng = np.random.default_rng(8)
    codec = new_codec(name)
    modulus = codec.counter_modulus
    first = 0 if modulus is None or modulus < 1000 else modulus - 20
    truth = true_stream(codec, 3 * min(modulus or 20, 300), rng, first=first)
    assert_complete(decode(codec, [b"".join(truth.frames)]), truth)
    if codec.tick_rate is not None:  # the same across the wrap of a 32-bit clock
        codec = new_codec(name)
        early = int(10 * codec.tick_rate / codec.rate)
        truth = true_stream(codec, 300, rng, tick_first=(1 << 32) - early)
        got = decode(codec, [b"".join(truth.frames)])
        np.testing.assert_array_equal(got.index, np.arange(300))
        np.testing.assert_array_equal(np.diff(got.ticks), np.diff(truth.ticks))
        assert codec.stats.lost == 0


@every_seeing_driver
def test_dropped_frames_raise_the_index_and_the_loss_count(name):
    rng = np.random.default_rng(9)
    codec = new_codec(name)
    truth = true_stream(codec, 2500, rng)
    sent = rng.random(2500) > 0.05
    sent[34:60] = True
    sent[40:54] = False  # the longest loss a 4-bit counter still tells
    sent[-20:] = True  # the end is certain only behind a chain of frames
    frames = [frame for frame, kept in zip(truth.frames, sent, strict=True) if kept]
    got = decode(codec, [b"".join(frames)])
    np.testing.assert_array_equal(got.index, np.flatnonzero(sent))
    assert not len(wrong_samples(got, truth))
    assert got.stats.lost == np.count_nonzero(~sent)
    assert got.stats.junk_bytes == got.stats.bad_frames == 0


@every_seeing_driver
def test_frames_lost_before_the_first_one_received_count_as_lost(name):
    if name in FREE:
        pytest.skip("runs before one listens")
    codec = new_codec(name)
    truth = true_stream(codec, 100, np.random.default_rng(10))
    got = decode(codec, [b"".join(truth.frames[3:])])
    np.testing.assert_array_equal(got.index, np.arange(3, 100))
    assert got.stats.lost == 3


@every_driver
@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("n", [80, pytest.param(2000, marks=pytest.mark.slow)])
def test_damage_never_makes_a_sample(name, kind, n):
    if name in BLIND and (kind in BLINDING or (name in NOISE and kind == "add_bytes")):
        pytest.skip("bytes lost cannot be seen on this wire")
    rng = np.random.default_rng(11)
    got, truth, hit = damaged_stream(name, kind, n, rng)
    lost = missing(got, truth)
    assert not len(wrong_samples(got, truth))
    assert not len(far_losses(lost, hit)), "back within two frames of the damage"
    if kind in EXACT and name not in TEXT:
        np.testing.assert_array_equal(lost, hit)
    assert got.stats.lost == len(lost)


@every_driver
@pytest.mark.parametrize("length", [1, 5, 40, 333, 5000])
def test_junk_before_the_stream(name, length):
    rng = np.random.default_rng(length)
    codec = new_codec(name)
    truth = true_stream(codec, 60, rng)
    got = decode(codec, [noise(name, rng, length) + b"".join(truth.frames)])
    if name in FREE:
        got = replace(got, index=got.index + 59 - got.index[-1])
    assert not len(wrong_samples(got, truth))
    assert missing(got, truth).max(initial=-1) <= 1


@every_driver
@pytest.mark.parametrize("length", [1, 5, 40, 333, 5000])
def test_junk_inside_and_after_the_stream(name, length):
    if name in NOISE and length > 1:
        pytest.skip("junk counts as the samples it might have been")
    rng = np.random.default_rng(length)
    codec = new_codec(name)
    truth = true_stream(codec, 60, rng)
    frames = list(truth.frames)
    middle = frames[30]
    frames[30] = middle[:2] + noise(name, rng, length) + middle[2:]
    got = decode(codec, [b"".join(frames), noise(name, rng, length)])
    assert not len(wrong_samples(got, truth))
    assert not len(far_losses(missing(got, truth), np.array([30, 59])))
    assert got.stats.junk_bytes >= length


@every_driver
def test_arrays_own_their_memory(name):
    codec = new_codec(name)
    truth = true_stream(codec, 500, np.random.default_rng(12))
    frames = [frame for i, frame in enumerate(truth.frames) if i % 7 != 3]
    wire = b"".join(frames)
    items = [item for i in range(0, len(wire), 900) for item in codec.feed(wire[i : i + 900])]
    blocks = [item for item in [*items, *codec.finish()] if isinstance(item, SampleBlock)]
    arrays = [block.counts for block in blocks]
    arrays += [block.ticks for block in blocks if block.ticks is not None]
    assert len(blocks) > 20 or name in BLIND
    before = [array.copy() for array in arrays]
    for array in arrays:
        root = array if array.base is None else array.base
        assert isinstance(root, np.ndarray), "a view of the input bytes"
        assert root.nbytes == array.nbytes, "a block keeps more alive than itself"
        assert array.flags.writeable
    for a, b in itertools.combinations(arrays[:40], 2):
        assert not np.shares_memory(a, b)
    codec.feed(wire)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def mutate(name, n_frames, rng):
    """Frames of a true stream, about one in five of them broken in some way, even crowded."""
    codec = new_codec(name)
    frames = list(true_stream(codec, n_frames, rng).frames)
    for at in np.flatnonzero(rng.random(n_frames) < 0.2).tolist():
        frame = bytearray(frames[at])
        way = rng.integers(0, 6)
        place = int(rng.integers(0, len(frame)))
        if way == 0:
            frame[place] ^= 1 << int(rng.integers(0, 8))
        elif way == 1:
            del frame[place:]
        elif way == 2:
            frame[place:place] = rng.integers(0, 256, int(rng.integers(1, 20)), np.uint8).tobytes()
        elif way == 3:
            frame[:] = rng.integers(0, 256, len(frame), np.uint8).tobytes()
        elif way == 4:
            frame[:] = frames[int(rng.integers(0, n_frames))]
        else:
            frame[place : place + 2] = b"\n;" if name in TEXT else b"\xff\xff"
        frames[at] = bytes(frame)
    return b"".join(frames)


def fuzz(name, n_frames, rng):
    """Decode mutated frames; `decode` checks order, shapes, rails and the account."""
    while n_frames > 0:
        wire = mutate(name, min(n_frames, 2000), rng)
        cuts = np.sort(rng.integers(0, len(wire), int(rng.integers(0, 30)))).tolist()
        chunks = [wire[a:b] for a, b in itertools.pairwise([0, *cuts, len(wire)])]
        decode(new_codec(name), chunks)
        n_frames -= 2000


@every_driver
def test_mutated_frames(name):
    fuzz(name, 2000, np.random.default_rng(13))


@pytest.mark.slow
@every_driver
def test_a_million_mutated_frames(name):
    fuzz(name, 1_000_000, np.random.default_rng(14))


@every_driver
def test_beginnings_without_end_neither_hang_nor_pile_up(name):
    codec = new_codec(name)
    frame = true_stream(codec, 1, np.random.default_rng(15)).frames[0]
    for length in {1, 2, min(4, len(frame) - 1), len(frame) - 1}:
        if name in TEXT and length >= len(frame.rstrip()):
            continue  # a carriage return ends a line
        codec = new_codec(name)
        items = [item for _ in range(20) for item in codec.feed(frame[:length] * 1000)]
        assert sum(isinstance(item, SampleBlock) for item in items) <= 2
        codec.finish()
        assert codec.stats.junk_bytes + codec.stats.bad_frames > 0


@every_driver
def test_the_conversation_starts_and_stops_the_device(name):
    driver = device.get_driver(base(name))
    chosen = device.parse_settings(driver, VARIANTS.get(name, {}))
    side = driver.device_side(chosen)
    assert not side.streaming
    assert isinstance(side.receive(bytes(range(0x80, 0x100)) + b"nonsense:;\r\n"), bytes)
    side = driver.device_side(chosen)
    for _ in range(2):  # a second start finds the device still streaming
        heard = b"left over from before"
        for step in driver.start(chosen):
            heard += side.receive(step.send)
            if step.expect is not None:
                assert re.search(step.expect, heard), step
                heard = b""
        assert side.streaming
    for step in driver.stop(chosen):
        heard = side.receive(step.send)
        if step.expect is not None:
            assert re.search(step.expect, heard), step
    assert side.streaming == (not driver.stop(chosen)), "what cannot be stopped runs on"


@every_driver
def test_the_data_sheet_fits_the_codec(name):
    sheet, codec = device.sheet(base(name)), new_codec(name)
    wire = b"".join(true_stream(codec, 1000, np.random.default_rng(16)).frames)
    assert 10 * len(wire) / 1000 * codec.rate <= sheet.baud, "8N1: ten bits per byte"
    assert sheet.onset_reason
    assert sheet.wiring
    assert sheet.provenance
    assert sheet.filter_delay_u_s > 0
    assert all(re.fullmatch(r"[0-9A-F]{4}:[0-9A-F]{4}", usb_id) for usb_id in sheet.usb_ids)
    for channel in codec.channels:
        assert channel.unit in {"V", "N", ""}
        assert channel.high - channel.low < 1 << sheet.bits
        assert channel.scale > 0
    if any(channel.kind == "force" for channel in codec.channels) and codec.rate < 1000:
        assert sheet.onset_capable == "no"
