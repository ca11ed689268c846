"""Devices and names as people write them."""

from datetime import datetime

import pytest

from labapp.errors import LabError
from labapp.workflow.devices import choose_devices, missing_channels, parse_device
from labapp.workflow.naming import check_participant, safe, session_name
from labapp.workflow.record import default_clock


def test_a_device_and_its_usual_montage():
    device = parse_device("emg=bitalino@/dev/rfcomm0")
    assert (device.id, device.driver, device.port) == ("emg", "bitalino", "/dev/rfcomm0")
    assert device.montage == {"A1": "RM_R", "A2": "UT_R", "A3": "MT_R", "A4": "LT_R"}
    assert parse_device("force=chronojump@COM4").montage == {"force": "F_PULL"}
    assert parse_device("emg=bitalino@replay://a=b@c.log").port == "replay://a=b@c.log"


def test_channels_and_settings_replace_the_usual():
    (device,) = choose_devices(
        ["emg=bitalino@COM3"],
        channels=["emg=A1:UT_L, A2:RM_L"],
        settings=["emg.inputs=[1, 2]", "emg.rate=100"],
    )
    assert device.settings == {"inputs": [1, 2], "rate": 100}
    assert device.montage == {"A1": "UT_L", "A2": "RM_L"}
    (fewer,) = choose_devices(["emg=bitalino@COM3"], settings=["emg.inputs=[2, 3]"])
    assert list(fewer.montage.values()) == ["RM_R", "UT_R"]


@pytest.mark.parametrize("text", ["", "emg", "emg=bitalino", "=bitalino@COM3", "emg@COM3", "a=@x"])
def test_what_is_no_device_is_refused(text):
    with pytest.raises(LabError, match="ID=DRIVER@PORT"):
        parse_device(text)


@pytest.mark.parametrize(
    ("devices", "words", "named"),
    [
        (["EMG=bitalino@COM3"], {}, "EMG"),
        (["emg=bitalino@COM3", "force=chronojump@COM3"], {}, "COM3"),
        (["emg=bitalino@COM3"], {"channels": ["A1:RM_R"]}, "A1:RM_R"),
        (["emg=bitalino@COM3"], {"channels": ["emg=A1"]}, "A1"),
        (["emg=bitalino@COM3"], {"channels": ["emg=A1:left rhomboid"]}, "left rhomboid"),
        (["emg=bitalino@COM3"], {"channels": ["emg=D:RM_R"]}, "'D'"),
        (["emg=bitalino@COM3"], {"settings": ["rate=100"]}, "rate=100"),
        (["emg=bitalino@COM3"], {"settings": ["force.rate=100"]}, "force"),
        (["emg=bitalino@COM3"], {"settings": ["emg.rate=fast"]}, "rate"),
    ],
)
def test_mistakes_are_named(devices, words, named):
    with pytest.raises(LabError) as caught:
        choose_devices(devices, **words)
    assert named in str(caught.value)


def test_simulated_devices_may_share_an_address():
    two = ["a=bitalino@sim://bitalino", "b=bitalino@sim://bitalino"]
    with pytest.raises(LabError, match="RM_R is on a:A1 and on b:A1"):
        choose_devices(two)
    assert len(choose_devices(two, channels=["b=A1:RM_L"])) == 2


def test_the_clock_follows_the_devices():
    simulated = choose_devices(["emg=bitalino@sim://bitalino"])
    assert default_clock(simulated).kind == "stepped"
    mixed = (*simulated, parse_device("force=chronojump@COM4"))
    assert default_clock(mixed).kind == "real"
    assert missing_channels(simulated, ("RM_R", "F_PULL")) == ["F_PULL"]


@pytest.mark.parametrize("text", ["AB-001", "ABCD-12345", "DEMO-001"])
def test_pseudonyms(text):
    assert check_participant(text) == text


@pytest.mark.parametrize(
    "text", ["", "A-001", "ABCDE-001", "AB-01", "AB-123456", "ab-001", "AB-001\n"]
)
def test_no_pseudonyms(text):
    with pytest.raises(LabError, match="AB-014"):
        check_participant(text)


def test_file_names_are_safe_everywhere():
    when = datetime(2026, 3, 1, 14, 5, 9)
    assert session_name("AB-014", "isometric_pull", when) == (
        "AB-014_isometric_pull_2026-03-01_140509"
    )
    assert safe("../a b:c*") == "a-b-c"
    assert safe("...") == "unnamed"
