"""Decoding against the vendors' own Python clients, same bytes, same run.

Each client reads through its own read path from a serial port that has all the bytes at hand
already, so that only its decoding is measured. The clients come with the extra ``oracles``
(``bitalino``, ``chordspy`` and ``pyOpenBCI`` installed with ``pip install --no-deps``).
BrainFlow decodes in C++ and is no Python client.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labapp import device
from labapp.model import SampleBlock

pytestmark = pytest.mark.filterwarnings("ignore")  # the clients' own
WHY = "optional client, pip install labapp[oracles]"
N = 4000
GOAL = 30.0
READ = 4096  # bytes a driver of the system hands over at most


class Port(io.BytesIO):
    """A serial port with everything received; a ``read`` costs as little as can be."""

    is_open = True
    timeout = None

    @property
    def in_waiting(self) -> int:
        return min(READ, len(self.getbuffer()) - self.tell())


def module_alone(name: str, *parts: str) -> types.ModuleType:
    """One file of a package, without the imports of its ``__init__`` (windows, Bluetooth)."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"no {name}: {WHY}")
    path = Path(next(iter(found.submodule_search_locations)), *parts)
    spec = importlib.util.spec_from_file_location(f"alone_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bitalino(wire: bytes) -> Any:
    module = pytest.importorskip("bitalino", reason=WHY)
    client = module.BITalino.__new__(module.BITalino)  # its constructor opens a port
    client.started = client.serial = client.blocking = True
    client.isPython2, client.analogChannels, client.socket = False, [0, 1, 2, 3], Port(wire)
    rows = client.read(N).astype(int)
    return np.column_stack([rows[:, 5:], rows[:, 1:5] @ [8, 4, 2, 1]])


def cyton_samples(read: Callable[[], Any], name: str) -> Any:
    rows = []
    with contextlib.redirect_stdout(io.StringIO()):
        for _ in range(N):
            sample = read()
            rows.append(getattr(sample, name) + sample.aux_data)
    return np.array(rows)


def pyopenbci(wire: bytes) -> Any:
    module = module_alone("pyOpenBCI", "cyton.py")
    client = module.OpenBCICyton.__new__(module.OpenBCICyton)
    client.ser, client.read_state, client.packets_dropped = Port(wire), 0, 0
    client.start_time, client.board_type = "", "Cyton"
    return cyton_samples(client.parse_board_data, "channels_data")


def openbci_python(wire: bytes) -> Any:
    module = module_alone("openbci", "cyton.py")
    client = module.OpenBCICyton.__new__(module.OpenBCICyton)
    client.ser, client.read_state, client.packets_dropped = Port(wire), 0, 0
    client.eeg_channels_per_sample, client.aux_channels_per_sample = 8, 3
    client.scaling_output = False
    return cyton_samples(client._read_serial_binary, "channel_data")


def chordspy(wire: bytes) -> Any:
    module = module_alone("chordspy", "chords_serial.py")
    client = module.Chords_USB.__new__(module.Chords_USB)  # its constructor takes over Ctrl+C
    client.ser, client.buffer, client.num_channels = Port(wire), bytearray(), 6
    client.packet_length = 2 * client.num_channels + client.HEADER_LENGTH + 1
    client.data = np.zeros((client.num_channels, 2000))
    while client.ser.in_waiting:
        client.read_data()
    return client.data.T


def pyshimmer(wire: bytes) -> Any:
    pytest.importorskip("pyshimmer", reason=WHY)
    api = importlib.import_module("pyshimmer.bluetooth.bt_api")
    serial = importlib.import_module("pyshimmer.bluetooth.bt_serial")
    kinds = importlib.import_module("pyshimmer.dev.channels")
    types_ = kinds.EChannelType
    columns = [types_.EXG_ADS1292R_1_CH1_24BIT, types_.EXG_ADS1292R_1_CH2_24BIT,
               types_.EXG_ADS1292R_1_STATUS]  # fmt: skip
    sent = [types_.TIMESTAMP, columns[2], *columns[:2]]
    client = api.BluetoothRequestHandler(serial.BluetoothSerial(Port(wire)))
    client.set_stream_types([(kind, kinds.ChDataTypeAssignment[kind]) for kind in sent])
    packets: list[Any] = []
    client.add_stream_callback(packets.append)
    for _ in range(N):
        client.process_single_input_event()
    return np.array([[packet[column] for column in columns] for packet in packets])


CLIENTS = [
    ("bitalino", {}, bitalino), ("cyton", {}, pyopenbci), ("cyton", {}, openbci_python),
    ("chords", {"board": "UNO-R4"}, chordspy), ("shimmer3", {}, pyshimmer),
]  # fmt: skip


def best(work: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


@pytest.mark.parametrize(
    ("name", "changes", "client"), CLIENTS, ids=[client.__name__ for *_, client in CLIENTS]
)
def test_faster_than_the_vendors_client(name, changes, client, record_property):
    driver = device.get_driver(name)
    chosen = device.parse_settings(driver, changes)
    codec = driver.codec(chosen)
    rng = np.random.default_rng(1)
    low = [channel.low for channel in codec.channels]
    high = [channel.high + 1 for channel in codec.channels]
    n = 10 * N  # as many together as a session is built from
    counts = rng.integers(low, high, (n, len(low))).astype(np.int32)
    if name == "cyton":
        counts[:, 11] = 0  # the footer that says: accelerometer
    wire = codec.encode(SampleBlock(0, counts))
    theirs_wire = wire[: len(wire) // n * N]
    got = client(theirs_wire)
    np.testing.assert_array_equal(got, counts[N - len(got) : N, : got.shape[1]])

    def blocks() -> np.ndarray:
        fresh = driver.codec(chosen)
        items = [*fresh.feed(wire), *fresh.finish()]
        return np.concatenate([item.counts for item in items if isinstance(item, SampleBlock)])

    np.testing.assert_array_equal(blocks(), counts)
    ours, theirs = best(blocks, 5) / n, best(lambda: client(theirs_wire), 3) / N
    record_property("ratio", round(theirs / ours, 1))
    print(f"\n{client.__name__}: {theirs * 1e6:.2f} us per sample, ours {ours * 1e6:.3f}: "
          f"{theirs / ours:.0f} x")  # fmt: skip
    assert theirs >= GOAL * ours
