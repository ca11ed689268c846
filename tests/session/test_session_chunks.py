"""Chunks made without the HDF5 library are what the library and other readers expect."""

import shutil
import subprocess
import zlib

import h5py
import numpy as np
import pytest

from labapp.errors import SessionRefused
from labapp.model import ChannelInfo
from labapp.session import chunks
from labapp.session.check import check_session
from labapp.session.chunks import DEFLATE, FLETCHER32, SHUFFLE, fletcher32, restored, stored
from labapp.session.content import (
    SessionContent,
    SessionHead,
    StreamContent,
    StreamHead,
    unbroken,
)
from labapp.session.file import open_session
from labapp.session.write import write_session
from labapp.timing.offline import exact_map

CHANNEL = ChannelInfo("ch1", "emg", "V", 1e-6, 0.0, -(2**23), 2**23 - 1)
FILTERS = [SHUFFLE, DEFLATE, FLETCHER32]


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def session_of_noise(tmp_path, rng):
    """A session of 3.5 s of noise at 1 kHz, one chunk a second: path, counts."""
    counts = np.rint(rng.normal(0, 1000, (3500, 2))).astype(np.int32)
    head = StreamHead("emg", "labbox", "box", 1000.0, "exact", (CHANNEL, CHANNEL))
    content = SessionContent(
        SessionHead("u", "2026-01-01T00:00:00+00:00", "0.1.0", 0, "imported"),
        (StreamContent(head, counts, unbroken(3500, exact_map(1000.0))),),
        {"participant": "P01"},
    )
    write_session(tmp_path / "noise.h5", content)
    return tmp_path / "noise.h5", counts


def signals(rng, n):
    noise = rng.normal(0, 2000, (n, 3))
    return {
        "noise": np.rint(noise), "flat": np.zeros((n, 3)), "rail": np.full((n, 3), 2**31 - 1),
        "drift": np.cumsum(noise, axis=0).clip(-(2**31), 2**31 - 1), "steps": np.sign(noise),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["<i4", "<i8"])
@pytest.mark.parametrize("n", [1, 7, 80, 400, 2000])
def test_the_library_reads_what_is_stored_here(tmp_path, rng, n, kind):
    truth = {name: values.astype(kind) for name, values in signals(rng, n).items()}
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name, rows in truth.items():
            made = file.create_dataset(
                name, (n, 3), kind, maxshape=(None, 3), chunks=(500, 3),
                shuffle=True, compression="gzip", fletcher32=True,
            )  # fmt: skip
            for start in range(0, n, 500):
                piece = stored(rows[start : start + 500], 500)
                made.id.write_direct_chunk((start, 0), piece)
                whole = restored(piece, FILTERS, 500 * 3 * rows.itemsize, rows.itemsize)
                back = whole.view(kind).reshape(500, 3)[: n - start]
                np.testing.assert_array_equal(back, rows[start : start + 500])
    with h5py.File(tmp_path / "x.h5") as file:  # the library checks sum and stream
        for name, rows in truth.items():
            np.testing.assert_array_equal(file[name][:], rows)


@pytest.mark.parametrize("n", [1, 2, 3, 719, 720, 721, 5000, 70_001])
@pytest.mark.parametrize("fill", ["random", "zero", "ff", "one"])
def test_checksum_is_the_librarys(tmp_path, rng, n, fill):
    data = {
        "random": rng.integers(0, 256, n), "zero": np.zeros(n), "ff": np.full(n, 255),
        "one": np.arange(n) % 2,
    }[fill].astype("u1")  # fmt: skip
    with h5py.File(tmp_path / "x.h5", "w") as file:
        made = file.create_dataset("x", data=data, chunks=(n,), fletcher32=True)
        _, raw = made.id.read_direct_chunk((0,))
    assert int.from_bytes(raw[-4:], "little") == fletcher32(raw[:-4])


def test_without_isal_the_stream_is_as_good(monkeypatch, rng):
    rows = np.rint(rng.normal(0, 500, (2000, 8))).astype("<i4")
    fast = stored(rows, 2000)
    monkeypatch.setattr(chunks, "_deflate", zlib)
    for piece in (fast, stored(rows, 2000)):
        back = restored(piece, FILTERS, rows.nbytes, 4).view("<i4").reshape(rows.shape)
        np.testing.assert_array_equal(back, rows)


def test_small_loss_of_room(rng):
    """Not more than 5 % above zlib 4 in one piece, on noise, on bursts and on drift."""
    for values in (rng.normal(0, 2000, (2000, 8)), rng.normal(0, 5, (2000, 8)),
                   np.cumsum(rng.normal(0, 20, (2000, 8)), axis=0)):  # fmt: skip
        rows = np.rint(values).astype("<i4")
        planes = np.ascontiguousarray(rows.view("u1").reshape(-1, 4).T)
        assert len(stored(rows, 2000)) < 1.05 * len(zlib.compress(planes, 4))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zlib.compress(bytes(100_000)), "does not decompress to 400"),
        (zlib.compress(bytes(300)), "does not decompress to 400"),
        (zlib.compress(bytes(400))[:-6], "does not decompress to 400"),
        (b"no stream at all", "cannot be decompressed"),
        (b"", "does not decompress to 400"),
    ],
)
def test_what_does_not_fit_is_refused(data, why):
    with pytest.raises(ValueError, match=why):
        restored(data, [DEFLATE], 400, 4)


def test_wrong_checksum_and_length():
    piece = bytearray(stored(np.arange(100, dtype="<i4"), 100))
    piece[10] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        restored(bytes(piece), FILTERS, 400, 4)
    with pytest.raises(ValueError, match="12 bytes instead of 400"):
        restored(bytes(12), [SHUFFLE], 400, 4)


def test_other_programs_read_a_session(session_of_noise):
    path, counts = session_of_noise
    tables = pytest.importorskip("tables", reason="pytables is not installed")
    with tables.open_file(path) as file:
        np.testing.assert_array_equal(file.root.streams.emg.counts[:], counts)
        assert file.root.streams.emg.runs[0]["count"] == len(counts)


def test_h5dump_reads_a_session(session_of_noise):
    path, counts = session_of_noise
    if shutil.which("h5dump") is None:
        pytest.skip("no h5dump (hdf5-tools)")
    done = subprocess.run(
        ["h5dump", "-y", "-w", "0", "-d", "/streams/emg/counts", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    text = done.stdout.split("DATA {")[1].split("}")[0]
    numbers = np.array([int(word) for word in text.replace(",", " ").split()])
    np.testing.assert_array_equal(numbers.reshape(counts.shape), counts)


def test_damage_is_told_by_its_seconds(session_of_noise):
    path, counts = session_of_noise
    with h5py.File(path) as file:
        chunk = file["streams/emg/counts"].id.get_chunk_info(2)
    data = bytearray(path.read_bytes())
    data[chunk.byte_offset + 40] ^= 16
    path.write_bytes(data)

    with open_session(path) as session:
        np.testing.assert_array_equal(session.streams["emg"].counts(0, 2000), counts[:2000])
        np.testing.assert_array_equal(session.streams["emg"].counts(3000, 3500), counts[3000:])
        with pytest.raises(SessionRefused, match=r"emg, 2\.00 to 3\.00 s: counts damaged"):
            session.values("emg", 1.0, 2.5)
    errors = [finding.text for finding in check_session(path) if finding.level == "error"]
    assert errors == [
        "2.00 to 3.00 s: counts damaged, its checksum is wrong; 1000 samples are lost, "
        "all others can be read"
    ]
