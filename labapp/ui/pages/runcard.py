"""The card of the page Run: what to say, where in the test we are, what the last pull showed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from labapp.translate import phrase, tr
from labapp.trials.guide import has_target, place_of
from labapp.trials.protocol import Block, Protocol
from labapp.trials.run import RunState
from labapp.ui.guides import Moment
from labapp.ui.guiding import Guiding
from labapp.ui.look import Look
from labapp.ui.numberbox import NumberBox
from labapp.ui.numbers import minutes
from labapp.ui.pages.callword import CallCard
from labapp.ui.pages.card import Dots, PhaseBar, breath_words, large_words, time_words
from labapp.ui.pages.feedback import Feedback
from labapp.ui.pages.guideview import GuideView
from labapp.ui.pages.keypad import KeyPad
from labapp.ui.pages.largewords import LargeWords
from labapp.ui.pages.loadspanel import LoadsPanel
from labapp.ui.pages.remarkrow import RemarkRow
from labapp.ui.pages.scrollcard import ScrollCard
from labapp.ui.parts import label, named, row, set_role
from labapp.ui.theme import GRID
from labapp.ui.words import ratio_short
from labapp.workflow.protocol_words import called, instructions, told

ORDERS = {
    "drawn": phrase("order drawn at random"),
    "turns": phrase("conditions in turns"),
    "": "",
}


class RunCard(ScrollCard):
    """Instruction, phases, dots, guides, the last pull, and when to stop.

    `keypad`, and `call` with the word to be read from 3 m, lie outside. `target_set` comes with
    the ratio or the force (N) that the operator aims at.
    """

    target_set = Signal(float)

    def __init__(self, look: Look, page: QWidget) -> None:
        super().__init__("instruction_card")
        self.look = look
        self._protocol: Protocol | None = None
        self._blocks: Sequence[Block] = ()
        self._planned: tuple[str, object] = ("", None)
        # A strut, not a minimum: long words of a language may ask for more.
        self.column.addStrut(look.px(380) - 4 * GRID)
        self.block = label("", "title", name="block", wrap=True)
        self.place = label("", "soft", name="block_place", wrap=True)
        self.text = LargeWords(look, "instruction")
        self.call = CallCard(look)
        self.script = label("", name="script", wrap=True)
        self.script.setToolTip(tr("Read this aloud before the first repetition."))
        self.loads = LoadsPanel()
        self.breath = label("", "soft", name="breath", wrap=True)
        self.left = label("", "title", name="time_left")
        self.left.setToolTip(tr("Seconds left in this step"))
        self.guide = GuideView(look)
        self.phases = PhaseBar(look)
        self.dots = Dots(look)
        self.count = label("", "soft", name="repetition_count", wrap=True)
        self.feedback = Feedback(look)
        self.remarks = RemarkRow(page)
        self.keypad = KeyPad(page)
        self.stops = label("", "faint", name="stop_criteria", wrap=True)
        beside = row(self.breath, self.left)
        beside.setStretch(0, 1)
        self.clock = QWidget()
        self.clock.setLayout(beside)
        beside.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.block)
        self.column.addWidget(self.place)
        self.column.addWidget(self.text, 1)
        self.column.addWidget(self.script)
        self.column.addWidget(self.loads)
        self.column.addWidget(self.clock)
        self.column.addWidget(self.guide)
        self.column.addWidget(self._target_row())
        for widget in (self.phases, self.dots, self.count, self.feedback, self.remarks):
            self.column.addWidget(widget)
        self.column.addWidget(self.stops)

    def _target_row(self) -> QWidget:
        self.target = NumberBox()
        named(self.target, "target")
        self.target.editingFinished.connect(self._give_target)
        self.target_words = label("", "soft", name="target_words")
        self.target_row = QWidget()
        beside = row(self.target_words, self.target)
        beside.setContentsMargins(0, 0, 0, 0)
        self.target_row.setLayout(beside)
        self.target_row.hide()
        return self.target_row

    # ------------------------------------------------------------------ states

    def set_plan(self, protocol: Protocol | None, blocks: Sequence[Block] = ()) -> None:
        """Know the protocol, and its blocks in the order of this run."""
        self._protocol, self._blocks = protocol, blocks
        self._planned = ("", None)
        stops = "; ".join(told(protocol, one) for one in protocol.safety.stop) if protocol else ""
        self.stops.setText(tr("Stop at: {stops}.", stops=stops) if stops else "")
        self.stops.setVisible(bool(stops))
        set_role(self.stops, "faint")

    def show_state(self, state: RunState, moment: Moment | None) -> None:
        """Show a moment of the run."""
        self.call.say(called(state))
        if state.paused:
            self.text.say(tr("Pause. Breathe."))
        else:
            self.text.say(state.text)
        self._show_block(state)
        self._show_parts(running=True)
        self.breath.setText(
            "" if state.over or "breath" in self.guide.kinds else breath_words(state.breath)
        )
        self.left.setText(time_words(state))
        self.phases.show_state(None if state.over else state)
        self.dots.show_dots(state.dots)
        self.count.setText(_count_words(state))
        self.keypad.show_state(state)
        self.guide.show_moment(None if state.over else moment)
        asked = self.remarks.question is not None
        # What is followed now comes first: the ratios are back in the rest.
        self.feedback.step_aside(asked or not {"bars", "force"}.isdisjoint(self.guide.kinds))
        if state.over:
            self.remarks.close_question()
            self.target_row.hide()

    def _show_block(self, state: RunState) -> None:
        if (state.block, state.title) == self._planned:
            return
        self._planned = (state.block, state.title)
        self.script.hide()
        self.loads.hide()
        self.block.setText(state.title)
        protocol = self._protocol
        found = place_of(protocol, self._blocks, state.block) if protocol is not None else None
        if found is None:
            self.place.hide()
            return
        words = [tr("Block {n} of {of}", n=found.number, of=found.of)]
        if found.condition:
            words.append(tr("condition: {condition}", condition=_plain(protocol, found.condition)))
        words += [tr(ORDERS[found.order])] if found.order else []
        self.place.setText(" · ".join(words))
        names = [
            f"{n}. {told(protocol, block.title)}"
            + (f" ({_plain(protocol, block.condition)})" if block.condition else "")
            for n, block in enumerate(self._blocks, 1)
        ]
        self.place.setToolTip(
            tr("The blocks of this run, in their order:") + "\n" + "\n".join(names)
        )
        self.place.show()

    def show_ready(self, protocol: Protocol | None, *, optional: bool) -> None:
        """Before the first step: the script to read, and when not to begin."""
        self.block.setText(
            told(protocol, protocol.title) if protocol else tr("Recording without a protocol")
        )
        self.place.setVisible(protocol is not None)
        if protocol is not None:
            self.text.say(tr("Look at the traces: is every channel quiet at rest?"), 22)
            self.place.setText(
                tr("about {time}", time=minutes(protocol.duration_s(optional=optional)))
            )
            self.place.setToolTip("")
            script = next(iter(instructions(protocol)), "")
            self.script.setText(tr("Read aloud: “{script}”", script=large_words(script)))
            against = "; ".join(told(protocol, one) for one in protocol.safety.contraindications)
            set_role(self.stops, "soft")
            self.stops.setText(
                tr("Do not begin with: {against}.", against=against) + "\n" + self.stops.text()
            )
        else:
            self.text.say(tr("Recording. M sets a marker."), 28)
        self.script.setVisible(protocol is not None)
        self._empty()
        self.keypad.allow("marker")
        self.keypad.setVisible(protocol is None)

    def show_idle(self, words: str) -> None:
        """Without a recording."""
        self.text.say(words, 28)
        self.block.setText(tr("Run"))
        self.set_plan(None)
        for widget in (self.place, self.script, self.loads):
            widget.hide()
        self._empty()
        self.keypad.hide()

    def _show_parts(self, *, running: bool) -> None:
        """Show where the test is only while there is one: before it, words need the room."""
        for widget in (self.clock, self.phases, self.dots, self.count):
            widget.setVisible(running)
        if running:
            self.keypad.show()
        else:
            self.call.hide()

    def _empty(self) -> None:
        self._show_parts(running=False)
        for widget in (self.breath, self.left, self.count):
            widget.setText("")
        self.phases.show_state(None)
        self.dots.show_dots(())
        self.guide.show_moment(None)
        self.remarks.close_question()
        self.target_row.hide()

    # ------------------------------------------------------------------ targets

    def offer_target(self, guiding: Guiding, block: Block | None) -> None:
        """Show what the guides are counted from, to be changed: a ratio, or the greatest force."""
        bio = guiding.bio if block is not None and block.feedback_share is not None else None
        force = block is not None and has_target(block) and guiding.force.present
        self.target_row.setVisible(bio is not None or force)
        if self.target.hasFocus():
            return
        self.target.blockSignals(True)
        if bio is not None:
            self.target_words.setText(
                tr("Keep {pair} at or below", pair=ratio_short(":".join(bio.pair)))
            )
            self.target.setRange(0.0, 10.0)
            self.target.setDecimals(2)
            self.target.setSingleStep(0.05)
            self.target.setSuffix("")
            self.target.setToolTip(tr("Ratio of activations; 0: none yet, the protocol finds it"))
            self.target.setValue(bio.target or 0.0)
        elif force:
            self.target_words.setText(tr("100 % of the force is"))
            self.target.setRange(0.0, 5000.0)
            self.target.setDecimals(0)
            self.target.setSingleStep(5.0)
            self.target.setSuffix(" N")
            self.target.setToolTip(
                tr("Greatest pull so far, in newtons; change it if you know better")
            )
            self.target.setValue(guiding.force.maximum or 0.0)
        self.target.setAccessibleName(self.target_words.text())
        self.target.blockSignals(False)
        self._offered = self.target.value()

    def _give_target(self) -> None:
        if self.target.value() > 0 and self.target.value() != self._offered:
            self._offered = self.target.value()
            self.target_set.emit(self.target.value())

    _offered = 0.0


def _plain(protocol: Protocol | None, condition: str) -> str:
    """Return the name of a condition as words: a file may write ``palms_up``."""
    return told(protocol, condition).replace("_", " ")


def _count_words(state: RunState) -> str:
    share = round(100 * state.total_progress)
    if state.sets > 1:
        return tr(
            "repetition {n} of {of}, set {set} of {sets} · {share} % of the test",
            n=state.repetition, of=state.of, set=state.set, sets=state.sets, share=share,
        )  # fmt: skip
    return tr(
        "repetition {n} of {of} · {share} % of the test",
        n=state.repetition, of=state.of, share=share,
    )  # fmt: skip
