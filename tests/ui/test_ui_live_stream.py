"""A live stream of another program, from the page Set up to a saved session, as one uses it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from living_lab import LivingLab, living_lab
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from labapp.session.file import Session, open_session
from labapp.session.outages import outages
from labapp.ui.opening import Opening
from labapp.ui.pages.setup import SetupPage
from labapp.ui.work import Work

needs_lsl = pytest.mark.skipif(
    importlib.util.find_spec("pylsl") is None, reason="the extra lsl is not installed"
)
needs_brainflow = pytest.mark.skipif(
    importlib.util.find_spec("brainflow") is None, reason="the extra brainflow is not installed"
)
takes_long = pytest.mark.skipif(
    not os.environ.get("LABAPP_LONG"), reason="takes minutes: set LABAPP_LONG=1"
)
SHORT = Path(__file__).parents[1] / "data" / "short_pull.toml"
EMG = "emg=bitalino=lsl:EMG:=A1:RM_R,A2:UT_R,A3:MT_R,A4:LT_R"
FORCE = "force=chronojump=lsl:Force:=force:F_PULL"
MUSCLES = ("RM_R", "UT_R", "MT_R", "LT_R")

Open = Callable[..., Opening]


@pytest.fixture(autouse=True)
def session(own_lsl_session: None) -> None:
    """No stream but ours is seen."""


def quick(home: Path) -> str:
    """One reference and one pull, in a few seconds; a protocol of the user."""
    text = SHORT.read_text(encoding="utf-8").replace('id = "short_pull"', 'id = "quick_pull"')
    text = re.sub(r"(?m)^reps = \d+", "reps = 1", text)
    text = re.sub(r"(?m)^((?:rest|set_rest|after)_s) = [\d.]+", r"\1 = 0.1", text)
    text = text.replace("min_valid_reps = 8", "min_valid_reps = 1")
    text = text.replace("uniform_s = [2.0, 3.0]", "uniform_s = [0.8, 0.9]")
    text = re.sub(r"duration_s = [124]\.0", "duration_s = 0.7", text)
    (home / "protocols" / "quick_pull.toml").write_text(text, encoding="utf-8")
    return "quick_pull"


def without_force(home: Path) -> str:
    """The same for muscles alone."""
    name = quick(home)
    path = home / "protocols" / f"{name}.toml"
    text = path.read_text(encoding="utf-8").replace(', "F_PULL"]', "]")
    path.write_text(text, encoding="utf-8")
    return name


def click(opening: Opening, name: str) -> None:
    button = opening.window.findChild(QPushButton, name)
    assert button is not None, name
    assert button.isEnabled(), f"{name}: {opening.work and opening.work.setup.hint.text()}"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def row_of(setup: SetupPage, port: str) -> int:
    return next(
        (row for row in range(setup.ports.rowCount())
         if (item := setup.ports.item(row, 0)) is not None and item.text() == port), -1
    )  # fmt: skip


def tick(setup: SetupPage, port: str) -> None:
    """Click the tick of a line of the list."""
    item = setup.ports.item(row_of(setup, port), 0)
    assert item is not None
    box = setup.ports.visualItemRect(item)
    where = QPoint(box.left() + 20, box.center().y())
    QTest.mouseClick(setup.ports.viewport(), Qt.MouseButton.LeftButton, pos=where)


def choose(combo: object, data: str) -> None:
    assert isinstance(combo, QComboBox)
    place = combo.findData(data)
    assert place >= 0, f"{data} is not offered"
    combo.setCurrentIndex(place)


def pick_streams(qtbot: QtBot, opening: Opening, *, one_by_one: bool = False) -> SetupPage:
    """Find the streams of the laboratory, tick them, say unit and muscles."""
    assert opening.work is not None
    setup = opening.work.setup
    QTest.mouseClick(setup.serial, Qt.MouseButton.LeftButton, pos=QPoint(12, 12))
    click(opening, "search_streams")
    qtbot.waitUntil(lambda: row_of(setup, "lsl://Force") >= 0, timeout=15_000)
    QTest.keyClicks(setup.participant, "AB-014")
    for port in ("lsl://EMG", "lsl://Force"):
        tick(setup, port)
    assert "asking what it sends" in setup.hint.text()
    qtbot.waitUntil(lambda: not setup.ports.unanswered(), timeout=15_000)
    # The force says newtons; the EMG does not say what its numbers are, and must be told.
    assert "does not say its unit" in setup.hint.text()
    assert "lsl://EMG" in setup.hint.text()
    if one_by_one:
        for at in range(4):
            unit = setup.devices.channels.findChild(QComboBox, f"unit_{at}")
            assert unit is not None
            unit.setFocus()
            QTest.keyClick(unit, Qt.Key.Key_Down)
    else:
        choose(setup.ports.cellWidget(row_of(setup, "lsl://EMG"), 1), "lsl:uV")
    assert "The protocol needs a channel" in setup.hint.text()
    assert "Force" not in setup.hint.text()  # one force channel: it is the pull
    for at, code in enumerate(MUSCLES):
        choose(setup.montage.cellWidget(at, 1), code)
    assert "consent" in setup.hint.text()
    consent = opening.window.findChild(QCheckBox, "consent")
    assert consent is not None
    consent.click()
    return setup


def run(
    qtbot: QtBot, opening: Opening, lab: LivingLab | None, *, lose_in: str, seconds: int
) -> None:
    """Record a protocol to its end; in a step of it the EMG goes, and comes back."""
    work = opening.work
    assert work is not None
    with qtbot.waitSignal(work.recording_started, timeout=30_000):
        click(opening, "start_recording")
    recording = work.recording
    assert recording is not None
    banners = opening.window.banners

    def streams() -> dict[str, Any]:
        return dict(recording.status.get("streams", {}))

    qtbot.waitUntil(lambda: opening.window.topbar.light.on, timeout=10_000)
    work.run.setFocus()
    QTest.keyClick(work.run, Qt.Key.Key_Space)
    if lab is not None:
        qtbot.waitUntil(lambda: state(work) == lose_in, timeout=30_000)
        lab.say("unplug", "emg")
        qtbot.waitUntil(lambda: streams()["emg"]["state"] == "lost", timeout=10_000)
        qtbot.waitUntil(lambda: "stream was lost" in banners.text(), timeout=10_000)
        assert "start its program again" in banners.text().lower()
        QTest.keyClick(work.run, Qt.Key.Key_P)  # until it is back, however long that takes
        lab.say("plug", "emg")
        qtbot.waitUntil(lambda: streams()["emg"]["segment"] == 1, timeout=30_000)
        qtbot.waitUntil(lambda: "was lost" not in banners.text(), timeout=10_000)
        QTest.keyClick(work.run, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: work.run.text.text().startswith("Finished"), timeout=seconds * 1000)


def finish(qtbot: QtBot, opening: Opening) -> tuple[Path, dict[str, Any]]:
    """Save and analyse: the session and the document."""
    work = opening.work
    assert work is not None
    with qtbot.waitSignal(work.result_shown, timeout=90_000):
        click(opening, "finish")
    path, document = work.result.path, work.result.document
    assert path is not None
    assert document is not None
    return path, document


def state(work: Work) -> str:
    recording = work.recording
    run = recording.run if recording is not None else None
    return run.state.step if run is not None else ""


@needs_lsl
def test_a_live_stream_from_its_discovery_to_a_saved_session(
    qtbot: QtBot, open_window: Open, home: Path, tmp_path: Path
) -> None:
    opening = open_window(protocol=quick(home))
    with living_lab(tmp_path / "study", "rhomboid_leads_30ms", 3, EMG, FORCE) as lab:
        setup = pick_streams(qtbot, opening)
        chosen = {device.id: device for device in setup.montage.devices()}
        run(qtbot, opening, lab, lose_in="hold", seconds=60)
        lab.say("truth", str(tmp_path / "truth.json"))
    path, document = finish(qtbot, opening)
    with open_session(path) as session:
        check_lost_and_found(session, document)
        check_values(session, json.loads((tmp_path / "truth.json").read_text()))
        told = {stream.id: stream for stream in session.streams.values()}
        assert [c.unit for c in told["emg"].channels] == ["V"] * 4 + [""]
        assert [c.muscle for c in told["emg"].channels[:4]] == list(MUSCLES)
        assert [c.kind for c in told["emg"].channels] == ["emg"] * 4 + ["digital"]
    assert chosen["emg"].settings["units"] == ["", "", "", "", "none"]
    assert chosen["force"].settings["units"] == ["N"]
    assert chosen["emg"].settings["said_units"] == ["", "", "", "", "none"]
    assert chosen["force"].settings["said_units"] == ["newtons"]
    (pull,) = document["repetitions"]
    assert {onset["state"] for onset in pull["onsets"].values()} == {"ok"}
    assert document["verdict"]["state"] == "not interpretable"
    assert "8 are needed" in document["verdict"]["headline"]
    assert setup.study.devices  # the study remembers what was chosen


def check_lost_and_found(session: Session, document: dict[str, Any]) -> None:
    """The time without the stream is a gap, and is told; nothing else is lost."""
    emg, force = session.streams["emg"], session.streams["force"]
    ((gone, back),) = outages(emg)
    assert (emg.lost, force.lost, outages(force)) == (0, 0, ())
    assert 0.4 < back - gone < 20.0
    values, times = session.values("emg")[:, 0], session.times("emg")
    away = np.isnan(values)
    assert away.sum() == emg.outage > 300
    assert gone < times[away].min()
    assert times[away].max() <= back
    (gap,) = emg.gaps
    np.testing.assert_array_equal(np.flatnonzero(away), np.arange(gap.first, gap.stop))
    assert document["streams"]["emg"]["outages_s"] == [pytest.approx([gone, back], rel=1e-6)]
    (finding,) = [one for one in document["quality"] if one["check"] == "outage"]
    assert finding["text"].startswith(f"away from {gone:.2f} to {back:.2f} s")
    assert (finding["channel"], finding["level"]) == ("emg", "warn")
    assert not [one for one in document["quality"] if one["text"] == "no sample lost"
                and one["channel"] in MUSCLES]  # fmt: skip


def check_values(session: Session, truth: dict[str, Any]) -> None:
    """Microvolts are microvolts and newtons newtons: as loud and as strong as the person was."""
    last = truth["pulls"][-1]
    origin = session.info["origin_ns"]
    begin, end = ((t_ns - origin) * 1e-9 for t_ns in last["phases_ns"]["hold"])
    loud = session.values("emg", begin, end)[:, :4] * 1e6
    quiet = session.values("emg", begin - 1.2, begin - 0.9)[:, :4] * 1e6
    for code, level, rest in zip(MUSCLES, loud.std(axis=0), quiet.std(axis=0), strict=True):
        share = last["percent"][code]["hold"] / 100
        assert level == pytest.approx(share * truth["muscles"][code]["maximum_uv"], rel=0.35)
        assert rest == pytest.approx(truth["muscles"][code]["noise_uv"], rel=0.35)
    assert session.values("force", begin, end).max() > 100


@needs_lsl
@takes_long
def test_a_live_stream_that_is_lost_in_a_pull_gives_its_verdict(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    opening = open_window()
    with living_lab(tmp_path / "study", "rhomboid_leads_30ms", 3, EMG, FORCE) as lab:
        setup = pick_streams(qtbot, opening, one_by_one=True)
        emg, _ = setup.montage.devices()
        assert emg.settings["units"] == ["uV"] * 4 + ["none"]
        run(qtbot, opening, lab, lose_in="pull", seconds=200)
        path, document = finish(qtbot, opening)
        with open_session(path) as session:
            check_lost_and_found(session, document)
        pulls = document["repetitions"]
        lost = [p for p in pulls if {o["state"] for o in p["onsets"].values()} != {"ok"}]
        assert len(pulls) == 9
        assert lost == pulls[:1]  # the other eight are just enough
        assert (document["verdict"]["state"], document["verdict"]["muscle"]) == ("first", "RM_R")


@needs_brainflow
@takes_long
def test_a_board_from_its_address_to_a_saved_session(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    opening = open_window(protocol=without_force(home))
    assert opening.work is not None
    setup = opening.work.setup
    QTest.mouseClick(setup.serial, Qt.MouseButton.LeftButton, pos=QPoint(12, 12))
    QTest.keyClicks(setup.participant, "AB-014")
    setup.devices.address.setFocus()
    QTest.keyClicks(setup.devices.address, "brainflow://synthetic")
    QTest.keyClick(setup.devices.address, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: setup.montage.rowCount() >= 16, timeout=15_000)
    for at, code in enumerate(MUSCLES):
        choose(setup.montage.cellWidget(at, 1), code)
    setup.person.consent.click()
    run(qtbot, opening, None, lose_in="", seconds=60)
    path, document = finish(qtbot, opening)
    with open_session(path) as session:
        (emg,) = session.streams.values()
        assert (emg.driver, emg.lost, emg.rate_nominal) == ("brainflow", 0, 250.0)
        assert emg.received > 4 * 250
        assert [channel.muscle for channel in emg.channels[:4]] == list(MUSCLES)
        top = np.abs(session.values("emg")[:, :16]).max()
        assert 1e-6 < top < 1e-3  # V: the board speaks of uV
    assert document["verdict"]["state"] == "not interpretable"
    assert document["verdict"]["headline"]
