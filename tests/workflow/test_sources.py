"""Everything that could be recorded, as lines of one list."""

import pytest

from labapp.errors import LabError
from labapp.record import lsl_library
from labapp.record.lsl_library import LslStream
from labapp.workflow.sources import (
    ChosenPort,
    address_port,
    as_devices,
    lsl_ports,
    says_no_unit,
    settings_of,
)


def stream(name, source="s1", rate=1000.0, form="float32"):
    return LslStream(name, "EMG", source, "lab-pc", "u", 2, rate, form, ("a", "b"), ("", ""), "")


def test_streams_have_an_address_each(monkeypatch):
    found = [stream("My EMG"), stream("Twin", "x1"), stream("Twin", "x2", 0.0),
             stream("Words", form="string")]  # fmt: skip
    monkeypatch.setattr(lsl_library, "list_lsl", lambda scope: found)
    ports = lsl_ports()
    assert [port.port for port in ports] == [
        "lsl://My%20EMG", "lsl://Twin?source_id=x1", "lsl://Twin?source_id=x2", "lsl://Words",
    ]  # fmt: skip
    assert ports[0].description == "EMG, 2 channels, 1000 Hz, on lab-pc"
    assert "irregular" in ports[2].description
    assert [port.access for port in ports] == ["ok", "ok", "ok", "text, not numbers"]


def test_a_missing_library_is_said_plainly(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(LabError, match="LSL library is not installed") as caught:
        lsl_ports()
    assert "pip install" in caught.value.remedy
    with pytest.raises(LabError, match="BrainFlow is not installed"):
        settings_of("brainflow://synthetic")


@pytest.mark.parametrize(
    "text", ["", "COM3", "http://x", "lsl://", "lsl://a\x07", "lsl://" + "a" * 400]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(LabError, match="no address"):
        address_port(text)


def test_devices_get_names_and_muscles_of_their_own():
    devices = as_devices(
        [
            ChosenPort("COM3", "bitalino"),
            ChosenPort("COM4", "hx711", "C1"),
            ChosenPort("COM5", "bitalino", None, {"inputs": [1, 2]}),
            ChosenPort("COM6", "chronojump"),
        ]
    )
    assert [device.id for device in devices] == ["emg", "force", "emg2", "force2"]
    assert devices[0].montage["A1"] == "RM_R"
    assert devices[1].montage == {"force": "F_PULL"}
    assert devices[1].serial == "C1"
    assert devices[2].montage == devices[3].montage == {}
    assert devices[2].settings == {"inputs": [1, 2]}


def test_a_stream_without_units_has_to_be_told():
    assert says_no_unit({"unit": "", "units": ["", "uV"]})
    assert not says_no_unit({"unit": "", "units": ["N", "uV"]})
    assert not says_no_unit({"unit": "uV", "units": ["", ""]})
    assert not says_no_unit({"channels": 4})
    assert not says_no_unit({"unit": "", "units": ["none", "uV"]})  # says that it is no voltage
    bare = {"channels": 2, "names": ["a", "b"], "units": ["", ""]}
    (told,) = as_devices([ChosenPort("lsl://x", "lsl", None, bare | {"unit": "N"})])
    assert (told.id, told.montage) == ("force", {"a": "F_PULL"})
