"""Names of channels that say their muscle and side, and the montage proposed from them."""

import pytest
from msgspec.structs import replace

from labapp.muscles import MUSCLE_NAMES
from labapp.record.config import DeviceConfig
from labapp.workflow.channel_names import MUSCLE_WORDS, named_code, proposed
from labapp.workflow.study_settings import StudySettings, remembered


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("RM_R", "RM_R"),
        ("RM right", "RM_R"),
        ("rhomboid major R", "RM_R"),
        ("Rhomboid major R", "RM_R"),
        ("UT-L", "UT_L"),
        ("Left upper trapezius", "UT_L"),
        ("EMG LT (left)", "LT_L"),
        ("M. trapezius pars ascendens rechts", "LT_R"),
        ("Trapezius Mitte, links", "MT_L"),
        ("R_ES", "ES_R"),
        ("sEMG: Infraspinatus.r", "IS_R"),
    ],
)
def test_a_name_of_muscle_and_side_is_understood(name, code):
    assert named_code(name) == code


@pytest.mark.parametrize(
    "name",
    [
        "RM",  # no side
        "right",
        "R",
        "",
        "_",
        "trapezius R",  # which part?
        "rhomboid R",  # major or minor?
        "RM_R_2",  # one of several?
        "RM1_R",
        "RMR",
        "RM_R raw",
        "RM_R-UT_R",
        "RM left right",
        "LT rt lt",
        "LT RT",  # the second may be no side
        "biceps R",
        "ch1",
        "A1",
        "RM+R",
    ],
)
def test_a_name_that_leaves_doubt_says_nothing(name):
    assert named_code(name) == ""


def test_every_muscle_is_known_by_its_code_and_its_name():
    muscles = set(MUSCLE_WORDS.values())
    for muscle in muscles:
        assert named_code(f"{muscle}_L") == f"{muscle}_L"
        assert named_code(f"{MUSCLE_NAMES[muscle]} right") == f"{muscle}_R"


def stream(id_="emg", names=("RM_R", "UT-L", "b", "cell"), units=("uV", "uV", "uV", "N"), **more):
    settings = {"channels": len(names), "names": list(names), "units": list(units), "unit": ""}
    return DeviceConfig(id_, "lsl", f"lsl://{id_}", settings, **more)


NEW = StudySettings()


def test_the_channels_of_a_new_stream_are_proposed_for_what_they_name():
    assert proposed(NEW, [stream()]) == {("emg", "RM_R"): "RM_R", ("emg", "UT-L"): "UT_L"}


def test_nothing_is_proposed_over_a_choice():
    assert proposed(NEW, [stream(montage={"RM_R": "PD_L"})]) == {("emg", "UT-L"): "UT_L"}
    assert proposed(NEW, [stream(montage={"b": "RM_R"})]) == {("emg", "UT-L"): "UT_L"}
    known = replace(
        NEW, devices=remembered(NEW, [stream()], {})
    )  # with nothing on any channel: that was chosen
    assert proposed(known, [stream()]) == {}
    other = stream("emg2", names=("LT_R",), units=("uV",))
    assert proposed(known, [stream(), other]) == {("emg2", "LT_R"): "LT_R"}


def test_what_two_channels_name_is_left_alone():
    twice = stream(names=("RM_R", "rm right", "UT_R"), units=("uV",) * 3)
    assert proposed(NEW, [twice]) == {("emg", "UT_R"): "UT_R"}
    two = [stream(), stream("emg2", names=("RM_R",), units=("uV",))]
    assert proposed(NEW, two) == {("emg", "UT-L"): "UT_L"}


def test_only_emg_channels_lie_on_muscles():
    force = stream(names=("RM_R", "UT_R"), units=("N", "none"))
    assert proposed(NEW, [force]) == {}
    box = DeviceConfig("emg", "bitalino", "COM3")
    assert proposed(NEW, [replace(box, montage={})]) == {}
