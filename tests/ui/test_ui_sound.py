"""Sounds of a run, also on a machine that has none."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from labapp.ui.sound import RATE, TONES, Tone, wave_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="players are programs elsewhere")


@pytest.mark.parametrize("name", TONES)
def test_a_sound_has_its_length_and_its_pitch(name: str) -> None:
    begin, end, seconds = TONES[name]
    with wave.open(BytesIO(wave_of(begin, end, seconds))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).astype(float)
        assert file.getframerate() == RATE
    assert len(samples) == int(RATE * seconds)
    assert abs(samples[0]) < 100
    assert abs(samples[-1]) < 100
    turns = np.count_nonzero((samples[1:] > 0) & (samples[:-1] <= 0))
    assert turns == pytest.approx((begin + end) / 2 * seconds, abs=1.5)


def script(folder: Path, name: str, status: int) -> str:
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/{name}.heard"\nexit {status}\n')
    path.chmod(0o755)
    return str(path)


def test_a_player_plays_the_file(qtbot: QtBot, tmp_path: Path) -> None:
    tone = Tone(players=[(script(tmp_path, "good", 0), ("-q",))])
    heard = tmp_path / "good.heard"
    tone.play("go")
    qtbot.waitUntil(lambda: heard.exists() and not tone._playing, timeout=5000)
    words, path = heard.read_text().split()
    assert words == "-q"
    assert path.endswith("go.wav")
    assert "good" in tone.note


def test_without_sound_it_is_told_once_and_nothing_fails(qtbot: QtBot, tmp_path: Path) -> None:
    bad = (script(tmp_path, "bad", 1), ())
    tone = Tone(players=[bad, (str(tmp_path / "missing"), ())])
    told: list[int] = []
    tone.quiet.connect(lambda: told.append(1))
    with qtbot.waitSignal(tone.quiet, timeout=5000):
        tone.play("beat")
    assert "only the system bell" in tone.note
    for name in ("go", "beat", "count"):
        tone.play(name)
    qtbot.wait(20)
    assert told == [1]
    assert (tmp_path / "bad.heard").read_text().count("\n") == 1


def test_beats_do_not_pile_up_behind_a_player_that_hangs(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "slow"
    path.write_text("#!/bin/sh\nexec sleep 30\n")
    path.chmod(0o755)
    tone = Tone(players=[(str(path), ())])
    for _ in range(5):
        tone.play("beat")
    assert len(tone._playing) == 1
    tone.play("go")
    assert len(tone._playing) == 2
    tone.close()
    assert not tone._playing


QUIT = """
import os, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from labapp.ui.sound import Tone
application = QApplication([])
tone = Tone(players=[(sys.argv[1], ())])
tone.play("go")
process = tone._playing[0]
process.started.connect(lambda: (print(process.processId(), flush=True), application.quit()))
application.exec()
"""


def test_a_player_that_hangs_ends_with_the_window(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", QUIT, str(slow)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "Destroyed while process" not in done.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


COME_AND_GO = """
import sys
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget
from labapp.ui.sound import Tone
application = QApplication([])
for _ in range(15):
    page = QWidget()
    tones = Tone(page, players=[(sys.argv[1], ())]), Tone(players=[(sys.argv[1], ())])
    for tone in tones:
        tone.play("go")
    while any(tone._playing for tone in tones):
        application.processEvents()
    page.deleteLater()
    del page, tone, tones
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
print("whole", flush=True)
"""


def test_pages_with_sounds_come_and_go(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COME_AND_GO, script(tmp_path, "good", 0)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr
