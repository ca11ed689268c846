"""The short form of ``python3 run.py reliability``: a few of everything, as exact."""

import multiprocessing.forkserver
import sys

import numpy as np
import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals and SIGKILL need POSIX", allow_module_level=True)

import campaign
import reliability_faults as faults
import reliability_kills as kills
import reliability_readers as readers
import reliability_replays as replays
import reliability_wake as wake


@pytest.fixture(scope="module", autouse=True)
def server():
    """Start the process that forks the victims before anybody counts what a test leaves."""
    kills.serve()
    multiprocessing.forkserver.ensure_running()


@pytest.mark.parametrize("victim", kills.VICTIMS)
def test_a_kill_costs_nothing_that_was_read(tmp_path, victim):
    outcome = kills.kill_trial(tmp_path, kills.VICTIMS.index(victim), victim)
    assert outcome.wrong == []
    assert outcome.samples > 0


def test_a_kill_while_a_device_is_stopped_costs_nothing_either(tmp_path):
    outcome = kills.kill_while_stopping(tmp_path)
    assert outcome.wrong == []
    assert outcome.lost == 0
    assert outcome.rescues > 3  # so many reads were in the intake page alone
    assert outcome.samples > 40


def test_a_reader_that_never_waits_is_killed_without_loss(tmp_path):
    outcome = readers.kill_readers(tmp_path, 12)
    assert outcome.wrong == []
    assert outcome.lost == 0
    assert outcome.bytes_read > 10_000


def test_the_comparison_notices_a_missing_sample(tmp_path):
    """A check that cannot fail is none: the same comparison with one value changed."""
    from reliability_boards import Boards

    class Stream:
        def __init__(self, index, counts):
            self.runs = np.array([(0, len(index))], dtype=[("first", "i8"), ("count", "i8")])
            self.rows = counts

        def counts(self, start, stop):
            return self.rows[start:stop]

    with Boards(1, loss=0.0, kinds=("labbox",)) as boards:
        board = boards.all[0]
        boards.halt()
        board.sent = int(board.stops[99])
        logged = board.wire[: board.sent]
        good, bad = board.counts[:100].copy(), board.counts[:100].copy()
        bad[50, 0] += 1
        found = {}
        for name, rows, data in (
            ("good", good, logged), ("value", bad, logged), ("count", good[:99], logged),
            ("bytes", good, b"x" + logged[1:]),
        ):  # fmt: skip
            outcome = kills.Outcome("test")
            kills.compare(outcome, board, data, Stream(board.index[: len(rows)], rows), whole=False)
            found[name] = outcome.wrong
    assert found["good"] == []
    assert all(found[name] for name in ("value", "count", "bytes"))


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return replays.record(tmp_path_factory.mktemp("log") / "r", 0.25)


def test_a_log_cut_anywhere_builds(tmp_path, log):
    at = replays.places(log, tmp_path, step=60, others=3)
    tally = replays.cut(tmp_path / "cut", log, at)
    assert tally.wrong == []
    assert tally.states == len(at) > 5


def test_a_power_failure_costs_only_what_was_not_synced(tmp_path, log):
    tally = replays.fail_power(tmp_path, log, trials=3)
    assert tally.wrong == []
    assert tally.states == 3
    assert tally.slowest_s < 10.0


@pytest.mark.parametrize("one", [faults.read_only, faults.clock_set_back])
def test_a_fault_is_told(tmp_path, one):
    fault = faults.run(one, tmp_path)
    assert fault.good, fault


def test_every_chunk_is_stamped_after_it_was_written(tmp_path):
    """The short form, without a window: p99 measures the machine as well, so the campaign does."""
    one = wake.run(tmp_path / "r", 2.5, window=False)
    assert one.wrong == []
    assert len(one.late_s) > 150
    assert one.late_s.min() > 0
    # What the clock estimate uses is the soonest read of each second.
    assert np.median(one.minima_s) < 1e-3
    assert np.abs(one.offline_s).max() < 0.016


def test_the_lateness_is_that_of_the_last_byte(tmp_path):
    """Against a log whose stamps are known."""
    from labapp.record.log import FrameKind, LogWriter

    log = LogWriter(tmp_path / "capture.log", {"format": "labapp-log", "version": 1})
    for stream, t_ns, size in ((0, 1_100_000, 10), (1, 5_000_000, 4), (0, 1_900_000, 6)):
        log.append(FrameKind.DATA, stream, t_ns, bytes(size))
    log.close()
    writes = [[(1_000_000, 10), (1_500_000, 16)], [(5_000_000, 4)]]
    late, minima, wrong = wake.lateness(log.path, writes)
    assert late.tolist() == pytest.approx([100e-6, 400e-6, 0.0])
    assert minima.tolist() == pytest.approx([100e-6, 0.0])
    assert wrong == []
    writes[1][0] = (5_000_500, 4)
    assert "before the write" in wake.lateness(log.path, writes)[2][0]
    writes[0] += [(2_000_000, 20)] * 3
    assert "2 of 5 chunks" in wake.lateness(log.path, writes)[2][0]


def test_a_byte_that_is_in_neither_log_nor_page_is_a_failure():
    from reliability_boards import Boards

    with Boards(1, loss=0.0, kinds=("labbox",)) as boards:
        board = boards.all[0]
        boards.halt()
        board.sent = int(board.stops[99])
        outcome = kills.Outcome("test")
        logged = board.wire[: board.sent - 1]  # one byte short, and nothing left in the port
        kills.compare(outcome, board, logged, None, whole=True)
    assert outcome.wrong == ["labbox: 1 bytes read are not in the log"]
    assert outcome.lost == 1


def test_the_page_tells_a_broken_promise():
    text = campaign.page([("kill", "3", "fine", True), ("cut", "1", "WRONG", False)], 300, 60.0)
    assert "| cut | 1 | WRONG | **no** |" in text
    assert "1.0 %" in text
