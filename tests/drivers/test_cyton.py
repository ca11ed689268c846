"""OpenBCI Cyton and Daisy: the packets of the reference exactly, pairs, markers, framing."""

from __future__ import annotations

import numpy as np
import pytest
from wire import decode, missing, new_codec, noise, true_stream, wrong_samples

from labapp import device
from labapp.drivers import cyton
from labapp.errors import LabError
from labapp.model import SampleBlock

EXTREMES = bytes.fromhex(
    "A0 2A 00 00 01 FF FF FF 7F FF FF 80 00 00 00 AE C3 FF 51 3D 00 00 00 00 03 E8"
    "00 00 00 00 1F 40 C0"
)
TIME = bytes.fromhex("A0 FF" + "00" * 24 + "00 00 00 01 E2 40 C4")
MARKER = bytes.fromhex("A0 07" + "00 11 7A" * 8 + "00 31 00 00 00 00 C1")


def after(frame, **settings):
    """Decode a packet behind all that precede its counter."""
    codec = new_codec("cyton", **settings)
    before = true_stream(codec, max(frame[1], 1), np.random.default_rng(1)).frames[: frame[1]]
    return decode(codec, [*before, frame])


def row(frame, **settings):
    got = after(frame, **settings)
    assert got.index[-1] == frame[1]
    assert got.stats.lost == got.stats.junk_bytes == got.stats.bad_frames == 0
    block = SampleBlock(frame[1], got.counts[-1:])
    assert new_codec("cyton", **settings).encode(block) == frame
    return got.counts[-1]


def test_extreme_codes_of_the_reference():
    counts = row(EXTREMES)
    assert counts.tolist() == [1, -1, 8388607, -8388608, 44739, -44739, 0, 1000, 0, 0, 8000, 0]
    channels = new_codec("cyton").channels
    uv = counts[:8] * channels[0].scale * 1e6
    np.testing.assert_allclose(
        uv,
        [0.0224, -0.0224, 187500, -187500, 999.995, -999.995, 0, 22.3517],
        rtol=1e-6,
        atol=5.1e-5,
    )
    assert uv[4] == pytest.approx(999.995, abs=5e-4)
    assert counts[10] * channels[10].scale == 1.0  # g


def test_time_stamp_of_the_reference():
    counts = row(TIME)
    assert counts[:8].tolist() == [0] * 8
    assert counts[11] == 4
    assert cyton.board_ms(counts[8:11]) == 123456


def test_marker_of_the_reference():
    got = after(MARKER, aux="marker")
    assert got.counts[-1].tolist() == [4474] * 8 + [0x31, 0, 0, 1]
    assert [(e.name, e.index, e.text) for e in got.events][-1] == ("marker", 7, "1")
    assert 4474 * new_codec("cyton").channels[0].scale * 1e6 == pytest.approx(100.0017, abs=1e-4)
    assert not [event for event in after(MARKER).events if event.name == "marker"]


@pytest.mark.parametrize(("gain", "uv"), [(24, 0.0223517), (8, 0.0670552), (1, 0.536442)])
def test_scale_by_gain(gain, uv):
    scale = new_codec("cyton", gain=gain).channels[0].scale * 1e6
    assert scale == pytest.approx(uv, rel=2e-6)


def test_setting_the_board_time_is_an_event():
    codec = new_codec("cyton")
    counts = np.zeros((20, 12), np.int32)
    counts[5, 8:] = [0, 1, -7616, 3]  # 0x0001E240
    got = decode(codec, [codec.encode(SampleBlock(0, counts))])
    assert [(e.name, e.index, e.text) for e in got.events] == [("time_set", 5, "123456 ms")]


@pytest.mark.parametrize("wrong", [{"gain": 3}, {"aux": "gyro"}, {"daisy": 1}, {"rate": 500}])
def test_impossible_settings(wrong):
    with pytest.raises(LabError):
        device.parse_settings(device.get_driver("cyton"), wrong)


def daisy_packets(n, rng):
    codec = new_codec("cyton", daisy=True)
    truth = true_stream(codec, n, rng)
    whole = b"".join(truth.frames)
    return codec, truth, [whole[i : i + 33] for i in range(0, len(whole), 33)]


def test_daisy_comes_first_on_the_wire_and_last_in_the_columns():
    codec = new_codec("cyton", daisy=True)
    assert (codec.rate, codec.counter_modulus) == (125.0, 128)
    counts = np.zeros((1, 24), np.int32)
    counts[0, :16] = np.arange(1, 17)
    wire = codec.encode(SampleBlock(3, counts))
    assert (wire[1], wire[34]) == (6, 7)
    assert [wire[4 + 3 * i] for i in range(8)] == list(range(9, 17))
    assert [wire[37 + 3 * i] for i in range(8)] == list(range(1, 9))


