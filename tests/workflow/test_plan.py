"""The frozen plan: written before the first repetition, and every later change is listed."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hurried_protocol import hurried

import labapp
from labapp.analysis.settings import AnalysisSettings
from labapp.errors import LabError
from labapp.model import Marker
from labapp.record.config import ClockConfig
from labapp.workflow.analysing import analyse
from labapp.workflow.devices import choose_devices
from labapp.workflow.plan import freeze_plan, plan_part, plan_sha256
from labapp.workflow.record import run_protocol
from labapp.workflow.recording import recorder_config

PROTOCOL = hurried(sets=1, references=1)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DEVICES = (
    "emg=bitalino@sim://bitalino?wire=memory",
    "force=chronojump@sim://chronojump?wire=memory",
)


def meta(plan, kind="real"):
    return {"plan": plan, "clock": {"kind": kind, "speed": 1.0}}


def document(settings=None, **more):
    parameters = (settings or AnalysisSettings()).as_dict()
    return {"parameters": parameters, "labapp": labapp.__version__, "repetitions": []} | more


def test_a_plan_holds_protocol_and_settings_with_their_checksum():
    plan = freeze_plan(PROTOCOL, AnalysisSettings(rope_ms=15.0), seed=4, now=NOON)
    assert plan["protocol"]["sha256"] == PROTOCOL.sha256
    assert plan["analysis"]["rope_ms"] == 15.0
    assert plan["frozen_utc"] == "2026-03-04T12:00:00+00:00"
    body = {k: v for k, v in plan.items() if k not in ("sha256", "frozen_utc")}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert plan["sha256"] == hashlib.sha256(text.encode()).hexdigest() == plan_sha256(plan)
    later = freeze_plan(PROTOCOL, AnalysisSettings(rope_ms=15.0), seed=4)
    assert later["sha256"] == plan["sha256"]
    assert freeze_plan(PROTOCOL, seed=4)["sha256"] != plan["sha256"]
    assert freeze_plan(None)["protocol"] is None
    short = freeze_plan(PROTOCOL.with_rests_up_to(1.0), seed=4)
    assert short["deviations"] == ["rests cut to 1 s at most"]


def test_what_was_done_as_planned_has_no_changes():
    plan = freeze_plan(PROTOCOL, now=NOON)
    part = plan_part(meta(plan), PROTOCOL.text, (), document())
    assert part == {
        "frozen": True,
        "sha256": plan["sha256"],
        "frozen_utc": "2026-03-04T12:00:00+00:00",
        "changes": [],
    }
    simulated = plan_part(meta(plan, "stepped"), PROTOCOL.text, (), document())
    assert simulated["frozen_utc"] is None  # simulated time has no date
    assert plan_part({}, "", (), document())["frozen"] is False


def test_every_change_is_listed():
    plan = freeze_plan(PROTOCOL, now=NOON)
    markers = (
        Marker(10.0, "cue", {"block": "fast", "repetition": 1, "attempt": 1}),
        Marker(12.0, "reject", {"block": "fast", "repetition": 1, "attempt": 1}),
        Marker(20.0, "reject", {"block": "fast", "repetition": 2, "attempt": 1}),
        Marker(20.0, "redo", {"block": "fast", "repetition": 2, "attempt": 1}),
        Marker(31.0, "stop", {"reason": "operator"}),
    )
    part = plan_part(
        meta(plan),
        PROTOCOL.text + "# changed\n",
        markers,
        document(AnalysisSettings(rope_ms=20.0, band_hz=(30.0, 450.0))),
        calibrated_later=["F_PULL"],
    )
    told = part["changes"]
    assert "the protocol's text differs from the one that was frozen" in told
    assert "rope_ms: 10.0 planned, 20.0 used" in told
    assert "band_hz: 20.0 to 450.0 planned, 30.0 to 450.0 used" in told
    assert "F_PULL was calibrated at the analysis" in told
    assert "fast 1 was rejected by the operator at 12 s" in told
    assert "fast 2 was done again at 20 s" in told
    assert "the run was stopped at 31 s, before its end" in told
    assert len(told) == 7


def test_an_edited_plan_and_another_program_are_told():
    plan = freeze_plan(PROTOCOL, now=NOON)
    plan["analysis"] = {**plan["analysis"], "rope_ms": 25.0, "gone": 1}
    del plan["analysis"]["tie_ms"]
    told = plan_part(meta(plan), PROTOCOL.text, (), document(labapp="0.0"))["changes"]
    assert "the plan in the session does not have its own checksum: it was edited" in told
    assert "gone: 1 planned, no longer a setting" in told
    assert "tie_ms: not in the plan, 5.0 used" in told
    assert any(change.startswith("analysed with labapp 0.0, planned with ") for change in told)


def test_every_recording_with_a_protocol_has_its_plan(tmp_path):
    config = recorder_config(
        tmp_path / "x.h5",
        choose_devices(DEVICES),
        clock=ClockConfig("stepped"),
        seed=1,
        protocol=PROTOCOL,
    )
    assert config.plan["protocol"]["sha256"] == PROTOCOL.sha256
    assert plan_sha256(config.plan) == config.plan["sha256"]
    bare = recorder_config(
        tmp_path / "y.h5", choose_devices(DEVICES), clock=ClockConfig("stepped"), seed=1
    )
    assert bare.plan is None


def test_the_plan_travels_from_the_recording_into_every_result(tmp_path):
    planned = tmp_path / "plan.toml"
    planned.write_text("[analysis]\nrope_ms = 15.0\nmin_repetitions = 3\n", encoding="utf-8")
    out = run_protocol(
        PROTOCOL,
        "DEMO-001",
        tmp_path / "x.h5",
        choose_devices(DEVICES),
        scenario="demo",
        seed=7,
        plan=planned,
    )
    with labapp.open_session(out) as session:
        plan = session.meta["plan"]
    assert plan["analysis"]["rope_ms"] == 15.0
    kept = analyse(out, plan=planned)["plan"]
    assert kept == {"frozen": True, "sha256": plan["sha256"], "frozen_utc": None, "changes": []}
    other = analyse(out)["plan"]["changes"]
    assert other == [
        "min_repetitions: 3 planned, 8 used",
        "rope_ms: 15.0 planned, 10.0 used",
    ]


def test_a_plan_that_is_none_starts_no_recording(tmp_path):
    wrong = tmp_path / "plan.toml"
    wrong.write_text("[analysis]\nropes = 1\n", encoding="utf-8")
    with pytest.raises(LabError, match="ropes"):
        run_protocol(
            PROTOCOL, "DEMO-001", tmp_path / "x.h5", choose_devices(DEVICES), seed=1, plan=wrong
        )
    assert not (tmp_path / "x.h5").exists()
