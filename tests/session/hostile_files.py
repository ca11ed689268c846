"""Hostile session files, made from a good one, and the child that opens them and measures.

An attack takes the path of a copy of the good file and damages it. Run as a program, this file
opens each file of a list and writes what happened, how long it took, and how far the peak of the
process's memory rose above what it was before.
"""

import json
import re
import struct
import sys
import time
import zlib
from pathlib import Path

import h5py
import numpy as np

from labapp.errors import SessionRefused


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


def newest(path, make):
    """Write the good file anew in the newest HDF5 format, then ``make(file)``."""
    other = path.with_suffix(".new")
    with h5py.File(path, "r") as source, h5py.File(other, "x", libver="latest") as target:
        for name in source:
            source.copy(name, target)
        for name, value in source.attrs.items():
            target.attrs[name] = value
        make(target)
    other.replace(path)


def newest_format(path):
    newest(path, lambda file: None)


def huge_attribute(path):
    newest(path, lambda file: file.attrs.__setitem__("x", np.zeros(20 << 20, "u1")))


def user_block(path):
    path.write_bytes(b"#!/bin/sh\n".ljust(512, b" ") + path.read_bytes())


def new_headers(path):
    """The old superblock, newer object headers below it."""
    with h5py.File(path, "r+", libver="latest") as file:
        for number in range(40):
            file["derived"].create_group(f"g{number}", track_order=True)


def soft_cycle(file, folder):
    file["derived/a"] = h5py.SoftLink("/derived/b")
    file["derived/b"] = h5py.SoftLink("/derived/a")


def dangling(file, folder):
    file["derived/a"] = h5py.SoftLink("/nowhere")


def link_to_self(file, folder):
    file["derived/a"] = h5py.ExternalLink("bad.h5", "/derived/a")


def long_name(file, folder):
    file["derived"].create_group("n" * 60_000 + "\n")
    many(file, folder)


def named_type(file, folder):
    file["derived/t"] = np.dtype("i4")


def region(file, folder):
    ref = file["streams/emg/counts"].regionref[0:2]
    file["derived"].create_dataset("x", data=ref, dtype=h5py.regionref_dtype)


def reference_attribute(file, folder):
    file["derived"].attrs.create("x", file["meta"].ref, dtype=h5py.ref_dtype)


def vlen_in_compound(file, folder):
    kind = np.dtype([("a", "i4"), ("b", h5py.vlen_dtype(np.int32))])
    file["derived"].create_dataset("x", (1 << 20,), kind, chunks=(1024,))


def numbers_of_any_length(file, folder):
    file["derived"].create_dataset("x", (3,), h5py.vlen_dtype(np.int32))


def nested_compound(file, folder):
    kind = np.dtype("i4")
    for _ in range(50):
        kind = np.dtype([("a", kind)])
    file["derived"].create_dataset("x", (3,), kind)


def array_type(file, folder):
    file["derived"].create_dataset("x", (3,), np.dtype([("a", "i4", (1 << 20,))]), chunks=(1,))


def enumeration(file, folder):
    file["derived"].create_dataset("x", (3,), h5py.enum_dtype({"A": 1}))


def wide_element(file, folder):
    file["derived"].create_dataset("x", (3,), f"S{100 << 20}", chunks=(1,))


def lzf_filter(file, folder):
    file["derived"].create_dataset("x", (3,), "i4", chunks=(3,), compression="lzf")


def scale_filter(file, folder):
    file["derived"].create_dataset("x", (3,), "i4", chunks=(3,), scaleoffset=0)


def filters_swapped(file, folder):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((1000,))
    plist.set_deflate(4)
    plist.set_shuffle()
    space = h5py.h5s.create_simple((1000,))
    h5py.h5d.create(file["derived"].id, b"x", h5py.h5t.STD_I32LE, space, plist)


def deflate_twice(file, folder):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((1000,))
    for _ in range(8):
        plist.set_deflate(9)
    space = h5py.h5s.create_simple((1000,))
    h5py.h5d.create(file["derived"].id, b"x", h5py.h5t.STD_I32LE, space, plist)


def array_attribute(file, folder):
    file["derived"].attrs["x"] = np.zeros((100, 100), "u1")


def empty_attribute(file, folder):
    file["derived"].attrs["x"] = h5py.Empty("i4")


def empty_dataset(file, folder):
    replace_counts(file, lambda g: g.create_dataset("counts", data=h5py.Empty("i4")))


