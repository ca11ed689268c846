"""Simulated links as fixtures (`link_models`)."""

import link_models
import pytest


@pytest.fixture(scope="session")
def simulate():
    """``simulate(device, seconds, rng, loss=0.01, lost=None) -> Reads``."""
    return link_models.observe


@pytest.fixture(scope="session")
def devices():
    return link_models.DEVICES
