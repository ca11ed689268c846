"""The words of the Lab Streaming Layer that go wrong: one line, status 2."""

import sys

import pytest

from labapp.cli import main as cli


@pytest.mark.parametrize("words", [["outlet"], ["outlet", "x.recording", "--attach"]])
def test_the_outlet_needs_one_recording(words, capsys):
    assert cli.main(words) == 2
    assert capsys.readouterr().err == (
        "labapp: one recording is needed; give its folder, or --attach\n"
    )


def test_nothing_runs_there(tmp_path, capsys):
    assert cli.main(["outlet", str(tmp_path)]) == 2
    assert "no recorder runs in" in capsys.readouterr().err


def test_streams_are_looked_for_only_when_asked(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pylsl", None)
    assert cli.main(["devices", "--json"]) == 0
    assert '"lsl"' not in capsys.readouterr().out
    assert cli.main(["devices", "--lsl"]) == 2
    printed = capsys.readouterr()
    assert printed.err == ("labapp: the LSL library is not installed; pip install labapp[lsl]\n")
    assert printed.out == ""


def test_a_stream_of_another_driver_is_refused(capsys, tmp_path):
    words = ["record", "--device", "emg=bitalino@lsl://X", "--out", str(tmp_path / "x.h5")]
    assert cli.main(words) == 2
    assert "cannot be read by driver 'bitalino'; use driver lsl" in capsys.readouterr().err
