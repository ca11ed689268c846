"""Sessions of made-up strength: tones whose RMS is known, so that per cent are known too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from labapp import paths
from labapp.device import get_driver, parse_settings
from labapp.model import Marker
from labapp.record.config import DeviceConfig
from labapp.record.opening import stream_channels
from labapp.session.content import SessionContent, SessionHead, StreamContent, StreamHead, unbroken
from labapp.session.write import write_session
from labapp.timing.offline import exact_map

FULL_UV = {"RM_R": 400.0, "UT_R": 300.0}
"""RMS of each muscle at full strength."""
NOON = datetime.now(UTC).replace(microsecond=0)
EMG = DeviceConfig(
    "emg",
    "labbox",
    "sim://labbox",
    {"channels": 2, "rate": 1000.0},
    {"ch1": "RM_R", "ch2": "UT_R"},
    None,
)
FORCE = DeviceConfig("force", "chronojump", "sim://chronojump", {}, {"force": "F_PULL"})
DEVICES = (EMG, FORCE)
EVERY_S, BEGIN_S, LAST_S = 5.0, 0.25, 2.5

Pull = tuple[str, str, dict[str, float]]
"""Block, kind of pull, and share of full strength per muscle."""


def strength(rm: float, ut: float) -> dict[str, float]:
    return {"RM_R": rm, "UT_R": ut}


MAXIMAL: tuple[Pull, ...] = (
    ("n1_rear_deltoid", "reference", strength(0.94, 0.90)),
    ("n1_rear_deltoid", "reference", strength(1.00, 0.96)),
    ("n4_upper_trapezius", "reference", strength(0.97, 1.00)),
)
PULLS: tuple[Pull, ...] = (
    ("reference", "reference", strength(0.80, 0.50)),
    ("reference", "reference", strength(0.76, 0.48)),
    *(("fast", "fast", strength(0.60 + 0.01 * k, 0.30 + 0.005 * k)) for k in (-1, 0, 1, 0)),
)
"""True mean of the fast pulls: RM_R 60 %, UT_R 30 % of the maximum; of the own block 75 and 60."""


def made(
    path: Path,
    protocol: str,
    pulls: Sequence[Pull],
    *,
    when: datetime = NOON,
    participant: str = "DEMO-001",
    device: DeviceConfig = EMG,
    scenario: str | None = "demo",
    meta: dict[str, Any] | None = None,
    full: Mapping[str, float] | None = None,
    markers: Sequence[Marker] = (),
) -> Path:
    """Write a session of these pulls, one every five seconds."""
    driver = get_driver(device.driver)
    codec = driver.codec(parse_settings(driver, dict(device.settings)))
    rng = np.random.default_rng(3)
    seconds = 2 + len(pulls) * EVERY_S
    t = np.arange(round(seconds * codec.rate)) / codec.rate
    slow = np.arange(round(seconds * 80)) / 80
    force = np.zeros(len(slow))
    channels = stream_channels(codec, device)
    uv = {c.muscle: 2.0 * rng.normal(size=len(t)) for c in channels if c.muscle}
    strongest = FULL_UV | dict(full or {})
    tone = np.sqrt(2) * np.sin(2 * np.pi * 97.3 * t)
    marked = list(markers)
    for number, (block, pull, shares) in enumerate(pulls, 1):
        cue = 2.0 + (number - 1) * EVERY_S
        data = {"block": block, "repetition": number, "attempt": 1, "pull": pull, "hold_s": 1.5}
        marked.append(Marker(cue, "cue", data))
        on = (t >= cue + BEGIN_S) & (t < cue + LAST_S)
        for muscle in uv.keys() & shares.keys():
            uv[muscle][on] += shares[muscle] * strongest[muscle] * tone[on]
        after = slow - cue - BEGIN_S - 0.05
        force += 200 * np.clip(after / 0.3, 0, 1) * np.clip((LAST_S - BEGIN_S - after) / 0.2, 0, 1)
    counts = np.zeros((len(t), len(channels)), dtype=np.int32)
    for column, channel in enumerate(channels):
        if channel.muscle:
            counts[:, column] = np.rint(1e-6 * uv[channel.muscle] / channel.scale + channel.offset)
    pulling = get_driver("chronojump")
    cell = stream_channels(pulling.codec(parse_settings(pulling, {})), FORCE)
    newton = np.rint(force / cell[0].scale).astype(np.int32)[:, None]
    streams = (
        StreamContent(
            StreamHead("emg", device.driver, "box", codec.rate, "exact", channels),
            counts,
            unbroken(len(t), exact_map(codec.rate)),
        ),
        StreamContent(
            StreamHead("force", "chronojump", "cell", 80.0, "exact", cell),
            newton,
            unbroken(len(slow), exact_map(80.0)),
        ),
    )
    text = (paths.bundled("protocols") / f"{protocol}.toml").read_text(encoding="utf-8")
    told = {
        "participant": participant,
        "protocol": {"name": protocol, "text": text},
        "scenario": scenario,
        "streams": [
            {"id": "emg", "driver": device.driver, "port": device.port, "serial": device.serial}
        ],
    }
    identity = SessionHead(f"uuid-{path.stem}", when.isoformat(), "0.1.0", 0, "closed")
    marked.sort(key=lambda marker: marker.time)
    write_session(path, SessionContent(identity, streams, told | (meta or {}), tuple(marked)))
    return path
