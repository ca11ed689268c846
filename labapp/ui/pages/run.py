"""Run: live traces on the left, the card with the instruction on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy

from labapp.trials.run import Action, RunEvent, RunState
from labapp.ui.livelook import LiveLook
from labapp.ui.look import Look
from labapp.ui.numbers import minutes
from labapp.ui.pages.card import Dots, PhaseBar, breath_words, large_words, time_words
from labapp.ui.pages.feedback import Feedback
from labapp.ui.pages.keypad import KeyPad
from labapp.ui.pages.page import Page
from labapp.ui.participant import ParticipantSwitch
from labapp.ui.parts import Card, button, label, row, set_role
from labapp.ui.sound import Tone
from labapp.ui.theme import GRID

if TYPE_CHECKING:
    from labapp.ui.recording import LiveRecording
    from labapp.ui.tracesview import TracesView

NOTE_MS = 6000


class RunPage(Page):
    """The page a technician looks at while a person pulls."""

    finish_wanted = Signal()
    setup_wanted = Signal()
    check_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "run", "Run", scrolls=False)
        self.recording: LiveRecording | None = None
        self.traces: TracesView | None = None
        self.tone = Tone(self)
        self.live: LiveLook | None = None
        self._size = 0
        self._who = ""
        self._noted = QTimer(self)
        self._noted.setSingleShot(True)
        self._noted.timeout.connect(lambda: self.hint.setText(""))
        set_role(self.hint, "soft")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._build()
        self._show_idle()

    # ------------------------------------------------------------------ making

    def _build(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(2 * GRID)
        self.live_card = Card("", "live_card")
        self.waiting = label(
            "Live traces appear here while a recording runs.", "soft", name="traces_waiting"
        )
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.live_card.column.addWidget(self.waiting, 1)
        line.addWidget(self.live_card, 5)
        line.addWidget(self._card(), 3)
        self.inside.addLayout(line, 1)
        self.begin = button(
            "Start the protocol", "begin", "Begins with the first step (Space)", role="primary"
        )
        self.begin.clicked.connect(self.begin_protocol)
        self.participant = ParticipantSwitch(self.look)
        self.finish = button(
            "Finish and analyse",
            "finish",
            "Stops the recorder, builds and verifies the session, and shows the result",
        )
        self.finish.clicked.connect(self.finish_wanted)
        self.to_check = button("Signal check", "run_to_check", "Opens the page Check")
        self.to_check.clicked.connect(self.check_wanted)
        self.to_setup = button(
            "Set up a recording", "run_to_setup", "Opens the page Set up", role="primary"
        )
        self.to_setup.clicked.connect(self.setup_wanted)
        self.add_actions(self.participant, self.to_check, self.to_setup, self.finish, self.begin)

    def _card(self) -> Card:
        card = Card("", "instruction_card")
        card.setMinimumWidth(self.look.px(380))
        self.block = label("", "title", name="block", wrap=True)
        self.text = label("", name="instruction", wrap=True)
        self.text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.breath = label("", "soft", name="breath", wrap=True)
        self.left = label("", "title", name="time_left")
        self.left.setToolTip("Seconds left in this step")
        self.phases = PhaseBar(self.look)
        self.dots = Dots(self.look)
        self.count = label("", "soft", name="repetition_count")
        self.feedback = Feedback(self.look)
        self.keypad = KeyPad(self)
        self.keypad.pressed.connect(self.press)
        card.column.addWidget(self.block)
        card.column.addWidget(self.text, 1)
        beside = row(self.breath, self.left)
        beside.setStretch(0, 1)
        card.column.addLayout(beside)
        card.column.addWidget(self.phases)
        card.column.addWidget(self.dots)
        card.column.addWidget(self.count)
        card.column.addWidget(self.feedback)
        card.column.addWidget(self.keypad)
        self.sound_note = label(self.tone.note, "faint", name="sound_note", wrap=True)
        card.column.addWidget(self.sound_note)
        return card

    def crumb(self) -> tuple[str, ...]:
        """Who is recorded, with which protocol."""
        protocol = self.recording.protocol if self.recording is not None else None
        return self._who, protocol.title if protocol else "", self.title

    def entered(self) -> None:
        """Take the keys at once."""
        (self.begin if self.begin.isVisible() else self).setFocus()

    # ------------------------------------------------------------------ live

    def ensure_traces(self) -> TracesView:
        """Load the plot library and put the live view in; after the window is on the screen."""
        if self.traces is None:
            from labapp.ui.tracesview import TracesView

            self.traces = TracesView(self.look)
            self.live_card.column.addWidget(self.traces, 1)
            self.traces.hide()
        return self.traces

    def set_recording(self, recording: LiveRecording | None, who: str = "") -> None:
        """Follow a recording of a participant, or none."""
        self.recording, self._who = recording, who
        self._noted.stop()
        self._end_live()
        self.participant.display.show_state(None)
        traces = self.ensure_traces()
        traces.set_source(None if recording is None else recording.source)
        traces.setVisible(recording is not None)
        self.waiting.setVisible(recording is None)
        if recording is None:
            self._show_idle()
            return
        recording.run_changed.connect(self.show_state)
        recording.happened.connect(self._happened)
        recording.over.connect(self._over)
        self._begin_live(recording, traces)
        self._show_ready(recording)

    def _begin_live(self, recording: LiveRecording, traces: TracesView) -> None:
        """Look at every pull, if the libraries of the analysis are there."""
        if not traces.can_analyse:
            return
        self.live = live = LiveLook(recording, self)
        live.looked.connect(self.feedback.show_look)
        live.looked.connect(traces.show_onsets)
        live.left_out.connect(self.feedback.leave_out)
        live.levels_changed.connect(self.feedback.show_levels)
        live.levels_changed.connect(traces.show_levels)
        live.failed.connect(lambda error: self._note(f"No live results: {error}"))
        live.start()

    def _end_live(self) -> None:
        live, self.live = self.live, None
        if live is not None:
            live.close()
            live.deleteLater()
        self.feedback.clear()

    def press(self, action: Action) -> None:
        """Do what a key or a button asks; Space also starts the protocol."""
        if action not in get_args(Action) or self.recording is None:
            return
        if action == "next" and self.recording.run is None and self.begin.isEnabled():
            self.begin_protocol()
            return
        self.recording.press(action)

    def begin_protocol(self) -> None:
        """Start the first step."""
        if self.recording is not None:
            self.recording.begin()
            self.follow_run()

    def follow_run(self) -> None:
        """Show a run that has begun; one that is over leaves only the way to the result."""
        if self.recording is not None and self.recording.running:
            self._offer()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.recording is not None and self.recording.run is not None:
            self._offer(self.finish)

    def _happened(self, event: RunEvent) -> None:
        if self.recording is None:
            return
        if event.kind in {"cue", "marker", "reject", "stop"} and self.traces is not None:
            self.traces.marks.add_event(self.recording.seconds(event.t_ns), event.kind)
        if event.kind == "tone":
            self.tone.play(str(event.data.get("tone", "go")))
        if event.kind == "marker":
            told = event.data.get("deviation")
            at = f"{self.recording.seconds(event.t_ns):.1f} s"
            self._note(f"Noted: {told}." if told else f"Marker at {at}.")
        if event.kind == "reject":
            self._note("The last repetition is left out of the analysis; it stays stored.")

    def _note(self, text: str) -> None:
        """Say something at the foot for a few seconds."""
        self.hint.setText(text)
        self._noted.start(NOTE_MS)

    def _over(self) -> None:
        set_role(self.finish, "primary")
        self._offer(self.finish)
        self.finish.setFocus()

    # ------------------------------------------------------------------ what the card says

    def show_state(self, state: RunState) -> None:
        """Show a moment of the run."""
        if state.paused:
            text, size = "Pause. Breathe.", 40
        else:
            text = state.text
            size = 40 if len(text) <= 44 else 28
        self._say(text, size)
        self.block.setText(state.title)
        self.breath.setText("" if state.over else breath_words(state.breath))
        self.left.setText(time_words(state))
        self.phases.show_state(None if state.over else state)
        self.dots.show_dots(state.dots)
        self.count.setText(
            f"repetition {state.repetition} of {state.of}"
            + (f", set {state.set} of {state.sets}" if state.sets > 1 else "")
            + f" · {round(100 * state.total_progress)} % of the test"
        )
        self.keypad.show_state(state)
        self.participant.display.show_state(state)

    def _show_ready(self, recording: LiveRecording) -> None:
        protocol = recording.protocol
        self.block.setText(protocol.title if protocol else "Recording without a protocol")
        if protocol is not None:
            self._say("Look at the traces: is every channel quiet at rest?", 28)
            self.count.setText(f"about {minutes(protocol.duration_s(optional=recording.optional))}")
        else:
            self._say("Recording. M sets a marker.", 28)
            self.count.setText("")
        self.breath.setText("")
        self.left.setText("")
        self.phases.show_state(None)
        self.dots.show_dots(())
        set_role(self.finish, "" if protocol is not None else "primary")
        self.begin.setEnabled(protocol is not None)
        self._offer(self.to_check, self.finish, *([self.begin] if protocol is not None else []))
        self.hint.setText("")
        self.keypad.allow(*(("marker",) if protocol is None else ("marker", "next")))

    def show_saving(self) -> None:
        """Say that the session is being made of what was recorded."""
        self._say("Saving and analysing.", 28)
        self._offer()
        self.setFocus()

    def _show_idle(self) -> None:
        self._say("No recording is running.", 28)
        self.block.setText("Run")
        for widget in (self.breath, self.left, self.count):
            widget.setText("")
        self.phases.show_state(None)
        self.dots.show_dots(())
        self.hint.setText("")
        self._offer(self.to_setup)
        self.keypad.allow()

    def _offer(self, *buttons: QPushButton) -> None:
        """Show these ways to go on, and no others."""
        for one in (self.to_check, self.to_setup, self.finish, self.begin):
            one.setVisible(one in buttons)

    def _say(self, text: str, size: int) -> None:
        if self.text.accessibleName() != text:
            self.text.setText(large_words(text))
            self.text.setAccessibleName(text)
        if self._size != size:
            self._size = size
            set_role(self.text, "shout" if size == 40 else "hero")

    def show_status(self, status: dict[str, Any]) -> None:
        """Say how old the newest sample on the screen is."""
        if self.traces is not None:
            self.traces.show_age(status)
