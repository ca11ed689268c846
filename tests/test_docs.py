"""The documents name what exists: links lead somewhere, the device table is the data sheets'."""

import re
from pathlib import Path

import pytest

from labapp.device import DriverInfo, capability_at, list_drivers

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    targets = [t for t in LINK.findall(page.read_text("utf-8")) if "://" not in t]
    assert [t for t in targets if not (page.parent / t).exists()] == []


def row(driver: DriverInfo) -> str:
    kinds = [c.kind for c in driver.channels if c.kind != "digital"]
    count = f"{len(kinds)} × " if len(kinds) > 1 else ""
    what = "EMG" if "emg" in kinds else "force"
    sheet = driver.sheet
    capable, reason = capability_at(sheet, driver.rate)
    return (
        f"| {sheet.title} | {what} | {count}{driver.rate:g} Hz, {sheet.bits} bit "
        f"| {capable} | {reason} | `{driver.name}` |"
    )


def test_the_readme_lists_every_driver_with_its_capability_at():
    built_in = [d for d in list_drivers() if (ROOT / "drivers" / f"{d.name}.py").exists()]
    table = [row(d) for d in sorted(built_in, key=lambda d: d.name)]
    listed = [
        line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line in table
    ]
    assert listed == table, "the table in README.md should read:\n" + "\n".join(table)
