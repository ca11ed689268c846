"""Live levels count from the maximal contractions of another session from the first second on."""

import msgspec
import pytest
from reference_sessions import MAXIMAL, PULLS, made
from test_live_pull import ACTIVE_PERCENT, SessionSource

import labapp
from labapp.workflow.live_levels import LiveLevels
from labapp.workflow.reference_session import reference_for_session

CUES = [2.0 + 5.0 * k for k in range(len(PULLS))]
REFERENCES = [cue for cue, pull in zip(CUES, PULLS, strict=True) if pull[1] == "reference"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    made(folder / "mvic.h5", "mvic_scapular", MAXIMAL)
    made(folder / "pulls.h5", "isometric_pull", PULLS)
    return folder


@pytest.fixture(scope="module")
def frozen(folder):
    return reference_for_session(folder / "mvic.h5", folder / "pulls.h5")


@pytest.fixture
def session(folder):
    with labapp.open_session(folder / "pulls.h5") as opened:
        yield opened


def percent(levels, session, at_s):
    levels._source = SessionSource(session, until_s=at_s)
    return {muscle: level.percent for muscle, level in levels.levels().items()}


def test_levels_are_shares_of_the_given_maximum(session, frozen):
    levels = LiveLevels(SessionSource(session), given=frozen)
    share = PULLS[3][2]
    held = CUES[3] + 1.5
    truth = pytest.approx({m: 100 * v for m, v in share.items()}, rel=0.02)
    assert percent(levels, session, held) == truth
    assert all(v < ACTIVE_PERCENT for v in percent(levels, session, CUES[3] - 0.3).values())
    for cue in REFERENCES:
        levels.take_reference(cue, cue + 3.0)
    assert percent(levels, session, held) == truth
    assert levels.references == {
        m: pytest.approx(1e-6 * one.value_uv) for m, one in frozen.muscles.items()
    }


def test_a_submaximal_one_gives_way_to_own_pulls(session, frozen):
    muscles = {
        m: msgspec.structs.replace(one, kind="submaximal", reason="only a submaximal reference")
        for m, one in frozen.muscles.items()
    }
    levels = LiveLevels(
        SessionSource(session), given=msgspec.structs.replace(frozen, muscles=muscles)
    )
    held = CUES[3] + 1.5
    share = PULLS[3][2]["RM_R"]
    assert percent(levels, session, held)["RM_R"] == pytest.approx(100 * share, rel=0.02)
    levels.take_reference(REFERENCES[0], REFERENCES[0] + 3.0)
    assert percent(levels, session, held)["RM_R"] == pytest.approx(100 * share / 0.8, rel=0.02)
