"""Calibration on the command line: steps, the file, and newtons in the recordings that follow."""

import csv
import io
import math

import numpy as np
import pytest

import labapp
from labapp.analysis.masses import Reading
from labapp.cli.main import main
from labapp.errors import LabError
from labapp.model import SampleBlock
from labapp.record.config import ClockConfig
from labapp.record.replay import write_replay
from labapp.workflow.analysing import analyse, analyse_without
from labapp.workflow.calibrate import (
    calibration_steps,
    check_point,
    make_calibration,
    residual_table,
)
from labapp.workflow.calibrated_devices import given_calibrations, with_calibrations
from labapp.workflow.calibration_file import (
    channel_calibration,
    find_calibration,
    load_calibration,
    save_calibration,
)
from labapp.workflow.devices import choose_devices, force_channels
from labapp.workflow.exclusions import Exclusions
from labapp.workflow.record import record_session

G = 9.80665
SLOPE, ZERO = 2.5e-4, 84_000.0


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LABAPP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def readings(noise=30.0, seed=1, cycles=3):
    rng = np.random.default_rng(seed)
    return [
        Reading(
            step.mass_kg,
            step.direction,
            step.cycle,
            ZERO + step.mass_kg * G / SLOPE + noise * rng.normal(),
            25.0,
            240,
            10.0 * step.number,
        )
        for step in calibration_steps([5, 10, 15, 20], cycles=cycles)
    ]


def made(serial="CELL-1", when="2026-03-04T12:00:00+00:00", **more):
    file, _ = make_calibration(
        readings(**more),
        driver="hx711",
        serial=serial,
        channel="force",
        g=G,
        g_source="given",
        cell="S type, 500 N",
        made_utc=when,
    )
    return file


def test_steps_go_up_and_down_in_plain_words():
    steps = calibration_steps([20, 10], cycles=2)
    assert [step.mass_kg for step in steps] == [0, 10, 20, 20, 10, 0] * 2
    assert [step.direction for step in steps[:6]] == ["up"] * 3 + ["down"] * 3
    assert (steps[0].text, steps[1].text) == ("Leave the cell empty.", "Hang 10 kg on the cell.")
    assert (steps[-1].number, steps[-1].of, steps[-1].cycle) == (12, 12, 2)
    assert all(len(step.text) <= 60 for step in steps)
    for masses, cycles in (([5], 3), ([5, -1], 3), ([5, 10], 0), ([5, math.inf], 1)):
        with pytest.raises(LabError):
            calibration_steps(masses, cycles=cycles)


def test_the_file_keeps_everything_and_is_found_by_serial_number(home):
    file = made()
    path = save_calibration(file)
    assert path.parent == home / "calibrations"
    assert load_calibration(path) == file
    assert file.state == "accepted"
    assert file.masses_kg == (0, 5, 10, 15, 20)
    assert len(file.readings) == 30
    newer = save_calibration(made(when="2026-05-04T12:00:00+00:00", seed=2))
    save_calibration(made(serial="CELL-2"))
    assert find_calibration("hx711", "CELL-1", "force") == newer
    assert find_calibration("hx711", "CELL-3", "force") is None
    with pytest.raises(LabError, match="exists already"):
        save_calibration(file)
    line = channel_calibration(newer)
    assert line.slope == pytest.approx(SLOPE, rel=1e-4)
    assert line.id == newer.stem
    assert line.masses_kg == (0, 5, 10, 15, 20)
    text = path.read_text(encoding="utf-8").replace("slope = ", "slop = ", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match="slop"):
        load_calibration(path)


def test_the_table_shows_residuals_and_reasons():
    table = residual_table(made(cycles=1))
    assert table.count(" up ") == 5
    assert "non-linearity" in table
    assert "N per count" in table
    assert "because: 1 cycles, 3 are usual" in table


def test_one_mass_checks_it():
    file = made(noise=0.0)
    count = ZERO + 10 * G / SLOPE
    assert check_point(file, count, ZERO, 10.0) == pytest.approx(0, abs=1e-6)
    assert check_point(file, count + 0.02 * (count - ZERO), ZERO, 10.0) == pytest.approx(2.0)
    with pytest.raises(LabError):
        check_point(file, count, ZERO, 0.0)


@pytest.mark.parametrize("bad", ["", "../x", "a b"])
def test_a_serial_number_that_is_no_name_is_refused(bad):
    with pytest.raises(LabError, match="serial number"):
        made(serial=bad)


def raw_cell(path, seconds=12.0, rate=80.0):
    """An HX711 whose cell carries 0, then 49 N from 5 s on; the wire as it was."""
    t = np.arange(int(seconds * rate)) / rate
    force = 49.0 * (t >= 5.0)
    counts = np.rint(ZERO + force / SLOPE).astype(np.int32)[:, None]
    write_replay(path, "hx711", {"rate": rate}, [SampleBlock(0, counts)], rate=rate)
    return f"force=hx711@replay://{path}"


