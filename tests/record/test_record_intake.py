"""The intake page: a process killed at any point of a read loses no byte."""

import json
import mmap
import os
import select
import signal
import sys
import tty

import pytest

from labapp.record.frame import FrameKind
from labapp.record.log import LogWriter, read_log

if sys.platform == "win32":
    pytest.skip("the intake page needs POSIX", allow_module_level=True)

import pty

from labapp.device import get_driver, parse_settings
from labapp.record import intake as intake_room
from labapp.record import serial_port
from labapp.record.intake import PAGE, ROOM, SLOTS, IntakePage, rescue
from labapp.record.place import LOG_NAME, PAGE_NAME
from labapp.record.ports import PortContext
from labapp.record.serial_port import SerialPort
from labapp.timing.labclock import RealClock

UUID = "0123456789abcdef0123456789abcdef"
HEADER = {"format": "labapp-log", "version": 1, "uuid": UUID, "origin_ns": 0, "streams": []}
PARTS = (b"x", bytes(range(200)))


@pytest.fixture
def line():
    far, near = pty.openpty()
    tty.setraw(near)
    os.set_blocking(near, False)
    yield far, near
    os.close(far)
    os.close(near)


@pytest.fixture
def page(tmp_path):
    made = IntakePage(tmp_path / PAGE_NAME, 2, UUID)
    yield made
    if (tmp_path / PAGE_NAME).exists():
        made.close()


def context(intake):
    driver = get_driver("labbox")
    return PortContext(driver, parse_settings(driver, {}), RealClock(), intake=intake)


def read_and_log(folder, name, far, sent, go):
    """What a reader does: open, then (from ``go`` on) read, append, say so; and close."""
    log = LogWriter(folder / LOG_NAME, HEADER)
    page = IntakePage(folder / PAGE_NAME, 1, UUID)
    intake = page[0]
    port = SerialPort(name, context(intake))
    intake.logged(log.append(FrameKind.OPEN, 0, 1, b"{}"))
    go()
    for part in PARTS:
        os.write(far, part)
        sent[0] += len(part)  # a kill before this line comes before the read
        data, stamp = port.read(5.0)
        intake.logged(log.append(FrameKind.DATA, 0, stamp, data))
    intake.end_segment()
    log.close()
    page.close()


def kill_at(step, work):
    """Run ``work`` in a child that is killed before line number ``step`` of the rooms concerned.

    True if it was killed, False if it came to its end.
    """
    rooms = ("intake.py", "inlet.py", "log.py", "frame.py")
    child = os.fork()
    if child == 0:
        left = step

        def trace(frame, event, _):
            nonlocal left
            here = frame.f_code.co_filename
            if not here.endswith(rooms) and frame.f_code.co_name != "read_and_log":
                return None
            if event == "line":
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        def go():
            sys.settrace(trace)
            sys._getframe(1).f_trace = trace

        status = 1
        try:
            work(go)
            status = 0
        finally:
            sys.settrace(None)
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_a_kill_before_any_line_of_a_read_loses_no_byte(tmp_path, monkeypatch):
    """Every point between opening and closing: what left the port is in log or page."""
    monkeypatch.setattr(serial_port.serial_tools, "comports", list)  # slow, asked every time
    monkeypatch.setattr(intake_room, "SLOTS", 1)
    # A read of one byte equals a random pattern once in 256 times: a miss that is known.
    monkeypatch.setattr(intake_room.os, "urandom", lambda n: b"\xff" * n)
    step, found = 0, set()
    all_sent = b"".join(PARTS)
    stops = {0, 1, 201}
    while True:
        folder = tmp_path / str(step)
        folder.mkdir()
        far, near = pty.openpty()
        tty.setraw(near)
        sent = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")  # shared with the child
        killed = kill_at(
            step,
            lambda go, to=folder, f=far, n=near, s=sent: read_and_log(to, os.ttyname(n), f, s, go),
        )
        frames = list(read_log(folder / LOG_NAME).frames())
        had = b"".join(f.payload for f in frames if f.kind == FrameKind.DATA)
        # What was written at one end of a terminal comes to the other a moment later.
        awaited = 5.0 if len(had) < sent[0] else 0.0
        left = os.read(near, 4096) if select.select([near], [], [], awaited)[0] else b""
        assert all_sent.startswith(had + left), step
        assert len(had + left) >= sent[0], step
        assert len(had) in stops, step
        found.add((len(had), sum(f.kind == FrameKind.NOTE for f in frames)))
        os.close(far)
        os.close(near)
        if not killed:
            break
        step += 1
    assert not (folder / PAGE_NAME).exists()
    assert step > 60
    assert {had for had, _ in found} == stops
    assert {notes for _, notes in found} == {0, 1}  # both kinds of kill were met


@pytest.mark.parametrize("taken", [0, 1, 27, 28, 29, 40])
def test_a_torn_frame_is_given_back_whole(tmp_path, line, taken):
    """Killed within the append: so many bytes of the frame reached the file."""
    far, near = line
    log = LogWriter(tmp_path / LOG_NAME, HEADER)
    page = IntakePage(tmp_path / PAGE_NAME, 1, UUID)
    page[0].logged(log.append(FrameKind.OPEN, 0, 1, b"{}"))
    os.write(far, b"sixteen letters.")
    with page[0].begin(16, 77) as buffer:
        assert os.readv(near, [buffer]) == 16
    size = (tmp_path / LOG_NAME).stat().st_size
    log.append(FrameKind.DATA, 0, 77, b"sixteen letters.")
    log.close()
    os.truncate(tmp_path / LOG_NAME, size + taken)
    read = read_log(tmp_path / LOG_NAME)
    *_, data, note = read.frames()
    assert (data.kind, data.t_ns, data.payload) == (FrameKind.DATA, 77, b"sixteen letters.")
    assert json.loads(note.payload) == {"event": "rescued", "stream": 0, "bytes": 16}
    assert read.torn_bytes == taken
    assert [f.sequence for f in read.frames()] == [0, 1, 2, 3]
    page.close()


