from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from example_document import example_document
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from labapp.translate import speak
from labapp.ui.chart import nice_ticks, ratio_ticks
from labapp.ui.firstbars import FirstBars
from labapp.ui.lagforest import LagForest
from labapp.ui.look import Look
from labapp.ui.numbers import clock, signed, size
from labapp.ui.pages.result import ResultPage
from labapp.ui.raster import OrderRaster, reference_time
from labapp.ui.ratiochart import RatioChart
from labapp.ui.words import breakable, pair_short, ratio_short, readable, unbroken


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")


def test_ticks_are_round_and_inside() -> None:
    assert nice_ticks(-43, 38) == [-40, -20, 0, 20]
    assert nice_ticks(0, 0) == [0]
    assert ratio_ticks(0.4, 3.0) == pytest.approx([0.5, 1, 2])


def test_words() -> None:
    assert unbroken("by 27 ms (95 % interval 23 to 31)") == (
        "by 27\u00a0ms (95\u00a0% interval 23\u00a0to\u00a031)"
    )
    assert readable("RM_R: no burst, -2 dB, ES_L") == "RM right: no burst, −2\u00a0dB, ES left"
    assert pair_short("RM_R-UT_R") == "RM – UT right"
    assert pair_short("RM_R-RM_L") == "RM right – RM left"
    assert ratio_short("UT_L:LT_L") == "UT : LT left"
    assert breakable("/a b/c_d.h5") == "/\u200ba b/\u200bc_\u200bd.h5"
    assert breakable("C:\\a b") == "C:\\\u200ba b"
    assert signed(-21.2) == "−21"
    assert signed(-0.2) == "0"
    assert clock(3671) == "01:01:11"
    assert size(212_400) == "212 kB"


@pytest.mark.parametrize("state", ["first", "undecided", "not interpretable", "simultaneous"])
def test_result_page_says_the_verdict(qtbot: QtBot, look: Look, state: str) -> None:
    page = ResultPage(look)
    qtbot.addWidget(page)
    document = example_document(state)
    page.resize(1180, 700)
    page.show()
    page.set_document(document, Path("AB-014.h5"))
    assert (
        page.headline.text().replace("\u00a0", " ").replace("\u2212", "-")
        == document["verdict"]["headline"]
    )
    reasons = [w.text() for w in page.findChildren(QLabel) if w.objectName().startswith("reason_")]
    assert reasons == [readable(one) for one in document["verdict"]["reasons"]]
    # "Cannot tell" is not an error: never red.
    assert page.state.property("level") != "bad"
    texts = " ".join(w.text() for w in page.findChildren(QLabel))
    assert "12 lost in 2 gaps" in texts
    assert "50\u00a0Hz hum is 18\u00a0%" in texts


def test_page_without_result_offers_the_next_step(qtbot: QtBot, look: Look) -> None:
    page = ResultPage(look)
    qtbot.addWidget(page)
    page.show()
    assert not page.evidence.isVisible()
    assert not page.report.isVisible()
    button = page.findChild(QPushButton, "result_to_setup")
    with qtbot.waitSignal(page.setup_wanted):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def emptied(document: dict[str, Any]) -> dict[str, Any]:
    """The document of a session in which nothing was found."""
    for row in document["repetitions"]:
        row["valid"], row["reasons"], row["force_onset_s"] = False, ["no pull found"], None
        for onset in row["onsets"].values():
            onset.update(time_s=None, low_s=None, high_s=None, state="not_found", snr_db=None)
    order = document["order"]
    order["p_first"] = dict.fromkeys(order["p_first"])
    order["share_first"] = dict.fromkeys(order["share_first"])
    order["share_first_interval"] = dict.fromkeys(order["share_first_interval"])
    for pair in order["pairs"].values():
        for key in ("lag_ms", "low_ms", "high_ms", "p_before"):
            pair[key] = None
        pair["verdict"] = "not interpretable"
    document["ratios"], document["reference"] = {}, None
    document["ratios_withheld"] = ["no reference contraction"]
    document["force"] = {"peak_n": None, "emd_valid": False, "emd_text": ""}
    document["timing"] = {"resolution_ms": None, "sync": "one clock", "uncertainty_ms": None}
    document["quality"] = []
    return document


