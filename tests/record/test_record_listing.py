import os
import sys
from types import SimpleNamespace

import pytest

from labapp import device
from labapp.record import listing


def known(name, vid=None, pid=None, serial=None):
    return SimpleNamespace(device=name, vid=vid, pid=pid, serial_number=serial, description="x")


@pytest.fixture
def plugged(monkeypatch):
    """What the system says is plugged in."""
    ports = []
    monkeypatch.setattr(listing.serial_tools, "comports", lambda: ports)
    return ports


def test_lists_ports_with_the_drivers_that_know_them(plugged, tmp_path):
    usb = next(info.sheet.usb_ids[0] for info in device.list_drivers() if info.sheet.usb_ids)
    vid, pid = (int(part, 16) for part in usb.split(":"))
    (tmp_path / "b").touch()
    plugged += [known(str(tmp_path / "b"), vid, pid, "S1"), known(str(tmp_path / "a"))]
    plain, found = listing.list_ports()
    assert (plain.vid_pid, plain.driver, plain.candidates) == (None, None, ())
    assert found.vid_pid == usb.lower()
    assert found.candidates
    assert found.driver in (None, found.candidates[0])
    assert found.access == "ok"
    assert found.latency_ms is None


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux")
def test_names_the_program_that_holds_a_port(plugged):
    import pty

    far, near = pty.openpty()
    try:
        plugged.append(known(os.ttyname(near)))
        (info,) = listing.list_ports()
    finally:
        os.close(far)
        os.close(near)
    assert info.access == "in use"
    assert info.used_by is not None
    assert f"process {os.getpid()}" in info.used_by


def test_finds_a_device_under_its_new_name(plugged):
    plugged += [known("COM3", 0x0403, 0x6015, "A"), known("COM9", 0x0403, 0x6015, "B")]
    assert listing.find_again("COM4", "0403:6015", "B") == "COM9"
    assert listing.find_again("COM4", "0403:6015", "C") == "COM4"
    assert listing.find_again("COM4", None, None) == "COM4"
