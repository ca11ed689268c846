"""Sounds without an audio library: short tones through what the system has.

QtMultimedia is not among the Qt parts this program uses. Windows plays a generated wave;
Linux and macOS play it through a player of the system. One that fails is left for the next, and
where none plays the system bell rings, whose sound and delay the desktop decides; the window says
so once. The cue's time in the recording comes from the protocol's clock, never from the sound.
"""

from __future__ import annotations

import io
import shutil
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTemporaryDir, QTimer, Signal
from PySide6.QtWidgets import QApplication

from labapp.translate import tr

RATE = 22_050
TONES: dict[str, tuple[float, float, float]] = {
    "go": (1000.0, 1000.0, 0.20),
    "end": (600.0, 600.0, 0.20),
    "beat": (880.0, 880.0, 0.03),
    "accent": (1320.0, 1320.0, 0.05),
    "count": (740.0, 740.0, 0.08),
    "in": (330.0, 495.0, 0.25),
    "out": (495.0, 330.0, 0.25),
}
"""Frequency at the begin and at the end, Hz; length, s."""
PLAYERS = (("pw-play", ()), ("paplay", ()), ("aplay", ("-q",)), ("afplay", ()))
RINGING = frozenset({"go", "end"})
"""What the system bell rings for: beats and breath would only be noise on it."""

Player = tuple[str, tuple[str, ...]]


def wave_of(begin: float, end: float, seconds: float) -> bytes:
    """Return a mono 16-bit WAV that glides between two frequencies, with ramps against clicks."""
    count, ramp = int(RATE * seconds), int(0.005 * RATE)
    i = np.arange(count)
    edge = np.minimum(1.0, np.minimum(i, count - 1 - i) / ramp)
    turns = np.cumsum(begin + (end - begin) * i / count) / RATE
    samples = (20_000 * edge * np.sin(2 * np.pi * (turns - turns[0]))).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def players_here() -> list[Player]:
    """Return the players that this machine has, best first; Windows needs none."""
    if sys.platform == "win32":
        return []
    return [one for one in PLAYERS if shutil.which(one[0])]


class Tone(QObject):
    """Plays the sounds of a run; `quiet` comes once, when no player is left to play them."""

    quiet = Signal()

    def __init__(
        self, parent: QObject | None = None, players: Sequence[Player] | None = None
    ) -> None:
        super().__init__(parent)
        self._folder = QTemporaryDir()
        for name, spec in TONES.items():
            Path(self._folder.filePath(f"{name}.wav")).write_bytes(wave_of(*spec))
        self._players = list(players_here() if players is None else players)
        self._playing: list[QProcess] = []
        self._told = False
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close)

    @property
    def note(self) -> str:
        """What will be heard, in words."""
        if sys.platform == "win32":
            return tr("Tones, beats and counts come through the system's sound.")
        if self._players:
            return tr("Tones, beats and counts are played by {player}.", player=self._players[0][0])
        return tr("No sound player was found: only the system bell rings. Watch the card.")

    def play(self, name: str) -> None:
        """Start a sound and return at once."""
        path = self._folder.filePath(f"{name if name in TONES else 'go'}.wav")
        if sys.platform == "win32":
            import winsound

            flags = winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT
            winsound.PlaySound(path, flags)
        elif self._players:
            self._start(path, name)
        else:
            self._ring(name)

    def _start(self, path: str, name: str) -> None:
        if self._playing and name not in RINGING:
            return  # the one before still sounds, or its player hangs: nothing piles up
        player = self._players[0]
        process = QProcess(self)
        alone = not self._playing
        self._playing.append(process)

        def over(*how: object) -> None:
            # Left connected, process and function hold each other: Qt crashed on such a pair.
            process.finished.disconnect(over)
            process.errorOccurred.disconnect(over)
            if process not in self._playing:
                return
            self._playing.remove(process)
            process.deleteLater()
            # A second sound may find the device taken; only one that was alone tells of no sound.
            if alone and how != (0, QProcess.ExitStatus.NormalExit):
                self._give_up(player, name)

        process.finished.connect(over)
        process.errorOccurred.connect(over)
        process.start(player[0], [*player[1], path])

    def _give_up(self, player: Player, name: str) -> None:
        """Leave a player that cannot play; the next one, or the bell, takes over."""
        if player in self._players:
            self._players.remove(player)
        if self._players:
            self.play(name)
        else:
            self._ring(name)

    def _ring(self, name: str) -> None:
        if name in RINGING:
            QApplication.beep()
        if not self._told:
            self._told = True
            QTimer.singleShot(0, self.quiet.emit)

    def close(self) -> None:
        """End what still sounds."""
        playing, self._playing = self._playing, []
        for process in playing:
            process.kill()
            process.waitForFinished(1000)