@pytest.mark.parametrize("half", [0, 1])
def test_half_a_daisy_pair_is_lost_and_never_joined_to_another(half):
    rng = np.random.default_rng(half)
    codec, truth, packets = daisy_packets(200, rng)
    lost = np.arange(10, 190, 7)
    for pair in lost.tolist():
        packets[2 * pair + half] = b""
    got = decode(codec, [b"".join(packets)])
    assert not len(wrong_samples(got, truth))
    assert missing(got, truth).tolist() == lost.tolist()
    assert got.stats.lost == len(lost)
    assert got.stats.bad_frames == len(lost), "the halves left over"


def test_daisy_stream_cut_inside_the_first_and_the_last_pair():
    codec, truth, packets = daisy_packets(40, np.random.default_rng(3))
    got = decode(codec, packets[1:-1])
    assert got.index.tolist() == list(range(1, 39))
    assert not len(wrong_samples(got, truth))
    assert got.stats.lost == 1


def test_pairs_pending_while_packets_arrive_one_by_one():
    codec, _, packets = daisy_packets(30, np.random.default_rng(4))
    newest = 0
    for i, packet in enumerate(packets, start=1):
        for item in codec.feed(packet):
            newest = item.stop if isinstance(item, SampleBlock) else newest
        if i > 2:
            assert newest + codec.pending == i // 2


def test_injected_false_starts_cost_what_they_touch():
    """The burst that costs BrainFlow a whole packet each: rescan from the false start + 1."""
    codec = new_codec("cyton")
    truth = true_stream(codec, 400, np.random.default_rng(5))
    frames = list(truth.frames)
    for at in range(50, 400, 50):
        frames[at] = b"\xa0\x01\x02" + frames[at]
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    assert len(missing(got, truth)) <= 7 * 4


@pytest.mark.parametrize("daisy", [False, True])
def test_random_bytes_are_never_data(daisy):
    codec = new_codec("cyton", daisy=daisy)
    got = decode(codec, [noise("labbox", np.random.default_rng(6), 400_000)])
    assert len(got.index) == 0
    assert got.stats.junk_bytes == 400_000


@pytest.mark.slow
def test_ten_million_random_bytes_are_never_data():
    rng = np.random.default_rng(7)
    codec = new_codec("cyton")
    for _ in range(25):
        assert not codec.feed(noise("labbox", rng, 400_000))


def test_packets_overwritten_in_place_are_lost():
    """One in 2.4 million would pass; what stands around it is untouched."""
    rng = np.random.default_rng(8)
    codec = new_codec("cyton")
    truth = true_stream(codec, 20_000, rng)
    frames = list(truth.frames)
    hit = np.arange(20, 19_980, 15)
    for place in hit.tolist():
        frames[place] = noise("labbox", rng, 33)
    got = decode(codec, [b"".join(frames)])
    assert not len(wrong_samples(got, truth))
    np.testing.assert_array_equal(missing(got, truth), hit)


def test_the_board_answers_only_while_idle():
    side = cyton.CytonSide(daisy=True)
    assert side.receive(b"v").startswith(b"OpenBCI V3 8-16 channel\n")
    assert b"Daisy" in side.receive(b"v")
    assert side.receive(b"x3060110X") == b"Success: Channel set for 3$$$"
    assert side.receive(b"x1000") == b""
    assert side.receive(b"110X") == b"Success: Channel set for 1$$$"
    assert side.gains[:3] == [1, 24, 24]
    assert side.receive(b"x9060110X") == b"Failure: too few chars$$$"
    assert side.receive(b"C") == b"16$$$"
    assert side.receive(b"b") == b""
    assert side.receive(b"V~~") == b""
    side.receive(b"s")
    assert side.receive(b"V") == b"v3.1.5$$$"


def test_start_sets_every_channel_and_the_aux_mode():
    driver = device.get_driver("cyton")
    chosen = device.parse_settings(driver, {"daisy": True, "gain": 12, "aux": "marker"})
    sent = [step.send for step in driver.start(chosen)]
    assert sent[:3] == [b"s", b"v", b"C"]
    assert sent[3] == b"x1050100X"
    assert sent[18] == b"xI050100X"
    assert sent[19:] == [b"/4", b"b"]
