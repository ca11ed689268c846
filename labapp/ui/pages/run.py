"""Run: live traces on the left, the card with the instruction on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from labapp.translate import tr
from labapp.trials.guide import Sounds
from labapp.trials.remarks import LOAD
from labapp.trials.run import Action, RunEvent, RunState
from labapp.ui.asking import Asking
from labapp.ui.guiding import Guiding
from labapp.ui.livelook import LiveLook
from labapp.ui.look import Look
from labapp.ui.pages.page import Page
from labapp.ui.pages.runcard import RunCard
from labapp.ui.participant import ParticipantSwitch
from labapp.ui.parts import Card, button, column, label, set_role
from labapp.ui.sound import Tone
from labapp.ui.theme import GRID
from labapp.ui.words import error_words
from labapp.workflow.given_reference import given_at
from labapp.workflow.protocol_words import shown, told

if TYPE_CHECKING:
    from labapp.trials.protocol import Block
    from labapp.ui.recording import LiveRecording
    from labapp.ui.tracesview import TracesView

NOTE_MS = 6000


class RunPage(Page):
    """The page a technician looks at while a person pulls."""

    finish_wanted = Signal()
    setup_wanted = Signal()
    check_wanted = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "run", tr("Run"), scrolls=False)
        self.recording: LiveRecording | None = None
        self.traces: TracesView | None = None
        self.tone = Tone(self)
        self.tone.quiet.connect(lambda: self._note(self.tone.note))
        self.live: LiveLook | None = None
        self.guiding: Guiding | None = None
        self._sounds = Sounds()
        self.asking: Asking | None = None
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
            tr("Live traces appear here while a recording runs."),
            "soft",
            name="traces_waiting",
            wrap=True,
        )
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.live_card.column.addWidget(self.waiting, 1)
        self.card = RunCard(self.look, self)
        left = column(self.card.call, spacing=2 * GRID)
        left.addWidget(self.live_card, 1)
        line.addLayout(left, 3)
        self.text, self.dots, self.feedback = self.card.text, self.card.dots, self.card.feedback
        self.keypad, self.remarks = self.card.keypad, self.card.remarks
        self.keypad.pressed.connect(self.press)
        self.card.target_set.connect(self._set_target)
        line.addWidget(self.card, 2)
        self.inside.addLayout(line, 1)
        self.inside.addWidget(self.keypad)
        self.begin = button(
            tr("Start the protocol"),
            "begin",
            tr("Begins with the first step (Space)"),
            role="primary",
        )
        self.begin.clicked.connect(self.begin_protocol)
        self.participant = ParticipantSwitch(self.look)
        self.finish = button(
            tr("Finish and analyse"),
            "finish",
            tr("Stops the recorder, builds and verifies the session, and shows the result"),
        )
        self.finish.clicked.connect(self.finish_wanted)
        self.to_check = button(tr("Signal check"), "run_to_check", tr("Opens the page Check"))
        self.to_check.clicked.connect(self.check_wanted)
        self.to_setup = button(
            tr("Set up a recording"), "run_to_setup", tr("Opens the page Set up"), role="primary"
        )
        self.to_setup.clicked.connect(self.setup_wanted)
        self.add_actions(self.participant, self.to_check, self.to_setup, self.finish, self.begin)

    def crumb(self) -> tuple[str, ...]:
        """Who is recorded, with which protocol."""
        protocol = self.recording.protocol if self.recording is not None else None
        return self._who, told(protocol, protocol.title) if protocol else "", self.title

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
        self.participant.display.show_moment(None)
        traces = self.ensure_traces()
        traces.set_source(None if recording is None else recording.source)
        traces.now_s = None if recording is None else recording.lab_s
        traces.setVisible(recording is not None)
        self.waiting.setVisible(recording is None)
        if recording is None:
            self._show_idle()
            return
        self._sounds = Sounds()
        self.guiding = Guiding(recording, self)
        self.guiding.aimed.connect(self._aimed)
        self.asking = Asking(recording, self.remarks, self)
        self.asking.noted.connect(self._note)
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
        live.failed.connect(
            lambda error: self._note(tr("No live results: {error}", error=error_words(error)))
        )
        if self.guiding is not None:
            self.guiding.use(live)
        live.start(given_at(recording.folder))

    def _end_live(self) -> None:
        for one in (self.live, self.asking):
            if one is not None:
                one.close()
                one.deleteLater()
        if self.guiding is not None:
            self.guiding.deleteLater()
        self.live = self.asking = self.guiding = None
        self.feedback.clear()
        self.card.loads.close_look_up()

    def press(self, action: Action) -> None:
        """Do what a key or a button asks; Space also starts the protocol."""
        if action not in get_args(Action) or self.recording is None:
            return
        if action == "next" and self.recording.run is None and self.begin.isEnabled():
            self.begin_protocol()
            return
        self.recording.press(action)

    def begin_protocol(self) -> None:
        """Note the loads, and start the first step."""
        if self.recording is not None and self.recording.run is None:
            for data in self.card.loads.chosen():
                self.recording.mark(LOAD, data)
            self.recording.begin()
            self.follow_run()

    def follow_run(self) -> None:
        """Show a run that has begun; one that is over leaves only the way to the result."""
        recording = self.recording
        if recording is None or recording.run is None:
            return
        self.card.set_plan(recording.protocol, recording.run.blocks)
        if recording.running:
            self._offer()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.show_state(recording.run.state)
        else:
            self._offer(self.finish)

    def _happened(self, event: RunEvent) -> None:
        recording = self.recording
        if recording is None:
            return
        at = recording.seconds(event.t_ns)
        if event.kind in {"cue", "marker", "reject", "stop"} and self.traces is not None:
            self.traces.marks.add_event(at, event.kind)
        for sound in self._sounds.of_events(self._block(event.data.get("block")), [event]):
            self.tone.play(sound)
        if event.kind == "marker":
            deviation = event.data.get("deviation")
            self._note(
                tr("Noted: {what}.", what=deviation)
                if deviation
                else tr("Marker at {time} s.", time=f"{at:.1f}")
            )
        if event.kind == "block" and self.guiding is not None:
            self.card.offer_target(self.guiding, self._block(event.data.get("block")))

    def _set_target(self, value: float) -> None:
        guiding = self.guiding
        if guiding is not None and guiding.bio is not None:
            guiding.set_target(value)
        elif guiding is not None:
            guiding.force.set_maximum(value)

    def _aimed(self) -> None:
        run = self.recording.run if self.recording is not None else None
        if run is not None and self.guiding is not None:
            self.card.offer_target(self.guiding, self._block(run.state.block))

    def _block(self, name: object) -> Block | None:
        return self.recording.block(name) if self.recording is not None else None

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
        moment = self.guiding.moment(state) if self.guiding is not None else None
        said = shown(state, self.recording.protocol if self.recording is not None else None)
        self.card.show_state(said, moment)
        self.participant.display.show_moment(said, moment)
        if self.guiding is not None and self.traces is not None:
            self.traces.show_target(self.guiding.target_newtons(state))
        sound = self._sounds.of_moment(self._block(state.block), state)
        if sound:
            self.tone.play(sound)

    def _show_ready(self, recording: LiveRecording) -> None:
        protocol = recording.protocol
        self.card.set_plan(protocol)
        self.card.show_ready(protocol, optional=recording.optional)
        self.card.loads.look_up(recording.out.parent, self._who, protocol)
        set_role(self.finish, "" if protocol is not None else "primary")
        self.begin.setEnabled(protocol is not None)
        self._offer(self.to_check, self.finish, *([self.begin] if protocol is not None else []))
        self.hint.setText("")

    def show_saving(self) -> None:
        """Say that the session is being made of what was recorded."""
        self.card.text.say(tr("Saving and analysing."), 28)
        self._offer()
        self.setFocus()

    def _show_idle(self) -> None:
        self.card.show_idle(tr("No recording is running."))
        self.hint.setText("")
        self._offer(self.to_setup)

    def _offer(self, *buttons: QPushButton) -> None:
        """Show these ways to go on, and no others."""
        for one in (self.to_check, self.to_setup, self.finish, self.begin):
            one.setVisible(one in buttons)

    def show_status(self, status: dict[str, Any]) -> None:
        """Say what the recorder tells of itself."""
        if self.traces is not None:
            self.traces.show_status(status)
