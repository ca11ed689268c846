"""Every estimate in an analysis document has its n, its interval and its unit; nothing slips in."""

from __future__ import annotations

import re

import numpy as np
import pytest

from labapp.analysis.document import plain
from labapp.analysis.standing import PlateInput, StandingTrial, standing_part

ESTIMATES = {
    "mean": ("low", "high", "n"),
    "ratio": ("low", "high", "n"),
    "percent": ("low", "high", "n"),
    "percent_per_min": ("low", "high", "n"),
    "lag_ms": ("low_ms", "high_ms", "n"),
    "share": ("low", "high", "n"),
    "index": ("low", "high", "n"),
    "value_uv": ("low_uv", "high_uv", "n"),
    "cmc": ("cmc_low", "cmc_high", "n"),
    "mesd_percent": ("mesd_percent_low", "mesd_percent_high", "n"),
    "time_s": ("low_s", "high_s", "state"),
}
"""Keys that hold an estimate, and what must stand beside them."""

NO_ESTIMATES = {
    r"order/kendall_chance": "what chance gives, not what was measured",
    r"repetitions\[\]": "its index is a number in a list",
    r"force/tare": "a range, and how large it is against the greatest force",
    r"selectivity/\w+/t[12]": "n stands beside the index",
    r"co_activation/.*": "n stands with the pair",
}
UNITS = re.compile(
    r"(_ms|_n|_ns|_s|_uv|_uvs|_hz|_db|_mm|_mm2|_mm_s|percent|_per_min|ratio|share|cmc|index|overlap"
    r"|rudolph)$"
)


def dictionaries(node, path=""):
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from dictionaries(value, f"{path}/{key}" if path else key)
    elif isinstance(node, list):
        for value in node:
            yield from dictionaries(value, f"{path}[]")


def incomplete(document):
    found = []
    for path, node in dictionaries(document):
        if any(re.fullmatch(pattern, path) for pattern in NO_ESTIMATES):
            continue
        for key, beside in ESTIMATES.items():
            value = node.get(key)
            if not isinstance(value, int | float) or isinstance(value, bool):
                continue
            missing = [name for name in beside if name not in node]
            named = UNITS.search(key) or any(UNITS.search(one) for one in path.split("/")[-2:])
            if key != "mean" and not named and "unit" not in node:
                missing.append("unit")
            if key == "mean" and not named and "unit" not in node:
                missing.append("unit")
            if missing:
                found.append((path, key, missing))
    return found


def test_a_pulling_session(recorded):
    document = recorded("rhomboid_leads_30ms").document
    assert incomplete(document) == []
    checked = [key for _, node in dictionaries(document) for key in ESTIMATES if key in node]
    assert len(checked) > 150
    for name, pair in document["order"]["pairs"].items():
        assert pair["medians"].keys() == {
            "median_ms", "lag_raw_ms", "lag_neq_ms", "bias_ms", "lag_posterior_ms",
        }, name  # fmt: skip
        for key, limits in pair["medians"].items():
            assert limits["low"] <= pair[key] <= limits["high"], key
    for phases in document["amplitudes"].values():
        for phase in phases.values():
            for key, limits in phase["absolute"].items():
                assert limits["low"] <= phase[key] <= limits["high"]


def test_provenance_stands_in_the_head(recorded):
    document = recorded("rhomboid_leads_30ms").document
    assert {"schema", "labapp", "session", "protocol", "parameters", "parameters_sha256"} <= set(
        document
    )
    assert document["parameters"]["seed"] is not None
    assert document["plan"]["sha256"]


@pytest.fixture(scope="module")
def standing():
    rng = np.random.default_rng(3)
    t = np.arange(9000) / 100
    trials, loads = [], np.empty((9000, 4))
    x = 0.004 * np.cumsum(rng.normal(size=9000)) / 60
    y = 0.006 * np.cumsum(rng.normal(size=9000)) / 60
    for column, (right, front) in enumerate(((-1, 1), (1, 1), (-1, -1), (1, -1))):
        loads[:, column] = 175 * (1 + right * x / 0.2) * (1 + front * y / 0.15)
    for number in range(6):
        name = "eyes open" if number < 3 else "eyes closed"
        trials.append(StandingTrial(name, name, number % 3 + 1, 15.0 * number, 15.0 * number + 14))
    places = [(-0.2, 0.15), (0.2, 0.15), (-0.2, -0.15), (0.2, -0.15)]
    return plain(standing_part(PlateInput(loads, t, 100.0, places), trials))


def test_a_standing_session(standing):
    assert incomplete({"standing": {"summary": standing["summary"]}}) == []
    limits = standing["romberg_interval"]
    assert limits["low"] < standing["romberg"] < limits["high"]
    assert limits["n"] == [3, 3]
    areas = [
        [row["ellipse_mm2"] for row in standing["trials"] if row["condition"] == name]
        for name in ("eyes open", "eyes closed")
    ]
    logs = [np.log(area).mean() for area in areas]
    assert standing["romberg"] == pytest.approx(np.exp(logs[1] - logs[0]), rel=1e-6)
