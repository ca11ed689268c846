"""Which stored rows a window of samples needs, and where they belong."""

import numpy as np

from labapp.session.rows import rows_between


def test_every_sample_of_a_window_is_found_and_no_other():
    rng = np.random.default_rng(1)
    for _ in range(300):
        n = int(rng.integers(0, 6))
        count, gap = rng.integers(1, 6, n), rng.integers(0, 4, n)
        first = np.cumsum(gap + count) - count
        row = np.concatenate([[0], np.cumsum(count)])
        index = np.concatenate([np.arange(0), *map(np.arange, first, first + count)])
        low, high = np.sort(rng.choice(40, 2, replace=False)).tolist()
        rows, places = rows_between(first, row, low, high)
        read = index[rows]
        assert read.tolist() == [i for i in index.tolist() if low <= i < high]
        assert [i for _, part in places for i in read[part].tolist()] == read.tolist()
        assert [at for at, _ in places] == [int(read[part][0]) for _, part in places]
