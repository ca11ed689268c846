"""A session of maximal contractions is the 100 % of the recordings after it, or says why not."""

import json
import math
from datetime import timedelta

import msgspec
import pytest
from reference_sessions import DEVICES, EMG, FORCE, MAXIMAL, NOON, PULLS, made

import labapp
from labapp.cli import main as cli
from labapp.errors import LabError
from labapp.model import Marker
from labapp.record.config import ClockConfig, DeviceConfig
from labapp.report.methods import methods_paragraph
from labapp.trials.protocol import load_protocol
from labapp.workflow import reference_session as looked
from labapp.workflow.analysing import analyse
from labapp.workflow.given_reference import PART, given_at, header_value, parse_frozen
from labapp.workflow.recording import Recording, recorder_config
from labapp.workflow.recovery import recover
from labapp.workflow.reference_session import (
    NoReference,
    ReferenceSession,
    find_reference,
    only_references,
    reference_at_start,
    reference_for_devices,
    reference_for_session,
)
from labapp.workflow.words import summary

LATER = NOON + timedelta(minutes=42)
PULL = load_protocol("isometric_pull")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    made(folder / "mvic.h5", "mvic_scapular", MAXIMAL)
    return folder


@pytest.fixture(scope="module")
def frozen(study):
    found = find_reference(study, "DEMO-001", PULL, DEVICES, scenario="demo", now=LATER)
    assert isinstance(found, ReferenceSession)
    return found.frozen


