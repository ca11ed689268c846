import errno
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labapp.errors import LabError, LogDamaged
from labapp.record import frame as frame_room
from labapp.record import log as log_room
from labapp.record.log import NO_STREAM, FrameKind, LogWriter, pack_frame, read_log

HEADER = {"format": "labapp-log", "version": 1, "origin_ns": 7}


@pytest.fixture
def log(tmp_path):
    writer = LogWriter(tmp_path / "capture.log", HEADER)
    yield writer
    writer.close()


def fill(writer, n=20):
    for i in range(n):
        writer.append(FrameKind.DATA, i % 3, 1000 + i, bytes([i]) * (i * 7 % 40))
    writer.close()
    return writer.path.read_bytes()


def test_round_trip(log):
    log.append(FrameKind.DATA, 2, -5, b"wire")
    log.append_json(FrameKind.MARKER, NO_STREAM, 9, {"kind": "cue", "data": {}})
    log.close()
    found = read_log(log.path)
    frames = list(found.frames())
    assert found.header == HEADER
    assert [f.kind for f in frames] == [FrameKind.HEADER, FrameKind.DATA, FrameKind.MARKER]
    assert (frames[1].stream, frames[1].t_ns, frames[1].payload) == (2, -5, b"wire")
    assert frames[2].json() == {"kind": "cue", "data": {}}
    assert (found.torn_bytes, found.damaged, found.missing_frames) == (0, (), 0)
    assert log.bytes_written == log.bytes_synced == log.path.stat().st_size


def test_one_write_per_frame(log, monkeypatch):
    writes = []
    system = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: writes.append(len(data)) or system(fd, data))
    log.append(FrameKind.DATA, 0, 1, bytes(5000))
    assert writes == [5000 + frame_room.HEAD.size]


def test_never_overwrites(log):
    with pytest.raises(LabError, match="exists already"):
        LogWriter(log.path, HEADER)


