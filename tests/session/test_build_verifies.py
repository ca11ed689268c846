"""Nothing that reads back differently gets a name: the log stays the truth."""

import dataclasses

import pytest

from labapp.errors import SessionRefused
from labapp.session import build, decode, write
from labapp.session.build import build_session


@pytest.fixture
def log(tmp_path, make_log, wire):
    return make_log(tmp_path, {"emg": wire("labbox", {"channels": 2, "rate": 500.0}, seconds=6.0)})


def refused(log, out, match):
    with pytest.raises(SessionRefused, match=match):
        build_session(log, out)
    assert log.exists()
    assert list(out.parent.glob("*.h5*")) == []


def test_a_wrong_number_in_a_chunk(log, tmp_path, monkeypatch):
    right, made = write.stored, []

    def wrong(rows, length):
        made.append(rows)
        rows = rows.copy()
        rows.flat[-1] += len(made) == 3
        return right(rows, length)

    monkeypatch.setattr(write, "stored", wrong)
    refused(log, tmp_path / "s.h5", "reads back from .* other than it was written")
    assert len(made) > 6


def test_a_chunk_that_the_library_cannot_read(log, tmp_path, monkeypatch):
    right = write.stored
    monkeypatch.setattr(write, "stored", lambda rows, length: right(rows, length)[:-4] + bytes(4))
    refused(log, tmp_path / "s.h5", "damaged")


def test_a_decoder_that_depends_on_the_portions(log, tmp_path, monkeypatch):
    """The second decoding takes the bytes in other portions than the first."""
    right = decode.StreamDecoder._add

    def wrong(self, block, t_ns):
        counts = block.counts.copy()
        counts[-1] += 1  # the last sample of whatever was decoded together
        right(self, dataclasses.replace(block, counts=counts), t_ns)

    monkeypatch.setattr(decode.StreamDecoder, "_add", wrong)
    monkeypatch.setattr(build, "_TOGETHER", 5_000)
    refused(log, tmp_path / "s.h5", "reads back from .* other than it was written")


def test_a_table_that_reads_back_differently(log, tmp_path, monkeypatch):
    right = write._table

    def wrong(group, name, rows):
        if name == "reads":
            rows = rows.copy()
            rows["t_ns"][3] += 1
        return right(group, name, rows)

    monkeypatch.setattr(write, "_table", wrong)
    refused(log, tmp_path / "s.h5", "reads back from .* other than it was written")
