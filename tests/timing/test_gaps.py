import numpy as np

from labapp.model import Gap
from labapp.timing.gaps import gaps_of, nan_view, touches_gap, valid_mask

FIRST, COUNT = np.array([3, 10, 20]), np.array([5, 10, 4])


def test_gaps_and_mask():
    assert gaps_of(FIRST, COUNT) == (Gap(0, 3), Gap(8, 10))
    assert gaps_of(FIRST, COUNT, begin=3) == (Gap(8, 10),)
    assert gaps_of(np.zeros(0, int), np.zeros(0, int)) == ()
    mask = valid_mask(FIRST, COUNT, 0, 26)
    assert np.flatnonzero(~mask).tolist() == [0, 1, 2, 8, 9, 24, 25]
    assert valid_mask(FIRST, COUNT, 7, 11).tolist() == [True, False, False, True]
    assert valid_mask(FIRST, COUNT, 8, 8).shape == (0,)
    assert touches_gap(gaps_of(FIRST, COUNT), 9, 12)
    assert not touches_gap(gaps_of(FIRST, COUNT), 10, 24)


def test_nan_view_puts_rows_where_they_belong():
    pieces = [(3, np.arange(5.0)[:, None]), (10, np.arange(10.0)[:, None])]
    view = nan_view(pieces, 5, 12, 1)
    np.testing.assert_array_equal(view[:, 0], [2, 3, 4, np.nan, np.nan, 0, 1])
