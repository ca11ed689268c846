"""Whether a recording reaches the disk: the faults that stop it are told as such."""

import errno
import os
import sys
import time

import pytest

from labapp.record.disk import DiskKeeper
from labapp.record.log import FrameKind, LogWriter
from labapp.workflow.saving import saving

OPEN = {"emg": {"samples": 1000}}


@pytest.fixture
def log(tmp_path):
    writer = LogWriter(tmp_path / "capture.log", {"origin_ns": 0})
    keeper = DiskKeeper(writer)
    yield writer, keeper
    keeper.close()
    writer.close()


def status(keeper, **words):
    return {"state": "recording", "streams": OPEN, **keeper.status(), **words}


def until(keeper, wanted, before=lambda: None):
    late = time.monotonic() + 5
    while saving(status(keeper)) != wanted:
        before()
        keeper.look()  # as whoever watches the recording does
        assert time.monotonic() < late
        time.sleep(0.02)


def test_a_file_that_grows_is_saved_and_one_that_stands_still_is_not(log):
    writer, keeper = log
    until(keeper, "saved", lambda: writer.append(FrameKind.DATA, 0, 0, bytes(100)))
    until(keeper, "stopped")  # a second without a byte, though devices have sent


def test_before_the_first_sample_it_waits_and_at_the_end_it_ends(log):
    _, keeper = log
    silent = {"emg": {"samples": 0}}
    calm = {"bytes_last_second": 0}
    assert saving(status(keeper, streams=silent, **calm)) == "waiting"
    assert saving(status(keeper, state="stopping", **calm)) == "ending"


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed on Windows")
def test_a_folder_that_is_gone_stops_it(log):
    writer, keeper = log
    until(keeper, "saved", lambda: writer.append(FrameKind.DATA, 0, 0, bytes(100)))
    writer.path.unlink()
    until(keeper, "stopped", lambda: writer.append(FrameKind.DATA, 0, 0, bytes(100)))
    assert any("was removed" in one["what"] for one in keeper.status()["warnings"])


def test_a_full_disk_stops_it_at_once_and_room_lets_it_go_on(log, monkeypatch):
    writer, keeper = log
    until(keeper, "saved", lambda: writer.append(FrameKind.DATA, 0, 0, bytes(100)))
    system = os.write

    def full(fd, data):
        if fd == writer._fd:
            raise OSError(errno.ENOSPC, "No space left on device")
        return system(fd, data)

    monkeypatch.setattr(os, "write", full)
    writer.append(FrameKind.DATA, 0, 0, bytes(100))
    assert saving(status(keeper)) == "stopped"
    monkeypatch.undo()
    until(keeper, "saved", lambda: writer.append(FrameKind.DATA, 0, 0, bytes(100)))
