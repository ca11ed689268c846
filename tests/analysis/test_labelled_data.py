"""Recordings with known onsets that were not made here; skipped where they are absent."""

import labelled_sets as sets
import numpy as np
import pytest

from labapp.analysis import detect_onset

pytestmark = pytest.mark.skipif(not sets.DATA.is_dir(), reason=sets.ABSENT)


def test_simulated_bursts_of_kowalski():
    found = sets.labelled_bursts()
    size = np.abs(sets.errors_ms(found))
    assert len(size) == 25
    assert np.median(size) <= 10
    assert np.mean(size <= 25) >= 0.8
    assert np.mean([onset.low <= truth <= onset.high for onset, truth in found]) >= 0.9


@pytest.mark.parametrize("snr_db", [12.0, 20.0])
def test_real_rest_gives_no_early_onset(snr_db):
    found = sets.bursts_in_real_rest(np.random.default_rng(int(snr_db)), snr_db)
    used = [(onset, truth) for onset, truth in found if onset.state == "ok"]
    assert len(used) >= 0.8 * len(found) >= 24
    early = [onset.time < truth - sets.EARLY_S for onset, truth in used]
    assert np.mean(early) <= 0.05
    assert abs(np.median([onset.time - truth for onset, truth in used])) < 0.015


def test_rest_and_heart_beats_alone_are_no_onset():
    rest, heart = sets.windows_without_burst()
    assert len(rest) >= 30
    assert len(heart) >= 100
    assert np.mean([onset.state == "ok" for onset in rest]) <= 0.05
    assert np.mean([onset.state == "ok" for onset in heart]) <= 0.05


def test_real_responses_come_after_their_stimulus():
    with np.load(sets.DATA / "real_two_muscles.npz") as data:
        emg, rate = data["emg"], float(data["rate"])
    latencies, answered = [], 0
    for sample in sets.stimuli():
        first = int(sample - 0.8 * rate)
        if first < 0 or first + 2.2 * rate > emg.shape[1]:
            continue
        found = [
            detect_onset(
                emg[side, first : first + int(2.2 * rate)],
                rate,
                baseline=(0.1, 0.75),
                search=(0.8, 1.9),
            )
            for side in (0, 1)
        ]
        times = [onset.time - 0.8 for onset in found if onset.state == "ok"]
        latencies += times
        answered += bool(times)
    assert answered >= 13
    assert min(latencies) > 0.1
    assert np.median(latencies) < 0.6
