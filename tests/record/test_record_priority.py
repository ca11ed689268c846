"""A reading thread asks to be woken soon; what it had otherwise stays as it was."""

import ctypes
import os
import platform
import sys
import threading

import pytest

from labapp.record import priority


def in_a_thread(work):
    """Result of ``work`` in a thread of its own: the others keep what they have."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="number of the system call"
)
def test_the_slice_is_asked_for_and_nothing_else_changes():
    def ask():
        before = (os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))
        granted = priority.wake_soon()
        after = (os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))
        told = ctypes.create_string_buffer(priority._ATTRIBUTES.size)
        ctypes.CDLL(None).syscall(315, 0, told, len(told), 0)  # sched_getattr
        return granted, before == after, priority._ATTRIBUTES.unpack(told.raw)[5]

    granted, same, slice_ns = in_a_thread(ask)
    assert granted
    assert same
    release = tuple(int(part) for part in platform.release().split(".")[:2])
    if release >= (6, 12):
        assert slice_ns == priority.SLICE_NS


def test_a_system_that_is_not_known_is_left_alone(monkeypatch):
    monkeypatch.setattr(priority, "_CALL", {})
    if sys.platform == "win32":
        pytest.skip("Windows has a call of its own")
    assert in_a_thread(priority.wake_soon) is False
