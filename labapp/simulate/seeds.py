"""Random numbers by name: the same seed gives the same laboratory, in whatever order it is asked.

Every independent piece of chance (the noise of one block of one channel, the plan of one
pull) has its own generator, found by the seed of the laboratory, a role and numbers. Nothing
depends on how many numbers another piece has drawn before, or in which thread.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np


def generator(seed: int, role: str, *numbers: int) -> np.random.Generator:
    """Return the generator of one piece of chance.

    Parameters
    ----------
    seed
        Seed of the laboratory, >= 0.
    role
        What it is for, with the names of what it belongs to: ``"noise/bitalino/A1"``.
    numbers
        Which one of them, each >= 0: a block, a pull, a run.
    """
    return np.random.default_rng([seed, crc32(role.encode()), *numbers])