def table(file, name, rows, **options):
    """Replace a table of the stream by one that is large and compresses well."""
    group = file["streams/emg"]
    kind = group[name].dtype
    del group[name]
    rows = np.zeros(rows, kind) if isinstance(rows, int) else rows
    options = {"chunks": (min(len(rows), 65_536),), "compression": "gzip", **options}
    group.create_dataset(name, data=rows, **options)


def many_segments(file, folder):
    rows = np.zeros(600_000, file["streams/emg/segments"].dtype)
    rows["base"] = rows["stop"] = rows["axis"] = np.arange(len(rows))
    table(file, "segments", rows)


def many_runs(file, folder):
    rows = np.zeros(3_000_000, file["streams/emg/runs"].dtype)
    rows["first"], rows["count"] = np.arange(len(rows)), 1
    table(file, "runs", rows)


def many_knots(file, folder):
    table(file, "clock_map", 2_000_000)


def many_channels(file, folder):
    table(file, "channels", 100_000)


def many_texts(file, folder):
    group = file["notes"]
    kind = group["rows"].dtype
    del group["rows"]
    group.create_dataset("rows", data=np.zeros(1_000_000, kind), chunks=(65_536,), compression=4)


def long_texts(file, folder):
    group = file["notes"]
    del group["text"]
    text = np.full(60 << 20, 32, "u1")
    group.create_dataset("text", data=text, chunks=(1 << 20,), compression="gzip")


def far_stamps(file, folder):
    """A stream with its own stamps that says it goes on for ever."""
    group = file["streams/emg"]
    group.create_dataset("ticks", data=np.arange(5000), dtype="<i8", chunks=(1000,))
    group.attrs["axis"], group.attrs["tick_rate"] = np.bytes_("ticks"), np.float64(1e6)
    rows = group["runs"][:]
    rows["first"] = 1 << 50
    group["runs"][:] = rows


def other_depth(file, folder):
    replace_counts(file, lambda g: g.create_dataset("counts", (5000, 1, 1), "<i4"))


