"""Chords firmware: the frames of the reference exactly, every board, framing by chain."""

from __future__ import annotations

import re

import numpy as np
import pytest
from wire import (
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
from labapp.drivers import chords
from labapp.errors import LabError
from labapp.model import SampleBlock

FRAMES = [
    ("UNO-R4", "C7 7C 10 20 00 00 00 3F FF 20 08 10 00 00 01 01", 16,
     [8192, 0, 16383, 8200, 4096, 1]),
    ("UNO-R3", "C7 7C FF 02 00 01 FF 03 FF 00 00 02 58 01 2C 01", 255,
     [512, 511, 1023, 0, 600, 300]),
    ("NPG-LITE", "C7 7C 01 08 00 0F FF 00 00 01", 0, [2048, 4095, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("board", "wire", "index", "codes"), FRAMES)
def test_frames_of_the_reference(board, wire, index, codes):
    frame = bytes.fromhex(wire)
    codec = new_codec("chords", board=board)
    assert codec.encode(SampleBlock(index, np.array([codes], np.int32))) == frame
    around = true_stream(codec, index + 6, np.random.default_rng(1)).frames
    got = decode(new_codec("chords", board=board), [*around[:index], frame, *around[index + 1 :]])
    assert got.index.tolist() == list(range(index + 6)), "counter 255 is followed by 0"
    assert got.counts[index].tolist() == codes


def test_volts_of_the_reference():
    channel = new_codec("chords").channels[0]
    volts = np.array([8192, 0, 16383]) * channel.scale
    np.testing.assert_allclose(volts, [2.5, 0.0, 4.9997], atol=5e-5)
    assert channel.offset == 8192
    assert new_codec("chords", gain=100.0).channels[0].scale == channel.scale / 100


@pytest.mark.parametrize("board", sorted(chords.BOARDS))
def test_every_board(board):
    rng = np.random.default_rng(2)
    codec = new_codec("chords", board=board)
    what = chords.BOARDS[board]
    assert (codec.rate, len(codec.channels)) == (what.rate, what.channels)
    assert codec.channels[0].high == (1 << what.bits) - 1
    truth = true_stream(codec, 600, rng)
    assert truth.frames[0][2] == (1 if board.startswith("NPG") else 0)
    assert 10 * len(truth.frames[0]) * codec.rate <= 230_400
    got = decode(codec, truth.frames)
    assert got.stats.lost == 0
    np.testing.assert_array_equal(got.counts, truth.counts)
    driver = device.get_driver("chords")
    chosen = device.parse_settings(driver, {"board": board})
    side = driver.device_side(chosen)
    for step in driver.start(chosen):
        assert re.search(step.expect or b"", side.receive(step.send))
    assert side.streaming


@pytest.mark.parametrize("kind", ["drop_byte", "drop_bytes", "add_bytes", "drop_frame"])
def test_damage_on_the_board_whose_codes_can_look_like_a_start(kind):
    rng = np.random.default_rng(3)
    got, truth, hit = damaged_stream("chords", kind, 150, rng, board="GIGA-R1")
    assert not len(wrong_samples(got, truth))
    assert not len(far_losses(missing(got, truth), hit))


def test_starts_inside_the_samples_are_no_frames():
    codec = new_codec("chords", board="GIGA-R1")
    counts = np.full((300, 6), 0xC77C, np.int32)
    truth = true_stream(codec, 300, np.random.default_rng(4), counts=counts)
    got = decode(codec, [b"".join(truth.frames)[5:]])
    assert not len(wrong_samples(got, truth))
    assert missing(got, truth).tolist() in ([0], [0, 1], [0, 1, 2])


@pytest.mark.parametrize("board", ["UNO-R4", "GIGA-R1", "NPG-LITE"])
def test_random_bytes_are_never_data(board):
    got = decode(
        new_codec("chords", board=board), [noise("labbox", np.random.default_rng(5), 300_000)]
    )
    assert len(got.index) == 0


def test_frames_overwritten_in_place_are_lost():
    rng = np.random.default_rng(6)
    codec = new_codec("chords")
    truth = true_stream(codec, 10_000, rng)
    frames = list(truth.frames)
    hit = np.arange(20, 9980, 15)
    for place in hit.tolist():
        frames[place] = noise("labbox", rng, 16)
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    np.testing.assert_array_equal(missing(got, truth), hit)


def test_codes_beyond_the_bits_of_the_board_are_damage():
    codec = new_codec("chords")
    truth = true_stream(codec, 50, np.random.default_rng(7))
    frames = [bytearray(frame) for frame in truth.frames]
    frames[20][3] |= 0x40
    got = decode(codec, [b"".join(frames)])
    assert missing(got, truth).tolist() == [20]


def test_onset_capability_follows_the_rate():
    driver = device.get_driver("chords")
    words = {}
    for mapping in ({"board": "UNO-R3"}, {}, {"rate": 1000.0}):
        chosen = device.parse_settings(driver, mapping)
        words[driver.codec(chosen).rate] = device.onset_capability("chords", chosen)[0]
    assert words == {250.0: "no", 500.0: "marginal", 1000.0: "yes"}


def test_commands():
    uno, npg = chords.ChordsSide("UNO-R4"), chords.ChordsSide("NPG-LITE")
    assert uno.receive(b"WHORU\n") == b"UNO-R4\r\n"
    assert uno.receive(b"hello\n") == b""
    assert npg.receive(b"hello\n") == b"UNKNOWN COMMAND\r\n"
    assert npg.receive(b"STATUS\n") == b"STOPPED\r\n"
    assert uno.receive(b"STA") + uno.receive(b"RT\r\n") == b""
    assert uno.streaming
    uno.receive(b"x")
    assert not uno.streaming, "any byte stops it"


@pytest.mark.parametrize("wrong", [{"board": "UNO"}, {"gain": 0.0}, {"rate": 0.5}])
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("chords"), wrong)
