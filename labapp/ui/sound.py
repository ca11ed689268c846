"""Tones without an audio library: a short sine through what the system has.

QtMultimedia is not among the Qt parts this program uses. Windows plays a generated wave;
Linux and macOS play it through the system's own player if there is one; otherwise the
system bell rings, whose sound and delay the desktop decides. The cue's time in the recording
comes from the protocol's clock, never from the sound.
"""

from __future__ import annotations

import io
import math
import shutil
import struct
import sys
import wave
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTemporaryDir
from PySide6.QtWidgets import QApplication

RATE = 22_050
TONES = {"go": (1000.0, 0.20), "end": (600.0, 0.20)}
PLAYERS = (("pw-play", ()), ("paplay", ()), ("aplay", ("-q",)), ("afplay", ()))


def sine(frequency: float, seconds: float) -> bytes:
    """Return a mono 16-bit WAV of one sine with 5-ms ramps, so that it does not click."""
    count, ramp = int(RATE * seconds), int(0.005 * RATE)
    samples = []
    for i in range(count):
        edge = min(1.0, i / ramp, (count - 1 - i) / ramp)
        samples.append(int(20_000 * edge * math.sin(2 * math.pi * frequency * i / RATE)))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{count}h", *samples))
    return out.getvalue()


class Tone(QObject):
    """Plays the tones of a protocol; `note` says in words what will be heard."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = QTemporaryDir()
        for name, spec in TONES.items():
            Path(self._folder.filePath(f"{name}.wav")).write_bytes(sine(*spec))
        self._player = self._find_player()
        if sys.platform == "win32":
            self.note = "Tones: generated sine through the system's sound."
        elif self._player is not None:
            self.note = f"Tones: generated sine through {self._player[0]}."
        else:
            self.note = "Tones: system bell only; watch the card if you hear none."

    def play(self, name: str) -> None:
        """Start a tone and return at once."""
        path = self._folder.filePath(f"{name if name in TONES else 'go'}.wav")
        if sys.platform == "win32":
            import winsound

            flags = winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT
            winsound.PlaySound(path, flags)
        elif self._player is not None:
            program, words = self._player
            QProcess.startDetached(program, [*words, path])
        else:
            QApplication.beep()

    def _find_player(self) -> tuple[str, tuple[str, ...]] | None:
        if sys.platform == "win32":
            return None
        for program, words in PLAYERS:
            if shutil.which(program):
                return program, words
        return None