def zeros(n):
    """A deflate stream of ``n`` MB of zeros, made from one of them."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = stream.compress(bytes(1 << 20)) + stream.flush(zlib.Z_FULL_FLUSH)
    adler = ((n << 20) % 65_521) << 16 | 1
    return b"\x78\xda" + one * n + b"\x03\x00" + struct.pack(">I", adler)


def bursting_chunk(file, folder):
    """A chunk of a small table that the HDF5 library inflates to half a gigabyte."""
    group = file["streams/emg"]
    kind = group["runs"].dtype
    del group["runs"]
    made = group.create_dataset(
        "runs", (1,), kind, chunks=(1 << 15,), maxshape=(None,), compression=4
    )
    made.id.write_direct_chunk((0,), zeros(512))


def shared_chunks(path):
    """Many chunks that all lie at the same place of the file."""
    with h5py.File(path, "r+") as file:
        replace_counts(
            file,
            lambda g: g.create_dataset(
                "counts", data=np.random.default_rng(0).integers(0, 9, (10**6, 1), "i4"),
                chunks=(10_000, 1),
            ),
        )  # fmt: skip
        chunk = file["streams/emg/counts"].id.get_chunk_info(0)
        rest = [file["streams/emg/counts"].id.get_chunk_info(k).byte_offset for k in range(1, 100)]
    data = path.read_bytes()
    for place in rest:
        data = data.replace(struct.pack("<Q", place), struct.pack("<Q", chunk.byte_offset))
    path.write_bytes(data[: max(chunk.byte_offset + chunk.size, min(rest))])


def tree_cycle(path):
    """A tree of chunks that is its own child."""
    with h5py.File(path, "r") as file:
        place = file["streams/emg/counts"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    child = data.find(struct.pack("<Q", place))
    root = data.rfind(b"TREE", 0, child)
    data[root + 5] = 1
    data[child : child + 8] = struct.pack("<Q", root)
    path.write_bytes(data)


def group_cycle(path):
    """A tree of names that is its own child."""
    data = bytearray(path.read_bytes())
    node = data.find(b"SNOD")
    child = data.find(struct.pack("<Q", node))
    root = data.rfind(b"TREE", 0, child)
    data[root + 5] = 1
    data[child : child + 8] = struct.pack("<Q", root)
    path.write_bytes(data)


def truncated(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def only_a_head(path):
    path.write_bytes(path.read_bytes()[:9])


def bursting_counts(file, folder):
    """The same among the samples, where only reading finds it."""

    def make(group):
        made = group.create_dataset("counts", (5000, 1), "<i4", chunks=(5000, 1), compression=4)
        made.id.write_direct_chunk((0, 0), zeros(512))

    replace_counts(file, make)


def long_chunk(path):
    """A chunk that claims two gigabytes of a file with holes."""
    with h5py.File(path, "r") as file:
        chunk = file["streams/emg/counts"].id.get_chunk_info(2)
    data = bytearray(path.read_bytes())
    key = struct.pack("<I", chunk.size)
    place = data.rfind(key, 0, data.find(struct.pack("<Q", chunk.byte_offset)))
    data[place : place + 4] = struct.pack("<I", 0x7FFF_0000)
    path.write_bytes(data)


def document(file, text):
    del file["meta"]
    file.create_dataset("meta", data=np.frombuffer(text, "u1"), chunks=(1 << 16,), compression=4)


def lists_without_end(file, folder):
    document(file, b'{"a":[' + b"[]," * 2_700_000 + b"0]}")


def deep_document(file, folder):
    document(file, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def long_document(file, folder):
    document(file, b'{"a":"' + b" " * (100 << 20) + b'"}')


def texts_used_again(file, folder):
    group = file["markers"]
    text = b'{"a":"' + b"x" * 1_000_000 + b'"}'
    rows = np.zeros(100_000, group["rows"].dtype)
    rows["size"] = len(text)
    for name, data in (("rows", rows), ("text", np.frombuffer(text, "u1"))):
        del group[name]
        group.create_dataset(name, data=data, chunks=(min(len(data), 4096),), compression=4)


def texts_of_lists(file, folder):
    group = file["markers"]
    text = b'{"a":[' + b"[]," * 5_000_000 + b"0]}"
    rows = np.zeros(1, group["rows"].dtype)
    rows["size"] = len(text)
    for name, data in (("rows", rows), ("text", np.frombuffer(text, "u1"))):
        del group[name]
        group.create_dataset(name, data=data, chunks=(min(len(data), 4096),), compression=4)


WHOLE_FILE = (newest_format, huge_attribute, user_block, new_headers, shared_chunks, tree_cycle,
              group_cycle, truncated, only_a_head, long_chunk)  # fmt: skip

REFUSED = (
    external_link, soft_link, soft_cycle, dangling, link_to_self, external_storage, virtual, cycle,
    twice, bomb, giant, giant_chunk, deep, many, long_name, named_type, text_of_any_length,
    numbers_of_any_length, vlen_in_compound, nested_compound, array_type, enumeration,
    wide_element, reference, region, reference_attribute, opaque, foreign_filter, lzf_filter,
    scale_filter, filters_swapped, deflate_twice, many_attributes, long_text_attribute,
    array_attribute, empty_attribute, huge_attribute, newest_format, new_headers, user_block,
    newer, other_format, odd_state, wrong_type, other_depth, empty_dataset, no_rate, no_scale,
    false_runs, far_runs, far_stamps, name_with_path, clock_backwards, many_segments, many_runs,
    many_knots, many_channels, many_texts, long_texts, bursting_chunk, shared_chunks, tree_cycle,
    group_cycle, truncated, only_a_head,
)  # fmt: skip
"""Refused when the file is opened."""

FOUND = (
    bursting_counts, long_chunk, lists_without_end, deep_document, long_document, texts_used_again,
    texts_of_lists,
)  # fmt: skip
"""Opened, for the trouble lies in what is read later; then told, and nothing is exhausted."""


def attack(make, path, folder):
    """Damage the file ``path``; what an attack needs besides goes to ``folder``."""
    if make in WHOLE_FILE:
        make(path)
    else:
        with h5py.File(path, "r+") as file:
            make(file, folder)


def peak_mb():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def measured(path, work):
    """What ``work`` raised or returned, its seconds, and the rise of the peak in MB."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew from here
    before, start = peak_mb(), time.process_time()
    try:
        result = repr(work(path))
    except SessionRefused as error:
        result = f"refused: {error}"
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    return {"result": result, "seconds": time.process_time() - start, "mb": peak_mb() - before}


def main(paths):
    from labapp.session.check import check_session
    from labapp.session.file import open_session

    def opened(path):
        with open_session(path) as session:
            return session.values("emg")[:1].tolist()

    def checked(path):
        return [finding.level for finding in check_session(path)]

    for path in map(Path, paths):
        both = {"open": measured(path, opened), "check": measured(path, checked)}
        print(json.dumps({"name": path.stem, **both}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
