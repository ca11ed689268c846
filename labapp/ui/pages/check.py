"""Check: two guided steps before a test, then a light and a sentence for every channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from labapp.ui.jobs import Jobs
from labapp.ui.look import Look
from labapp.ui.pages.page import Page
from labapp.ui.parts import Card, Level, button, clear, fact, label, named, set_role
from labapp.ui.theme import GRID
from labapp.ui.words import muscle_short

if TYPE_CHECKING:
    from labapp.ui.recording import LiveRecording
    from labapp.workflow.signal_check import ChannelCheck, CheckStep, Span, StepName

TICK_MS = 50
WORDS = {"good": "good", "warn": "doubtful", "bad": "mend"}
PURPOSE = (
    "Six seconds of rest and a light pull show whether every electrode is fit for the test: "
    "noise, mains hum, contact, clipping, heart beats, and whether it hears its muscle."
)


class CheckPage(Page):
    """The page between setting up and the test; it can be skipped and repeated."""

    run_wanted = Signal()
    setup_wanted = Signal()
    failed = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__(look, "check", "Check")
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
        line = QHBoxLayout()
        line.setSpacing(2 * GRID)
        guide = Card("Signal check", "check_guide", PURPOSE)
        self.text = label("", name="check_text", wrap=True)
        set_role(self.text, "hero")
        self.text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.bar = QProgressBar()
        named(self.bar, "check_bar", "Progress of the step", "Time passed in this step")
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        guide.column.addWidget(self.text, 1)
        guide.column.addWidget(self.bar)
        self.channels = Card("Channels", "check_channels")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GRID)
        self.channels.column.addLayout(self._rows)
        self.channels.column.addStretch(1)
        line.addWidget(guide, 1)
        line.addWidget(self.channels, 1)
        self.inside.addLayout(line, 1)
        self.to_setup = button(
            "Set up a recording", "check_to_setup", "Opens the page Set up", role="primary"
        )
        self.to_setup.clicked.connect(self.setup_wanted)
        self.start = button(
            "Start the check", "start_check", "Rest, then a light pull; takes 12 seconds"
        )
        self.start.clicked.connect(self.begin)
        self.to_run = button("Go to the test", "check_to_run", "Opens the page Run")
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
        clear(self._rows)
        self.bar.hide()
        self.to_setup.setVisible(recording is None)
        self.start.setVisible(recording is not None)
        self.to_run.setVisible(recording is not None)
        if recording is None:
            self.text.setText("No recording is running.")
            self._say_nothing("The check needs a running recording.")
            return
        recording.run_changed.connect(self._allow)
        self.text.setText("Electrodes on, cables fixed, arm supported?")
        self._say_nothing("No check was made in this recording yet.")
        self._allow()

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
        self.bar.show()
        self._enter()
        self._timer.start()

    def _allow(self, _: object = None) -> None:
        """Offer the check before and after a test; its pull would spoil a repetition."""
        recording = self.recording
        free = recording is not None and not recording.running and not self._steps
        self.start.setEnabled(free and self._able)
        running = recording is not None and recording.running
        self.hint.setText("The check waits until the protocol has ended." if running else "")
        self.start.setText("Repeat the check" if self.checks else "Start the check")
        set_role(self.start, "" if self.checks else "primary")
        set_role(self.to_run, "primary" if self.checks else "")

    def _enter(self) -> None:
        recording, step = self.recording, self._steps[0]
        if recording is None:
            return
        self._began_s = recording.mark("check", {"step": step.name, **step.heard})
        self.text.setText(step.text)
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
        self.text.setText("Looking at the signals.")
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
            self.text.setText("No channel has a muscle. Say which on the page Set up.")
        elif bad or doubtful:
            parts = [f"{bad} to mend"] * bool(bad) + [f"{doubtful} doubtful"] * bool(doubtful)
            self.text.setText(f"{', '.join(parts)} of {len(self.checks)} channels.")
        else:
            self.text.setText(f"All {len(self.checks)} channels are good.")
        clear(self._rows)
        for one in self.checks:
            self._rows.addWidget(self._row(one))
        self._allow()

    def _say_nothing(self, text: str) -> None:
        clear(self._rows)
        self._rows.addWidget(label(text, "soft", name="check_nothing", wrap=True))

    def _on_failure(self, error: Any) -> None:
        self._timer.stop()
        self._steps = []
        self.bar.hide()
        self.text.setText("The check could not be made.")
        self._allow()
        self.failed.emit(error)

    def _row(self, one: ChannelCheck) -> QWidget:
        poor = [f.text for f in one.findings if f.level != "good"]
        name = f"check_{one.muscle}"
        holder = fact(
            WORDS[one.level],
            cast("Level", one.level),
            f"{muscle_short(one.muscle)}: {'; '.join(poor) if poor else 'all checks passed'}",
            name,
            "\n".join(f.text for f in one.findings),
        )
        word = holder.findChild(QLabel, f"{name}_word")
        if word is not None:
            word.setAlignment(Qt.AlignmentFlag.AlignCenter)
            word.setFixedWidth(self.look.px(88))
        return holder
