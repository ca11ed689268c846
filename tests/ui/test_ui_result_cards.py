from __future__ import annotations

from pathlib import Path
from typing import Any

from example_document import example_document
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from labapp.ui.foot import Foot
from labapp.ui.look import Look
from labapp.ui.pages.result import ResultPage
from labapp.ui.parts import label
from labapp.ui.raster import OrderRaster
from labapp.ui.ratiochart import RatioChart


def value(mean: float, low: float | None, high: float | None, unit: str) -> dict[str, Any]:
    return {"mean": mean, "sd": 1.0, "low": low, "high": high, "n": 2, "unit": unit}


def standing() -> dict[str, Any]:
    one = {
        "velocity_mm_s": value(5.16, 1.8, 8.53, "mm/s"),
        "path_mm": value(77.4, 26.9, 127.9, "mm"),
        "ellipse_mm2": value(209.8, 0.0, 782.0, "mm²"),
        "rms_ml_mm": value(2.53, 0.0, 12.0, "mm"),
        "rms_ap_mm": value(4.84, 3.19, 6.5, "mm"),
        "left_percent": value(48.0, None, None, "%"),
        "front_percent": value(42.1, 40.3, 43.9, "%"),
    }
    trial = {"block": "eyes_open", "condition": "eyes open", "number": 1, "reasons": []}
    return {
        "method": "95 % prediction ellipse",
        "summary": {"eyes open": one, "eyes closed": one},
        "trials": [trial, {**trial, "number": 2, "reasons": ["stepped off"]}],
        "romberg": 1.217,
        "romberg_interval": {"low": 0.24, "high": 6.26, "n": [2, 2]},
        "conditions": ["eyes open", "eyes closed"],
    }


def shown(qtbot: QtBot, look: Look, **parts: Any) -> ResultPage:
    page = ResultPage(look)
    qtbot.addWidget(page)
    page.resize(1180, 800)
    page.show()
    page.set_document({**example_document("first"), **parts}, Path("x.h5"))
    return page


def words(page: ResultPage, name: str) -> str:
    found = page.findChild(QLabel, name)
    assert found is not None
    return found.text()


def test_quiet_standing_shows_the_centre_of_pressure(qtbot: QtBot, look: Look) -> None:
    page = shown(qtbot, look, standing=standing())
    assert page.standing_card.isVisible()
    assert words(page, "velocity_mm_s_1") == "5.2\u00a0mm/s\n1.8\u00a0to\u00a08.5"
    assert words(page, "left_percent_2") == "48.0\u00a0%"
    assert words(page, "condition_2") == "Eyes closed\n2 trials"
    told = words(page, "romberg").replace("\u00a0", " ")
    assert told.startswith("Romberg quotient 1.22 (95 % interval 0.24 to 6.26).")
    assert told.endswith("the conditions are not told apart.")
    assert words(page, "trials_left_out") == "eyes open, trial 2: left out: stepped off"
    page.set_document(example_document("first"), Path("x.h5"))
    assert not page.standing_card.isVisible()


def test_forms_show_what_was_answered(qtbot: QtBot, look: Look) -> None:
    item = {"form": "pain", "item": "a", "side": "", "unit": "of 10", "note": "", "asked": 1}
    forms = [
        {**item, "text": "Pain now", "n": 1, "value": 3.0},
        {**item, "text": "Turn", "side": "L", "unit": "deg", "n": 2, "asked": 3}
        | {"value": 41.5, "low": 40.0, "high": 43.0},
        {**item, "text": "Head forward", "n": 0, "value": None},
    ]
    page = shown(qtbot, look, forms=forms)
    assert words(page, "form_0") == "Pain now: 3 of 10"
    turn = words(page, "form_1").replace("\u00a0", " ")
    assert turn == "Turn (left): 41.5 deg (95 % interval 40.0 to 43.0), 2 of 3 answers"
    assert words(page, "forms_open") == "Not answered: Head forward"


def test_selectivity_of_an_electrode_is_told(qtbot: QtBot, look: Look) -> None:
    one = {"against": "MT_R", "grade": "B", "index": 2.0, "low": 1.91, "high": 2.1, "reasons": []}
    page = shown(qtbot, look, selectivity={"RM_R": one})
    assert words(page, "selectivity_RM_R").replace("\u00a0", " ") == (
        "Electrode of RM right: selectivity grade B against MT right, index 2.00 (1.91 to 2.10)"
    )


def test_parts_of_a_run_are_told_apart_and_rows_still_answer(qtbot: QtBot, look: Look) -> None:
    document = example_document("first", reps=4)
    rows = [
        {**row, "block": block}
        for row, block in zip(
            document["repetitions"], ("left.1", "left.1", "right.1", "right.1"), strict=True
        )
    ]
    raster = OrderRaster(look)
    qtbot.addWidget(raster)
    raster.resize(500, 400)
    raster.show()
    raster.set_document(document)
    plain = raster.design_height()
    raster.set_document({**document, "repetitions": rows, "protocol": "single_arm_row"})
    heads = raster._heads
    assert heads == {0: "Rows, left arm, round 1", 2: "Rows, right arm, round 1"}
    assert raster.design_height() == plain + 40
    chosen: list[int] = []
    raster.chosen.connect(chosen.append)
    for y in (28 + 10, 28 + 20 + 13, 28 + 40 + 2 * 26 + 13):  # a name, then rows 0 and 2
        QTest.mouseClick(raster, Qt.MouseButton.LeftButton, pos=QPoint(200, look.px(y)))
    assert chosen == [rows[0]["index"], rows[2]["index"]]


def test_ratios_stand_below_their_words_where_it_is_narrow(qtbot: QtBot, look: Look) -> None:
    chart = RatioChart(look)
    qtbot.addWidget(chart)
    chart.set_document(example_document("first"))
    chart.resize(500, 900)
    chart.show()
    wide = chart.design_height()
    chart.resize(260, 900)
    assert chart.design_height() == wide + len(chart.rows) * chart.LINE
    chart.grab()


def test_the_foot_breaks_its_line_rather_than_its_buttons(qtbot: QtBot) -> None:
    hint = label("Give a participant, choose a device and a test.", wrap=True)
    foot = Foot(hint, 8)
    one, two = QPushButton("Look at the onsets"), QPushButton("Save report")
    for button in (one, two):
        foot.addWidget(button)
    holder = QWidget()
    holder.setLayout(foot)
    qtbot.addWidget(holder)
    holder.resize(900, foot.heightForWidth(900))
    holder.show()
    assert one.y() == two.y()
    assert two.geometry().right() == 899
    assert hint.geometry().right() < one.x()
    narrow = one.sizeHint().width() + 20
    holder.resize(narrow, foot.heightForWidth(narrow))
    foot.activate()
    assert hint.geometry().bottom() < one.y()
    assert one.geometry().bottom() < two.y()
    for button in (one, two):
        assert button.width() == button.sizeHint().width()
        assert holder.rect().contains(button.geometry())
    foot.addWidget(one)  # what comes next stands last
    holder.resize(900, 60)
    foot.activate()
    assert two.x() < one.x()
