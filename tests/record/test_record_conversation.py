import threading
from collections import deque

import pytest

from labapp.device import Exchange
from labapp.errors import PortError
from labapp.record.conversation import converse, drain


class Script:
    """A port that answers each write with prepared reads."""

    url = "COM7"
    converses = True
    ended = False
    info = {}  # noqa: RUF012

    def __init__(self, *answers):
        self.answers = deque(answers)
        self.waiting = deque()
        self.sent = []

    def write(self, data):
        self.sent.append(data)
        self.waiting.extend(self.answers.popleft() if self.answers else ())

    def read(self, timeout_s):
        if self.waiting:
            return self.waiting.popleft(), 5
        threading.Event().wait(min(timeout_s, 0.01))
        return b"", 0

    def close(self):
        pass


def talk(port, *steps, streaming=False, abort=None):
    heard = converse(port, steps, abort or threading.Event(), streaming=streaming, device="box")
    return [(part.data, part.answer) for part in heard]


def test_what_follows_the_last_answer_is_the_stream():
    port = Script([b"noise Ver", b"sion 2\n"], [b"Start\nDA", b"TA"])
    steps = (
        Exchange(send=b"v", expect=rb"Version \d\n"),
        Exchange(send=b"s", expect=rb"Start\n"),
    )
    assert talk(port, *steps) == [
        (b"noise Version 2\n", True),
        (b"Start\n", True),
        (b"DA", False),
    ]
    assert port.sent == [b"v", b"s"]
    assert port.read(0)[0] == b"TA"


def test_what_came_before_the_next_question_is_no_stream():
    port = Script([b"ok\nchatter"], [b"go\n"])
    steps = (Exchange(send=b"a", expect=rb"ok\n"), Exchange(send=b"b", expect=rb"go\n"))
    assert talk(port, *steps) == [(b"ok\n", True), (b"chatter", True), (b"go\n", True)]


def test_while_streaming_only_the_match_is_an_answer():
    port = Script([b"12\n13\nEnd", b"ed\n14\n"])
    step = Exchange(send=b"e", expect=rb"Ended\n")
    assert talk(port, step, streaming=True) == [
        (b"12\n13\n", False),
        (b"Ended\n", True),
        (b"14\n", False),
    ]


def test_optional_silence_passes_and_required_silence_does_not():
    quiet = Exchange(send=b"?", expect=b"!", timeout_s=0.03, required=False)
    assert talk(Script(), quiet) == []
    with pytest.raises(PortError, match=r"box on COM7 does not answer; switch it on"):
        talk(Script(), Exchange(send=b"?", expect=b"!", timeout_s=0.03))
    with pytest.raises(PortError, match=r"answers something else \(3 bytes: 61 62 63\)"):
        talk(Script([b"abc"]), Exchange(send=b"?", expect=b"!", timeout_s=0.03))


def test_giving_up():
    abort = threading.Event()
    abort.set()
    with pytest.raises(PortError, match="given up"):
        talk(Script(), Exchange(send=b"?", expect=b"!", timeout_s=60), abort=abort)


def test_drain_takes_what_is_under_way():
    port = Script([b"a", b"b"])
    port.write(b"x")
    taken = []
    drain(port, 0.01, 1.0, lambda data, stamp: taken.append((data, stamp)))
    assert taken == [(b"a", 5), (b"b", 5)]
