"""Facts that people know: read, checked, kept in the session, printed; and the tasks they grade."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from labapp import paths
from labapp.errors import LabError
from labapp.load import read_toml
from labapp.report.methods import methods_paragraph
from labapp.session.facts import reported
from labapp.session.file import open_session
from labapp.trials.protocol import parse_protocol
from labapp.workflow import report_facts
from labapp.workflow.analysing import analyse
from labapp.workflow.devices import PULLING, choose_devices
from labapp.workflow.files import make_report
from labapp.workflow.naming import truth_path
from labapp.workflow.record import run_protocol
from labapp.workflow.report_facts import read_facts
from labapp.workflow.words import summary

FACTS = """
[participant]
age = "25 to 29"

[electrodes.all]
ied_mm = 20
gel = "wet gel"

[electrodes.RM_R]
ied_mm = 8
site_id = "caudal window"
"""


def tasks_protocol():
    """One reference position and both selectivity tasks, three repetitions each, no rests."""
    text = (paths.bundled("protocols") / "mvic_scapular.toml").read_text(encoding="utf-8")
    text = text.partition("[translations")[0]
    text = re.sub(r"(?m)^(rest_s|set_rest_s|after_s) = \d+", r"\1 = 0.5", text)
    text = text.replace("duration_s = 5.0", "duration_s = 2.5")
    text = re.sub(r'(name = "ready"\n.*\n  duration_s) = 3.0', r"\1 = 1.0", text)
    head, *blocks = text.split("[[blocks]]")
    head = re.sub(r"\[\[orderings\]\].*", "", head, flags=re.DOTALL)
    names = ("n1_rear_deltoid", "task_elevation", "task_behind_back")
    kept = [block for block in blocks if any(f'name = "{name}"' in block for name in names)]
    text = "[[blocks]]".join([head.replace("= 14", "= 2"), *kept])
    return parse_protocol(text, name="tasks.toml")


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    path = tmp_path_factory.mktemp("facts") / "lab.toml"
    path.write_text(FACTS, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def session(tmp_path_factory, facts):
    out = tmp_path_factory.mktemp("tasks") / "tasks.h5"
    devices = choose_devices([f"{device}?wire=memory" for device in PULLING])
    return run_protocol(tasks_protocol(), "DEMO-001", out, devices, seed=5, facts=facts)


def test_the_index_is_the_one_that_was_simulated_and_the_site_makes_the_grade(session):
    document = analyse(session)
    truth = json.loads(truth_path(session).read_text(encoding="utf-8"))
    logs = {
        task: np.log([p["percent"]["RM_R"]["hold"] / p["percent"]["MT_R"]["hold"]
                      for p in truth["pulls"] if p["task"] == task]).mean()
        for task in ("T1", "T2")
    }  # fmt: skip
    found = document["selectivity"]["RM_R"]
    assert found["index"] == pytest.approx(logs["T2"] - logs["T1"], abs=0.15)
    assert found["t1"]["passed"]
    assert found["t2"]["passed"]
    assert (found["grade"], found["reasons"]) == ("A", [])
    assert "RM_R against MT_R: grade A" in summary(document)


def test_what_is_told_is_kept_and_what_is_told_later_wins(session, tmp_path, monkeypatch):
    later = tmp_path / "later.toml"
    later.write_text('[electrodes.RM_R]\nsite_id = "T3"\n[amplifier]\ngain = 1009\n', "utf-8")
    with open_session(session) as one:
        info = reported(one)
        assert info["report"]["electrodes"]["RM_R"]["ied_mm"] == 8
        assert info["report"]["electrodes"]["UT_R"] == {"ied_mm": 20.0, "gel": "wet gel"}
        text, missing = methods_paragraph(info, analyse(session))
        newer = reported(one, read_facts(later))["report"]
    assert "8 and 20 mm apart" in text
    assert "age 25 to 29" in text
    assert "gain" in missing
    assert newer["electrodes"]["RM_R"]["site_id"] == "T3"
    assert newer["electrodes"]["RM_R"]["ied_mm"] == 8
    assert newer["amplifier"]["gain"] == 1009
    graded = analyse(session, facts=later)["selectivity"]["RM_R"]
    assert graded["grade"] == "C"
    read: list[str] = []

    def counted(path, type_):
        read.append(path.name)
        return read_toml(path, type_)

    monkeypatch.setattr(report_facts, "read_toml", counted)
    page = make_report([session], tmp_path / "r.html", facts=later).read_text(encoding="utf-8")
    assert read == ["later.toml"]
    assert "amplified by 1009" in page
    assert "C: rhomboid/middle trapezius region" in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[electrodes.XX_R]\nied_mm = 10\n", "XX_R"),
        ("[electrodes.all]\nied = 10\n", "ied"),
        ("[electrodes.all]\nied_mm = -1\n", "ied_mm"),
        ('[participant]\nage = "born 1990-04-02"\n', "date"),
    ],
)
def test_a_facts_file_that_is_wrong_is_told(tmp_path, text, words):
    path = tmp_path / "f.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=words):
        read_facts(path, ["RM_R", "UT_R"])
