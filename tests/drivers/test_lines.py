"""What all text devices share: lines from bytes, numbers from text, places from lines."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labapp.device import FeedStats
from labapp.device.freerunning import FreeRunningSide, free_running_start
from labapp.device.lines import (
    LONGEST,
    LineSamples,
    Row,
    read_numbers,
    split_fields,
    to_count,
    to_text,
)
from labapp.device.stamped import Stamp, StampedSamples
from labapp.model import ChannelInfo, DeviceEvent, SampleBlock

CHANNELS = tuple(ChannelInfo(name, "force", "N", 0.01, 0.0, -99999, 99999) for name in "ab")
bounded = settings(max_examples=100, deadline=None, derandomize=True)


def two_columns(line):
    counts = read_numbers(line, (2, 2))
    if counts is None:
        return None
    first, second = counts
    return Row(None if first is None or second is None else (first, second))


def run(*chunks, read=two_columns, channels=CHANNELS, samples=None, stats=None):
    stats = FeedStats() if stats is None else stats
    lines = LineSamples(channels, stats, read, samples=samples)
    items = [item for chunk in chunks for item in lines.feed(chunk)]
    items += lines.finish()
    blocks = [item for item in items if isinstance(item, SampleBlock)]
    rows = {b.first + i: tuple(row) for b in blocks for i, row in enumerate(b.counts.tolist())}
    return rows, [item for item in items if isinstance(item, DeviceEvent)], stats


@pytest.mark.parametrize(
    ("text", "decimals", "count"),
    [
        (b"4.285", 3, 4285),
        (b"-18.78", 2, -1878),
        (b"-0.05", 2, -5),
        (b"+7", 2, 700),
        (b".5", 1, 5),
        (b"5.", 1, 50),
        (b"3.0400", 2, 304),
        (b"0.1", 9, 100_000_000),
        (b"-0", 0, 0),
        (b"0.3", 1, 3),
        (b"007", 0, 7),
        (b"1.005", 2, None),
        (b"1,5", 1, None),
        (b"1e5", 0, None),
        (b"--1", 0, None),
        (b".", 2, None),
        (b"", 2, None),
        (b"0x10", 0, None),
        (b"1_0", 0, None),
        (b" 1", 0, None),
    ],
)
def test_numbers_become_counts_digit_by_digit(text, decimals, count):
    assert to_count(text, decimals) == count


@bounded
@given(count=st.integers(-(2**31), 2**31 - 1), decimals=st.integers(0, 9))
def test_text_of_a_count_reads_as_the_count(count, decimals):
    assert to_count(to_text(count, decimals).encode(), decimals) == count


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (b"12345,512,498", [b"12345", b"512", b"498"]),
        (b"emg1:512,emg2:498", [b"512", b"498"]),
        (b"emg1:512 emg2:498", [b"512", b"498"]),
        (b"a:1.2;b:3.4", [b"1.2", b"3.4"]),
        (b"HX711 reading: -1234", [b"-1234"]),
        (b"one reading:\t-12.5\taverage:\t7", [b"-12.5", b"7"]),
        (b"Reading: 57683\tWeight: 27.96", [b"57683", b"27.96"]),
        (b"4567,12.34,kg,24.31,", [b"4567", b"12.34", b"kg", b"24.31"]),
        (b"  1   2 ", [b"1", b"2"]),
        (b"1, ,3", [b"1", b"", b"3"]),
        (b"a:nan,b:5", [b"nan", b"5"]),
    ],
)
def test_labels_and_separators(line, fields):
    assert split_fields(line) == fields


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        (b"1.5,2", (150, 200)),
        (b"nan,2", (None, 200)),
        (b"-inf;+INF", (None, None)),
        (b"x: ovf y: 2", (None, 200)),
        (b"x:ovf,y:2", (None, 200)),
        (b",2", (None, 200)),
        (b"1,2,", (100, 200)),
        (b"1", None),
        (b"1,2,3", None),
        (b"1,two", None),
        (b"1,2.005", None),
    ],
)
def test_rows_of_two_numbers(line, counts):
    assert read_numbers(line, (2, 2)) == counts


def test_a_row_of_one_number_is_never_empty():
    assert read_numbers(b"nan", (0,)) == (None,)
    assert read_numbers(b"reading:", (0,)) is None
    assert read_numbers(b" ", (0,)) is None


def test_any_line_end_and_any_split_give_the_same():
    wire = b"# boot\r\nhello world\n1,2\r3,4\r\n\r\n5,x\n nan,1\n7,8\n9,"
    expected = {0: (100, 200), 1: (300, 400), 4: (700, 800)}
    rows, events, stats = run(wire)
    assert rows == expected
    assert [event.text for event in events] == ["# boot", "hello world"]
    assert (stats.samples, stats.lost, stats.bad_frames) == (3, 2, 1)
    assert stats.junk_bytes == len("# boot" + "hello world" + "5,x" + "9,")
    for size in range(1, 9):
        chunks = [wire[i : i + size] for i in range(0, len(wire), size)]
        assert run(*chunks) == (rows, events, stats)


def test_a_damaged_line_keeps_its_place():
    rows, events, stats = run(b"1,1\n2,\xb2\nhello\n\xb2\n99999,1\n# note\n4,4\n")
    assert rows == {0: (100, 100), 3: (400, 400)}
    assert [event.text for event in events] == ["# note"]
    assert (stats.lost, stats.bad_frames) == (2, 4)


def test_a_line_without_end_is_junk_and_one_place():
    junk = b"7" * 10 * LONGEST
    rows, _, stats = run(b"1,1\n", *itertools.repeat(junk, 5), b"\n2,2\n")
    assert rows == {0: (100, 100), 2: (200, 200)}
    assert stats.junk_bytes == 5 * len(junk)
    lines = LineSamples(CHANNELS, FeedStats(), two_columns)
    for _ in range(50):
        lines.feed(junk)
    assert len(lines._tail) == LONGEST + 1


def test_with_the_devices_time_a_lost_line_is_found():
    def timed(line):
        counts = read_numbers(line, (0, 2, 2))
        if counts is None or None in counts:
            return None
        return Row(counts[1:], counts[0])

    stats = FeedStats()
    samples = StampedSamples(Stamp(10.0, 1 << 32, from_zero=False), stats)
    times = [t for t in range(5000, 6000, 10) if t not in (5500, 5510)]
    wire = b"".join(b"%d,%d,1\n" % (t, t % 7) for t in times)
    rows, _, _ = run(wire, read=timed, samples=samples, stats=stats)
    assert sorted(rows) == [i for i in range(100) if i not in (50, 51)]
    assert all(row == ((5000 + 10 * i) % 7 * 100, 100) for i, row in rows.items())
    assert (stats.samples, stats.lost) == (98, 2)


@bounded
@given(data=st.lists(st.binary(max_size=60), max_size=8))
def test_hostile_bytes_never_raise(data):
    rows, _, stats = run(*data)
    assert run(b"".join(data))[::2] == (rows, stats)


def test_boards_that_know_no_commands():
    side = FreeRunningSide()
    assert not side.streaming
    assert side.receive(b"") == b""
    for step in free_running_start():
        assert side.receive(step.send) == b"\r\n"
    assert side.streaming
