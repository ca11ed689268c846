"""A recording as the recorder process runs it: readers, log, ring, markers, clean end."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any, Final

from labapp import device
from labapp.errors import LabError, PortError
from labapp.record.config import DeviceConfig, RecorderConfig
from labapp.record.disk import DiskKeeper
from labapp.record.header import log_header, ring_stream
from labapp.record.hostwatch import HostWatch, host_clocks
from labapp.record.intake import IntakePage, make_page
from labapp.record.log import NO_STREAM, FrameKind, LogWriter
from labapp.record.place import LOG_NAME, PAGE_NAME, RING_NAME, TRUTH_NAME, write_atomically
from labapp.record.ports import PortContext
from labapp.record.reader import Rig, StreamReader
from labapp.record.ring import RingWriter
from labapp.record.watch import Watch, clock_pair
from labapp.simulate.lab import SimulatedLab
from labapp.simulate.scenario import load_scenario
from labapp.timing.labclock import ScaledClock, SteppedClock, make_clock

_ADVANCE_S: Final = 120.0
_NOTHING_COMES_S: Final = 5.0  # host time


class Recording:
    """One recording, from the first opened port to the last synced byte.

    Parameters
    ----------
    config
        Checked configuration; its folder exists and holds no log.

    Raises
    ------
    LabError
        A device cannot be opened, does not answer or does not stream; no log is left behind.
    """

    def __init__(self, config: RecorderConfig) -> None:
        self.folder = Path(config.folder)
        self.finish_requested = threading.Event()
        self._stop = threading.Event()
        self._stopping = threading.Lock()
        self._catching_up = False
        origin = 0 if config.clock.kind == "stepped" else time.perf_counter_ns()
        self._lab = _make_lab(config, origin)
        self.origin_ns = origin
        self.clock = make_clock(config.clock.kind, config.clock.speed, origin)
        self.kind = config.clock.kind
        self.speed = config.clock.speed
        parts = [self._parts(entry) for entry in config.devices]
        header = log_header(config, origin, [settings for _, settings, _ in parts])
        self._log = LogWriter(self.folder / LOG_NAME, header)
        self._page: IntakePage | None = None
        try:
            self._page = make_page(self.folder / PAGE_NAME, len(parts), header["uuid"])
            self._ring = RingWriter(
                self.folder / RING_NAME,
                [
                    ring_stream(number, entry, codec, config.ring_seconds)
                    for number, (entry, (_, _, codec)) in enumerate(
                        zip(config.devices, parts, strict=True)
                    )
                ],
            )
        except LabError:
            if self._page is not None:
                self._page.close()
            self._log.close()
            (self.folder / LOG_NAME).unlink()
            raise
        host = HostWatch(host_clocks()) if self.kind == "real" else None
        rig = Rig(self._log, self._ring, self.clock, self._stop, origin, host)
        self._readers = [
            StreamReader(
                number,
                entry,
                driver,
                settings,
                PortContext(
                    driver=driver,
                    settings=settings,
                    name=entry.id,
                    clock=self.clock,
                    baud=device.sheet(entry.driver).baud,
                    montage=entry.montage,
                    lab=self._lab,
                    stop=self._stop,
                    intake=self._page[number] if self._page is not None else None,
                ),
                rig,
            )
            for number, (entry, (driver, settings, _)) in enumerate(
                zip(config.devices, parts, strict=True)
            )
        ]
        self._disk = DiskKeeper(self._log)
        clock_pair(self._log, self.clock)
        try:
            self._start(config)
        except BaseException:
            self._give_up()
            raise
        self._watch = Watch(self._log, self._disk, self.clock, self._readers, host, self._stop)

    def mark(self, kind: str, data: dict[str, Any], t_ns: int | None = None) -> int:
        """Append a marker at lab time ``t_ns`` (default now) and let the simulated lab hear it."""
        when = self.clock.now_ns() if t_ns is None else t_ns
        self._log.append_json(FrameKind.MARKER, NO_STREAM, when, {"kind": kind, "data": data})
        if self._lab is not None:
            self._lab.hear(kind, when, data)
        return when

    def advance(self, t_ns: int) -> int:
        """Move a stepped clock to ``t_ns``; returns when all streams are logged up to there.

        Raises
        ------
        LabError
            The clock is not stepped, or a stream did not get there in two minutes.
        """
        if not isinstance(self.clock, SteppedClock):
            raise LabError(f"the clock of this recording is {self.kind}", "it moves by itself")
        if not self.clock.advance(t_ns, _ADVANCE_S):
            raise LabError(f"the recording did not reach {t_ns * 1e-9:.3f} s", "see recorder.err")
        return self.clock.now_ns()

    def status(self) -> dict[str, Any]:
        """State of the recording, its disk and its streams (JSON values)."""
        now = self.clock.now_ns()
        disk = self._disk.status()
        state = "catching up" if self._catching_up else "recording"
        if self._stop.is_set():
            state = "stopping"
        elif disk["disk_state"] == "fault":
            state = "disk fault"
        elif disk["disk_state"] == "slow":
            state = "disk slow"
        streams = {reader.device.id: reader.status() for reader in self._readers}
        for stream in streams.values():
            disk["warnings"] += stream.pop("warnings")
        return {
            "state": state,
            "now_ns": now,
            "origin_ns": self.origin_ns,
            "clock": self.kind,
            "folder": str(self.folder),
            "pid": os.getpid(),
            **disk,
            "streams": streams,
        }

    def close(self) -> None:
        """Stop the devices, write the end frame, sync, write the truth; harmless when done twice.

        Simulated devices first deliver all that they owe by now.

        Raises
        ------
        LabError
            The disk is full, and the end of the recording does not fit.
        """
        with self._stopping:
            if self._stop.is_set():
                return
            self._catch_up()
            self._halt()
            self._watch.join()
            now = self.clock.now_ns()
            clock_pair(self._log, self.clock)
            account = {
                reader.device.id: {
                    key: value
                    for key, value in reader.status().items()
                    if key in ("samples", "lost", "junk_bytes", "bytes", "segment")
                }
                for reader in self._readers
            }
            self._log.append_json(FrameKind.END, NO_STREAM, now, {"streams": account})
            self._disk.close()
            self._log.close()
            self._close_views()
            if self._log.bytes_waiting:
                raise LabError(
                    f"the disk did not take the last {self._log.bytes_waiting} bytes"
                    f" ({self._log.fault})",
                    f"what came before is safe in {self._log.path}; free some space",
                )
            if self._lab is not None:
                write_atomically(self.folder / TRUTH_NAME, self._lab.truth())

    def _parts(self, entry: DeviceConfig) -> tuple[Any, Any, Any]:
        driver = device.get_driver(entry.driver)
        settings = device.parse_settings(driver, entry.settings)
        return driver, settings, driver.codec(settings)

    def _start(self, config: RecorderConfig) -> None:
        """Start the readers; one after the other where runs must be identical."""
        in_turn = self.kind != "real"
        for reader in self._readers:
            reader.start()
            if in_turn:
                self._await(reader)
        for reader in self._readers:
            self._await(reader)
        if in_turn:
            return
        end = time.monotonic() + config.start_timeout_s
        for reader in self._readers:
            while not reader.device.simulated:
                status = reader.status()
                if status["samples"]:
                    break
                if time.monotonic() > end:
                    raise _not_streaming(reader.device, status, config.start_timeout_s)
                self._stop.wait(0.005)

    def _await(self, reader: StreamReader) -> None:
        """Wait until a device streams; the first one that fails ends the waiting for all."""
        while not reader.ready.wait(0.05):
            self._raise_first_error()
        self._raise_first_error()

    def _raise_first_error(self) -> None:
        for reader in self._readers:
            if reader.error is not None:
                raise reader.error

    def _catch_up(self) -> None:
        """Let simulated devices come up to the present lab time, which stands still meanwhile.

        A scaled clock does not wait for a machine that cannot make the samples so fast.
        """
        if not isinstance(self.clock, ScaledClock):
            return
        self._catching_up = True
        self.clock.halt()
        had, since = -1, time.monotonic()
        while any(one.device.simulated and one.state == "open" for one in self._readers):
            have = sum(one.bytes for one in self._readers)
            if have != had:
                had, since = have, time.monotonic()
            elif time.monotonic() - since > _NOTHING_COMES_S:
                return
            time.sleep(0.005)

    def _halt(self) -> None:
        self._stop.set()
        if isinstance(self.clock, SteppedClock):
            self.clock.wake()
        for reader in self._readers:
            reader.join()
        for reader in self._readers:
            reader.finish()

    def _give_up(self) -> None:
        """Leave nothing behind: a recording that did not start holds nothing that is wanted."""
        self._halt()
        self._disk.close()
        self._log.close()
        self._close_views()
        (self.folder / LOG_NAME).unlink()

    def _close_views(self) -> None:
        self._ring.close()
        if self._page is not None:
            self._page.close()


def _make_lab(config: RecorderConfig, origin_ns: int) -> SimulatedLab | None:
    if config.seed is None or not any(d.port.startswith("sim://") for d in config.devices):
        return None
    return SimulatedLab(
        load_scenario(config.scenario or "demo"),
        seed=config.seed,
        origin_ns=origin_ns,
        scripted=config.scripted,
        loss=config.loss,
    )


def _not_streaming(entry: DeviceConfig, status: dict[str, Any], waited_s: float) -> PortError:
    what = f"{entry.driver} on {entry.port} "
    if not status["bytes"]:
        return PortError(
            f"{what}sent nothing for {waited_s:g} s",
            "switch it on and check that the port is the right one",
        )
    return PortError(
        f"{what}sent {status['bytes']} bytes, but no sample of this device is among them",
        "check the driver and its settings",
    )
