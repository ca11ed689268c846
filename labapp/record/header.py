"""What a recording says about itself: in the first frame of its log, and in its live view."""

from __future__ import annotations

import platform
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from labapp.record.config import DeviceConfig, RecorderConfig
from labapp.record.opening import stream_channels
from labapp.record.ring import RingStream


def log_header(config: RecorderConfig, origin_ns: int, settings: list[Any]) -> dict[str, Any]:
    """Describe a recording as the first frame of its log does (JSON values)."""
    version = package_version()
    return {
        "format": "labapp-log",
        "version": 1,
        "uuid": str(uuid.uuid4()),
        "app_version": version,
        "created_utc": datetime.now(UTC).isoformat(),
        "origin_ns": origin_ns,
        "streams": [
            {
                "id": entry.id,
                "number": number,
                "driver": entry.driver,
                "settings": msgspec.to_builtins(parsed),
                "port": entry.port,
                "montage": entry.montage,
                "serial": entry.serial,
                **(
                    {"calibration": msgspec.to_builtins(entry.calibration)}
                    if entry.calibration
                    else {}
                ),
            }
            for number, (entry, parsed) in enumerate(zip(config.devices, settings, strict=True))
        ],
        "participant": config.participant,
        "protocol": msgspec.to_builtins(config.protocol),
        "plan": config.plan,
        "reference": config.reference,
        "scenario": config.scenario,
        "seed": config.seed,
        "clock": msgspec.to_builtins(config.clock),
        "versions": {
            "labapp": version,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "platform": sys.platform,
        },
    }


def ring_stream(number: int, entry: DeviceConfig, codec: Any, seconds: float) -> RingStream:
    """Describe a stream as the live view does."""
    return RingStream(
        id=entry.id,
        number=number,
        driver=entry.driver,
        rate=codec.rate,
        capacity=max(64, int(codec.rate * seconds)),
        channels=stream_channels(codec, entry),
    )


def package_version() -> str:
    """Version of this program; the root package stands above this room and is not imported."""
    version: str = sys.modules[__name__.partition(".")[0]].__version__
    return version
