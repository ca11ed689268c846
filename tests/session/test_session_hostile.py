"""Files that a reader must refuse, each in under a second (formats.md 5)."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import h5py
import hostile_files
import numpy as np
import pytest
from hostile_files import FOUND, REFUSED, attack

from labapp.errors import LabError, SessionRefused
from labapp.model import ChannelInfo
from labapp.session.check import check_session
from labapp.session.content import (
    SessionContent,
    SessionHead,
    StreamContent,
    StreamHead,
    unbroken,
)
from labapp.session.file import open_session, write_results
from labapp.session.write import write_session
from labapp.timing.offline import exact_map

CHANNEL = ChannelInfo("ch1", "emg", "V", 1e-6, 0.0, -(2**23), 2**23 - 1, "RM_R")


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "good.h5"
    rng = np.random.default_rng(1)
    counts = rng.integers(-1000, 1000, (5000, 1), dtype=np.int32)
    head = StreamHead("emg", "labbox", "box", 1000.0, "exact", (CHANNEL,))
    clock = exact_map(1000.0)
    content = SessionContent(
        SessionHead("u", "2026-01-01T00:00:00+00:00", "0.1.0", 0, "imported"),
        (StreamContent(head, counts, unbroken(5000, clock)),),
        {"participant": "P01"},
    )
    write_session(path, content)
    return path


@pytest.fixture
def bad(good, tmp_path):
    path = tmp_path / "bad.h5"
    shutil.copy(good, path)
    return path


@pytest.fixture(scope="module")
def hostile(good, tmp_path_factory):
    """``hostile(make) -> path`` of the good file after an attack, made once."""
    made = {}

    def give(make):
        if make not in made:
            folder = tmp_path_factory.mktemp(make.__name__[:20])
            made[make] = folder / f"{make.__name__}.h5"
            shutil.copy(good, made[make])
            attack(make, made[make], folder)
        return made[make]

    return give


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_hostile_file_is_refused_at_once(make, hostile):
    bad = hostile(make)
    start = time.process_time()
    with pytest.raises(SessionRefused) as refused:
        open_session(bad)
    assert time.process_time() - start < 1.0
    assert "\n" not in str(refused.value)
    assert str(bad) in str(refused.value)
    bad.rename(bad.with_suffix(".closed"))  # the handle is gone, also on Windows
    bad.with_suffix(".closed").rename(bad)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory from /proc/self/status")
def test_hostile_files_cost_next_to_nothing(hostile):
    """Each in under a second and 200 MB, in a process of its own; opened and checked."""
    paths = [str(hostile(make)) for make in (*REFUSED, *FOUND)]
    done = subprocess.run(
        [sys.executable, hostile_files.__file__, *paths],
        capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(paths)
    worst = {what: max(found, key=lambda one: one[what]["mb"]) for what in ("open", "check")}
    slow = {what: max(found, key=lambda one: one[what]["seconds"]) for what in ("open", "check")}
    for what in ("open", "check"):
        most, late = worst[what], slow[what]
        print(f"\n{what}: most memory {most['name']} {most[what]['mb']:.0f} MB, slowest "
              f"{late['name']} {late[what]['seconds']:.2f} s")  # fmt: skip
    early = {make.__name__ for make in REFUSED}
    for one in found:
        if one["name"] in early:
            assert one["open"]["result"].startswith("refused: "), one
        assert "error" in one["check"]["result"], one
        for what in ("open", "check"):
            assert one[what]["seconds"] < 1.0, one
            assert one[what]["mb"] < 200.0, one


@pytest.mark.parametrize("make", FOUND, ids=lambda make: make.__name__)
def test_what_only_reading_finds_is_told(make, hostile):
    assert any(finding.level == "error" for finding in check_session(hostile(make)))


def test_good_file_is_accepted(good):
    with open_session(good) as session:
        assert session.values("emg", 1.0, 2.0).shape == (1000, 1)
    assert check_session(good) == []


@pytest.mark.parametrize("value", [0, 2**23 - 1])
def test_flat_and_railed_streams_are_accepted(tmp_path, value):
    counts = np.full((200_000, 4), value, dtype=np.int32)
    channels = tuple(
        ChannelInfo(f"c{k}", "emg", "V", 1e-6, 0.0, -(2**23), 2**23 - 1) for k in range(4)
    )
    head = StreamHead("emg", "labbox", "box", 2000.0, "exact", channels)
    content = SessionContent(
        SessionHead("u", "2026", "0", 0, "imported"),
        (StreamContent(head, counts, unbroken(200_000, exact_map(2000.0))),),
        {},
    )
    write_session(tmp_path / "flat.h5", content)
    assert check_session(tmp_path / "flat.h5") == []


def test_text_truncated_missing_folder(good, tmp_path):
    (tmp_path / "text.h5").write_text("not a session")
    with pytest.raises(SessionRefused, match="not a session"):
        open_session(tmp_path / "text.h5")
    (tmp_path / "empty.h5").write_bytes(b"")
    with pytest.raises(SessionRefused):
        open_session(tmp_path / "empty.h5")
    data = good.read_bytes()
    for share in (0.1, 0.5, 0.99):
        (tmp_path / "cut.h5").write_bytes(data[: int(len(data) * share)])
        with pytest.raises(SessionRefused):
            open_session(tmp_path / "cut.h5")
    with pytest.raises(LabError, match="folder"):
        open_session(tmp_path)
    with pytest.raises(LabError, match="cannot open"):
        open_session(tmp_path / "absent.h5")


def test_flipped_bytes_are_refused_or_harmless(good, tmp_path):
    rng = np.random.default_rng(7)
    data = np.frombuffer(good.read_bytes(), dtype=np.uint8)
    path = tmp_path / "flip.h5"
    with open_session(good) as session:
        truth = session.values("emg")
    silent = 0
    for _ in range(50):
        flipped = data.copy()
        at = rng.integers(0, len(data))
        flipped[at] ^= 1 << rng.integers(0, 8)
        path.write_bytes(flipped.tobytes())
        findings = check_session(path)
        if not findings:
            with open_session(path) as session:
                values = session.values("emg")
            if not np.array_equal(values, truth):
                silent += 1
    assert silent <= 1  # the scale of a channel is the one number without a second copy


def test_swapped_addresses_end_nothing(good, tmp_path):
    """Whatever the bones point at, the program goes on and says so, or nothing is wrong."""
    rng = np.random.default_rng(11)
    data = good.read_bytes()
    marks = (b"TREE", b"HEAP", b"SNOD")
    places = [m.start() for mark in marks for m in re.finditer(mark, data)] + [96, 0, len(data) - 8]
    fields = [
        m.start() for at in places[:-2] for m in re.finditer(re.escape(struct.pack("<Q", at)), data)
    ]
    assert len(fields) > 20
    path, told = tmp_path / "swapped.h5", 0
    for _ in range(100):
        swapped = bytearray(data)
        for at in rng.choice(fields, rng.integers(1, 3)):
            swapped[at : at + 8] = struct.pack("<Q", rng.choice(places))
        node = rng.choice(places[:-3])  # and a height, a count or a version beside
        swapped[node + rng.integers(4, 8)] = rng.integers(0, 4)
        path.write_bytes(swapped)
        told += bool(check_session(path))
    assert told > 80


def test_flipped_sample_is_found_by_its_checksum(good, tmp_path):
    path = tmp_path / "rot.h5"
    data = bytearray(good.read_bytes())
    with h5py.File(good, "r") as file:
        chunk = file["streams/emg/counts"].id.get_chunk_info(2)
    data[chunk.byte_offset + chunk.size // 2] ^= 4
    path.write_bytes(bytes(data))
    with open_session(path) as session:
        assert session.values("emg", 0.0, 1.0).shape == (1000, 1)
        with pytest.raises(SessionRefused, match="damaged"):
            session.values("emg", 2.2, 2.4)
    assert any(f.level == "error" for f in check_session(path))


def test_results_are_added_and_raw_data_stay(bad):
    before = h5py.File(bad, "r")
    raw = before["streams/emg/counts"][:]
    before.close()
    assert write_results(bad, "analysis", {"a": 1}) == "analysis"
    assert write_results(bad, "analysis", {"a": 1}) == "analysis"
    assert write_results(bad, "analysis", {"a": 2}) == "analysis.2"
    with open_session(bad) as session:
        assert session.results == {"a": 2}
        assert session.result("analysis") == {"a": 1}
        np.testing.assert_array_equal(session.streams["emg"].counts(0, 5000), raw)
    assert check_session(bad) == []
    assert not list(bad.parent.glob("*.part"))
    with pytest.raises(LabError, match="not allowed"):
        write_results(bad, "../x", {})


def test_no_plugin_is_ever_looked_for(good):
    import labapp.session.file

    assert labapp.session.file.h5py.h5pl.size() == 0
