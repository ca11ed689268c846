"""What the program really refuses, of devices, numbers, protocols and files, can be translated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labapp.analysis.masses import local_gravity
from labapp.analysis.settings import AnalysisSettings, settings_from
from labapp.errors import LabError
from labapp.exchange.text import read_table
from labapp.session.file import open_session
from labapp.trials.protocol import load_protocol, parse_protocol
from labapp.workflow.calibrate import make_calibration
from labapp.workflow.calibrate_guide import gravity, read_masses
from labapp.workflow.devices import parse_device
from labapp.workflow.naming import check_participant
from labapp.workflow.spoken import spoken
from labapp.workflow.study_settings import load_study, study_file

pytestmark = pytest.mark.usefixtures("marked")


def _calibrate(**names: str) -> None:
    make_calibration(
        (), **{"driver": "d", "serial": "s", "channel": "c"} | names, g=9.8, g_source=""
    )


def _protocol(old: str, new: str) -> None:
    text = load_protocol("isometric_pull").text
    assert old in text
    parse_protocol(text.replace(old, new, 1), name="/my protocols/own one.toml")


REFUSED: tuple[Callable[[Path], object], ...] = (
    lambda _: check_participant("Ann Lee; (1970)"),
    lambda _: parse_device("emg bitalino"),
    lambda _: read_masses("five"),
    lambda _: read_masses("5"),
    lambda _: gravity("north, or so"),
    lambda _: local_gravity(100.0, 0.0),
    lambda _: _calibrate(serial="a b"),
    lambda _: _calibrate(driver="a b"),
    lambda _: _calibrate(channel="a b"),
    lambda _: AnalysisSettings(band_hz=(400.0, 20.0)),
    lambda _: settings_from({"alpha, or so": 1}),
    lambda _: settings_from({"rope_ms": "a lot"}),
    lambda _: _protocol('text = "Hold."', 'text = " "'),
    lambda _: _protocol("reps = ", "reps = 10000 #"),
    lambda folder: open_session(_with(folder / "a b, c.h5", "no session")),
    lambda folder: open_session(folder / "no such (one).h5"),
    lambda folder: read_table(_with(folder / "a.csv", "1,2\n3,x; y\n")),
    lambda folder: read_table(_with(folder / "a.csv", "one,two,three\n3,4\n")),
    lambda folder: load_study(_with(study_file(folder), '{"version": 2}').parent),
    lambda folder: load_study(_with(study_file(folder), '{"protocol": "../x"}').parent),
)


def _with(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("refused", REFUSED)
def test_what_is_refused_is_said(refused: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(LabError) as told:
        refused(tmp_path)
    assert spoken(told.value.what).startswith("«")
    assert spoken(told.value.remedy).startswith("«")
