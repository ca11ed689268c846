from pathlib import Path

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.exchange.importing import import_recording
from labapp.exchange.plan import ChannelPlan, EventPlan, ImportPlan
from labapp.session.check import check_session
from labapp.session.file import open_session

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data" / "emg"
MAP = ROOT / "tests" / "data" / "real_two_muscles.toml"


def save(folder, **arrays):
    np.savez(folder / "r.npz", **arrays)
    return folder / "r.npz"


def test_integers_stay_what_they_are(tmp_path):
    counts = np.random.default_rng(1).integers(0, 65536, (2, 3000)).astype(np.uint16)
    path = save(tmp_path, raw_adc=counts, rate=1000.0)
    import_recording(path, tmp_path / "s.h5", unit="counts")
    with open_session(tmp_path / "s.h5") as session:
        stream = session.streams["emg"]
        np.testing.assert_array_equal(stream.counts(0, 3000), counts.T)
        np.testing.assert_array_equal(session.values("emg"), counts.T)
        assert (stream.channels[0].low, stream.channels[0].high) == (0, 65535)
        assert session.info["state"] == "imported"
        assert stream.rate == stream.rate_nominal == 1000.0
        np.testing.assert_allclose(session.times("emg"), np.arange(3000) / 1000, atol=1e-12)
    assert check_session(tmp_path / "s.h5") == []


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_floats_lose_nothing_that_can_be_seen(tmp_path, kind):
    x = np.random.default_rng(2).normal(0, 1e-4, (5000, 2)).astype(kind)
    import_recording(save(tmp_path, emg=x, fs=2000), tmp_path / "s.h5", unit="V")
    with open_session(tmp_path / "s.h5") as session:
        back = session.values("emg")
        assert np.abs(back - x).max() <= 1e-7 * np.abs(x).max()
        account = session.meta["import"]["channels"][0]
        assert account["method"] == "fine scale"
        assert account["largest_error"] <= 1e-7 * np.abs(x).max()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_steps_of_an_adc_are_found_again(tmp_path, kind):
    counts = np.random.default_rng(3).integers(-2000, 2000, (4000, 2))
    x = (counts * 3.19e-6).astype(kind)
    import_recording(save(tmp_path, emg=x, rate=1000), tmp_path / "s.h5", unit="V")
    with open_session(tmp_path / "s.h5") as session:
        stream = session.streams["emg"]
        assert stream.channels[0].scale == pytest.approx(3.19e-6, rel=1e-6)
        np.testing.assert_array_equal(stream.counts(0, 4000), counts)
        assert session.meta["import"]["channels"][0]["method"] == "own step"


@pytest.mark.parametrize(
    ("name", "delimiter", "decimal"),
    [("a.csv", ",", "."), ("a.tsv", "\t", "."), ("a.csv", ";", ",")],
)
def test_text_tables_with_a_time_column(tmp_path, name, delimiter, decimal):
    t = np.arange(2000) / 500
    x = np.round(np.sin(t), 4)
    lines = [delimiter.join(("time", "RM_R", "pull"))]
    lines += [
        delimiter.join((f"{a:.3f}", f"{b:.4f}", f"{c:.1f}"))
        for a, b, c in zip(t, x, t, strict=True)
    ]
    text = "\n".join(lines).replace(".", decimal) if decimal != "." else "\n".join(lines)
    (tmp_path / name).write_text(text, encoding="utf-8")
    plan = ImportPlan(
        channels=(
            ChannelPlan("RM_R", "RM", muscle="RM_R", unit="mV"),
            ChannelPlan("pull", "pull", muscle="F_PULL", kind="force", unit="N"),
        )
    )
    import_recording(tmp_path / name, tmp_path / "s.h5", mapping=plan)
    with open_session(tmp_path / "s.h5") as session:
        assert set(session.streams) == {"emg", "force"}
        np.testing.assert_allclose(session.values("emg")[:, 0], x * 1e-3, atol=1e-10)
        assert session.streams["emg"].rate == pytest.approx(500)
        assert session.streams["force"].channels[0].unit == "N"


def test_rows_without_values_are_lost_samples(tmp_path):
    x = np.random.default_rng(4).normal(size=(1000, 2))
    x[100:120] = np.nan
    x[990:] = np.nan
    import_recording(save(tmp_path, emg=x, rate=1000.0), tmp_path / "s.h5", unit="uV")
    with open_session(tmp_path / "s.h5") as session:
        stream = session.streams["emg"]
        assert (stream.n, stream.lost, len(stream.gaps)) == (990, 20, 1)
        assert np.isnan(session.values("emg")[100:120]).all()
    x[500, 0] = np.nan
    path = save(tmp_path, emg=x, rate=1000.0)
    with pytest.raises(LabError, match="1 rows lack values"):
        import_recording(path, tmp_path / "t.h5", unit="uV")
    import_recording(path, tmp_path / "t.h5", unit="uV", mapping=ImportPlan(incomplete_rows="lost"))


def refuse(path, match, **words):
    with pytest.raises(LabError, match=match) as error:
        import_recording(path, path.parent / "out.h5", **words)
    assert "\n" not in str(error.value)
    assert not (path.parent / "out.h5").exists()


