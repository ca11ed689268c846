"""Independent clients read our simulated devices over a pseudo-terminal, value for value.

They come with the optional extra ``oracles``; ``bitalino`` and ``chordspy`` must be installed
without their dependencies (``pip install --no-deps``). Absent ones are skipped with a reason.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from labapp import device
from labapp.model import SampleBlock

pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX only")
tty = pytest.importorskip("tty", reason="pseudo-terminals are POSIX only")

pytestmark = pytest.mark.filterwarnings("ignore")  # the clients' own
WHY = "optional oracle, pip install labapp[oracles]"
PATIENCE_S = 20.0


class SimulatedBoard:
    """A driver's device end and encoder behind a pseudo-terminal, sending known counts."""

    def __init__(self, name, n, *, speed=2.0, lost=(), **changes):
        driver = device.get_driver(name)
        chosen = device.parse_settings(driver, changes)
        self.codec = driver.codec(chosen)
        self.side = driver.device_side(chosen)
        rng = np.random.default_rng(1)
        low = [channel.low for channel in self.codec.channels]
        high = [channel.high + 1 for channel in self.codec.channels]
        self.counts = rng.integers(low, high, (n, len(low))).astype(np.int32)
        self._rate = self.codec.rate * speed
        self._lost = set(lost)
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def _run(self):
        waiting, sent, began = b"", 0, 0.0
        while not self._over.is_set():
            was = self.side.streaming
            if select.select([self._master], [], [], 0.002)[0]:
                waiting += self.side.receive(os.read(self._master, 4096))
            if self.side.streaming and not was:
                sent, began = 0, time.monotonic()
            if self.side.streaming:
                due = min(int((time.monotonic() - began) * self._rate), len(self.counts))
                for index in range(sent, due):
                    if index not in self._lost:
                        row = SampleBlock(index, self.counts[index : index + 1])
                        waiting += self.codec.encode(row)
                sent = max(sent, due)
            with contextlib.suppress(BlockingIOError):
                waiting = waiting[os.write(self._master, waiting) :] if waiting else b""


def wait_until(true):
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "the client took too long"
        time.sleep(0.01)


@contextlib.contextmanager
def brainflow_session(board, board_id, config=None):
    shim = pytest.importorskip("brainflow.board_shim", reason=WHY)
    shim.BoardShim.disable_board_logger()
    parameters = shim.BrainFlowInputParams()
    parameters.serial_port = board.port
    client = shim.BoardShim(board_id, parameters)
    client.prepare_session()
    try:
        if config:
            assert "Success" in client.config_board(config)
        client.start_stream()
        yield client
        client.stop_stream()
    finally:
        client.release_session()


def brainflow_uv(client, board_id):
    data = client.get_board_data()
    rows = client.get_exg_channels(board_id)
    number = client.get_package_num_channel(board_id)
    accel = data[client.get_accel_channels(board_id)].T
    return data[rows].T, data[number].astype(int), accel


def test_brainflow_reads_our_cyton():
    pytest.importorskip("brainflow", reason=WHY)
    n = 600
    with SimulatedBoard("cyton", n, speed=4.0) as board:
        board.counts[:, 11] = 0  # accelerometer in every packet
        with brainflow_session(board, 0) as client:
            wait_until(lambda: client.get_board_data_count() >= n)
            uv, number, accel = brainflow_uv(client, 0)
    scale = board.codec.channels[0].scale * 1e6
    assert number.tolist() == [i % 256 for i in range(n)]
    np.testing.assert_array_equal(np.rint(uv / scale), board.counts[:, :8])
    np.testing.assert_allclose(uv, board.counts[:, :8] * scale, rtol=1e-12)
    np.testing.assert_allclose(accel, board.counts[:, 8:11] * 0.002 / 16, rtol=1e-12)


def test_brainflow_reads_our_cyton_with_gaps_footers_and_another_gain():
    pytest.importorskip("brainflow", reason=WHY)
    n, lost = 400, [50, 51, 120, 300]
    sent = np.setdiff1d(np.arange(n), lost)
    with (
        SimulatedBoard("cyton", n, speed=4.0, lost=lost) as board,
        brainflow_session(board, 0, config="x1000110X") as client,
    ):
        wait_until(lambda: client.get_board_data_count() >= len(sent))
        uv, number, _ = brainflow_uv(client, 0)
    assert board.side.gains[:2] == [1, 24]
    scale = np.array([4.5e6 / gain / (2**23 - 1) for gain in board.side.gains[:8]])
    assert number.tolist() == (sent % 256).tolist()
    np.testing.assert_array_equal(np.rint(uv / scale), board.counts[sent, :8])