def test_nothing_found_is_shown_as_such(qtbot: QtBot, look: Look) -> None:
    page = ResultPage(look)
    qtbot.addWidget(page)
    page.resize(1180, 1400)
    page.show()
    page.set_document(emptied(example_document("not interpretable")), Path("x.h5"))
    page.grab()
    assert page.ratio_none.text() == "No reference contraction"
    assert not page.ratios.isVisible()


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_every_number_can_be_read_by_pointer(
    qtbot: QtBot, look: Look, document: dict[str, Any], scale: float
) -> None:
    look.apply("dark", scale)
    for kind in (OrderRaster, LagForest, FirstBars, RatioChart):
        for width in (300, 900):
            chart = kind(look)
            qtbot.addWidget(chart)
            chart.set_document(document)
            chart.resize(round(width * scale), chart.sizeHint().height())
            chart.grab()
            hints = [text for _, text in chart._hints]
            assert hints, (kind, width)
            where = chart._hints[-1][0].center().toPoint()
            assert chart.hints_at(QPoint(where)), (kind, width)
            assert chart.accessibleDescription(), (kind, width)
    look.apply("light", 1.0)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_no_word_of_lags_and_legend_is_cut(
    qtbot: QtBot, look: Look, document: dict[str, Any], scale: float
) -> None:
    """What is shortened can be read by pointer: nothing but the whole rows can."""
    speak("de")
    look.apply("light", scale)
    lines = {}
    for state in ("first", "undecided", "not interpretable"):
        for width in (280, 340, 420, 522, 900):
            chart, raster = LagForest(look), OrderRaster(look)
            for one in (chart, raster):
                qtbot.addWidget(one)
                one.set_document(example_document(state))
                one.resize(round(width * scale), 100)
                one.grab()
                one.resize(one.width(), one.sizeHint().height())
                one.grab()
            hints = [text for _, text in chart._hints]
            assert len(hints) == len(chart.pairs)
            assert all("95-%-Intervall" in text for text in hints)
            assert max(where.bottom() for where, _ in chart._hints) < chart.height()
            legend = [where for where, text in raster._hints if "echts" in text][:4]
            assert not {"RM rechts", "LT rechts"} & {text for _, text in raster._hints}
            assert max(where.right() for where in legend) <= raster.width()
            lines[state, width] = chart.lines
    assert lines["undecided", 522] == 1
    assert lines["undecided", 340] == 2
    assert lines["not interpretable", 280] == 2
    look.apply("light", 1.0)


def test_two_sides_need_a_line_more(qtbot: QtBot, look: Look, document: dict[str, Any]) -> None:
    pairs = document["order"]["pairs"]
    document["order"]["pairs"] = {"RM_R-RM_L": next(iter(pairs.values()))}
    chart = LagForest(look)
    qtbot.addWidget(chart)
    chart.set_document(document)
    heights = []
    for width in (900, 280):
        chart.resize(width, 200)
        chart.grab()
        heights.append(chart.sizeHint().height())
    assert chart.lines == 3
    assert heights[1] - heights[0] == 4 * 18  # two of the row, one of the key, one of the title
    chart.grab()
    assert len(chart._hints) == 1


def test_pairs_and_phases_keep_their_order_when_reopened(
    look: Look, document: dict[str, Any]
) -> None:
    stored = json.loads(json.dumps(document, sort_keys=True))
    for kind in (LagForest, RatioChart):
        fresh, reopened = kind(look), kind(look)
        fresh.set_document(document)
        reopened.set_document(stored)
        assert fresh.accessibleDescription() == reopened.accessibleDescription()
        assert fresh.accessibleDescription().startswith("RM")


def test_raster_rows_fall_back_to_cue_and_first_onset(document: dict[str, Any]) -> None:
    row = document["repetitions"][0]
    assert reference_time(row) == (row["force_onset_s"], "force onset")
    row["force_onset_s"] = None
    assert reference_time(row)[1] == "cue"
    row["cue_s"] = None
    assert reference_time(row)[1] == "first onset"
    row["onsets"] = {}
    assert reference_time(row) == (None, "")
