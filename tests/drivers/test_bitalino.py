"""BITalino: the frames of the reference exactly, and what its 4 + 4 check bits can hold."""

from __future__ import annotations

import numpy as np
import pytest
from wire import (
    EXACT,
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
from labapp.drivers import bitalino
from labapp.errors import LabError
from labapp.model import SampleBlock

FRAMES = [
    (1, "00 08 0E", 0, [512, 0b0000]),
    (2, "FF 01 A8 F9", 15, [512, 511, 0b1010]),
    (4, "00 19 4B C8 90 31 9C", 9, [100, 200, 300, 400, 0b0011]),
    (6, "D5 0F C0 FF 2C 01 A8 5F", 5, [512, 300, 1023, 0, 63, 21, 0b1010]),
]


def inputs(n):
    return list(range(1, n + 1))


@pytest.mark.parametrize(("n", "wire", "sequence", "values"), FRAMES)
def test_frames_of_the_reference(n, wire, sequence, values):
    frame = bytes.fromhex(wire)
    block = SampleBlock(sequence, np.array([values], np.int32))
    assert new_codec("bitalino", inputs=inputs(n)).encode(block) == frame
    codec = new_codec("bitalino", inputs=inputs(n))
    before = true_stream(codec, sequence or 1, np.random.default_rng(1)).frames[:sequence]
    got = decode(codec, [*before, frame])
    assert got.index.tolist() == list(range(sequence + 1))
    assert got.counts[-1].tolist() == values
    assert bitalino.crc4(frame) == frame[-1] & 15


def test_crc_is_the_polynomial_bit_by_bit():
    rng = np.random.default_rng(1)
    for _ in range(300):
        frame = rng.integers(0, 256, int(rng.integers(3, 18)), np.uint8).tobytes()
        bits = int.from_bytes(frame, "big") & ~15
        for place in range(8 * len(frame) - 1, 3, -1):
            if bits >> place & 1:
                bits ^= 0b10011 << (place - 4)
        assert bitalino.crc4(frame) == bits


def test_scale_of_the_sensor():
    codec = new_codec("bitalino", inputs=inputs(6))
    full, reduced = codec.channels[0], codec.channels[5]
    assert full.scale * 1e6 == pytest.approx(3.19, abs=0.01)
    assert reduced.scale * 1e6 == pytest.approx(51, abs=0.2)
    assert (512 - full.offset) * full.scale == 0.0
    assert (0 - full.offset) * full.scale == pytest.approx(-1.635e-3, abs=1e-6)
    assert [channel.name for channel in codec.channels] == ["A1", "A2", "A3", "A4", "A5", "A6", "D"]
    assert codec.channels[-1].kind == "digital"


def test_any_four_inputs_carry_ten_bits():
    codec = new_codec("bitalino", inputs=[2, 5, 6])
    assert [channel.high for channel in codec.channels] == [1023, 1023, 1023, 15]
    assert [channel.name for channel in codec.channels] == ["A2", "A5", "A6", "D"]


@pytest.mark.parametrize(
    "wrong",
    [{"inputs": []}, {"inputs": [2, 1]}, {"inputs": [0]}, {"inputs": [1, 1]}, {"rate": 500}],
)
def test_impossible_settings(wrong):
    with pytest.raises(LabError, match="BITalino"):
        device.parse_settings(device.get_driver("bitalino"), wrong)


def test_a_sample_waits_for_four_good_frames():
    codec = new_codec("bitalino")
    frames = true_stream(codec, 20, np.random.default_rng(2)).frames
    given = 0
    for arrived, frame in enumerate(frames, start=1):
        given += sum(len(block.counts) for block in codec.feed(frame))
        assert given == max(0, arrived - 4)
    assert sum(len(block.counts) for block in codec.finish()) == 4


def test_the_first_sequence_received_is_the_first_index():
    codec = new_codec("bitalino")
    truth = true_stream(codec, 40, np.random.default_rng(3))
    got = decode(codec, [truth.frames[11][3:], *truth.frames[12:]])
    assert not len(wrong_samples(got, truth))
    assert got.index[0] in (12, 13, 14)


def test_a_stale_version_answer_before_the_stream():
    for n in range(1, 7):
        codec = new_codec("bitalino", inputs=inputs(n))
        truth = true_stream(codec, 40, np.random.default_rng(4))
        got = decode(codec, [b"BITalino_v5.2\n", *truth.frames])
        assert not len(wrong_samples(got, truth))
        assert len(missing(got, truth)) <= 2


@pytest.mark.parametrize("fill", [bytes(7), b"\xff" * 7, b"U" * 7])
def test_long_damage_in_place_keeps_the_index_beyond_the_wrap(fill):
    rng = np.random.default_rng(5)
    codec = new_codec("bitalino")
    truth = true_stream(codec, 200, rng)
    frames = list(truth.frames)
    frames[50:90] = [fill] * 40
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    assert missing(got, truth).tolist() == list(range(50, 90))


def test_a_loss_of_whole_wraps_shows_modulo_sixteen():
    codec = new_codec("bitalino")
    truth = true_stream(codec, 200, np.random.default_rng(6))
    got = decode(codec, [b"".join(truth.frames[:50] + truth.frames[90:])])
    assert got.stats.lost == 40 % 16
    np.testing.assert_array_equal(got.counts[50:], truth.counts[90:])


def test_overflow_of_the_device_buffer():
    """The firmware drops its oldest bytes, not whole frames: errors, then a jump."""
    rng = np.random.default_rng(7)
    for _ in range(100):
        codec = new_codec("bitalino")
        truth = true_stream(codec, 80, rng)
        wire = b"".join(truth.frames)
        start = int(rng.integers(200, 260))
        length = int(rng.integers(1, 12)) * 7 + int(rng.integers(1, 7))
        got = decode(codec, [wire[:start] + wire[start + length :]])
        assert not len(wrong_samples(got, truth))
        hit = np.arange(start // 7, (start + length - 1) // 7 + 1)
        assert not len(far_losses(missing(got, truth), hit))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("kind", ["flip", "burst", "drop_byte", "add_bytes", "drop_frame"])
def test_damage_at_every_number_of_channels(n, kind):
    rng = np.random.default_rng(n)
    got, truth, hit = damaged_stream("bitalino", kind, 150, rng, inputs=inputs(n))
    assert not len(wrong_samples(got, truth))
    assert not len(far_losses(missing(got, truth), hit))


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 4, 6])
@pytest.mark.parametrize(
    "kind", ["flip", "burst", "drop_byte", "drop_bytes", "add_bytes", "drop_frame"]
)
def test_a_hundred_thousand_damages(n, kind):
    rng = np.random.default_rng(8)
    for _ in range(50):
        got, truth, hit = damaged_stream("bitalino", kind, 2000, rng, inputs=inputs(n))
        assert not len(wrong_samples(got, truth))
        lost = missing(got, truth)
        assert not len(far_losses(lost, hit))
        if kind in EXACT:
            np.testing.assert_array_equal(lost, hit)


