"""Kind and unit of each channel of a stream: what it says, what is corrected, what is refused."""

from dataclasses import replace

import pytest

from labapp.device import get_driver, parse_settings
from labapp.workflow.channel_units import (
    FITTING,
    Given,
    StreamUnits,
    first_problem,
    given_in,
    measure_of,
    named_measure,
)
from labapp.workflow.sources import ChosenPort, as_devices, says_no_unit

SETTINGS = {
    "channels": 5,
    "names": ["a", "b", "cell", "knee", "x"],
    "units": ["uV", "", "", "none", ""],
    "said_units": ["microvolts", "", "", "degrees", ""],
    "said_types": ["EMG", "sEMG", "Force", "Angle", ""],
    "unit": "",
}
STREAM = StreamUnits(SETTINGS, {})


def choose(stream, *choices):
    """Make choices one after the other: name and unit, or name and kind."""
    for name, word in choices:
        kind = word if word in FITTING else ""
        given = stream.choose(name, measure=kind, unit="" if kind else word)
        stream = replace(stream, given=given)
    return stream


def held(stream):
    return [(one.measure, one.unit, one.problem) for one in stream.channels]


def codec(stream):
    driver = get_driver("lsl")
    return driver.codec(parse_settings(driver, stream.corrected_settings))


def test_what_a_stream_says_is_what_holds():
    assert held(STREAM) == [
        ("emg", "uV", ""),
        ("emg", "", "unit"),
        ("force", "", "unit"),
        ("other", "none", ""),
        ("", "", "measure"),
    ]
    assert STREAM.channels[3].said_unit == "degrees"
    assert [one.name for one in first_problem(STREAM.channels)] == ["b", "cell"]
    assert STREAM.corrected_settings == SETTINGS
    assert named_measure("HD-sEMG") == "emg"
    assert named_measure("Load cell") == "force"
    assert named_measure("MoCap") == ""


def test_every_unit_offered_is_one_that_the_driver_knows_as_its_kind():
    for kind, units in FITTING.items():
        for unit in units:
            stream = choose(STREAM, ("x", unit), ("b", "uV"), ("cell", "N"))
            assert codec(stream).channels[4].kind == {"other": "digital"}.get(kind, kind)
            assert measure_of(unit) == kind


def test_missing_units_are_given_channel_by_channel():
    stream = choose(STREAM, ("b", "mV"), ("cell", "kgf"), ("x", "other"))
    assert first_problem(stream.channels) == ()
    told = stream.corrected_settings
    assert told["units"] == ["uV", "mV", "kgf", "none", "none"]
    assert SETTINGS["units"] == ["uV", "", "", "none", ""]  # what it says is left as it is
    assert not says_no_unit(told)
    channels = codec(stream).channels
    assert [one.kind for one in channels] == ["emg", "emg", "force", "digital", "digital"]
    assert [one.unit for one in channels] == ["V", "V", "N", "", ""]
    (device,) = as_devices([ChosenPort("lsl://x", "lsl", None, told)])
    assert device.settings["said_units"] == SETTINGS["said_units"]


def test_one_unit_holds_for_the_rest_and_not_for_what_was_corrected():
    stream = replace(choose(STREAM, ("cell", "N"), ("x", "mV")), rest="uV")
    assert [one.unit for one in stream.channels] == ["uV", "uV", "N", "none", "mV"]
    told = stream.corrected_settings
    assert (told["units"], told["unit"]) == (["uV", "", "N", "none", "mV"], "uV")
    assert [one.kind for one in codec(stream).channels] == [
        "emg", "emg", "force", "digital", "emg",
    ]  # fmt: skip
    # A channel whose kind is known takes the unit of the rest only if it fits.
    _, b, cell, _, x = replace(choose(STREAM, ("x", "force")), rest="uV").channels
    assert (b.unit, b.problem) == ("uV", "")
    assert (cell.measure, cell.unit, cell.problem, cell.unfit) == ("force", "", "unfit", "uV")
    assert (x.measure, x.unit, x.problem, x.unfit) == ("force", "", "unfit", "uV")
    assert [one.name for one in first_problem((b, cell, x))] == ["cell", "x"]


def test_a_unit_that_makes_no_sense_for_the_kind_is_refused():
    stream = choose(STREAM, ("a", "force"))
    (wrong,) = first_problem(stream.channels[:1])
    assert (wrong.measure, wrong.unit, wrong.problem, wrong.unfit) == ("force", "", "unfit", "uV")
    assert held(choose(stream, ("a", "N")))[0] == ("force", "N", "")
    # What is as the stream says is no correction.
    assert choose(stream, ("a", "emg")).given == {}
    assert choose(stream, ("a", "N"), ("a", "emg"), ("a", "uV")).given == {}
    # A unit that a person gave goes with its kind; bare numbers can be called anything.
    assert held(choose(STREAM, ("b", "mV"), ("b", "force")))[1] == ("force", "", "unit")
    assert held(choose(STREAM, ("a", "other")))[0] == ("other", "none", "")
    assert held(choose(STREAM, ("knee", "emg")))[3] == ("emg", "", "unfit")


def test_what_was_corrected_is_found_again_in_what_a_study_remembers():
    stream = choose(STREAM, ("a", "mV"), ("cell", "N"), ("x", "other"))
    known = given_in(stream.corrected_settings)
    assert known == stream.given
    again = StreamUnits(SETTINGS, known)
    assert again.corrected_settings == stream.corrected_settings
    # It says something else by now: what was corrected was another description.
    other = SETTINGS | {"units": ["V", "", "N", "none", ""],
                        "said_units": ["volts", "", "newtons", "degrees", ""]}  # fmt: skip
    assert held(StreamUnits(other, known)) == [
        ("emg", "V", ""),
        ("emg", "", "unit"),
        ("force", "N", ""),
        ("other", "none", ""),
        ("other", "none", ""),
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"units": ["uV"]},
        {"names": ["a"], "units": "uV", "said_units": [""]},
        {"names": ["a"], "units": [3], "said_units": [""]},
        {"names": ["a", "b"], "units": ["uV"], "said_units": [""]},
        {"names": ["a"], "units": ["bananas"], "said_units": [""]},
        {"names": {"a": 1}, "units": {"uV": 1}, "said_units": None},
    ],
)
def test_strange_settings_hold_no_corrections(settings):
    assert given_in(settings) == {}
    odd = StreamUnits(settings, {"a": Given("emg", "uV", "")})
    assert odd.corrected_settings == settings or odd.channels
