"""What the top bar says of a device's clock, its port and the disk."""

from pathlib import Path

import pytest

from labapp.translate import speak
from labapp.ui.look import Look
from labapp.ui.pages.library import verdict_words
from labapp.ui.sessions import Entry
from labapp.ui.topbar import TopBar, stream_details, stream_level

TIMING = {
    "state": "locked", "rate_hz": 1000.05, "drift_ppm": 50.2, "spread_ms": 0.21,
    "late_median_ms": 1.1, "late_max_ms": 17.2, "beat_ms": 0.0,
}  # fmt: skip


def stream(**words):
    return {
        "state": "open", "samples": 83000, "lost": 12, "junk_bytes": 0, "rate_hz": 1000.05,
        "timing": {**TIMING, **words}, "port": {"latency_timer_ms": 16},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({}, "clock: 50 millionths fast; times sure to 0.2 ms"),
        ({"drift_ppm": -31.0}, "clock: 31 millionths slow"),
        ({"state": "suspect", "spread_ms": 7.0}, "times unsure, about 7.0 ms"),
        ({"state": "converging"}, "clock: being learnt"),
        ({"beat_ms": 9.0}, "times may be off by 9.0 ms without showing it"),
        ({}, "data arrive 1.1 ms late, 17 ms at most"),
        ({}, "latency timer of the USB chip: 16 ms"),
    ],
)
def test_the_clock_of_a_device_in_words(words, said):
    assert said in stream_details("emg", stream(**words), "labbox on COM3")


def test_a_device_without_a_clock_yet_says_nothing_of_it():
    plain = {**stream(), "timing": {}, "port": {}}
    assert "clock" not in stream_details("emg", plain, "")


@pytest.fixture
def german():
    speak("de")
    yield
    speak("en")


def test_a_lost_device_is_lost_in_german_too(german):
    lost = {**stream(), "state": "lost"}
    assert "Zustand: verloren" in stream_details("emg", lost, "labbox an COM3").splitlines()


def test_why_a_file_cannot_be_read_is_said_in_german(german):
    entry = Entry(Path("a.h5"), "unreadable", words="port COM3 does not exist; check the port name")
    assert verdict_words(entry) == (
        "nicht lesbar: Anschluss COM3 gibt es nicht; Namen des Anschlusses prüfen"
    )


def test_an_unsure_clock_tints_the_chip():
    assert stream_level(stream())[0] == "good"
    assert stream_level(stream(state="suspect"))[0] == "warn"


@pytest.mark.parametrize(
    ("left", "said"), [(5400.0, "48 kB/s on disk · room for 01:30:00"), (1e6, "on disk")]
)
def test_the_room_on_the_disk(qtbot, left, said):
    bar = TopBar(Look("light"))
    qtbot.addWidget(bar)
    status = {
        "bytes_last_second": 48123, "now_ns": 83_000_000_000, "origin_ns": 0,
        "disk_left_s": left, "streams": {},
    }  # fmt: skip
    bar.show_status(status, {})
    assert bar.saving.text().endswith(said)