@pytest.fixture(scope="module")
def pulls(tmp_path_factory, frozen):
    """A session that was recorded with these references; theirs is not in its folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    kept = {"reference": header_value(frozen)}
    return made(folder / "pulls.h5", "isometric_pull", PULLS, when=LATER, meta=kept)


@pytest.fixture(scope="module")
def document(pulls):
    return analyse(pulls)


def looking(folder, **changes):
    asked = {"participant": "DEMO-001", "protocol": PULL, "devices": DEVICES}
    asked |= {"scenario": "demo", "now": LATER} | changes
    return find_reference(folder, **asked)


def refused(folder, **changes):
    found = looking(folder, **changes)
    assert isinstance(found, NoReference)
    return found.reasons


def test_what_is_frozen_is_what_the_other_analysis_says(study, frozen):
    other = analyse(study / "mvic.h5")["reference"]
    for code, one in frozen.muscles.items():
        row = other["muscles"][code]
        kept = json.loads(msgspec.json.encode(one))
        assert kept == {name: row[name] for name in one.__struct_fields__}
    assert frozen.muscles["RM_R"].value_uv == pytest.approx(400, rel=0.005)
    assert frozen.muscles["UT_R"].value_uv == pytest.approx(300, rel=0.005)
    assert frozen.muscles["RM_R"].n == 3
    assert (frozen.session, frozen.uuid, frozen.age_s) == ("mvic", "uuid-mvic", 42 * 60)
    assert len(frozen.content) == 64
    assert frozen.method == other["method"]
    assert (frozen.usable, frozen.maximal) == (tuple(frozen.muscles), True)
    changed = msgspec.structs.replace
    some = {**frozen.muscles, "RM_R": changed(frozen.muscles["RM_R"], value_uv=None)}
    some["UT_R"] = changed(some["UT_R"], kind="submaximal")
    left = changed(frozen, muscles=some)
    assert (left.usable, left.maximal) == (("UT_R",), False)


def test_amplitudes_are_true_shares_of_the_maximum(document):
    for code, truth in (("RM_R", 60.0), ("UT_R", 30.0)):
        held = document["amplitudes"][code]["hold"]
        assert held["percent"] == pytest.approx(truth, rel=0.005)
        assert held["low"] < truth < held["high"]
    ratio = document["ratios"]["RM_R:UT_R"]["hold"]
    assert ratio["ratio"] == pytest.approx(2.0, rel=0.01)
    assert ratio["low"] < 2.0 < ratio["high"]


def test_without_it_the_own_block_counts(pulls, document):
    own = analyse(pulls, reference="none")
    assert own["amplitudes"]["RM_R"]["hold"]["percent"] == pytest.approx(75.0, rel=0.005)
    assert own["amplitudes"]["UT_R"]["hold"]["percent"] == pytest.approx(60.0, rel=0.005)
    assert document["reference"]["own"] == own["reference"]
    assert own[PART] == {"at": "analysis", "reference": None}
    bare = made(pulls.with_name("bare.h5"), "isometric_pull", PULLS, when=LATER)
    never = analyse(bare)
    assert PART not in never
    same = own.keys() - {PART, "session"}
    assert {key: own[key] for key in same} == {key: never[key] for key in same}


def test_the_words_say_where_from(pulls, document):
    words = "maximal contractions recorded 42 min before (session mvic)"
    assert f"100 %: {words}: RM_R, UT_R" in summary(document)
    with labapp.open_session(pulls) as session:
        told = methods_paragraph(session.meta, document)[0]
    assert "per cent of a reference: greatest 500 ms RMS over the reference contractions" in told
    assert f"of {words}; same electrodes, channels and gain." in told
    own = summary(analyse(pulls, reference="none"))
    assert "100 %: this session's own reference, as chosen at the analysis" in own
    assert "session mvic" not in own


def test_a_reference_given_later_is_kept_through_exclusions(study, pulls, document, capsys):
    bare = made(pulls.with_name("later.h5"), "isometric_pull", PULLS, when=LATER)
    given = reference_for_session(study / "mvic.h5", bare)
    later = analyse(bare, reference=given, save=True)
    assert later[PART]["at"] == "analysis"
    assert later["amplitudes"] == document["amplitudes"]
    assert later["ratios"] == document["ratios"]
    words = ["onsets", bare, "--reject", 4, "--operator", "OP-001", "--reason", "artefact"]
    assert cli.main([str(word) for word in words]) == 0
    capsys.readouterr()
    from labapp.workflow.stored import result_of

    without = result_of(bare)
    assert without["amplitudes"]["RM_R"]["hold"]["n"] == 3
    assert without["reference"]["muscles"] == later["reference"]["muscles"]
    assert without[PART] == later[PART]


def test_the_header_keeps_it_and_recover_too(tmp_path, frozen, monkeypatch):
    monkeypatch.setattr("labapp.workflow.recording.discard", lambda folder: None)
    config = recorder_config(
        tmp_path / "x.h5", DEVICES, clock=ClockConfig("stepped"), seed=1, reference=frozen
    )
    with Recording(config, tmp_path / "x.h5") as recording:
        recording.wait_until(500_000_000)
        assert given_at(recording.folder) == frozen
    path = recording.finish()
    with labapp.open_session(path) as session:
        kept = session.meta["reference"]
    assert parse_frozen(kept, "it") == frozen
    path.unlink()
    assert recover(tmp_path) == [path]
    with labapp.open_session(path) as session:
        assert session.meta["reference"] == kept


def test_only_protocols_that_give_references_are_found(study, tmp_path):
    assert only_references(load_protocol("mvic_scapular"))
    assert only_references(load_protocol("mvic_submaximal"))
    for name in ("isometric_pull", "seated_cable_row_slow", "quiet_standing"):
        assert not only_references(load_protocol(name))
    made(tmp_path / "pull.h5", "isometric_pull", PULLS)
    (tmp_path / "broken.h5").write_bytes(b"nothing")
    assert looking(tmp_path) == NoReference()
    assert looking(study, protocol=load_protocol("mvic_scapular")) == NoReference()
    assert looking(study, devices=(FORCE,)) == NoReference()


def test_nobody_is_counted_from_somebody_else(study, tmp_path):
    assert looking(study, participant="DEMO-002") == NoReference()
    with pytest.raises(LabError, match="it is of DEMO-001, not of DEMO-002"):
        reference_for_devices(study / "mvic.h5", "DEMO-002", PULL, DEVICES, scenario="demo")


CHANGES = {
    "RM_R sat on channel labbox ch1, not on labbox ch2": {"montage": {"ch2": "RM_R"}},
    "RM_R had another gain": {"settings": EMG.settings | {"scale": 1e-6}},
    "RM_R was sampled at 1000 Hz, not at 2000 Hz": {"settings": {"channels": 2}},
    "PD_R was not measured in it": {"montage": EMG.montage | {"ch2": "PD_R"}},
}


@pytest.mark.parametrize("reason", CHANGES)
def test_another_way_from_muscle_to_number_is_refused(study, reason):
    device = msgspec.structs.replace(EMG, **CHANGES[reason])
    assert reason in refused(study, devices=(device, FORCE))


def test_other_laboratories_devices_and_electrodes_are_refused(study, tmp_path):
    assert refused(study, scenario="lossy") == ("its laboratory is 'demo', not 'lossy'",)
    real = msgspec.structs.replace(EMG, port="COM3", serial="B7")
    words = ("one of the two is simulated, the other is not",)
    assert refused(study, devices=(real,), scenario=None) == words
    made(tmp_path / "mvic.h5", "mvic_scapular", MAXIMAL, scenario=None,
         device=msgspec.structs.replace(real, serial="A3"),
         markers=[Marker(0.1, "facts", {"electrodes": {"UT_R": {"site_id": "SENIAM"}}})],
         )  # fmt: skip
    moved = {"electrodes": {"UT_R": {"site_id": "upper back"}}}
    told = refused(tmp_path, devices=(real,), scenario=None, facts=moved)
    assert told[0] == "RM_R was measured by the device A3, not by B7"
    same = msgspec.structs.replace(real, serial="A3")
    assert refused(tmp_path, devices=(same,), scenario=None, facts=moved) == (
        "the electrode of UT_R sat at 'SENIAM', not at 'upper back'",
    )
    assert isinstance(looking(tmp_path, devices=(same,), scenario=None), ReferenceSession)


def test_six_hours_are_the_most(study):
    edge = NOON + timedelta(hours=6)
    assert isinstance(looking(study, now=edge), ReferenceSession)
    with pytest.raises(LabError, match=r"6\.5 h lie between them, at most 6 h may"):
        reference_for_devices(
            study / "mvic.h5", "DEMO-001", PULL, DEVICES, scenario="demo",
            now=edge + timedelta(minutes=30),
        )  # fmt: skip


def test_the_newest_maximal_counts_and_no_older_one(study, tmp_path):
    made(tmp_path / "a.h5", "mvic_scapular", MAXIMAL, when=NOON)
    halves = [(block, pull, {m: v / 2 for m, v in s.items()}) for block, pull, s in MAXIMAL]
    made(tmp_path / "b.h5", "mvic_scapular", halves, when=NOON + timedelta(minutes=9))
    made(tmp_path / "c.h5", "mvic_submaximal", [], when=NOON + timedelta(minutes=20))
    found = looking(tmp_path)
    assert found.path.name == "b.h5"
    assert found.frozen.muscles["RM_R"].value_uv == pytest.approx(200, rel=0.005)
    made(tmp_path / "d.h5", "mvic_scapular", [], when=NOON + timedelta(minutes=30))
    assert looking(tmp_path) == NoReference(
        tmp_path / "d.h5", ("it holds no usable reference contraction",)
    )


def test_what_was_shown_must_still_count_at_the_start(study, frozen, tmp_path):
    words = ("DEMO-001", PULL, DEVICES)
    at = {"scenario": "demo", "now": LATER}
    assert reference_at_start(study, *words, **at) == frozen
    assert reference_at_start(tmp_path, *words, **at) is None
    shown = tmp_path / "gone.h5"
    with pytest.raises(LabError, match=r"gone\.h5 cannot be .*: it is not there any more"):
        reference_at_start(tmp_path, *words, shown=shown, **at)
    with pytest.raises(LabError, match="its laboratory is 'demo', not 'lossy'"):
        reference_at_start(study, *words, shown=study / "mvic.h5", **at | {"scenario": "lossy"})


def test_a_submaximal_one_gives_no_ratio(tmp_path):
    soft = [
        ("reference", pull, {m: 0.3 * v for m, v in shares.items()}) for _, pull, shares in MAXIMAL
    ]
    made(tmp_path / "sub.h5", "mvic_submaximal", soft)
    # Where the blocks of a protocol are submaximal, the cue says so.
    fast = made(tmp_path / "fast.h5", "isometric_pull", PULLS[2:], when=LATER)
    given = reference_for_session(tmp_path / "sub.h5", fast)
    muscles = {
        m: msgspec.structs.replace(one, kind="submaximal", reason="only a submaximal reference")
        for m, one in given.muscles.items()
    }
    found = analyse(fast, reference=msgspec.structs.replace(given, muscles=muscles))
    assert found["ratios"] == {}
    assert "RM_R: only a submaximal reference" in found["ratios_withheld"]
    assert found["amplitudes"]["RM_R"]["hold"]["percent"] == pytest.approx(200, rel=0.02)
    assert "100 %: submaximal contractions recorded 42 min before" in summary(found)


@pytest.mark.parametrize(
    "change",
    [
        {"muscles": {"RM_R": {"value_uv": -1.0, "n": 3, "kind": "maximal"}}},
        {"muscles": {"RM_R": {"value_uv": 1.0, "n": 3, "kind": "maximal", "log_sd": -0.1}}},
        {"muscles": {f"M{k}": {"value_uv": 1.0, "n": 1, "kind": "maximal"} for k in range(65)}},
        {"muscles": []},
        {"age_s": "old"},
        {"unknown": 1},
    ],
)
def test_what_is_no_reference_in_a_file_is_refused(frozen, tmp_path, change):
    bad = json.loads(json.dumps(header_value(frozen))) | change
    path = made(tmp_path / "bad.h5", "isometric_pull", PULLS[:1], meta={"reference": bad})
    with pytest.raises(LabError, match=r"bad\.h5 cannot be used") as caught:
        analyse(path)
    assert "--reference none" in caught.value.remedy
    with pytest.raises(LabError, match="its age is no number"):
        parse_frozen(header_value(frozen) | {"age_s": math.inf}, "it")


def test_a_file_that_is_no_reference_is_refused(study, pulls):
    with pytest.raises(LabError, match="its protocol is not there to give references"):
        reference_for_session(pulls, pulls)
    with pytest.raises(LabError, match="mvic_scapular is not counted from another session"):
        reference_for_session(pulls, study / "mvic.h5")
    with pytest.raises(LabError, match="mvic_scapular is not counted from another session"):
        reference_for_devices(
            study / "mvic.h5", "DEMO-001", load_protocol("mvic_scapular"), DEVICES
        )


def test_the_commands(study, pulls, tmp_path, capsys, monkeypatch):
    bare = made(tmp_path / "bare.h5", "isometric_pull", PULLS, when=LATER)
    assert cli.main(["analyse", str(bare), "--reference", str(study / "mvic.h5")]) == 0
    assert "100 %: maximal contractions recorded 42 min before" in capsys.readouterr().out
    assert cli.main(["analyse", str(pulls), "--reference", "none"]) == 0
    assert "own reference, as chosen at the analysis" in capsys.readouterr().out
    given = []

    def run(*_, reference, **__):
        given.append(reference)
        return bare

    monkeypatch.setattr("labapp.workflow.record.run_protocol", run)
    words = ["run", "isometric_pull", "--participant", "DEMO-001", "--study", str(study),
             "--headless", "--device", "emg=labbox@sim://labbox", "--set", "emg.channels=2",
             "--set", "emg.rate=1000.0",
             "--channels", "emg=ch1:RM_R,ch2:UT_R",
             "--device", "force=chronojump@sim://chronojump"]  # fmt: skip
    assert cli.main(words) == 0
    told = capsys.readouterr().out
    assert "100 %: maximal contractions recorded" in told
    assert "(session mvic), 2 of 2 muscles" in told
    assert cli.main([*words, "--reference", "none"]) == 0
    assert "100 %" not in capsys.readouterr().out
    assert cli.main([*words, "--reference", str(study / "mvic.h5")]) == 0
    assert cli.main([*words, "--scenario", "lossy"]) == 0
    assert "own reference; not mvic.h5: its laboratory is 'demo'" in capsys.readouterr().out
    assert [one and one.uuid for one in given] == ["uuid-mvic", None, "uuid-mvic", None]


def test_the_folder_is_not_read_further_than_six_hours_back(study, monkeypatch):
    opened = []
    monkeypatch.setattr(looked, "open_session", lambda path: opened.append(path))
    assert looking(study, now=NOON + timedelta(days=2)) == NoReference()
    assert opened == []


def test_a_device_that_is_not_there_is_an_error(study):
    with pytest.raises(LabError):
        looking(study, devices=(DeviceConfig("emg", "nothing", "COM3"),))
