"""Check: two guided steps before a test, then a light and a sentence for every channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout

from labapp.translate import phrase, tr
from labapp.ui.jobs import Jobs
from labapp.ui.look import Look
from labapp.ui.pages.lights import ChannelLights
from labapp.ui.pages.page import Page
from labapp.ui.pages.tarecard import TareCard
from labapp.ui.parts import Card, allow, button, clear, column, label, named, row, set_role
from labapp.ui.theme import GRID

if TYPE_CHECKING:
    from labapp.ui.recording import LiveRecording
    from labapp.workflow.signal_check import ChannelCheck, CheckStep, Span, StepName

TICK_MS = 50
STACKED = 820
"""Width of the page, design pixels, below which its halves stack."""
PURPOSE = phrase(
    "Six seconds of rest and a light pull show whether every electrode is fit for the test: "
    "noise, mains hum, contact, clipping, heart beats, and whether it hears its muscle."
)


class CheckPage(Page):
    """The page between setting up and the test; it can be skipped and repeated."""

    run_wanted = Signal()
    setup_wanted = Signal()
    failed = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "check", tr("Check"))
        self.recording: LiveRecording | None = None
        self.checks: tuple[ChannelCheck, ...] = ()
        self._who = ""
        self._able = False
        self._jobs = Jobs(self)
        self._jobs.failed.connect(self._on_failure)
        self._steps: list[CheckStep] = []
        self._began_s = 0.0
        self._spans: dict[StepName, Span] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._build()
        self.set_recording(None)

    def _build(self) -> None:
        line = self.halves = row(spacing=2 * GRID)
        guide = Card(tr("Signal check"), "check_guide", tr(PURPOSE))
        self.text = label("", name="check_text", wrap=True)
        set_role(self.text, "hero")
        self.text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.bar = QProgressBar()
        named(self.bar, "check_bar", tr("Progress of the step"), tr("Time passed in this step"))
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        guide.column.addWidget(self.text, 1)
        guide.column.addWidget(self.bar)
        self.channels = Card(tr("Channels"), "check_channels")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID)
        self.channels.column.addLayout(self._rows)
        self.channels.column.addStretch(1)
        self.tare = TareCard(self.look)
        self.tare.failed.connect(self.failed)
        left = column(guide, self.tare, spacing=2 * GRID)
        left.setStretch(0, 1)
        line.addLayout(left, 2)
        line.addWidget(self.channels, 3)
        self.inside.addLayout(line, 1)
        self.to_setup = button(
            tr("Set up a recording"),
            "check_to_setup",
            tr("Opens the page Set up"),
            role="primary",
        )
        self.to_setup.clicked.connect(self.setup_wanted)
        self.start = button(
            tr("Start the check"), "start_check", tr("Rest, then a light pull; takes 12 seconds")
        )
        self.start.clicked.connect(self.begin)
        self.to_run = button(tr("Go to the test"), "check_to_run", tr("Opens the page Run"))
        self.to_run.clicked.connect(self.run_wanted)
        self.add_actions(self.to_setup, self.start, self.to_run)

    def crumb(self) -> tuple[str, ...]:
        """Who is checked."""
        return self._who, self.title

    def set_recording(self, recording: LiveRecording | None, who: str = "") -> None:
        """Follow a recording of a participant, or none."""
        self._timer.stop()
        self._jobs.finish()
        self.recording, self._who = recording, who
        self.checks, self._spans, self._steps = (), {}, []
        self.tare.set_recording(recording)
        clear(self._rows)
        self.bar.hide()
        self.to_setup.setVisible(recording is None)
        self.start.setVisible(recording is not None)
        self.to_run.setVisible(recording is not None)
        if recording is None:
            self.text.setText(tr("No recording is running."))
            self._say_nothing(tr("The check needs a running recording."))
            return
        recording.run_changed.connect(self._allow)
        self.text.setText(tr("Electrodes on, cables fixed, arm supported?"))
        self._say_nothing(tr("No check was made in this recording yet."))
        self._allow()

    def entered(self) -> None:
        """Follow the load cell while the page is in front; the next step has the keyboard."""
        if self._able:
            self.tare.follow()
        self._focus_next()

    def _focus_next(self) -> None:
        steps = (self.to_setup, self.to_run) if self.checks else (self.to_setup, self.start)
        there = [one for one in steps if one.isVisibleTo(self) and one.isEnabled()]
        (there[0] if there else self.to_run).setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the channels below the guide where there is no room beside it."""
        super().resizeEvent(event)
        way = QBoxLayout.Direction
        stacked = self.width() < self.look.px(STACKED)
        self.halves.setDirection(way.TopToBottom if stacked else way.LeftToRight)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the load cell alone while another page is in front."""
        super().hideEvent(event)
        self.tare.rest()

    def allow_analysis(self) -> None:
        """Offer the check: the libraries of the analysis have been loaded."""
        self._able = True
        self._allow()

    def begin(self) -> None:
        """Start with the first step."""
        from labapp.workflow.signal_check import STEPS

        if self.recording is None or self._steps:
            return
        self._steps, self._spans = list(STEPS), {}
        self.setFocus(Qt.FocusReason.OtherFocusReason)  # not on the next thing that takes a key
        self.bar.show()
        self._enter()
        self._timer.start()

    def _allow(self, _: object = None) -> None:
        """Offer the check before and after a test; its pull would spoil a repetition."""
        recording = self.recording
        free = recording is not None and not recording.running and not self._steps
        running = recording is not None and recording.running
        waits = tr("The check waits until the protocol has ended.") if running else ""
        self.hint.setText(waits)
        if self._steps and not running:
            waits = tr("The check is in progress.")
        allow(self.start, free and self._able, waits)
        self.start.setText(tr("Repeat the check") if self.checks else tr("Start the check"))
        set_role(self.start, "" if self.checks else "primary")
        set_role(self.to_run, "primary" if self.checks else "")
        for one in (self.start, self.to_run) if self.checks else (self.to_run, self.start):
            self.foot.addWidget(one)  # what comes next stands last

    def _enter(self) -> None:
        recording, step = self.recording, self._steps[0]
        if recording is None:
            return
        self._began_s = recording.mark("check", {"step": step.name, **step.heard})
        self.text.setText(tr(step.text))
        self._allow()

    def _tick(self) -> None:
        recording = self.recording
        if recording is None or not self._steps:
            return
        step = self._steps[0]
        now = recording.seconds(recording.now_ns())
        self.bar.setValue(round(1000 * min(max((now - self._began_s) / step.seconds, 0), 1)))
        if now < self._began_s + step.seconds:
            return
        self._spans[step.name] = (self._began_s, self._began_s + step.seconds)
        if len(self._steps) > 1:
            self._steps.pop(0)
            self._enter()
        elif now > self._began_s + step.seconds + 1.0:
            self._timer.stop()
            self._look(recording)

    def _look(self, recording: LiveRecording) -> None:
        from labapp.workflow.signal_check import check_signals

        source, spans = recording.source, dict(self._spans)
        self.text.setText(tr("Looking at the signals."))
        self._jobs.start(lambda _: check_signals(source, spans), self._show, shown=False)

    def _show(self, found: object) -> None:
        from labapp.workflow.signal_check import as_marker

        self.checks = cast("tuple[ChannelCheck, ...]", found)
        self._steps = []
        self.bar.hide()
        if self.recording is not None:
            self.recording.mark("check", as_marker(self.checks))
        bad = sum(one.level == "bad" for one in self.checks)
        doubtful = sum(one.level == "warn" for one in self.checks)
        if not self.checks:
            self.text.setText(tr("No channel has a muscle. Say which on the page Set up."))
        elif bad or doubtful:
            parts = [tr("{n} to mend", n=bad)] * bool(bad)
            parts += [tr("{n} doubtful", n=doubtful)] * bool(doubtful)
            self.text.setText(
                tr("{parts} of {n} channels.", parts=", ".join(parts), n=len(self.checks))
            )
        else:
            self.text.setText(tr("All {n} channels are good.", n=len(self.checks)))
        clear(self._rows)
        for one in self.checks:
            self._rows.addWidget(ChannelLights(self.look, one))
        if not self.checks:
            self._say_nothing(tr("No check was made in this recording yet."))
        self._allow()
        if self.isVisible():
            self._focus_next()

    def _say_nothing(self, text: str) -> None:
        clear(self._rows)
        self._rows.addWidget(label(text, "soft", name="check_nothing", wrap=True))

    def _on_failure(self, error: Any) -> None:
        self._timer.stop()
        self._steps = []
        self.bar.hide()
        self.text.setText(tr("The check could not be made."))
        self._allow()
        self.failed.emit(error)