def test_brainflow_reads_our_daisy():
    pytest.importorskip("brainflow", reason=WHY)
    n = 300
    with (
        SimulatedBoard("cyton", n, speed=4.0, daisy=True) as board,
        brainflow_session(board, 2) as client,
    ):
        wait_until(lambda: client.get_board_data_count() >= n)
        uv, number, _ = brainflow_uv(client, 2)
    scale = board.codec.channels[0].scale * 1e6
    assert number.tolist() == [2 * i % 256 for i in range(n)]
    np.testing.assert_array_equal(np.rint(uv / scale), board.counts[:, :16])


@pytest.mark.parametrize("inputs", [(1,), (1, 2, 3, 4), (1, 2, 3, 4, 5, 6)])
def test_the_bitalino_client_reads_our_bitalino(inputs):
    module = pytest.importorskip("bitalino", reason=WHY)
    n = 500
    with SimulatedBoard("bitalino", n, inputs=list(inputs)) as board:
        client = module.BITalino(board.port)
        try:
            client.start(1000, [number - 1 for number in inputs])
            got = client.read(n).astype(int)
            client.stop()
        finally:
            client.close()
    assert got[:, 0].tolist() == [i % 16 for i in range(n)]
    digital = got[:, 1:5] @ [8, 4, 2, 1]
    np.testing.assert_array_equal(np.column_stack([got[:, 5:], digital]), board.counts)


@pytest.mark.parametrize("chips", [1, 2])
def test_pyshimmer_reads_our_shimmer(chips):
    module = pytest.importorskip("pyshimmer", reason=WHY)
    group = pytest.importorskip("pyshimmer.dev.channels").ESensorGroup
    serial = pytest.importorskip("serial")
    n, packets = 800, []
    groups = [group.EXG1_24BIT, group.EXG2_24BIT][:chips]
    with SimulatedBoard("shimmer3", n, speed=1.0, chips=chips, rate=512) as board:
        client = module.ShimmerBluetooth(serial.Serial(board.port, 115200))
        client.initialize()
        try:
            client.set_sampling_rate(512.0)
            client.set_sensors(groups)
            assert client.get_sampling_rate() == 512.0
            assert client.get_exg_register(0).ch1_gain == 12
            client.add_stream_callback(packets.append)
            client.start_streaming()
            wait_until(lambda: len(packets) >= n)
            client.stop_streaming()
        finally:
            client.shutdown()
    kinds = module.EChannelType
    columns = [
        *(
            getattr(kinds, f"EXG_ADS1292R_{chip}_CH{number}_24BIT")
            for chip in range(1, chips + 1)
            for number in (1, 2)
        ),
        *(getattr(kinds, f"EXG_ADS1292R_{chip}_STATUS") for chip in range(1, chips + 1)),
    ]
    got = np.array([[packet[column] for column in columns] for packet in packets])
    np.testing.assert_array_equal(got, board.counts)
    stamps = [packet[kinds.TIMESTAMP] for packet in packets]
    assert stamps == [64 * i for i in range(n)]


def chordspy_serial():
    """The one module of chordspy that is needed; its package wants a window."""
    package = importlib.util.find_spec("chordspy")
    if package is None or not package.submodule_search_locations:
        pytest.skip(f"no chordspy: {WHY}")
    path = Path(next(iter(package.submodule_search_locations))) / "chords_serial.py"
    spec = importlib.util.spec_from_file_location("chords_serial", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["UNO-R4", "NPG-LITE", "MEGA-2560-R3"])
def test_chordspy_reads_our_chords(name):
    module = chordspy_serial()
    before = signal.getsignal(signal.SIGINT)
    n = 500
    with SimulatedBoard("chords", n, board=name) as board:
        try:
            client = module.Chords_USB()
            assert client.connect_hardware(board.port, 230400)
            assert (client.board, client.num_channels) == (name, len(board.codec.channels))
            client.ser.write(b"START\n")
            last = board.counts[-1].tolist()
            while client.data[:, -1].tolist() != last:
                client.read_data()
                assert client.ser.is_open, "the client gave up"
            client.ser.close()
        finally:
            signal.signal(signal.SIGINT, before)
    np.testing.assert_array_equal(client.data[:, -n:].T, board.counts)
