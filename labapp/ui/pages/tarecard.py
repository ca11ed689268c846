"""The card of the load cell while a recording runs: what it reads now, and its tares."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QTimer, Signal

from labapp.errors import LabError
from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.parts import Card, Level, button, clear, column, fact, label, row
from labapp.ui.theme import GRID
from labapp.workflow.spoken import spoken

if TYPE_CHECKING:
    from labapp.ui.recording import LiveRecording
    from labapp.workflow.tare_watch import ForceChannel, TareLook

LOOK_MS = 200
SHOWN = 3


class TareCard(Card):
    """Takes the tare of the empty cell, keeps it in the recording, and tells when it moved."""

    failed = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(
            tr("Load cell"),
            "tare_card",
            tr("Leave the handle alone and the cable slack, then take the tare."),
        )
        self.look = look
        self.recording: LiveRecording | None = None
        self.tares: list[TareLook] = []
        self._place: ForceChannel | None = None
        self.value = label("", "title", name="tare_value")
        self.take = button(
            tr("Take the tare"),
            "take_tare",
            tr(
                "What the empty cell reads is taken as zero force: mean and spread of the last "
                "two seconds (T)"
            ),
        )
        self.take.setShortcut("T")
        self.take.clicked.connect(self.take_now)
        self.lines = column(spacing=GRID)
        self.column.addLayout(row(self.value, None, self.take))
        self.column.addLayout(self.lines)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._show)
        self.hide()

    def set_recording(self, recording: LiveRecording | None) -> None:
        """Follow the load cell of a recording; nothing is shown where there is none."""
        self._timer.stop()
        self.recording, self._place, self.tares = recording, None, []
        clear(self.lines)
        self.setVisible(
            recording is not None
            and any(c.kind == "force" for s in recording.source.streams for c in s.channels)
        )

    def follow(self) -> None:
        """Show what it reads: the libraries that this takes are loaded, the page is in front."""
        from labapp.workflow.tare_watch import force_of

        if self.recording is None:
            return
        self._place = force_of(self.recording.source)
        if self._place is not None:
            self._timer.start()
            self._show()

    def rest(self) -> None:
        """Stop looking while another page is in front."""
        self._timer.stop()

    def take_now(self) -> None:
        """Take the tare and say how it compares with the first."""
        from labapp.workflow.tare_watch import MARKER, take_tare

        recording, place = self.recording, self._place
        if recording is None or place is None:
            return
        try:
            taken = take_tare(recording.source, place, self.tares)
        except LabError as error:
            self.failed.emit(error)
            return
        recording.mark(MARKER, taken.as_marker(place))
        self.tares.append(taken)
        clear(self.lines)
        words = {"good": tr("steady"), "warn": tr("moved"), "bad": tr("not at rest")}
        for number, one in list(enumerate(self.tares, 1))[-SHOWN:]:
            text = tr("Tare {n}: {text}", n=number, text=spoken(one.text))
            level = cast("Level", one.level)
            self.lines.addWidget(fact(words[one.level], level, text, f"tare_{number}", text))

    def _show(self) -> None:
        from labapp.workflow.tare_watch import live_words

        if self.recording is not None and self._place is not None:
            words = live_words(self.recording.source, self._place)
            self.value.setText(words)
            self.value.setAccessibleName(words)
