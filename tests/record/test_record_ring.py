import threading

import numpy as np
import pytest

from labapp.errors import LabError
from labapp.model import ChannelInfo, SampleBlock
from labapp.record.ring import RingReader, RingStream, RingWriter

CHANNELS = tuple(
    ChannelInfo(f"A{i}", "emg", "V", 1e-6 * i, 0.5, -8, 7, "RM_R" if i == 1 else None)
    for i in (1, 2)
)
STREAM = RingStream("emg", 0, "labbox", 1000.0, 100, CHANNELS)
SLOW = RingStream("force", 1, "chronojump", 80.0, 64, CHANNELS[:1])


def block(first, n, columns=2):
    index = np.arange(first, first + n, dtype=np.int32)
    return SampleBlock(first, np.repeat(index[:, None], columns, axis=1) * 3 + 1)


@pytest.fixture
def ring(tmp_path):
    writer = RingWriter(tmp_path / "live.ring", [STREAM, SLOW])
    reader = RingReader(tmp_path / "live.ring")
    yield writer, reader
    reader.close()
    writer.close()


def check(reader, first, stop, expected):
    counts, valid = reader.read("emg", first, stop)
    assert counts.shape == (stop - first, 2)
    index = np.arange(first, stop)
    assert set(index[valid]) == set(expected)
    assert np.array_equal(counts[valid][:, 1], index[valid] * 3 + 1)
    assert not counts[~valid].any()


def test_describes_itself(ring):
    assert ring[1].streams == {"emg": STREAM, "force": SLOW}
    assert ring[1].newest("emg") == 0
    assert ring[1].stamp("emg") is None
    check(ring[1], 0, 5, [])


def test_wraps_in_absolute_indices(ring):
    writer, reader = ring
    for first in range(0, 330, 30):
        writer.write(0, block(first, 30))
        assert reader.newest("emg") == first + 30
        check(reader, 0, first + 60, range(max(0, first - 70), first + 30))
    writer.write(1, block(0, 10, 1))
    assert reader.newest("force") == 10
    assert reader.newest("emg") == 330


def test_gaps_repeats_and_long_blocks(ring):
    writer, reader = ring
    writer.write(0, block(0, 50))
    writer.write(0, block(60, 10))
    check(reader, 0, 80, [*range(50), *range(60, 70)])
    writer.write(0, block(65, 10))
    writer.write(0, block(0, 10))
    check(reader, 40, 80, [*range(40, 50), *range(60, 75)])
    writer.write(0, block(75, 250))
    check(reader, 200, 325, range(225, 325))
    writer.write(0, block(500_000_000, 2))
    check(reader, 499_999_800, 500_000_005, [500_000_000, 500_000_001])


def test_base_shifts_the_index(ring):
    writer, reader = ring
    writer.write(0, block(0, 5))
    shifted = block(5, 5)
    writer.write(0, SampleBlock(0, shifted.counts), base=5)
    check(reader, 0, 10, range(10))


def test_stamp(ring):
    ring[0].stamp(0, 41, 9_000_000_000_000)
    assert ring[1].stamp("emg") == (41, 9_000_000_000_000)


def test_overwritten_rows_are_never_given_as_valid(ring):
    """A reader beside a fast writer: what it says is valid is what was written there."""
    writer, reader = ring
    end = threading.Event()

    def write():
        first = 0
        while not end.is_set():
            writer.write(0, block(first, 37))
            first += 37

    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = 0
        for _ in range(2000):
            stop = reader.newest("emg")
            counts, valid = reader.read("emg", stop - 100, stop)
            index = np.arange(stop - 100, stop)
            assert np.array_equal(counts[valid][:, 0], (index[valid] * 3 + 1).astype(np.int32))
            seen += int(valid.sum())
    finally:
        end.set()
        thread.join()
    assert seen


@pytest.mark.parametrize("size", [0, 5, 20, 300, 1000])
def test_cut_or_foreign_files_are_refused(ring, tmp_path, size):
    data = (tmp_path / "live.ring").read_bytes()[:size]
    (tmp_path / "cut").write_bytes(data)
    with pytest.raises(LabError):
        RingReader(tmp_path / "cut")
    (tmp_path / "cut").write_bytes(b"x" * size)
    with pytest.raises(LabError):
        RingReader(tmp_path / "cut")
    with pytest.raises(LabError):
        RingReader(tmp_path / "none")
