"""Compress and write in a thread while the next samples are being decoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

# Jobs that may wait for the thread that compresses: memory stays bounded.
_JOBS = 2


class Press:
    """One thread that does jobs in order.

    The HDF5 library lets go of the interpreter meanwhile. The file is the same, byte for byte,
    as without the thread.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="session-write")
        self._jobs: deque[Future[None]] = deque()

    def run(self, job: Callable[[], None]) -> None:
        """Do it soon; raises what an earlier job raised."""
        while len(self._jobs) >= _JOBS:
            self._jobs.popleft().result()
        self._jobs.append(self._pool.submit(job))

    def wait(self) -> None:
        """Return when all is done; raises what a job raised."""
        while self._jobs:
            self._jobs.popleft().result()

    def close(self) -> None:
        """End the thread; jobs not begun are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
