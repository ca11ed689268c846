"""What the window says of a pull while the recording goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from labapp.analysis import Lag
from labapp.model import ChannelInfo
from labapp.trials.run import RunEvent
from labapp.ui.livelook import LiveLook
from labapp.ui.look import Look
from labapp.ui.pages.feedback import Feedback, look_words, ratios_now
from labapp.ui.tracesview import TracesView
from labapp.workflow.live_levels import Level
from labapp.workflow.live_pull import PullLook, ready_s
from labapp.workflow.live_source import LiveStream
from labapp.workflow.resume import REFERENCE

RATE = 1000.0
NS = 1_000_000_000


class FakeRecording(QObject):
    """Two muscles: a steady contraction from 2 to 6 s; then a pull, RM 40 ms before UT."""

    happened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(3)
        t = np.arange(round(16 * RATE)) / RATE
        level = np.ones((len(t), 2))
        level[(t >= 2) & (t < 6)] += 40
        for column, onset in enumerate((10.26, 10.30)):
            level[:, column] += 30 * np.clip((t - onset) / 0.02, 0, 1) * (t < 11.5)
        self.counts = np.round(rng.normal(size=level.shape) * level * 10).astype(np.int32)
        channels = tuple(
            ChannelInfo(f"A{i + 1}", "emg", "V", 1e-6, 0.0, -(2**15), 2**15 - 1, code)
            for i, code in enumerate(("UT_R", "RM_R"))
        )
        self.counts = self.counts[:, ::-1]
        self.streams = (LiveStream("emg", RATE, channels),)
        self.stop = 0
        self.away: frozenset[str] = frozenset()
        self.references: list[dict[str, Any]] = []
        self.marks: list[tuple[str, dict[str, Any]]] = []

    def mark(self, kind: str, data: dict[str, Any]) -> None:
        self.marks.append((kind, json.loads(json.dumps(data))))

    @property
    def source(self) -> FakeRecording:
        return self

    def seconds(self, t_ns: int) -> float:
        return t_ns / NS

    def newest(self, stream: str) -> int:
        return self.stop

    def start_s(self, stream: str) -> float:
        return 0.0

    def read(self, stream: str, first: int, stop: int) -> tuple[Any, Any]:
        return self.counts[first:stop], np.ones(stop - first, dtype=bool)

    def say(self, kind: str, seconds: float, **data: Any) -> None:
        self.happened.emit(RunEvent(kind, round(seconds * NS), data))


@pytest.fixture
def recording() -> FakeRecording:
    return FakeRecording()


@pytest.fixture
def live(recording: FakeRecording) -> Iterator[LiveLook]:
    # The window loads it before it looks at anything; a busy machine takes seconds for it.
    pytest.importorskip("scipy.signal")
    one = LiveLook(recording)  # type: ignore[arg-type]
    one.start()
    yield one
    one.close()


def test_a_pull_is_looked_at_once_its_samples_are_there(
    qtbot: QtBot, recording: FakeRecording, live: LiveLook, look: Look
) -> None:
    feedback, traces = Feedback(look), TracesView(look)
    for widget in (feedback, traces):
        qtbot.addWidget(widget)
    traces.set_source(recording)
    live.looked.connect(feedback.show_look)
    live.looked.connect(traces.show_onsets)
    live.left_out.connect(feedback.leave_out)
    recording.say("cue", 10.0, role="main")
    recording.stop = 11_000
    looks: list[PullLook] = []
    live.looked.connect(looks.append)
    with qtbot.waitSignal(live.levels_changed, timeout=5000):
        pass
    assert not looks
    recording.stop = 14_000
    with qtbot.waitSignal(live.looked, timeout=5000):
        pass
    assert looks[0].light == "first"
    assert looks[0].asked == "RM_R"
    assert -60 < looks[0].lags["UT_R"].lag * 1e3 < -20
    assert feedback.text.text().startswith("RM right ")
    assert "before UT right (±" in feedback.text.text()
    assert traces.lanes is not None
    traces.lanes.poll()
    assert len(traces.marks.lines(traces.lanes, look)) == 2  # two onsets, and the line of now
    feedback.show()
    feedback.shown.click()
    assert not feedback.text.isVisible()
    recording.say("reject", 12.0, cue_ns=10 * NS)
    assert feedback.text.text() == "The last pull is left out."


def test_a_rejected_pull_is_not_looked_at(
    qtbot: QtBot, recording: FakeRecording, live: LiveLook
) -> None:
    looks: list[PullLook] = []
    live.looked.connect(looks.append)
    recording.say("cue", 10.0, role="main")
    recording.say("reject", 10.5, cue_ns=10 * NS)
    recording.stop = 15_000
    with qtbot.waitSignals([live.levels_changed] * 2, timeout=5000):
        pass
    assert not looks


def test_levels_go_on_while_a_pull_waits_for_a_device_that_is_gone(
    qtbot: QtBot, recording: FakeRecording, live: LiveLook
) -> None:
    looks: list[PullLook] = []
    live.looked.connect(looks.append)
    recording.say("cue", 10.0, role="main")
    recording.stop = round((ready_s(10.0) - 0.05) * RATE)
    with qtbot.waitSignals([live.levels_changed] * 2, timeout=5000):
        pass
    assert not looks
    recording.stop = round((ready_s(10.0) + 0.01) * RATE)
    with qtbot.waitSignal(live.looked, timeout=5000):
        pass
    assert looks[0].light == "first"


def test_levels_become_percent_after_a_reference(
    qtbot: QtBot, recording: FakeRecording, live: LiveLook
) -> None:
    recording.stop = 5000
    with qtbot.waitSignal(live.levels_changed, timeout=5000) as first:
        pass
    assert all(level.percent is None for level in first.args[0].values())
    assert list(first.args[0]) == ["UT_R", "RM_R"]
    recording.say("cue", 2.0, role="reference")
    recording.say("relax", 6.0)
    recording.stop = 11_000  # in the middle of the pull

    def active() -> None:
        with qtbot.waitSignal(live.levels_changed, timeout=5000) as told:
            pass
        percent = {muscle: level.percent for muscle, level in told.args[0].items()}
        assert percent["RM_R"] == pytest.approx(75, abs=12)
        assert percent["UT_R"] == pytest.approx(75, abs=12)

    qtbot.waitUntil(active, timeout=8000)


def levels_of(qtbot: QtBot, live: LiveLook) -> dict[str, Level]:
    with qtbot.waitSignal(live.levels_changed, timeout=5000) as told:
        pass
    levels: dict[str, Level] = told.args[0]
    return levels


def test_another_window_counts_on_from_the_same_references(
    qtbot: QtBot, recording: FakeRecording, live: LiveLook
) -> None:
    recording.say("cue", 2.0, role="reference")
    recording.say("relax", 6.0)
    recording.stop = 11_000
    qtbot.waitUntil(lambda: len(recording.marks) == 1, timeout=5000)
    before = levels_of(qtbot, live)
    live.close()
    again = FakeRecording()
    again.stop = 11_000
    again.counts[:10_000] = 0  # the ring has forgotten the contraction
    again.references = [data for kind, data in recording.marks if kind == REFERENCE]
    other = LiveLook(again)  # type: ignore[arg-type]
    other.start()
    after = levels_of(qtbot, other)
    assert all(level.percent is not None for level in after.values())
    assert after == before
    again.say("reject", 11.0, cue_ns=2 * NS)
    assert again.marks == [(REFERENCE, {"cue_s": 2.0, "left_out": True})]
    other.close()
    third = FakeRecording()
    third.stop, third.references = 11_000, again.references
    last = LiveLook(third)  # type: ignore[arg-type]
    last.start()
    assert {level.percent for level in levels_of(qtbot, last).values()} == {None}
    last.close()


def test_no_level_stays_of_a_device_that_is_away(
    qtbot: QtBot, recording: FakeRecording, live: LiveLook, look: Look
) -> None:
    recording.say("cue", 2.0, role="reference")
    recording.say("relax", 6.0)
    recording.stop = 11_000
    qtbot.waitUntil(lambda: bool(recording.references), timeout=5000)
    feedback = Feedback(look)
    qtbot.addWidget(feedback)
    live.levels_changed.connect(feedback.show_levels)
    levels_of(qtbot, live)
    qtbot.waitUntil(lambda: "no data" not in feedback.gauge.accessibleDescription())
    recording.away = frozenset({"emg"})
    qtbot.waitUntil(
        lambda: feedback.gauge.accessibleDescription() == "RM_R:UT_R no data", timeout=5000
    )
    feedback.gauge.grab()
    recording.away = frozenset()
    qtbot.waitUntil(lambda: "no data" not in feedback.gauge.accessibleDescription(), timeout=5000)


def test_a_fault_ends_the_looking_and_is_told(
    qtbot: QtBot, recording: FakeRecording, live: LiveLook
) -> None:
    recording.stop = 5000
    recording.counts = np.zeros((0, 2), dtype=np.int32)
    with qtbot.waitSignal(live.failed, timeout=5000) as failed:
        pass
    assert isinstance(failed.args[0], Exception)
    assert not live._timer.isActive()


def pull(light: Any, told: str | None, lag_ms: float, reasons: tuple[str, ...] = ()) -> PullLook:
    lags = {"UT_R": Lag(lag_ms / 1e3, lag_ms / 1e3 - 0.012, lag_ms / 1e3 + 0.012, 0.9, "ok")}
    return PullLook(1.0, {}, "RM_R", lags if told else {}, light, told, reasons)


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (pull("first", "UT_R", -21), "RM right 21 ms before UT right (±12)"),
        (pull("later", "UT_R", 15), "UT right 15 ms before RM right (±12)"),
        (pull("close", "UT_R", -3), "Too close to tell: RM – UT right \u22123 ms (±12)"),
        (pull("cannot tell", None, 0, ("RM_R: clipped",)), "Cannot tell: RM right: clipped"),
    ],
)
def test_words_of_a_pull(look: PullLook, words: str) -> None:
    assert look_words(look) == words


def test_the_gauge_says_nothing_of_muscles_at_rest() -> None:
    levels = {"UT_R": Level(1e-5, 50.0), "RM_R": Level(1e-5, 100.0), "MT_R": Level(1e-6, 1.0)}
    assert ratios_now(levels) == [("RM_R:UT_R", 2.0), ("RM_R:MT_R", None)]
    assert ratios_now({"RM_R": Level(1e-5, None), "UT_R": Level(1e-5, None)}) == []
