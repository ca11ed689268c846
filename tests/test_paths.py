from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labapp import paths
from labapp.errors import LabError


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("LABAPP_HOME", str(tmp_path))
    folder = tmp_path / "protocols"
    folder.mkdir()
    return folder


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A stand-in for the installation: a package with nothing in it, and folders beside it."""
    package = tmp_path / "install" / "labapp"
    package.mkdir(parents=True)
    for folder in ("drivers", "protocols", "hardware"):
        (package.parent / folder).mkdir()
    monkeypatch.setattr(paths, "_PACKAGE", package)
    (package.parent / "protocols" / "row.toml").write_text("shipped")
    (package.parent / "hardware" / "box").mkdir()
    (package.parent / "hardware" / "box" / "sheet.toml").write_text("sheet")
    return package.parent


def test_the_bundled_folders_are_there():
    for folder in ("drivers", "protocols", "hardware"):
        assert paths.bundled(folder).is_dir()


def test_in_a_wheel_the_folders_lie_inside_the_package(shipped):
    package = shipped / "labapp"
    assert paths.bundled("protocols") == shipped / "protocols"
    for folder in ("drivers", "protocols", "hardware"):
        (package / folder).mkdir()
    assert paths.bundled("protocols") == package / "protocols"
    assert paths.bundled("drivers") == package / "drivers"


def test_a_damaged_installation_says_so(shipped):
    (shipped / "drivers").rmdir()
    with pytest.raises(LabError, match="drivers is missing"):
        paths.bundled("drivers")


def test_the_users_own_file_wins(own, shipped):
    assert paths.find("protocols", "row").read_text() == "shipped"
    (own / "row.toml").write_text("mine")
    assert paths.find("protocols", "row").read_text() == "mine"
    assert paths.find("protocols", "row.toml").read_text() == "mine"
    assert paths.listing("protocols", ".toml") == {"row": own / "row.toml"}


def test_one_level_down(shipped, own):
    sheet = shipped / "hardware" / "box" / "sheet.toml"
    assert paths.find("hardware", "box/sheet.toml") == sheet
    assert paths.listing("hardware", "/sheet.toml") == {"box": sheet}


@pytest.mark.parametrize("name", ["none", "../secret", "/etc/passwd", "a/b/c", "", "..", "box\n"])
def test_what_is_not_there_lists_what_is(own, shipped, name):
    (own.parent / "secret").write_text("outside")
    with pytest.raises(LabError, match="choose one of row"):
        paths.find("protocols", name)


def test_nothing_at_all(own, shipped):
    (shipped / "protocols" / "row.toml").unlink()
    with pytest.raises(LabError, match="none yet"):
        paths.find("protocols", "row")


def test_home_and_studies(monkeypatch, tmp_path):
    monkeypatch.setenv("LABAPP_HOME", str(tmp_path / "h"))
    assert paths.user("drivers") == tmp_path / "h" / "drivers"
    assert paths.studies() == tmp_path / "h" / "studies"
    monkeypatch.delenv("LABAPP_HOME")
    assert paths.user("drivers").parts[-2:] == ("labapp", "drivers")
    assert paths.studies().name == "labapp"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "a b", "x" * 65, "row\n", "CON", "aux.txt", "a.", "é"]
)
def test_names_that_are_not_safe(name):
    assert not paths.is_safe_name(name)


@pytest.mark.parametrize("name", ["AB-014", "a.toml", "x" * 64, "_", "-x", ".hidden", "console"])
def test_names_that_are_safe(name):
    assert paths.is_safe_name(name)


@given(st.text(max_size=70))
def test_a_safe_name_stays_inside_its_folder(name):
    if paths.is_safe_name(name):
        inside = Path("/folder") / name
        assert inside.parent == Path("/folder")
        assert inside.name == name
        assert name.isascii()