def test_a_recording_is_in_newtons_and_says_by_which_calibration(tmp_path):
    device = raw_cell(tmp_path / "cell.replay")
    path = save_calibration(made(noise=0.0))
    (plain,) = choose_devices([device], channels=["force=force:F_PULL"])
    assert force_channels(plain) == ["force"]
    assert with_calibrations([plain]) == (plain,)  # no serial number, no calibration
    from msgspec.structs import replace

    known = replace(plain, serial="CELL-1")
    raw = record_session([plain], tmp_path / "raw.h5", 10.0, clock=ClockConfig("stepped"))
    done = record_session([known], tmp_path / "done.h5", 10.0, clock=ClockConfig("stepped"))
    with labapp.open_session(raw) as bare, labapp.open_session(done) as session:
        stream = session.streams["force"]
        assert stream.channels[0].unit == "N"
        assert bare.streams["force"].channels[0].unit == ""
        values = session.values("force")[:, 0]
        assert np.array_equal(stream.counts(0, 700), bare.streams["force"].counts(0, 700))
        entry = session.meta["streams"][0]["calibration"]["force"]
    assert values[:300] == pytest.approx(0.0, abs=1e-3)
    assert values[500:700] == pytest.approx(49.0, abs=1e-3)
    assert entry["id"] == path.stem
    assert labapp.workflow.check(done) == []
    (row,) = analyse(done)["calibrations"]
    assert (row["id"], row["at"], row["channel"]) == (path.stem, "recording", "force")
    assert row["sha256"]
    # A cell whose plug has no number is named, or its file is given.
    for word in ("force=CELL-1", f"force={path}"):
        (named,) = given_calibrations([plain], [word])
        assert named.calibration == with_calibrations([known])[0].calibration
    for word in ("force=CELL-9", "emg=CELL-1", "force"):
        with pytest.raises(LabError):
            given_calibrations([plain], [word])
    # The same counts, calibrated afterwards: the same force, and the plan says so.
    later = analyse(raw, calibration=path)
    assert later["calibrations"][0]["at"] == "analysis"
    assert not [q for q in later["quality"] if q["check"] == "calibration"]
    with pytest.raises(LabError, match="no EMG channel"):
        analyse(raw)
    # Analysed once more without some repetitions (here: none), that calibration still holds.
    again = analyse_without(raw, later, Exclusions())
    assert (again["calibrations"], again["plan"]) == (later["calibrations"], later["plan"])
    assert again["force"]["peak_n"]["mean"] == pytest.approx(later["force"]["peak_n"]["mean"])
    assert again["quality"] == later["quality"]


def test_a_calibration_of_another_cell_is_refused(tmp_path):
    device = raw_cell(tmp_path / "cell.replay")
    choice = choose_devices([device], channels=["force=force:F_PULL"])
    raw = record_session(choice, tmp_path / "raw.h5", 6.0, clock=ClockConfig("stepped"))
    other, _ = make_calibration(
        readings(), driver="chronojump", serial="X", channel="force", g=G, g_source="given"
    )
    with pytest.raises(LabError, match="fits 0 channels"):
        analyse(raw, calibration=save_calibration(other))


def table_of(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["cycle", "direction", "mass_kg", "count", "sd", "n", "at_s"])
        writer.writerows(
            [r.cycle, r.direction, r.mass_kg, r.count, r.sd, r.n, r.at_s] for r in rows
        )
    return path


def test_the_command_takes_readings_from_a_table(tmp_path, capsys):
    table = table_of(tmp_path / "r.csv", readings())
    words = ["calibrate", "--readings", str(table), "--driver", "hx711", "--serial", "CELL-1",
             "--channel", "force", "--latitude", "52.5"]  # fmt: skip
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "accepted" in out
    path = find_calibration("hx711", "CELL-1", "force")
    assert str(path) in out
    file = load_calibration(path)
    assert file.g == pytest.approx(9.8129, abs=1e-4)
    assert "latitude 52.5" in file.g_source
    few = table_of(tmp_path / "few.csv", readings(cycles=1))
    assert main([*words[:2], str(few), *words[3:], "--out", str(tmp_path / "few.toml")]) == 1
    broken = tmp_path / "broken.csv"
    broken.write_text("cycle,direction,mass_kg,count\n1,sideways,0,1\n", encoding="utf-8")
    assert main([*words[:2], str(broken), *words[3:]]) == 2
    assert "line 2" in capsys.readouterr().err
    assert main(["calibrate", "--readings", str(table)]) == 2
    assert main(["calibrate"]) == 2


def test_the_guided_command_refuses_a_cell_that_shows_nothing(monkeypatch, capsys):
    """The simulated cell carries its baseline whatever is said to hang on it."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\n" * 50))
    words = ["calibrate", "--device", "force=chronojump@sim://chronojump?wire=memory",
             "--masses", "10,20", "--cycles", "1", "--seconds", "2"]  # fmt: skip
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "[2 of 6] Hang 10 kg on the cell." in told
    assert "off the line" in told or "do not follow" in told or "counts fall" in told


def test_nobody_at_the_terminal_is_told(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    words = ["calibrate", "--device", "force=chronojump@sim://chronojump?wire=memory"]
    assert main(words) == 2
    assert "--readings" in capsys.readouterr().err
