from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from labapp.errors import LabError
from labapp.report import html, pdf
from labapp.report.document import build_document
from labapp.report.html import write_html
from labapp.report.pdf import write_pdf

HOSTILE = '<script>alert("x")</script>&<b>$x^2$ 漢字 \u202e\x07'


def hostile(tree):
    """The same document with every free text replaced by one that tries to break out."""
    if isinstance(tree, dict):
        return {
            key: hostile(item) if key not in {"state", "verdict_state", "level"} else item
            for key, item in tree.items()
        }
    if isinstance(tree, list):
        return [hostile(item) for item in tree]
    return HOSTILE if isinstance(tree, str) else tree


def test_one_file_that_loads_nothing(good):
    _, text = good
    assert text.startswith("<!DOCTYPE html>")
    assert text.count("<svg ") == 5
    assert text.count('role="img" aria-label="') == 5
    links = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert all(link.startswith("#") for link in links)
    assert "url(http" not in text
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "Not a medical device" in text


def test_ids_are_unique_and_every_reference_has_its_target(good):
    _, text = good
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_figures_are_well_formed_and_follow_the_page_colours(good):
    drawings = re.findall(r"<svg .*?</svg>", good[1], flags=re.DOTALL)
    assert len(drawings) == 5
    for drawing in drawings:
        root = ET.fromstring(drawing)
        assert "viewBox" in root.attrib
        assert "width" not in root.attrib
        assert "currentColor" in drawing
        assert "#333333" not in drawing
        assert "T00:00" not in drawing
        assert "matplotlib.org" not in drawing


def test_the_same_document_gives_the_same_bytes(good, withheld):
    document, text = good
    assert html.render(document) == text
    small = build_document([withheld])
    assert pdf.render(small) == pdf.render(small)


def test_pdf(good, tmp_path):
    path = write_pdf(good[0], tmp_path / "r.pdf")
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type /Page\b", data)) >= 3
    assert [p.name for p in tmp_path.iterdir()] == ["r.pdf"]


def test_hostile_texts_stay_texts(analysis):
    analysis["repetitions"] = analysis["repetitions"][:3]
    document = build_document([hostile(analysis)])
    text = html.render(document)
    assert "<script" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;" in text
    assert pdf.render(document).startswith(b"%PDF-")


def test_hostile_muscles_are_drawn_as_letters(analysis, fake_session):
    odd = "<b>$x_R"
    analysis["repetitions"] = analysis["repetitions"][:3]
    renamed = {
        rep["index"]: {
            odd if code == "RM_R" else code: onset for code, onset in rep["onsets"].items()
        }
        for rep in analysis["repetitions"]
    }
    for rep in analysis["repetitions"]:
        rep["onsets"] = renamed[rep["index"]]
    analysis["order"]["muscles"][0] = odd
    session = fake_session(analysis, muscles=(odd, "UT_L", "漢字", "ES_L"))
    text = html.render(build_document([analysis], [session]))
    assert "<b>" not in text
    assert "&lt;b&gt;$x" in text
    assert "stroke-dasharray" in text  # the left side


def test_an_empty_document_writes_too(tmp_path):
    for i, document in enumerate([build_document([]), build_document([{}])]):
        assert write_html(document, tmp_path / f"{i}.html").stat().st_size > 1000
        assert write_pdf(document, tmp_path / f"{i}.pdf").read_bytes().startswith(b"%PDF-")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(LabError, match="cannot be written"):
        write_html(build_document([]), tmp_path / "none" / "r.html")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(LabError, match="No space left"):
        write_html(build_document([]), path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_no_pyplot_and_no_matplotlib_until_a_figure_is_drawn():
    import subprocess
    import sys

    code = (
        "import sys\n"
        "import labapp.report.document, labapp.report.html, labapp.report.pdf\n"
        "assert 'matplotlib' not in sys.modules and 'reportlab' not in sys.modules\n"
        "from labapp.report import figures\n"
        "from labapp.report.blocks import Figure\n"
        "data = {'bars': [], 'chance': None}\n"
        "figures.svg(Figure('chances', data, '', ''), 'x')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert 'PySide6' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
