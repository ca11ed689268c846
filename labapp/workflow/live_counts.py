"""Counts of one channel while somebody does something to it: the recorder, without a session."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from labapp.errors import LabError
from labapp.record.client import Recorder
from labapp.record.config import ClockConfig, DeviceConfig, RecorderConfig
from labapp.record.ring import RingReader

_POLL_S = 0.05
_PATIENCE_S = 10.0
_SILENT_S = 1.5
SIMULATED_SPEED = 20.0


class LiveCounts:
    """Use it as a context manager: the device streams inside, and nothing is kept.

    Parameters
    ----------
    device
        What to read; its driver's channels in counts, whatever calibrations there are.
    channel
        Name of the channel.
    scenario, seed
        Of a simulated device, which runs faster than the clock on the wall.

    Raises
    ------
    LabError
        The device does not stream, or has no such channel.
    """

    def __init__(
        self, device: DeviceConfig, channel: str, *, scenario: str | None = None, seed: int = 0
    ) -> None:
        self._device, self._channel = device, channel
        self._scenario, self._seed = scenario, seed
        self._stop = threading.Event()

    def __enter__(self) -> LiveCounts:
        self._folder = tempfile.TemporaryDirectory(prefix="labapp-", ignore_cleanup_errors=True)
        simulated = self._device.simulated
        config = RecorderConfig(
            folder=str(Path(self._folder.name) / "calibrate.recording"),
            devices=(self._device,),
            clock=ClockConfig("scaled", SIMULATED_SPEED) if simulated else ClockConfig("real"),
            scenario=self._scenario if simulated else None,
            seed=self._seed if simulated else None,
        )
        try:
            self._recorder = Recorder.start(config)
        except BaseException:
            self._folder.cleanup()
            raise
        self._ring = RingReader(self._recorder.ring_path)
        stream = self._ring.streams[self._device.id]
        names = [channel.name for channel in stream.channels]
        self.rate = stream.rate
        self._column = names.index(self._channel)
        info = stream.channels[self._column]
        self.rails = (float(info.low), float(info.high))
        self._seen, self._seen_at = 0, time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            self._ring.close()
            self._recorder.stop()
        except LabError:
            if error is None:
                raise
        finally:
            self._recorder.close()
            self._folder.cleanup()

    def take(self, seconds: float) -> NDArray[np.float64]:
        """Give the counts of the next seconds, NaN where samples were lost.

        Raises
        ------
        LabError
            They do not come.
        """
        first = self._ring.newest(self._device.id)
        stop = first + round(seconds * self.rate)
        waited = 0.0
        while (newest := self._ring.newest(self._device.id)) < stop:
            if waited > 2 * seconds + _PATIENCE_S or not self._recorder.alive:
                raise LabError(
                    f"{newest - first} of {stop - first} samples came from {self._device.id}",
                    "check its cable and power; labapp doctor",
                )
            self._stop.wait(_POLL_S)
            waited += _POLL_S
        return self._column_of(first, stop)

    def recent(self, seconds: float) -> NDArray[np.float64]:
        """Give the counts of the last seconds, NaN where samples were lost; does not wait.

        Fewer where the device has not sent as much, none where it has fallen silent.
        """
        stop = self._ring.newest(self._device.id)
        if stop != self._seen:
            self._seen, self._seen_at = stop, time.monotonic()
        first = max(0, stop - max(round(seconds * self.rate), 1))
        if stop <= first or time.monotonic() - self._seen_at > _SILENT_S:
            return np.zeros(0)
        return self._column_of(first, stop)

    def _column_of(self, first: int, stop: int) -> NDArray[np.float64]:
        counts, valid = self._ring.read(self._device.id, first, stop)
        return np.where(valid, counts[:, self._column].astype(np.float64), np.nan)
