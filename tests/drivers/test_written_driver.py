"""The driver that the how-to page tells people to write, exactly as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "write-a-driver.md"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A user's folder with the two files of the page in it."""
    blocks = dict(
        re.findall(r"^```(python|toml)\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    )
    folder = tmp_path_factory.mktemp("home")
    (folder / "drivers").mkdir()
    (folder / "drivers" / "mybox.py").write_text(blocks["python"], "utf-8")
    (folder / "drivers" / "mybox.toml").write_text(blocks["toml"], "utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings = error\nmarkers = slow\n", "utf-8"
    )
    return folder


def python(home, *words):
    environment = {
        **os.environ,
        "LABAPP_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", *words],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_driver_of_the_page_passes_the_test_for_all_drivers(home):
    page = "test_all_drivers.py"
    ours = ROOT / "tests" / "drivers"
    quiet = ("-p", "no:cacheprovider", "-p", "no:pytest-qt", "-p", "no:xdist")
    limits = ("-c", str(home / "pytest.ini"), "--confcutdir", str(ours), "-m", "not slow")
    done = python(home, "pytest", *quiet, *limits, "-q", "-k", "mybox", str(ours / page))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    assert passed >= 35
    assert "skipped" not in done.stdout.splitlines()[-1]


def test_the_driver_of_the_page_records(home):
    out = home / "try.h5"
    device = ("--device", "emg=mybox@sim://mybox?wire=memory", "--channels", "emg=A:RM_R,B:UT_R")
    done = python(
        home, "labapp", "record", *device, "--seconds", "1", "--speed", "10", "--out", str(out)
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"emg: mybox, .* received \+ 0 lost", done.stdout), done.stdout
    assert out.exists()
