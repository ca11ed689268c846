"""Serial numbers of plugs find their way into what is recorded."""

import pytest

from labapp.record.config import DeviceConfig
from labapp.record.listing import PortInfo
from labapp.workflow.serials import with_serials


def port(name, serial):
    return PortInfo(name, "", "0403:6015", serial, None, (), "ok", None, None)


@pytest.fixture
def plugged(monkeypatch):
    found = [port("COM3", "AB12"), port("/dev/ttyUSB0", "CD34"), port("COM4", None)]
    monkeypatch.setattr("labapp.record.listing.list_ports", lambda: found)


@pytest.mark.parametrize(
    ("place", "serial"),
    [
        ("COM3", "AB12"),
        ("serial://COM3", "AB12"),
        ("/dev/ttyUSB0?baud=500000", "CD34"),
        ("COM4", None),
        ("COM9", None),
        ("sim://bitalino", None),
        ("replay://COM3", None),
    ],
)
def test_a_real_port_gives_its_serial_number(plugged, place, serial):
    (one,) = with_serials([DeviceConfig("emg", "bitalino", place)])
    assert one == DeviceConfig("emg", "bitalino", place, serial=serial)


def test_what_is_known_stays_and_nobody_is_asked(monkeypatch):
    def never():
        raise AssertionError("ports were listed")

    monkeypatch.setattr("labapp.record.listing.list_ports", never)
    devices = (
        DeviceConfig("emg", "bitalino", "COM3", serial="X1"),
        DeviceConfig("force", "chronojump", "sim://chronojump"),
    )
    assert with_serials(devices) == devices
