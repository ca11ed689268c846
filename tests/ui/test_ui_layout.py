"""Nothing is cut off, covered or without words: every page, both languages, two sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from layout_faults import layout_faults
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.analysis.quality import Finding
from labapp.record.listing import PortInfo
from labapp.translate import speak
from labapp.ui.keyorder import keyed, order_keys
from labapp.ui.look import Look
from labapp.ui.opening import Opening
from labapp.ui.parts import column, label, row
from labapp.ui.theme import GRID
from labapp.ui.work import Work
from labapp.workflow.signal_check import ChannelCheck

Open = Callable[..., Opening]

KINDS = ("noise", "line", "motion", "clipping", "flat", "heard", "ecg", "loss")
WORDS = {
    "line": "mains hum 48 % of the rest noise: check the reference electrode",
    "heard": "a light pull rises only 2 dB over rest: check the electrode's site",
}


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")


def port(name: str, text: str, driver: str | None = None, **more: Any) -> PortInfo:
    plain = PortInfo(name, text, None, None, driver, (), "ok", None, None)
    return replace(plain, **more)


PORTS = (
    port("/dev/ttyUSB0", "FT231X USB UART", "chronojump", latency_ms=16),
    port("/dev/ttyUSB1", "CP2102 USB to UART Bridge Controller"),
    port("/dev/ttyACM0", "Arduino Uno", access="in use", used_by="arduino-ide"),
    port("/dev/ttyACM1", "", access="no permission"),
    port("lsl://Trigno?type=EMG", "Trigno: 16 EMG channels, 2000 Hz, float32, on LAB-PC", "lsl"),
)

STREAM = {
    "names": ["Rhomboid", "Trapezius", "Load cell", "ch4"],
    "units": ["uV", "", "none", ""],
    "said_units": ["microvolts", "", "degrees of a goniometer", ""],
    "said_types": ["EMG", "EMG", "Angle", ""],
    "unit": "",
}


def poor_check(muscle: str) -> ChannelCheck:
    """Lights of a channel of which two are red and one is amber."""
    levels = {"line": "bad", "heard": "bad", "loss": "warn"}
    found = tuple(
        Finding(muscle, kind, 4.0, levels.get(kind, "good"), WORDS.get(kind, f"{kind} 4"))
        for kind in KINDS
    )
    return ChannelCheck(muscle, found)


def settle() -> None:
    """Let every layout follow, in as many rounds as pages are deep."""
    for _ in range(6):
        QApplication.processEvents()


def unexplained(page: QWidget) -> list[str]:
    """Buttons that cannot be pressed and whose tooltip does not say why."""
    return [
        f"{one.objectName()} says not why"
        for one in page.findChildren(QPushButton)
        if one.isVisible() and not one.isEnabled() and "\n" not in one.toolTip()
    ]


def states(work: Work) -> Iterator[str]:
    """Go through the pages with much to show; the name of each when it is in front."""
    window, setup = work.window, work.setup
    window.go("setup")
    setup.participant.setText("Anna Schmidt")
    setup.person.remark.setText("Call me: anna@example.org")
    yield "setup, what must not be there"
    setup.person.remark.setText("")
    setup.participant.setText("AB-014")
    setup.test.choose("single_arm_row", practice=False)
    yield "setup, channels missing"
    setup.ports_wanted.disconnect()
    setup.serial.setChecked(True)
    yield "setup, nothing connected"
    setup.set_ports(PORTS)
    setup.ports.item(0, 0).setCheckState(Qt.CheckState.Checked)
    yield "setup, ports"
    setup.ports.describe_wanted.disconnect()
    setup.ports.item(4, 0).setCheckState(Qt.CheckState.Checked)
    setup.ports.describe(PORTS[4].port, STREAM)
    yield "setup, channels of a stream"
    setup.simulated.setChecked(True)
    setup.test.choose("isometric_pull", practice=True)
    setup.person.screening.click()
    forms = work.preparing.forms
    forms.none.click()
    field = forms.answers.fields[0]
    forms._choices[field.key].buttons[field.item.stop_at[0]].click()
    yield "forms, a reason against"
    setup.new_answers()
    setup.test.adapt.click()
    work.preparing.adapt.fields["name"].setText("")
    yield "adapt, a mistake"
    setup.lying.facts.click()
    yield "facts"
    setup.calibrate.click()
    yield "calibrate"
    setup.sync.click()
    yield "synchronise"
    window.go("check")
    work.check._show((poor_check("RM_R"), poor_check("UT_L")))
    yield "check, lights"
    window.go("settings")
    yield "settings"


@pytest.mark.parametrize(("language", "scale"), [("de", 1.0), ("en", 2.0)])
def test_no_page_has_faults(qtbot: QtBot, open_window: Open, language: str, scale: float) -> None:
    opening = open_window(language=language, scale=scale)
    window, work = opening.window, opening.work
    assert work is not None
    window.resize(round(1280 * scale), round(720 * scale))
    faults = {}
    for name in states(work):
        settle()
        page: Any = window.stack.currentWidget()
        faults[name] = layout_faults(window) + unexplained(page)
        if page.scroller.horizontalScrollBar().maximum():
            faults[name].append("is wider than the window")
    assert work.setup.inside.contentsMargins().left() == round(2 * GRID * scale)
    assert work.setup.inside.spacing() == round(2 * GRID * scale)
    window.look.apply("light", 1.0)
    assert work.setup.inside.contentsMargins().left() == 2 * GRID
    assert {name: found for name, found in faults.items() if found} == {}
    assert len(faults) == 12


def test_tab_goes_as_a_page_is_read(qtbot: QtBot, look: Look) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    last, second, first, third = (QPushButton(str(number), page) for number in range(4))
    grid = QGridLayout()
    grid.addWidget(third, 1, 0)
    grid.addWidget(second, 0, 1)
    grid.addWidget(first, 0, 0)
    page.setLayout(column())
    page.layout().addLayout(grid)
    page.layout().addWidget(last)
    wanted = [first, second, third, last]
    assert list(keyed(page)) == wanted
    order_keys(page)
    page.show()
    first.setFocus()
    for one in wanted:
        assert page.focusWidget() is one
        QTest.keyClick(one, Qt.Key.Key_Tab)


def test_the_measure_finds_what_is_wrong(qtbot: QtBot, look: Look) -> None:
    place = QWidget()
    qtbot.addWidget(place)
    line = row(label("one line of words", name="cut"), label("two", name="whole"))
    place.setLayout(line)
    place.show()
    assert layout_faults(place) == []
    for name, width in (("cut", 30), ("whole", 400)):
        found = place.findChild(QLabel, name)
        assert found is not None
        found.setGeometry(0, 0, width, 40)
    faults = layout_faults(place)
    assert any(fault.startswith("cut: 'one line of words' needs") for fault in faults)
    assert any("cut covers whole" in fault for fault in faults)
    assert any("whole sticks out" in fault for fault in faults)


def test_set_up_needs_no_sideways_scrolling_at_any_scale(qtbot: QtBot, open_window: Open) -> None:
    opening = open_window()
    window, work = opening.window, opening.work
    assert work is not None
    window.resize(1280, 800)
    for scale in (1.0, 2.0, 3.0):
        opening.look.apply("light", scale)
        bar = work.setup.scroller.horizontalScrollBar()
        # The layout follows letters of another size in a few turns of the event loop.
        qtbot.waitUntil(lambda bar=bar: bar.maximum() == 0)
        settle()
        assert bar.maximum() == 0, scale