def test_what_is_unclear_is_refused(tmp_path):
    x = np.zeros((100, 2))
    refuse(save(tmp_path, a=x, b=x, rate=1.0), r"which array.*a \(100, 2\).*--map", unit="V")
    refuse(save(tmp_path, emg=x), "does not tell its rate", unit="V")
    refuse(save(tmp_path, emg=x, rate=1000.0), "unit of 'ch1' unknown")
    refuse(save(tmp_path, emg=x, rate=1000.0), "contradict|says", unit="V", rate=2000.0)
    refuse(save(tmp_path, emg=x, rate=1000.0), "unknown unit", unit="furlong")
    refuse(save(tmp_path, emg=np.zeros((50, 50)), rate=1000.0), "which axis", unit="V")
    refuse(save(tmp_path, emg=np.array([{}, 1], dtype=object), rate=1.0), "cannot read", unit="V")
    refuse(save(tmp_path, emg=np.full((9, 2), np.nan), rate=1.0), "no complete row", unit="V")
    path = save(tmp_path, emg=x, rate=1000.0)
    plan = ImportPlan(array="x")
    refuse(path, "no array 'x'", unit="V", mapping=plan)
    plan = ImportPlan(channels=(ChannelPlan(5, "a"),))
    refuse(path, "no column 5", unit="V", mapping=plan)
    path.write_bytes(path.read_bytes()[:200])
    refuse(path, "cannot read", unit="V")
    refuse(tmp_path / "none.npz", "no such file")
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    refuse(tmp_path / "a.xlsx", "format .xlsx")
    (tmp_path / "a.csv").write_text("1,2\n3,x\n")
    refuse(tmp_path / "a.csv", "numbers only", unit="V", rate=10.0)
    (tmp_path / "u.csv").write_text("time,a\n0,1\n0.1,1\n0.2,1\n0.5,1\n0.6,2\n")
    refuse(tmp_path / "u.csv", "uneven", unit="V")
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY\x01\x00\x10\x00garbage")
    refuse(tmp_path / "bad.npy", "cannot read", unit="V", rate=1.0)
    (tmp_path / "map.toml").write_text("rates = 3\n")
    refuse(save(tmp_path, emg=x, rate=1.0), "rates", unit="V", mapping=tmp_path / "map.toml")


def test_npy_and_events(tmp_path):
    np.save(tmp_path / "r.npy", np.random.default_rng(5).integers(-5, 5, (2000, 1), dtype=np.int32))
    (tmp_path / "e.csv").write_text("sample,code\n500,7\n700,9\n100,7\n")
    plan = ImportPlan(events=EventPlan("e.csv", (7,), (9,)), rate=1000.0, unit="au")
    import_recording(tmp_path / "r.npy", tmp_path / "s.h5", mapping=plan)
    with open_session(tmp_path / "s.h5") as session:
        assert [(m.kind, m.time) for m in session.markers] == [
            ("cue", 0.1),
            ("cue", 0.5),
            ("response", 0.7),
        ]
        assert [one["repetition"] for one in session.repetitions] == [1, 2]
    (tmp_path / "late.csv").write_text("time,code\n0.5,7\n2.5,7\n")
    late = ImportPlan(events=EventPlan("late.csv", (7,)), rate=1000.0, unit="au")
    refuse(tmp_path / "r.npy", "the recording lasts", mapping=late)
    odd = ImportPlan(events=EventPlan("e.csv", (8,)), rate=1000.0, unit="au")
    refuse(tmp_path / "r.npy", "no event with code 8", mapping=odd)


def test_same_file_gives_the_same_session(tmp_path):
    path = save(tmp_path, emg=np.random.default_rng(6).normal(size=(500, 2)), rate=1000.0)
    for name in ("a.h5", "b.h5"):
        import_recording(path, tmp_path / name, unit="V")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    with pytest.raises(LabError, match="exists already"):
        import_recording(path, tmp_path / "a.h5", unit="V")


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real recordings at {REAL}")
def test_real_two_muscles(tmp_path):
    import_recording(REAL / "real_two_muscles.npz", tmp_path / "s.h5", mapping=MAP)
    with open_session(tmp_path / "s.h5") as session:
        with np.load(REAL / "real_two_muscles.npz") as arrays:
            truth = arrays["emg"].T.astype(float)
        values = session.values("emg")
        assert np.abs(values - truth).max() <= 1e-7 * np.abs(truth).max()
        assert session.streams["emg"].rate == 2048.0
        cues = [m for m in session.markers if m.kind == "cue"]
        responses = [m for m in session.markers if m.kind == "response"]
        assert len(cues) == len(responses) == 16
        baseline = np.median(np.abs(values), axis=0)
        for cue, response in zip(cues, responses, strict=True):
            assert 0.25 < response.time - cue.time < 0.6
            hand = 0 if cue.data["code"] % 10 == 1 else 1
            assert response.data["code"] == (100, 200)[hand]
            # The burst of the hand that responds lies between stimulus and key press.
            burst = session.values("emg", cue.time + 0.1, response.time)
            assert np.abs(burst[:, hand]).mean() > 10 * baseline[hand]
            assert np.abs(burst[:, hand]).mean() > 3 * np.abs(burst[:, 1 - hand]).mean()
    assert check_session(tmp_path / "s.h5") == []