def test_what_the_log_holds_is_not_given_twice(tmp_path, page):
    page[0].logged(4)
    with page[0].begin(3, 9) as buffer:
        buffer[:] = b"abc"
    place = tmp_path / PAGE_NAME
    assert [r.data for r in rescue(place, UUID, {0: 4})] == [b"abc"]
    assert rescue(place, UUID, {0: 5}) == []  # killed between append and done
    assert rescue(place, UUID, {0: 3}) == []  # the log lost more than the page knows of
    assert rescue(place, UUID, {}) == []
    assert rescue(place, "another", {0: 4}) == []
    page[0].logged(5)
    assert rescue(place, UUID, {0: 5}) == []


def test_a_read_that_did_not_happen_gives_nothing(tmp_path, page):
    page[1].logged(2)
    page[1].begin(100, 9).release()
    assert rescue(tmp_path / PAGE_NAME, UUID, {1: 2}) == []


@pytest.mark.parametrize(("expected", "came", "given"), [(100, 40, 40), (100, 97, 100), (9, 1, 1)])
def test_a_partial_read_ends_with_its_last_byte(tmp_path, page, expected, came, given):
    """Fewer bytes than were counted; up to 7 missing ones cannot be told from pattern."""
    page[0].logged(2)
    with page[0].begin(expected, 9) as buffer:
        for at in range(came):
            buffer[at] ^= 0xFF
        said = bytes(buffer[:given])
    (one,) = rescue(tmp_path / PAGE_NAME, UUID, {0: 2})
    assert one.data == said


def test_bytes_that_equal_the_pattern_are_only_missed_all_at_once(tmp_path, page):
    """The one case that cannot be told: every byte read equals the pattern, 256^-n."""
    pattern = page[0]._pattern
    page[0].logged(2)
    with page[0].begin(12, 9) as buffer:
        buffer[4] ^= 0xFF  # the others, before and behind, equal the pattern
        assert bytes(buffer[5:]) == pattern[5:12]
        said = bytes(buffer)
    (one,) = rescue(tmp_path / PAGE_NAME, UUID, {0: 2})
    assert one.data == said


def test_reads_that_wait_for_the_log_come_back_in_order(tmp_path, page):
    page[0].logged(2)
    for number in range(SLOTS + 3):  # the last slot is used again and again
        with page[0].begin(4, 100 + number) as buffer:
            buffer[:] = b"%04d" % number
    found = rescue(tmp_path / PAGE_NAME, UUID, {0: 2})
    kept = [*range(SLOTS - 1), SLOTS + 2]
    assert [int(one.data) for one in found] == kept
    page[0].logged(3)
    assert rescue(tmp_path / PAGE_NAME, UUID, {0: 3}) == []


def test_a_long_read_takes_two(page):
    page[0].logged(2)
    with page[0].begin(ROOM + 500, 9) as buffer:
        assert len(buffer) == ROOM


def test_conversation_is_not_kept(tmp_path, line, page):
    """Before a segment's OPEN frame bytes belong to no stream."""
    far, near = line
    intake = page[0]
    assert not intake.open
    port = SerialPort(os.ttyname(near), context(intake))
    os.write(far, b"hello, who are you?")
    assert port.read(1.0)[0] == b"hello, who are you?"
    intake.logged(1)
    assert rescue(tmp_path / PAGE_NAME, UUID, {0: 1}) == []
    os.write(far, b"data")
    assert port.read(1.0)[0] == b"data"
    assert [one.data for one in rescue(tmp_path / PAGE_NAME, UUID, {0: 1})] == [b"data"]
    intake.end_segment()
    assert not intake.open
    port.close()


def test_a_damaged_page_adds_nothing(tmp_path, page):
    page[0].logged(2)
    with page[0].begin(4, 9) as buffer:
        buffer[:] = b"good"
    place = tmp_path / PAGE_NAME
    whole = place.read_bytes()
    assert len(rescue(place, UUID, {0: 2})) == 1
    other = tmp_path / "other.page"
    for at in (0, 8, 12, 16, PAGE, PAGE + 5, PAGE + 9, PAGE + 20, PAGE + 33):
        other.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        assert rescue(other, UUID, {0: 2}) == [], at
    for size in (0, 7, PAGE - 1, PAGE, len(whole) - 1):
        other.write_bytes(whole[:size])
        assert rescue(other, UUID, {0: 2}) == []
    assert rescue(tmp_path / "none", UUID, {0: 2}) == []


def test_a_power_failure_that_keeps_an_older_page_adds_nothing(tmp_path, page):
    """Any page of any moment beside any later or earlier end of the log."""
    place, pages = tmp_path / PAGE_NAME, []
    page[0].logged(0)
    for sequence in range(1, 6):
        with page[0].begin(6, sequence) as buffer:
            buffer[:] = b"read %d" % sequence
        pages.append(place.read_bytes())
        page[0].logged(sequence)
    for number, old in enumerate(pages, 1):
        place.write_bytes(old)
        for end in range(6):
            found = [one.data for one in rescue(place, UUID, {0: end})]
            assert found == ([b"read %d" % number] if end == number - 1 else [])


def test_the_page_is_as_the_docs_say():
    assert (intake_room.PAGE, intake_room.SLOTS, intake_room.ROOM) == (4096, 64, 4032)
    assert intake_room._BODY.size == 28
