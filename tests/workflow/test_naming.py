"""Names of participants and files."""

import os

from labapp.workflow.naming import newest_first


def test_the_newest_comes_first_and_what_is_gone_is_left_out(tmp_path):
    names = ["b.h5", "c.h5", "a.h5"]
    for at, name in enumerate(names, 1):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1e9 + at, 1e9 + at))
    listed = [*sorted(tmp_path.iterdir()), tmp_path / "moved.h5"]
    assert [path.name for path in newest_first(listed)] == ["a.h5", "c.h5", "b.h5"]
    assert newest_first([tmp_path / "nowhere" / "a.h5"]) == []
