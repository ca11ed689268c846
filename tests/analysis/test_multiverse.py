import json

import numpy as np
import pytest
from made_emg import recording

from labapp.analysis import analyse_recording
from labapp.analysis.document import plain
from labapp.analysis.multiverse import BANDS_HZ, multiverse

COS = "cos"


@pytest.fixture(scope="module")
def leading():
    muscles = {"RM_R": (22, -0.04, 0.05, COS), "UT_R": (22, 0.0, 0.05, COS)}
    inputs = recording(np.random.default_rng(1), muscles, n=9, reference=False, with_force=False)
    return inputs, analyse_recording(inputs)["verdict"]


@pytest.fixture(scope="module")
def result(leading):
    return multiverse(leading[0], None, leading[1])


def test_a_clear_lead_holds_in_every_way(leading, result):
    assert leading[1]["state"] == "first"
    assert result["n"] == 54
    assert result["holds"] >= 45
    assert result["opposite"] == 0
    assert result["text"].startswith(
        f"“Rhomboid major first” holds in {result['holds']} of 54 ways"
    )
    lags = [one["lag_ms"]["RM_R-UT_R"] for one in result["analyses"]]
    assert np.median(lags) == pytest.approx(-40, abs=8)


def test_every_way_is_there_once(result):
    ways = {(tuple(o["band_hz"]), o["detector"], o["threshold"]) for o in result["analyses"]}
    assert len(ways) == 54
    assert {band for band, _, _ in ways} == set(BANDS_HZ)
    assert len({name for _, name, _ in ways}) == 6
    for one in result["analyses"]:
        assert 0 <= one["found"] <= 1
        assert (one["muscle"] is None) == (one["state"] != "first")


def test_it_is_json(result):
    json.dumps(plain(result), allow_nan=False)


def test_unequal_noise_divides_the_ways():
    muscles = {"RM_R": (28, 0.0, 0.08, COS), "UT_R": (13, 0.0, 0.08, COS)}
    inputs = recording(np.random.default_rng(2), muscles, n=9, reference=False, with_force=False)
    verdict = analyse_recording(inputs)["verdict"]
    assert verdict["state"] != "first"
    found = multiverse(inputs, None, verdict)
    # The cleaner channel is put in front by what papers do every day.
    named = [o for o in found["analyses"] if o["state"] == "first"]
    assert len(named) > 20
    assert {o["muscle"] for o in named} == {"RM_R"}
    assert found["opposite"] == len(named)
    assert "favour the cleaner" in found["text"]


def test_one_muscle_has_no_multiverse():
    muscles = {"RM_R": (20, 0.0, 0.05, COS)}
    inputs = recording(np.random.default_rng(3), muscles, n=3, reference=False, with_force=False)
    assert multiverse(inputs)["n"] == 0
