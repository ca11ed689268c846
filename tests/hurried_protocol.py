"""The isometric pull for tests, which have no time to rest."""

import re

from labapp import paths
from labapp.trials.protocol import Protocol, parse_protocol


def hurried(rest_s: float = 1.0, sets: int = 3, references: int = 3) -> Protocol:
    """The isometric pull with short rests and waits: as many repetitions in a sixth of the time."""
    return parse_protocol(hurried_text(rest_s, sets, references), name="hurried.toml")


def hurried_text(rest_s: float = 1.0, sets: int = 3, references: int = 3) -> str:
    """Text of the same."""
    text = (paths.bundled("protocols") / "isometric_pull.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(rest_s|set_rest_s|after_s) = \d+", rf"\1 = {rest_s}", text)
    for step, seconds in (("ready", 0.5), ("relax", 1.2)):
        text = re.sub(rf'(name = "{step}"\n.*\n  duration_s) = [\d.]+', rf"\1 = {seconds}", text)
    text = text.replace("uniform_s = [2.0, 5.0]", "uniform_s = [1.2, 2.4]")
    text = text.replace("reps = 3", f"reps = {references}", 1)
    text = text.replace("sets = 3", f"sets = {sets}")
    return text.replace("min_valid_reps = 10", f"min_valid_reps = {min(10, 4 * sets)}")