def test_torn_at_every_byte(log):
    data = fill(log, 9)
    whole = [(f.offset, f) for f in read_log(log.path).frames()]
    ends = [offset + frame_room.HEAD.size + len(f.payload) for offset, f in whole]
    for size in range(ends[0], len(data)):
        log.path.write_bytes(data[:size])
        found = read_log(log.path)
        intact = sum(end <= size for end in ends)
        assert list(found.frames()) == [f for _, f in whole[:intact]]
        assert found.torn_bytes == size - ends[intact - 1]
    log.path.write_bytes(data[: ends[0] - 1])
    with pytest.raises(LogDamaged):
        read_log(log.path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damage_costs_only_the_frames_it_touches(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "capture.log"
    raw = bytearray(fill(LogWriter(path, HEADER)))
    whole = list(read_log(path).frames())
    head = whole[1].offset
    touched = set()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(head, len(raw) - 1))
        junk = data.draw(st.binary(min_size=1, max_size=30))[: len(raw) - start]
        before = bytes(raw[start : start + len(junk)])
        raw[start : start + len(junk)] = junk
        touched |= {start + i for i in range(len(junk)) if junk[i] != before[i]}
    path.write_bytes(raw)
    found = read_log(path)
    frames = list(found.frames())
    hurt = {
        f.sequence
        for f in whole
        if touched & set(range(f.offset, f.offset + frame_room.HEAD.size + len(f.payload)))
    }
    safe = [f for f in whole if f.sequence not in hurt]
    assert [f for f in frames if f.sequence not in hurt] == safe
    assert found.missing_frames == frames[-1].sequence + 1 - len(frames)
    covered = sum(frame_room.HEAD.size + len(f.payload) for f in frames)
    damage = sum(stop - start for start, stop in found.damaged)
    assert covered + damage + found.torn_bytes == len(raw)


def test_a_zeroed_page_inside_is_reported(log):
    data = bytearray(fill(log, 200))
    data[1000:1500] = bytes(500)
    log.path.write_bytes(data)
    found = read_log(log.path)
    numbers = [f.sequence for f in found.frames()]
    ((start, stop),) = found.damaged
    assert start <= 1000
    assert stop >= 1500
    assert found.missing_frames == 201 - len(numbers) > 0


def test_a_hostile_log_of_false_frames_ends_soon(tmp_path):
    path = tmp_path / "capture.log"
    good = LogWriter(path, HEADER)
    good.close()
    lie = frame_room.HEAD.pack(frame_room.MAGIC, 2, 0, 0, 5, 8 << 20, 0, 0)
    with path.open("ab") as file:
        file.write(lie * 400_000)
    with pytest.raises(LogDamaged, match="false frames"):
        list(read_log(path).frames())


def test_absurd_length_is_not_believed(log):
    log.close()
    with log.path.open("ab") as file:
        file.write(frame_room.HEAD.pack(frame_room.MAGIC, 2, 0, 0, 1, 0xFFFFFFFF, 0, 0))
        file.write(pack_frame(FrameKind.DATA, 0, 1, 5, b"ok"))
    assert [f.payload for f in read_log(log.path).frames()][1:] == [b"ok"]
    with pytest.raises(ValueError, match="payload"):
        pack_frame(FrameKind.DATA, 0, 0, 0, bytes(frame_room.MAX_PAYLOAD + 1))


@pytest.mark.parametrize("text", [b"", b"hello", b"\x89HDF\r\n\x1a\n" * 50])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "x"
    path.write_bytes(text)
    with pytest.raises(LogDamaged):
        read_log(path)
    with pytest.raises(LogDamaged, match="cannot read"):
        read_log(tmp_path / "missing")


def test_newer_version_is_refused(tmp_path):
    LogWriter(tmp_path / "l", {**HEADER, "version": 2}).close()
    with pytest.raises(LogDamaged, match="version 2"):
        read_log(tmp_path / "l")


def test_threads_share_a_log(log):
    def write(stream):
        for i in range(300):
            log.append(FrameKind.DATA, stream, i, bytes([stream]) * 50)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    frames = list(read_log(log.path).frames())[1:]
    assert [f.sequence for f in frames] == list(range(1, 1201))
    for stream in range(4):
        assert [f.t_ns for f in frames if f.stream == stream] == list(range(300))


class FullDisk:
    """`os.write` on a disk with ``room`` bytes left: a short write, then ENOSPC."""

    def __init__(self, monkeypatch, room):
        self.room = room
        self._system = os.write
        monkeypatch.setattr(log_room.os, "write", self)

    def __call__(self, fd, data):
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = self._system(fd, data[: self.room])
        self.room -= taken
        return taken


def test_full_disk_waits_and_loses_nothing(log, monkeypatch):
    disk = FullDisk(monkeypatch, room=250)
    for i in range(10):
        log.append(FrameKind.DATA, 0, i, bytes([i]) * 72)
    assert log.fault == "No space left on device"
    assert log.bytes_waiting == 750
    before = list(read_log(log.path).frames())
    assert [f.t_ns for f in before[1:]] == [0, 1]
    assert read_log(log.path).torn_bytes == 50
    disk.room = 10_000
    log.sync()
    assert (log.fault, log.bytes_waiting) == ("", 0)
    assert [f.t_ns for f in read_log(log.path).frames()][1:] == list(range(10))


def test_full_memory_drops_whole_frames_and_says_so(log, monkeypatch):
    monkeypatch.setattr(log_room, "BACKLOG", 500)
    disk = FullDisk(monkeypatch, room=0)
    for i in range(10):
        log.append(FrameKind.DATA, 0, i, bytes(72))
    assert log.frames_dropped == 5
    disk.room = 10_000
    log.append(FrameKind.DATA, 0, 99, b"")
    found = read_log(log.path)
    assert [f.t_ns for f in found.frames()][1:] == [0, 1, 2, 3, 4, 99]
    assert found.missing_frames == 5


def test_no_room_for_the_header(tmp_path, monkeypatch):
    FullDisk(monkeypatch, room=10)
    with pytest.raises(LabError, match="No space left"):
        LogWriter(tmp_path / "l", HEADER)
    assert not (tmp_path / "l").exists()


def test_closed_log_takes_nothing(log):
    log.close()
    log.close()
    log.sync()
    with pytest.raises(ValueError, match="closed"):
        log.append(FrameKind.DATA, 0, 0, b"")
