"""The isometric pull for tests, which have no time to rest."""

import re

from labapp import paths
from labapp.trials.protocol import Protocol, parse_protocol


def hurried(rest_s: float = 1.0, sets: int = 3) -> Protocol:
    """The isometric pull with short rests: the same repetitions in a quarter of the time."""
    text = (paths.bundled("protocols") / "isometric_pull.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(rest_s|set_rest_s|after_s) = \d+", rf"\1 = {rest_s}", text)
    text = text.replace("sets = 3", f"sets = {sets}")
    text = text.replace("min_valid_reps = 10", f"min_valid_reps = {min(10, 4 * sets)}")
    return parse_protocol(text, name="hurried.toml")