@pytest.mark.parametrize("n", range(1, 7))
def test_pure_noise_is_never_data(n):
    codec = new_codec("bitalino", inputs=inputs(n))
    size = bitalino.SIZES[n]
    got = decode(codec, [noise("bitalino", np.random.default_rng(n), 20_000 * size)])
    assert len(got.index) == 0
    assert got.stats.junk_bytes == 20_000 * size


def test_frames_overwritten_in_place_pass_as_seldom_as_eight_bits_allow():
    rng = np.random.default_rng(9)
    codec = new_codec("bitalino")
    truth = true_stream(codec, 60_000, rng)
    frames = list(truth.frames)
    hit = np.arange(20, 59_980, 15)
    for place in hit.tolist():
        frames[place] = noise("bitalino", rng, 7)
    got = decode(codec, [b"".join(frames)])
    assert len(wrong_samples(got, truth)) < 3 * len(hit) / 256
    assert not len(np.setdiff1d(missing(got, truth), hit))


def test_status_commands_and_unknown_bytes():
    side = bitalino.BitalinoSide()
    assert side.receive(b"\x07") == b"BITalino_v5.2\n"
    status = side.receive(b"\xb7\xa3\x64\x28\x0b")  # O1 on, PWM 100, battery threshold 10
    assert len(status) == 17
    assert status[14:16] == bytes([10, 100])
    assert status[-1] >> 4 == 0b0010
    assert bitalino.crc4(status) == status[-1] & 15
    assert side.receive(b"\x83") == b""
    assert side.rate == 100
    assert side.receive(b"\x3d\x0b\x07") == b""  # live: neither status nor version
    assert side.streaming
    assert side.mask == 0b1111
    side.receive(b"\xa3\x00")  # the argument of PWM is not a stop
    assert side.streaming
    side.receive(b"\xff")
    assert not side.streaming
    assert side.receive(b"\x3e") == b""  # simulated signals
    assert side.streaming


def test_start_sends_the_mask_and_the_rate():
    driver = device.get_driver("bitalino")
    chosen = device.parse_settings(driver, {"inputs": [1, 3], "rate": 100})
    sent = [step.send for step in driver.start(chosen)]
    assert sent == [b"\x00", b"\x07", b"\x83", bytes([0b0101 << 2 | 1])]
    assert all(step.pause_before_s >= 0.1 for step in driver.start(chosen))
