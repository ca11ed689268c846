"""The selectivity of electrodes, as the newest session of a participant in the study tells it."""

import os
from pathlib import Path

import numpy as np

from labapp.model import ChannelInfo
from labapp.session.content import SessionContent, SessionHead, StreamContent, StreamHead, unbroken
from labapp.session.file import write_results
from labapp.session.write import write_session
from labapp.timing.offline import exact_map
from labapp.workflow.grades import latest_grades


def session(folder: Path, name: str, grade: str, at: float, reasons=()) -> Path:
    path = folder / f"{name}.h5"
    channel = ChannelInfo("ch1", "emg", "V", 1e-6, 0.0, -(2**23), 2**23 - 1)
    head = StreamHead("emg", "labbox", "box", 1000.0, "exact", (channel,))
    stream = StreamContent(head, np.zeros((10, 1), np.int32), unbroken(10, exact_map(1000.0)))
    identity = SessionHead("u", "2026-01-01T00:00:00+00:00", "0.1.0", 0, "imported")
    write_session(path, SessionContent(identity, (stream,), {}))
    part = {"RM_R": {"grade": grade, "reasons": list(reasons)}, "MT_R": {"grade": "Z"}}
    write_results(path, "analysis", {"selectivity": part})
    os.utime(path, (at, at))
    return path


def test_the_newest_grade_of_this_participant_counts(tmp_path):
    session(tmp_path, "AB-014_mvic_1", "C", 1e9, ["task T1: ratio 0.81 is not below 0.5"])
    session(tmp_path, "AB-014_mvic_2", "B", 1.1e9, ["the electrode's site was not entered"])
    session(tmp_path, "AB-0145_mvic_3", "FW", 1.2e9)
    (tmp_path / "AB-014_broken.h5").write_bytes(b"no session")
    found = latest_grades(tmp_path, "AB-014")
    assert set(found) == {"RM_R"}
    assert found["RM_R"].grade == "B"
    assert found["RM_R"].reasons == ("the electrode's site was not entered",)


def test_nobody_and_nowhere_have_no_grades(tmp_path):
    session(tmp_path, "AB-014_mvic_1", "A", 1e9)
    assert latest_grades(tmp_path, "*") == {}
    assert latest_grades(tmp_path, "CD-001") == {}
    assert latest_grades(tmp_path / "none", "AB-014") == {}
