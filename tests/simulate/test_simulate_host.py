from __future__ import annotations

import json
import os
import re
import sys
import threading
import time

import pytest

from labapp.device import get_driver
from labapp.errors import LabError
from labapp.model import SampleBlock
from labapp.simulate import load_scenario
from labapp.simulate.host import default_montage, serve
from labapp.simulate.pseudoterminal import open_pair

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")


def test_windows_is_told_what_to_use_instead(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(LabError, match=r"pseudo-terminals need Linux or macOS; use a sim:// port"):
        open_pair()


@posix
def test_a_stalled_reader_loses_bytes_that_are_counted():
    port = open_pair()
    try:
        assert port.read() == b""
        sent = sum(port.write(b"x" * 1000) for _ in range(100))
        assert 0 < sent < 100_000
        assert port.dropped == 100_000 - sent
        assert not port.wait(0.0)
    finally:
        port.close()
    port.close()


def test_channels_are_wired_in_order():
    driver = get_driver("bitalino")
    scenario = load_scenario("demo")
    wiring = default_montage(driver, driver.settings_type(), scenario)
    assert wiring == {"A1": "RM_R", "A2": "UT_R", "A3": "MT_R", "A4": "LT_R"}
    driver = get_driver("chronojump")
    assert default_montage(driver, driver.settings_type(), scenario) == {"force": "F_PULL"}


@posix
@pytest.mark.parametrize("name", ["bitalino", "chronojump"])
def test_a_client_on_the_port_reads_what_the_truth_says(tmp_path, name):
    driver = get_driver(name)
    settings = driver.settings_type()
    link, truth = tmp_path / "port", tmp_path / "truth.json"
    lines: list[str] = []
    named, stop = threading.Event(), threading.Event()

    def out(line):
        lines.append(line)
        named.set()

    def run():
        serve(driver, settings, load_scenario("demo"), 1, 0.0, link, out, stop, truth=truth)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert named.wait(10)
        assert os.path.realpath(link) == lines[0]
        client = os.open(lines[0], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            codec, blocks, answers = driver.codec(settings), [], b""
            for step in driver.start(settings):
                os.write(client, step.send)
                until = time.monotonic() + 5
                while step.expect and not re.search(step.expect, answers):
                    assert time.monotonic() < until
                    answers += read(client)
            until = time.monotonic() + 10
            codec.feed(answers)
            while sum(len(b.counts) for b in blocks) < 40 and time.monotonic() < until:
                blocks += [b for b in codec.feed(read(client)) if isinstance(b, SampleBlock)]
        finally:
            os.close(client)
    finally:
        stop.set()
        thread.join()
    assert sum(len(b.counts) for b in blocks) >= 40
    assert not link.is_symlink()
    document = json.loads(truth.read_text())
    assert document["devices"][name]["runs"][0]["sent"] >= 40
    assert document["bytes_dropped"] >= 0


def read(client):
    try:
        return os.read(client, 4096)
    except BlockingIOError:
        time.sleep(0.002)
        return b""


@posix
def test_a_link_that_cannot_be_made_is_told(tmp_path):
    driver = get_driver("bitalino")
    taken = tmp_path / "taken"
    taken.write_text("mine")
    with pytest.raises(LabError, match="taken"):
        serve(driver, driver.settings_type(), load_scenario("demo"), 1, 0.0, taken, print,
              threading.Event())  # fmt: skip
    assert taken.read_text() == "mine"
