"""Files that a reader must refuse, each in under a second (formats.md 5)."""

import shutil
import time

import h5py
import numpy as np
import pytest

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


def replace_counts(file, make):
    del file["streams/emg/counts"]
    make(file["streams/emg"])


def external_link(file, folder):
    replace_counts(
        file, lambda g: g.__setitem__("counts", h5py.ExternalLink("other.h5", "/counts"))
    )


def soft_link(file, folder):
    file["derived/x"] = h5py.SoftLink("/streams/emg/counts")


def external_storage(file, folder):
    secret = folder / "secret.txt"
    secret.write_bytes(b"private text" * 2000)
    replace_counts(
        file,
        lambda g: g.create_dataset("counts", (5000, 1), "<i4", external=[(str(secret), 0, 20_000)]),
    )


def virtual(file, folder):
    layout = h5py.VirtualLayout((5000, 1), "<i4")
    layout[:] = h5py.VirtualSource("other.h5", "counts", (5000, 1))
    replace_counts(file, lambda g: g.create_virtual_dataset("counts", layout))


def cycle(file, folder):
    file["derived/again"] = file["/"]


def twice(file, folder):
    file["derived/copy"] = file["streams/emg/counts"]


def bomb(file, folder):
    def make(group):
        data = group.create_dataset(
            "counts", (1 << 28, 1), "<i4", chunks=(1 << 20, 1), compression="gzip"
        )
        data[: 1 << 20] = 0

    replace_counts(file, make)


def giant(file, folder):
    replace_counts(
        file, lambda g: g.create_dataset("counts", (1 << 50, 1), "<i4", chunks=(1000, 1))
    )


def giant_chunk(file, folder):
    replace_counts(
        file,
        lambda g: g.create_dataset("counts", (1 << 25, 1), "<i4", chunks=(1 << 25, 1)),
    )


def deep(file, folder):
    group = file["derived"]
    for _ in range(3000):
        group = group.create_group("g")


def many(file, folder):
    for number in range(2500):
        file["derived"].create_group(f"g{number}")


def text_of_any_length(file, folder):
    file["derived"].create_dataset("x", data=["a", "b"], dtype=h5py.string_dtype())


def reference(file, folder):
    file["derived"].create_dataset("x", data=file["meta"].ref, dtype=h5py.ref_dtype)


def opaque(file, folder):
    file["derived"].create_dataset("x", data=np.zeros(2, "V8"))


def foreign_filter(file, folder):
    def make(group):
        space = h5py.h5s.create_simple((5000, 1), (h5py.h5s.UNLIMITED, 1))
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((1000, 1))
        plist.set_filter(32026, h5py.h5z.FLAG_OPTIONAL, ())
        h5py.h5d.create(group.id, b"counts", h5py.h5t.STD_I32LE, space, plist)

    replace_counts(file, make)


def many_attributes(file, folder):
    for number in range(300):
        file["derived"].attrs[f"a{number}"] = 1


def long_text_attribute(file, folder):
    file.attrs["note"] = "any length"


def newer(file, folder):
    file.attrs["format_version"] = np.bytes_("2.0")


def other_format(file, folder):
    file.attrs["format"] = np.bytes_("something")


def odd_state(file, folder):
    file.attrs["state"] = np.bytes_("recording")


def wrong_type(file, folder):
    replace_counts(file, lambda g: g.create_dataset("counts", data=np.zeros((5000, 1))))


def no_rate(file, folder):
    file["streams/emg"].attrs["rate_nominal"] = np.float64("nan")


def no_scale(file, folder):
    rows = file["streams/emg/channels"][:]
    rows["scale"] = np.inf
    file["streams/emg/channels"][:] = rows


def false_runs(file, folder):
    rows = file["streams/emg/runs"][:]
    rows["count"] = 4000
    file["streams/emg/runs"][:] = rows


def far_runs(file, folder):
    rows = file["streams/emg/runs"][:]
    rows["first"] = 1 << 60
    file["streams/emg/runs"][:] = rows


def name_with_path(file, folder):
    file["streams"].move("emg", "..\\emg")


def clock_backwards(file, folder):
    rows = file["streams/emg/clock_map"][:]
    rows["time"] = rows["time"][::-1]
    file["streams/emg/clock_map"][:] = rows


ATTACKS = [
    external_link, soft_link, external_storage, virtual, cycle, twice, bomb, giant, giant_chunk,
    deep, many, text_of_any_length, reference, opaque, foreign_filter, many_attributes,
    long_text_attribute, newer, other_format, odd_state, wrong_type, no_rate, no_scale,
    false_runs, far_runs, name_with_path, clock_backwards,
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda f: f.__name__)
def test_hostile_file_is_refused_at_once(attack, bad, tmp_path):
    with h5py.File(bad, "r+") as file:
        attack(file, tmp_path)
    start = time.perf_counter()
    with pytest.raises(SessionRefused) as refused:
        open_session(bad)
    assert time.perf_counter() - start < 1.0
    assert "\n" not in str(refused.value)
    assert str(bad) in str(refused.value)
    bad.rename(tmp_path / "closed.h5")  # the handle is gone, also on Windows


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
