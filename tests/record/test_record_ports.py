"""Port URLs: which port they name, and what is wrong with one that names none."""

import sys

import pytest

from labapp import device
from labapp.errors import LabError
from labapp.record.ports import PortContext, open_port
from labapp.simulate.pseudoterminal import open_pair
from labapp.timing.labclock import RealClock


def context():
    driver = device.get_driver("bitalino")
    return PortContext(driver, device.parse_settings(driver, {}), RealClock())


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need POSIX")
@pytest.mark.parametrize(
    ("form", "baud"),
    [("{}", 115200), ("{}?baud=9600", 9600), ("serial://{}?baud=500000", 500000)],
)
def test_the_baud_rate_of_the_sheet_can_be_overridden(form, baud):
    pair = open_pair()
    port = open_port(form.format(pair.path), context())
    try:
        assert port._port.baudrate == baud
    finally:
        port.close()
        pair.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("serial://COM3?baud=fast", "baud rate 'fast'; give a number"),
        ("COM3?baud=0", "baud rate '0'"),
        ("COM3?speed=9600", "unknown option 'speed'; known: baud"),
        ("tcp://host:1", "unknown scheme 'tcp'"),
    ],
)
def test_an_odd_url_gets_one_line(url, words):
    with pytest.raises(LabError, match="port") as caught:
        open_port(url, context())
    assert words in str(caught.value)
