import hashlib
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from labapp.errors import LabError, LogDamaged
from labapp.model import Gap
from labapp.record.log import NO_STREAM, FrameKind, LogWriter, pack_frame, read_log
from labapp.session.build import build_session
from labapp.session.check import check_session
from labapp.session.file import open_session
from labapp.session.outages import outages

LOST = ((100, 103), (400, 431), (700, 900), (2000, 2001))
LABBOX = {"channels": 3, "rate": 1000.0}
GOLDEN = Path(__file__).resolve().parents[1] / "data" / "session_1_0.h5"
GOLDEN_SUM = 0.30552869999999993
GOLDEN_TIMES = [0.5017, 1.0007]


def test_what_was_sent_is_what_is_read(tmp_path, make_log, wire):
    emg = wire("labbox", LABBOX, {"ch1": "RM_R"}, lost=LOST, ppm=40)
    force = wire("chronojump", {}, {"force": "F_PULL"}, seed=3)
    log = make_log(tmp_path, {"emg": emg, "force": force}, markers=[(2.5, "cue", {"pull": "fast"})])
    told = []
    report = build_session(log, tmp_path / "s.h5", progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert report.state == "closed"
    n, lost = 10_000, sum(b - a for a, b in LOST)
    account = report.streams["emg"]
    assert (account.received, account.lost, account.outage) == (n - lost, lost, 0)
    assert account.gaps == len(LOST)
    with open_session(tmp_path / "s.h5") as session:
        stream = session.streams["emg"]
        assert stream.gaps == tuple(Gap(a, b) for a, b in LOST)
        assert stream.kind == "emg"
        assert stream.channels[0].muscle == "RM_R"
        values = session.values("emg")
        truth = emg.samples(n) * stream.channels[0].scale
        gone = np.isnan(values)
        expected = np.zeros(n, bool)
        for a, b in LOST:
            expected[a:b] = True
        assert np.array_equal(gone.all(axis=1), expected)
        assert np.array_equal(gone.any(axis=1), expected)
        np.testing.assert_array_equal(values[~expected], truth[~expected])
        times = session.times("emg")
        sent = 0.5 + np.arange(n) * (1 + 40e-6) / 1000
        assert np.ptp(times - sent) < 0.2e-3
        assert abs(np.mean(times - sent) - 0.002) < 1e-3
        window = session.values("emg", 1.0, 2.0, channels=["RM_R"])
        inside = (times >= 1.0) & (times < 2.0)
        np.testing.assert_array_equal(window[:, 0], values[inside, 0])
        assert len(session.times("emg", 1.0, 2.0)) == len(window)
        assert session.values("force").shape == (800, 1)
        assert np.all(np.diff(session.times("force")) > 0)
        assert session.markers[0].time == pytest.approx(2.5)
        assert session.markers[0].data == {"pull": "fast"}
        text = session.protocol_text
        assert hashlib.sha256(text.encode()).hexdigest() == session.meta["protocol"]["sha256"]
        assert "“exactly” so, µ" in text
        assert session.participant == "P01"
        assert session.results is None


def test_never_overwrites_and_leaves_no_part(tmp_path, make_log, wire):
    log = make_log(tmp_path, {"emg": wire("labbox", LABBOX, seconds=1.0)})
    build_session(log, tmp_path / "s.h5")
    before = (tmp_path / "s.h5").read_bytes()
    with pytest.raises(LabError, match="exists already"):
        build_session(log, tmp_path / "s.h5")
    assert (tmp_path / "s.h5").read_bytes() == before
    (tmp_path / "bad.log").write_bytes(b"text")
    with pytest.raises(LogDamaged):
        build_session(tmp_path / "bad.log", tmp_path / "t.h5")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.log", "capture.log", "s.h5"]


def test_same_log_gives_the_same_bytes(tmp_path, make_log, wire):
    log = make_log(tmp_path, {"emg": wire("bitalino", seconds=3.0, lost=((50, 55),))})
    build_session(log, tmp_path / "a.h5")
    build_session(log, tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_port_opened_again_starts_a_segment(tmp_path, make_log, wire):
    emg = wire("labbox", LABBOX, reopen=(4.0,))
    force = wire("chronojump", {}, reopen=(4.0,), seed=2)
    log = make_log(tmp_path, {"emg": emg, "force": force})
    report = build_session(log, tmp_path / "s.h5")
    assert report.streams["emg"].segments == 2
    assert report.streams["emg"].lost == 0
    assert report.streams["emg"].received == 4000 + 5300
    assert report.streams["emg"].outage == pytest.approx(700, abs=3)
    with open_session(tmp_path / "s.h5") as session:
        for name, rate in (("emg", 1000.0), ("force", 80.0)):
            stream = session.streams[name]
            times = session.times(name)
            assert len(times) == stream.n == stream.received + stream.lost + stream.outage
            assert np.all(np.diff(times) > 0)
            second = int(stream.segments["base"][1])
            assert times[second] == pytest.approx(0.5 + 4.7 + 0.002, abs=1.5 / rate)
            assert times[int(stream.segments["stop"][0]) - 1] == pytest.approx(4.5, abs=2 / rate)
            ((gone, back),) = outages(stream)
            assert (gone, back) == (times[int(stream.segments["stop"][0]) - 1], times[second])
            hole = session.values(name, 4.6, 5.1)
            assert len(hole) > 0.4 * rate
            assert np.all(np.isnan(hole))


def test_bitalino_wraps_are_repaired(tmp_path, make_log, wire):
    lost = ((3000, 3050), (5000, 5007), (6000, 6200))
    emg = wire("bitalino", lost=lost, seconds=12.0)
    log = make_log(tmp_path, {"emg": emg})
    report = build_session(log, tmp_path / "s.h5")
    account = report.streams["emg"]
    assert account.received + account.lost == 12_000
    assert account.received >= 12_000 - sum(b - a for a, b in lost) - 20
    with open_session(tmp_path / "s.h5") as session:
        values = session.values("emg")
        truth = emg.samples(12_000)
        stream = session.streams["emg"]
        counts = values / [c.scale for c in stream.channels] + [c.offset for c in stream.channels]
        there = ~np.isnan(values[:, 0])
        np.testing.assert_allclose(counts[there], truth[there], atol=1e-6)
        assert any(note["event"] == "counter repaired" for _, note in session.notes)
        times = session.times("emg")
        assert (
            np.abs(
                times
                - 0.5
                - np.arange(12_000) / 1000
                - np.median(times - 0.5 - np.arange(12_000) / 1000)
            ).max()
            < 1e-3
        )


def test_a_torn_log_is_built_by_the_same_code(tmp_path, make_log, wire):
    log = make_log(tmp_path, {"emg": wire("labbox", LABBOX, seconds=2.0)}, end=False)
    with log.open("ab") as file:
        file.write(b"\x9eLB\x1a torn")
    assert build_session(log, tmp_path / "s.h5").state == "recovered"
    with open_session(tmp_path / "s.h5") as session:
        assert session.info["state"] == "recovered"
        assert session.streams["emg"].received == 2000
        assert session.meta["log"]["torn_bytes"] == 9
    assert log.exists()


def test_counts_are_stored_as_promised(tmp_path, make_log, wire):
    log = make_log(tmp_path, {"emg": wire("labbox", LABBOX, seconds=2.5)})
    build_session(log, tmp_path / "s.h5")
    with h5py.File(tmp_path / "s.h5", "r") as file:
        counts = file["streams/emg/counts"]
        assert counts.dtype == np.int32
        assert counts.chunks == (1000, 3)
        assert counts.shuffle
        assert counts.fletcher32
        assert (counts.compression, counts.compression_opts) == ("gzip", 4)


def test_an_empty_stream_is_a_stream(tmp_path, make_log, wire):
    streams = {"emg": wire("labbox", LABBOX, seconds=1.0), "force": wire("chronojump", {})}
    streams["force"].lost = ((0, 800),)
    log = make_log(tmp_path, streams)
    report = build_session(log, tmp_path / "s.h5")
    assert report.streams["force"].received == 0
    with open_session(tmp_path / "s.h5") as session:
        assert session.values("force").shape == (0, 1)
        assert session.times("force").shape == (0,)
        assert session.streams["force"].gaps == ()
    assert [f for f in check_session(tmp_path / "s.h5") if f.level == "error"] == []


def test_a_device_that_counts_anew_starts_a_segment(tmp_path, make_log, wire):
    """The port stays open, the board reboots: its counter and its clock begin again."""
    folders = [tmp_path / name for name in ("one", "two", "both")]
    for folder in folders:
        folder.mkdir()
    first = wire("labbox", LABBOX, seconds=3.0)
    second = wire("labbox", LABBOX, seconds=2.0, start_s=5.8, seed=9)
    logs = [
        read_log(make_log(folder, {"emg": one}, end=False))
        for folder, one in zip(folders, (first, second), strict=False)
    ]
    writer = LogWriter(folders[2] / "capture.log", logs[0].header)
    for number, log in enumerate(logs):
        for frame in log.frames():
            if frame.kind is FrameKind.DATA or (frame.kind is FrameKind.OPEN and not number):
                writer.append(frame.kind, 0, frame.t_ns, frame.payload)
    writer.close()
    report = build_session(folders[2] / "capture.log", tmp_path / "s.h5")
    account = report.streams["emg"]
    assert (account.segments, account.received, account.lost) == (2, 5000, 0)
    assert account.outage == pytest.approx(2300, abs=3)
    with open_session(tmp_path / "s.h5") as session:
        values = session.values("emg")
        scale = session.streams["emg"].channels[0].scale
        np.testing.assert_array_equal(values[:3000], first.samples(3000) * scale)
        np.testing.assert_array_equal(values[-2000:], second.samples(2000) * scale)
        assert np.isnan(values[3000:-2000]).all()
        assert session.times("emg")[-2000] == pytest.approx(5.802, abs=1e-3)
    assert [f for f in check_session(tmp_path / "s.h5") if f.level == "error"] == []


def test_a_log_that_makes_no_sense_is_refused_in_one_line(tmp_path, make_log, wire):
    log = read_log(make_log(tmp_path, {"emg": wire("labbox", LABBOX, seconds=0.2)}))
    for number, change in enumerate(
        (
            {"streams": None},
            {"streams": [{"number": 0}]},
            {"streams": [{"id": "emg", "driver": "absent", "settings": {}}]},
            {"streams": [{"id": "../x", "driver": "labbox", "settings": LABBOX}]},
            {"streams": []},
            {"origin_ns": "soon"},
        )
    ):
        path = tmp_path / f"{number}.log"
        writer = LogWriter(path, {**log.header, "origin_ns": 0})
        for frame in log.frames():
            if frame.kind is not FrameKind.HEADER:
                writer.append(frame.kind, frame.stream, frame.t_ns, frame.payload)
        writer.close()
        header = json.dumps({**log.header, **change}).encode()
        rest = path.read_bytes()[next(f for f in log.frames() if f.sequence).offset :]
        path.write_bytes(pack_frame(FrameKind.HEADER, NO_STREAM, 0, 0, header) + rest)
        with pytest.raises(LabError) as error:
            build_session(path, tmp_path / "out.h5")
        assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("out.h5*"))


def test_golden_file_of_version_1_0():
    """A file written by the first release opens for ever with the same numbers."""
    with open_session(GOLDEN) as session:
        assert session.info["format_version"] == "1.0"
        stream = session.streams["emg"]
        assert (stream.received, stream.lost, stream.n) == (490, 10, 500)
        assert stream.gaps == (Gap(100, 110),)
        values = session.values("emg")
        assert np.nansum(values) == pytest.approx(GOLDEN_SUM, rel=1e-12)
        assert session.times("emg")[[0, -1]] == pytest.approx(GOLDEN_TIMES, abs=1e-9)
        assert session.markers[0].data == {"pull": "fast"}
        assert session.streams["force"].channels[0].muscle == "F_PULL"
    assert [f for f in check_session(GOLDEN) if f.level == "error"] == []
