"""The wheel, the sdist and the editable install hold what they must, and nothing beside it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# hatchling is called as an installer would call it, without an isolated environment.
BUILD = """
import os, sys
from hatchling import build
os.chdir(sys.argv[1])
kind, out = sys.argv[2:]
print(getattr(build, f"build_{kind}")(out))
"""

IMPORT_ALL = """
import importlib, pathlib, pkgutil, sys
import labapp
home = pathlib.Path(labapp.__file__).parent
assert "site-packages" in str(home), home
failed = []
names = [m.name for m in pkgutil.walk_packages(labapp.__path__, "labapp.", onerror=failed.append)]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
from labapp import paths
assert all(paths.bundled(f).parent == home for f in ("drivers", "protocols", "hardware"))
print("FAILED", *failed)
print(*names)
"""


def built(kind: str, out: Path, root: Path = ROOT) -> Path:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BUILD, str(root), kind, str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out / done.stdout.split()[-1]


def sources(*folders: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".part"
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return built("wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_folders_inside_the_package(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert len(names) == len(set(names))
    expected = sources("labapp") | {
        f"labapp/{name}" for name in sources("drivers", "protocols", "hardware")
    }
    assert set(names) == expected
    assert "labapp/drivers/bitalino.py" in names


def test_the_wheel_in_a_bare_environment_imports_whole(wheel, tmp_path):
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    venv.create(tmp_path / "bare", with_pip=False, symlinks=sys.platform != "win32")
    python = tmp_path / "bare" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(tmp_path / "bare")}))
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
    done = subprocess.run(
        [*install, "--no-index", "--quiet", "--disable-pip-version-check", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not [p.name for p in site.iterdir() if p.name in {"drivers", "protocols", "hardware"}]
    # The packages that labapp needs come from this environment; labapp itself must not.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    done = subprocess.run(
        [str(python), "-I", "-c", IMPORT_ALL],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    failed, modules = done.stdout.splitlines()[-2:]
    assert failed == "FAILED"
    assert {"labapp.drivers.bitalino", "labapp.cli.main", "labapp.analysis"} <= set(modules.split())
    version = subprocess.run(
        [str(python), "-I", "-m", "labapp", "--help"], capture_output=True, text=True, check=False
    )
    assert version.returncode == 0, version.stderr


def test_the_sdist_can_build_the_same_wheel(wheel, tmp_path):
    sdist = built("sdist", tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # from Python 3.11.4
        archive.extractall(tmp_path / "unpacked")
    (root,) = (tmp_path / "unpacked").iterdir()
    assert (root / "run.py").is_file()
    assert not list(root.rglob("__pycache__"))
    again = built("wheel", tmp_path, root)
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_the_editable_wheel_only_points_at_the_checkout(tmp_path):
    with zipfile.ZipFile(built("editable", tmp_path)) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert len(names) == 1
        assert archive.read(names[0]).decode().split() == [str(ROOT)]
