"""A simulated person in a process of its own, who hears the cues of whatever records.

Run: ``living_lab.py STUDY SCENARIO SEED ID=DRIVER=WHERE=MONTAGE …``. WHERE is the path of a
pseudo-terminal's link, or ``lsl:NAME:WORDS`` for a stream of the Lab Streaming Layer, whose
channels are those of the montage; WORDS is the unit its EMG channels claim (empty: none), its
digital channels say ``none``. MONTAGE is ``A1:RM_R,A2:UT_R``. The person reads the cues from the
log of the recording that runs below STUDY, as a person hears a beep from the window. Lines of
standard input: ``unplug ID``, ``plug ID``, ``truth FILE``; each is answered with ``done``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOOK_S = 0.02
UNITS = {"V": 1e6, "N": 1.0, "": 1.0}


class LivingLab:
    """The process, as a test sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._await("ready")

    def say(self, *words: str) -> None:
        """Tell it what happens in the laboratory; returns when it has happened."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        self._await("done")

    def _await(self, word: str) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line == f"{word}\n", f"the laboratory said {line!r}, not {word}"


@contextmanager
def living_lab(study: Path, scenario: str, seed: int, *devices: str) -> Iterator[LivingLab]:
    """Run a laboratory; whatever happens, it is gone at the end."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(study), scenario, str(seed), *devices],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        yield LivingLab(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


class Plug:
    """One device with its own thread; unplugged it is without power, and begins anew."""

    def __init__(self, lab: Any, text: str) -> None:
        from labapp.device import get_driver, parse_settings

        self.id, driver, self._where, montage = text.split("=")
        self._lab = lab
        self._montage = dict(pair.split(":") for pair in montage.split(","))
        self._driver = get_driver(driver)
        self._settings = parse_settings(self._driver, {})
        self._number = 0
        self._out = threading.Event()
        self._thread: threading.Thread | None = None

    def plug(self) -> None:
        """Plug it in; returns when it can be opened."""
        self._number += 1
        self._out = threading.Event()
        name = f"{self.id}{self._number}"
        device = self._lab.device(
            self._driver, self._settings, channel_map=self._montage, name=name
        )
        ready = threading.Event()
        work = self._stream if self._where.startswith("lsl:") else self._serve
        self._thread = threading.Thread(target=work, args=(device, self._out, ready), daemon=True)
        self._thread.start()
        assert ready.wait(10), "the device does not start"

    def unplug(self) -> None:
        """Pull the plug; returns when nothing is there any more."""
        self._out.set()
        if self._thread is not None:
            self._thread.join()

    def _serve(self, device: Any, out: threading.Event, ready: threading.Event) -> None:
        """Be a serial device behind a link, until unplugged."""
        from labapp.simulate.host import carry
        from labapp.simulate.pseudoterminal import open_pair

        port, link = open_pair(), Path(self._where)
        link.unlink(missing_ok=True)
        link.symlink_to(port.path)
        ready.set()
        carry(device, port, out)
        link.unlink()
        port.close()

    def _stream(self, device: Any, out: threading.Event, ready: threading.Event) -> None:
        """Be a program that offers the device as a stream, stamped by its sampling clock."""
        from labapp.model import SampleBlock
        from labapp.record.lsl_library import load_lsl

        pylsl = load_lsl("machine")
        codec = self._driver.codec(self._settings)
        columns = [at for at, one in enumerate(codec.channels) if self._sent(one)]
        outlet = pylsl.StreamOutlet(self._info(pylsl, [codec.channels[at] for at in columns]))
        for exchange in self._driver.start(self._settings):
            device.receive(exchange.send, time.perf_counter_ns())
        ready.set()
        begun: float | None = None
        while not out.is_set():
            data, arrival = device.next_chunk()
            if out.wait(max(0.0, (arrival - time.perf_counter_ns()) * 1e-9)):
                break
            for block in codec.feed(data):
                if not isinstance(block, SampleBlock):
                    continue
                if begun is None:
                    begun = pylsl.local_clock() - block.stop / codec.rate
                stamps = [begun + at / codec.rate for at in range(block.first, block.stop)]
                rows = [
                    [codec.channels[at].scale * UNITS[codec.channels[at].unit]
                     * (row[at] - codec.channels[at].offset) for at in columns]
                    for row in block.counts.tolist()
                ]  # fmt: skip
                outlet.push_chunk(rows, stamps)
        del outlet

    def _sent(self, channel: Any) -> bool:
        return channel.name in self._montage or channel.kind == "digital"

    def _info(self, pylsl: Any, channels: list[Any]) -> Any:
        from labapp.device import get_driver

        _, name, unit = self._where.split(":")
        rate = get_driver(self._driver.name).codec(self._settings).rate
        info = pylsl.StreamInfo(name, self.id.upper(), len(channels), rate, "float32", name)
        names = [self._montage.get(one.name, "switch") for one in channels]
        units = {"emg": unit, "force": "newtons", "digital": "none"}
        info.set_channel_labels([f"sensor {at}" if n != "switch" else n
                                 for at, n in enumerate(names, 1)])  # fmt: skip
        described = info.desc().child("channels").child("channel")
        for one in channels:
            if said := units[one.kind]:
                described.append_child_value("unit", said)
            described = described.next_sibling("channel")
        return info


class Ears:
    """What the person hears: the cues of the recording that runs below a folder."""

    def __init__(self, lab: Any, study: Path) -> None:
        self._lab, self._study = lab, study
        self._tail: Any = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear nothing more."""
        self._over.set()
        self._thread.join()

    def _listen(self) -> None:
        from labapp.errors import LabError
        from labapp.workflow.logtail import LogTail

        while not self._over.wait(LOOK_S):
            logs = list(self._study.glob("*.recording/capture.log"))
            if not logs:
                if self._tail is not None:
                    self._tail.close()
                self._tail = None
            elif self._tail is None:
                with suppress(LabError):
                    self._tail = LogTail(logs[0])
            if self._tail is not None:
                for frame in self._tail.markers():
                    told = frame.json()
                    self._lab.hear(told["kind"], frame.t_ns, told["data"], prepared=True)
        if self._tail is not None:
            self._tail.close()


def main(study: str, scenario: str, seed: str, *devices: str) -> None:
    """Live until standard input ends."""
    from labapp.simulate.lab import SimulatedLab
    from labapp.simulate.scenario import load_scenario

    now = time.perf_counter_ns()
    lab = SimulatedLab(load_scenario(scenario), seed=int(seed), origin_ns=now)
    plugs = {plug.id: plug for plug in (Plug(lab, text) for text in devices)}
    ears = Ears(lab, Path(study))
    for plug in plugs.values():
        plug.plug()
    print("ready", flush=True)
    for line in sys.stdin:
        what, where = line.split(maxsplit=1)
        where = where.strip()
        if what == "unplug":
            plugs[where].unplug()
        elif what == "plug":
            plugs[where].plug()
        else:
            Path(where).write_text(json.dumps(lab.truth()))
        print("done", flush=True)
    for plug in plugs.values():
        plug.unplug()
    ears.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
