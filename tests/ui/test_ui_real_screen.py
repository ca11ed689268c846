"""Real key and mouse events on a virtual screen: what QTest cannot see (focus, hit-testing).

The walks are those of ``real_screen.py``. Those that take minutes run with LABAPP_LONG=1, or by
``python tests/ui/real_screen.py``, which also takes the whole protocols.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import real_screen
import whole_session

from labapp.session.file import open_session
from labapp.session.outages import outages

pytestmark = pytest.mark.skipif(
    os.name == "nt" or any(shutil.which(name) is None for name in real_screen.NEEDED),
    reason="Xvfb or xdotool is missing",
)

takes_long = pytest.mark.skipif(
    not os.environ.get("LABAPP_LONG"), reason="takes minutes: set LABAPP_LONG=1"
)


@pytest.fixture
def display() -> Iterator[str]:
    with real_screen.screen() as name:
        yield name


@pytest.fixture
def folder(home: Path, tmp_path: Path) -> Iterator[Path]:
    """Where the walk's home and study lie; nothing it started outlives it."""
    yield tmp_path
    real_screen.end_recorders(tmp_path)


@takes_long
def test_fresh_start_to_verdict_with_a_rejection_a_redo_and_a_pause(
    display: str, folder: Path
) -> None:
    found = real_screen.walk_verdict(display, folder, "short_pull", 60.0)
    verdict = found["seen"]["verdict"]
    assert verdict["state"] == "first"
    assert verdict["muscle"] == "RM_R"
    with open_session(found["session"]) as session:
        kinds = [marker.kind for marker in session.markers]
        reasons = [m.data["reason"] for m in session.markers if m.kind == "reason"]
        rejected = [rep["rejected"] for rep in session.repetitions]
        assert all(stream.lost == 0 for stream in session.streams.values())
    for kind in ("marker", "reject", "pause", "resume", "finished"):
        assert kind in kinds
    assert reasons[0] == "not as asked"
    assert rejected[0] is True
    assert not list((folder / "study").glob("*.recording"))


@takes_long  # its short form is in test_ui_clickthrough.py
def test_a_window_that_dies_in_a_pull_is_followed_by_one_that_goes_on(
    display: str, folder: Path
) -> None:
    path = real_screen.walk_killed(display, folder)
    with open_session(path) as session:
        kinds = [marker.kind for marker in session.markers]
        assert [rep["rejected"] for rep in session.repetitions] == [True, False]
        assert all(stream.lost == 0 for stream in session.streams.values())
    assert kinds[-1] == "stop"


@takes_long
def test_a_device_that_is_pulled_out_and_plugged_in_again(display: str, folder: Path) -> None:
    path = real_screen.walk_unplugged(display, folder)
    with open_session(path) as session:
        segments = {run["segment"] for run in session.streams["emg"].runs}
        assert len(segments) == 2
        assert {run["segment"] for run in session.streams["force"].runs} == {0}


@takes_long
def test_a_device_pulled_out_in_a_pull_that_is_done_again_gives_the_verdict(
    display: str, folder: Path
) -> None:
    found = real_screen.walk_replugged(display, folder, "short_pull")
    verdict = found["seen"]["verdict"]
    assert (verdict["state"], verdict["muscle"]) == ("first", "RM_R")
    truth = json.loads((folder / "truth.json").read_text())
    with open_session(found["session"]) as session:
        emg, force = session.streams["emg"], session.streams["force"]
        ((gone, back),) = outages(emg)
        assert (emg.lost, force.lost, outages(force)) == (0, 0, ())
        made = [sum(run["sent"] for run in truth["devices"][name]["runs"])
                for name in ("emg1", "emg2")]  # fmt: skip
        # All that reached the port is in the file; what the pulled plug cut off is less than it.
        assert 0 <= sum(made) - emg.received < 200
        (again,) = [rep for rep in session.repetitions if rep["rejected"]]
        # Its last burst had arrived up to 65 ms before the plug was pulled.
        assert again["cue_s"] - 0.065 < gone < again["cue_s"] + 1.0
        findings = session.results["quality"]
    assert [one["text"] for one in findings if one["check"] == "outage"] == [
        f"away from {gone:.2f} to {back:.2f} s: nothing was recorded of it then"
    ]


@takes_long
def test_references_and_pull_with_an_unplugged_device_and_a_killed_window(
    display: str, folder: Path
) -> None:
    shutil.copy(whole_session.SHORT, folder / "home" / "protocols")
    whole_session.told(whole_session.walk_session(display, folder, ["short_mvic", "short_pull"]))
