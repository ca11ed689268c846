"""The second window: what the person on the bench sees."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from labapp.trials.protocol import load_protocol
from labapp.trials.run import ProtocolRun
from labapp.ui.look import Look
from labapp.ui.participant import ParticipantSwitch

NS = 1_000_000_000


@pytest.fixture
def switch(qtbot: QtBot, look: Look) -> ParticipantSwitch:
    one = ParticipantSwitch(look)
    qtbot.addWidget(one)
    one.show()
    return one


def test_it_opens_follows_and_closes(qtbot: QtBot, switch: ParticipantSwitch) -> None:
    display = switch.display
    assert not display.isVisible()
    switch.click()
    assert display.isVisible()
    assert display.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
    run = ProtocolRun(load_protocol("isometric_pull"), seed=1, start_ns=0)
    run.tick(4 * NS)
    display.show_moment(run.state)
    assert display.accessibleDescription() == "Build up over two seconds."
    run.press("pause", 4 * NS)
    display.show_moment(run.state)
    assert display.accessibleDescription() == "Pause. Breathe."
    display.close()
    assert not switch.isChecked()
    switch.click()
    switch.close()
    assert not display.isVisible()


def test_nobody_sees_the_beep_coming(qtbot: QtBot, switch: ParticipantSwitch) -> None:
    run = ProtocolRun(load_protocol("isometric_pull"), seed=1, start_ns=0)
    wait = None
    for tenth in range(100, 6000):
        run.tick(tenth * NS // 10)
        if run.state.step == "wait":
            wait = wait or tenth
        elif wait:
            break
    assert wait is not None
    assert tenth - wait > 15
    run = ProtocolRun(load_protocol("isometric_pull"), seed=1, start_ns=0)
    pictures = []
    switch.display.resize(640, 360)
    for at in (wait, wait + 10):
        run.tick(at * NS // 10)
        switch.display.show_moment(run.state)
        pictures.append(switch.display.grab().toImage())
    assert pictures[0] == pictures[1]
