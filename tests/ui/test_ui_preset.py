"""``labapp run`` with a screen: the window opens with everything filled in, and waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from labapp import paths
from labapp.errors import LabError
from labapp.record.config import DeviceConfig
from labapp.ui import app
from labapp.ui.choices import Preset
from labapp.ui.opening import Opening
from labapp.workflow.devices import choose_devices

Open = Callable[..., Opening]
SIM = ("emg=bitalino@sim://bitalino?wire=memory", "force=chronojump@sim://chronojump?wire=memory")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "another study"
    folder.mkdir()
    return folder


def test_a_preset_fills_the_page_and_starts_nothing(open_window: Open, study: Path) -> None:
    opening = open_window()
    work, window = opening.work, opening.window
    assert work is not None
    kept = window.preferences
    opening.preset(
        Preset("short_pull", "CD-002", study, choose_devices(SIM), "simultaneous", 3.0, 7)
    )
    assert window.page == "setup"
    assert work.recording is None
    assert work.setup.start.isEnabled()
    assert work.setup.given.isChecked()
    assert "bitalino on sim://bitalino?wire=memory" in work.setup.devices.given_words.text()
    assert "CD-002" in window.topbar.crumb.text()
    assert "another study" in window.topbar.crumb.text()
    chosen = work.setup.choice()
    assert chosen is not None
    assert chosen.protocol.id == "short_pull"
    assert chosen.participant == "CD-002"
    assert [device.port for device in chosen.devices] == [text.split("@")[1] for text in SIM]
    assert (chosen.scenario, chosen.speed, chosen.seed) == ("simultaneous", 3.0, 7)
    assert window.study_folder == study
    # What came with the command is for this time only.
    work._remember(chosen)
    assert window.preferences == kept


def test_a_preset_without_devices_is_the_simulated_lab(open_window: Open, tmp_path: Path) -> None:
    opening = open_window()
    work = opening.work
    assert work is not None
    protocol = tmp_path / "my_own.toml"
    text = (paths.bundled("protocols") / "isometric_pull.toml").read_text(encoding="utf-8")
    protocol.write_text(text, encoding="utf-8")
    opening.preset(Preset(str(protocol), "DEMO-001", practice=True))
    assert work.setup.simulated.isChecked()
    assert not work.setup.given.isVisible()
    assert work.setup.protocols.currentText() == "My own"
    chosen = work.setup.choice()
    assert chosen is not None
    assert chosen.optional
    assert all(device.simulated for device in chosen.devices)


def test_real_devices_of_a_preset_are_on_the_host_clock(open_window: Open) -> None:
    opening = open_window()
    work = opening.work
    assert work is not None
    devices = choose_devices(("emg=bitalino@COM7", "force=chronojump@sim://chronojump"))
    opening.preset(Preset("short_pull", "AB-014", devices=devices, speed=1.0))
    assert work.setup.choice() is None  # the command line cannot consent for a person
    work.setup.person.consent.setChecked(True)
    chosen = work.setup.choice()
    assert chosen is not None
    assert chosen.clock.kind == "real"
    assert not work.setup.simulator.isVisible()
    settings = DeviceConfig(id="emg", driver="bitalino", port="COM7", settings={"rate": 100})
    opening.preset(Preset("short_pull", "AB-014", devices=(settings, devices[1])))
    assert work.setup.montage.devices()[0].settings == {"rate": 100}


def test_run_preset_opens_the_window_and_ends_with_it(
    qtbot: QtBot, home: Path, qapp: Any, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    made: list[Opening] = []

    class Watched(Opening):
        """Looks at what a person would see, then closes the window."""

        def __init__(self, **wishes: Any) -> None:
            super().__init__(**wishes)
            made.append(self)

        def preset(self, wishes: Preset) -> None:
            super().preset(wishes)
            self.ready.connect(lambda: QTimer.singleShot(0, self.look_and_close))

        def look_and_close(self) -> None:
            assert self.work is not None
            chosen = self.work.setup.choice()
            assert chosen is not None
            seen.append(f"{self.window.page} {chosen.participant} {chosen.protocol.id}")
            self.window.close()

    monkeypatch.setattr(app, "Opening", Watched)
    assert app.run_preset("short_pull", "DEMO-001", study=study) == 0
    assert seen == ["setup DEMO-001 short_pull"]
    made[0].window.deleteLater()
    QTest.qWait(1)


def test_run_preset_refuses_before_the_window_opens(home: Path, study: Path) -> None:
    with pytest.raises(LabError, match="no_such"):
        app.run_preset("no_such", "DEMO-001")
    with pytest.raises(LabError, match="mars"):
        app.run_preset("short_pull", "DEMO-001", scenario="mars")
    (study / "file").write_text("")
    with pytest.raises(LabError, match="cannot be created"):
        app.run_preset("short_pull", "DEMO-001", study=study / "file" / "below")


def test_a_speed_that_is_not_on_the_list_is_remembered(open_window: Open) -> None:
    opening = open_window(speed=25.0)
    assert opening.work is not None
    assert opening.work.setup.simulator.chosen_speed() == 25.0
