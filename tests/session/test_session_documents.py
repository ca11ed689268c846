"""JSON in sessions: what is too much is said when it is written and when it is read."""

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.model import ChannelInfo
from labapp.session import format as f
from labapp.session.check import check_session
from labapp.session.content import (
    SessionContent,
    SessionHead,
    StreamContent,
    StreamHead,
    unbroken,
)
from labapp.session.documents import dump_json
from labapp.session.file import open_session
from labapp.session.write import write_session
from labapp.timing.offline import exact_map


def session(path, notes):
    channel = ChannelInfo("ch1", "emg", "V", 1e-6, 0.0, -(2**23), 2**23 - 1)
    head = StreamHead("emg", "labbox", "box", 1000.0, "exact", (channel,))
    counts = np.zeros((100, 1), np.int32)
    stream = StreamContent(head, counts, unbroken(100, exact_map(1000.0)))
    identity = SessionHead("u", "2026-01-01T00:00:00+00:00", "0.1.0", 0, "imported")
    write_session(path, SessionContent(identity, (stream,), {}, notes=notes))
    return path


def test_too_large_a_document_is_not_written():
    assert dump_json({"b": 1, "a": [True, "ü"]}) == '{"a":[true,"ü"],"b":1}'.encode()
    with pytest.raises(LabError, match=r"500006 values \(at most 500000\)"):
        dump_json({"a": [0] * 500_005})
    with pytest.raises(LabError, match="bytes"):
        dump_json({"a": "x" * f.MAX_JSON_BYTES})


def test_notes_beyond_the_limit_are_counted(tmp_path, monkeypatch):
    notes = [(k * 10**9, {"event": "open", "n": k}) for k in range(20)]
    whole = session(tmp_path / "whole.h5", notes)
    monkeypatch.setattr(f, "MAX_TEXT_ROWS", 8)
    short = session(tmp_path / "short.h5", notes)
    with open_session(whole) as one, open_session(short) as other:
        assert [note for _, note in one.notes] == [note for _, note in notes]
        assert other.notes[:7] == one.notes[:7]
        assert other.notes[7:] == ((19.0, {"event": "left out", "rows": 13}),)
    assert check_session(short) == []
