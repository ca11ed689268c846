"""Whole recordings with one fault each: the right check speaks, in words, for the right channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis import analyse_recording

RATE = 1000
REST_UV = 3.0
"""RMS at rest of the recordings of `made_emg`."""


@pytest.fixture(scope="module")
def sound():
    muscles = {"RM_R": (24, 0.0, 0.05, "cos"), "UT_R": (24, 0.0, 0.05, "cos")}
    return recording(np.random.default_rng(8), muscles, n=8, reference=False)


def hum(x, t, rng):
    return x + 1e-6 * REST_UV * np.sqrt(2) * np.sin(2 * np.pi * 50 * t)


def hum_60(x, t, rng):
    return x + 1e-6 * REST_UV * np.sqrt(2) * np.sin(2 * np.pi * 60 * t)


def motion(x, t, rng):
    return x + 150e-6 * np.sin(2 * np.pi * 2.3 * t)


def clipped(x, t, rng):
    return np.clip(x, -40e-6, 40e-6)


def lead_off(x, t, rng):
    y = x.copy()
    y[3000:5500] = y[3000]
    return y


def poor_contact(x, t, rng):
    return x + 1e-6 * 5 * REST_UV * rng.normal(size=len(x))


def heart(x, t, rng):
    beats = np.zeros(len(x))
    for at in np.arange(0.3, t[-1], 0.9):
        beats += np.exp(-0.5 * ((t - at) / 0.008) ** 2)
    return x + 120e-6 * beats


def restless(x, t, rng):
    return x + 1e-6 * 4 * REST_UV * rng.normal(size=len(x)) * (np.sin(2 * np.pi * t / 10) > 0)


def detached(x, t, rng):
    return np.zeros(len(x))


FAULTS = {
    hum: ("line", "50 Hz hum"),
    hum_60: ("line", "60 Hz hum"),
    motion: ("motion", "fix cables and electrodes"),
    clipped: ("clipping", "lower the gain"),
    lead_off: ("flat", "electrode or cable is off"),
    poor_contact: ("noise", "clean the skin"),
    heart: ("ecg", "heart beat"),
    restless: ("baseline", "not quiet"),
    detached: ("flat", "electrode or cable is off"),
}


def with_fault(sound, fault):
    first, second = sound.emg
    values = fault(first.values, first.times, np.random.default_rng(1))
    low, high = (-40e-6, 40e-6) if fault is clipped else (first.low, first.high)
    return replace(sound, emg=[replace(first, values=values, low=low, high=high), second])


def findings(document, channel):
    return {one["check"]: one for one in document["quality"] if one["channel"] == channel}


@pytest.fixture(scope="module")
def before(sound):
    return analyse_recording(sound)


def test_a_sound_recording_has_no_bad_finding(before):
    assert [one for one in before["quality"] if one["level"] == "bad"] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_named_with_its_remedy(sound, before, fault):
    document = analyse_recording(with_fault(sound, fault))
    check, words = FAULTS[fault]
    found = findings(document, "RM_R")[check]
    assert found["level"] == "bad", found
    assert words in found["text"]
    for name, other in findings(document, "UT_R").items():
        assert other["level"] == findings(before, "UT_R")[name]["level"], other


def test_a_device_that_stopped_early_is_told_and_gives_no_numbers(sound):
    stop = sound.repetitions[4].cue_s - 1.0
    kept = int(stop * RATE)
    emg = [replace(c, values=c.values[:kept], times=c.times[:kept]) for c in sound.emg]
    document = analyse_recording(replace(sound, emg=emg))
    coverage = findings(document, "emg")["coverage"]
    assert coverage["level"] == "bad"
    assert "4 of 8 repetitions are not in it" in coverage["text"]
    states = [rep["onsets"]["RM_R"]["state"] for rep in document["repetitions"]]
    assert states[4:] == ["not_measurable"] * 4
    assert document["amplitudes"]["RM_R"]["hold"]["absolute"]["rms_uv"]["n"] <= 4
