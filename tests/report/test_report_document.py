from __future__ import annotations

import copy
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labapp.report import html
from labapp.report.blocks import Bullets, Figure, Heading, Paragraph, Table, Verdict
from labapp.report.document import DISCLAIMER, build_document


def only(document, kind):
    return [block for block in document.blocks if isinstance(block, kind)]


def headings(document):
    return [block.text for block in only(document, Heading)]


def everything(document):
    return html.render(document)


def test_the_sections_stand_in_the_order_of_the_result_page(analysis, session):
    document = build_document([analysis], [session])
    assert headings(document) == [
        "Order of onsets",
        "Lags",
        "Onsets set by hand",
        "Activation ratios",
        "Force",
        "Traces",
        "Quality",
        "Timing and losses",
        "Parameters",
        "Methods",
    ]
    assert [figure.plot for figure in only(document, Figure)] == [
        "raster",
        "forest",
        "chances",
        "ratios",
        "traces",
    ]
    (verdict,) = only(document, Verdict)
    assert verdict.text == analysis["verdict"]["headline"]
    assert verdict.decided
    assert document.footer == DISCLAIMER
    assert "11 of 12 repetitions count" in document.subtitle
    assert "2026-11-22 09:41:07 UTC" in document.subtitle


def test_a_simulated_session_says_so(analysis, session):
    assert any(
        "Simulated" in p.text for p in only(build_document([analysis], [session]), Paragraph)
    )
    session.meta["streams"][0]["port"] = "/dev/ttyUSB0"
    document = build_document([analysis], [session])
    assert not any("Simulated" in p.text for p in only(document, Paragraph))


def test_deviations_from_the_protocol_are_told(analysis, session):
    line = "Deviations from the protocol: rests cut to 6 s at most."
    told = [block.text for block in only(build_document([analysis], [session]), Paragraph)]
    assert line in told
    session.markers = ()
    assert "Deviations" not in everything(build_document([analysis], [session]))


def test_the_numbers_are_those_of_the_analysis(analysis, good):
    document, text = good
    lags = next(t for t in only(document, Table) if t.head[0] == "pair" and "lag ms" in t.head)
    pair = analysis["order"]["pairs"]["RM_R-UT_R"]
    cells = lags.rows[0].cells
    assert cells[1].replace("\N{MINUS SIGN}", "-") == f"{pair['lag_ms']:.1f}"
    assert cells[3] == "11"
    assert cells[-1] == "RM first"
    losses = next(t for t in only(document, Table) if t.head[0] == "stream")
    assert losses.rows[0].cells[3:5] == ("131\N{NO-BREAK SPACE}940", "60")
    raster = only(document, Figure)[0]
    dot = raster.data["rows"][0]["dots"][0]
    onset = analysis["repetitions"][0]["onsets"]["RM_R"]
    start = analysis["repetitions"][0]["force_onset_s"]
    assert dot["ms"] == pytest.approx(1000 * (onset["time_s"] - start))
    assert [row["valid"] for row in raster.data["rows"]].count(False) == 1
    assert raster.data["rows"][3]["dots"][-1]["hollow"]
    assert analysis["parameters_sha256"] in text
    assert "repetition 7: baseline not quiet" in text


def test_what_would_make_it_decidable(analysis):
    analysis["verdict"].update(state="undecided", n_needed=20)
    document = build_document([analysis])
    assert not only(document, Verdict)[0].decided
    assert any(
        "About 20 valid repetitions would decide it (9 more)" in p.text
        for p in only(document, Paragraph)
    )


def test_a_withheld_verdict_keeps_its_reasons_and_invents_nothing(withheld):
    document = build_document([withheld])
    (verdict,) = only(document, Verdict)
    assert verdict.label == "Not interpretable"
    assert len(verdict.reasons) == 2
    assert [figure.plot for figure in only(document, Figure)] == ["raster", "forest"]
    assert any("no usable reference" in item for b in only(document, Bullets) for item in b.items)
    assert any("No force was recorded" in p.text for p in only(document, Paragraph))
    text = everything(document)
    assert not re.search(r"\b(nan|None|null)\b", text)


def test_nothing_and_several(analysis, withheld, fake_session):
    assert "no session" in everything(build_document([]))
    document = build_document([analysis, withheld, {}], [fake_session(analysis), None])
    assert document.title == "Report"
    assert [h.text for h in only(document, Heading) if h.level == 1][2] == "session 3"
    overview = only(document, Table)[0]
    assert [row.cells[2] for row in overview.rows] == ["first", "not interpretable", "–"]
    assert [figure.plot for figure in only(document, Figure)].count("traces") == 1


def test_lost_samples_leave_a_line_out(analysis, fake_session):
    document = build_document([analysis], [fake_session(analysis, lossy=True)])
    assert "Traces" not in headings(document)


def test_without_force_the_cue_or_the_first_onset_is_zero(analysis):
    for repetition in analysis["repetitions"]:
        repetition["force_onset_s"] = None
    assert only(build_document([analysis]), Figure)[0].data["zero"] == "cue"
    for repetition in analysis["repetitions"]:
        repetition["cue_s"] = None
    raster = only(build_document([analysis]), Figure)[0].data
    assert raster["zero"] == "first onset"
    assert min(dot["ms"] for dot in raster["rows"][0]["dots"]) == 0


def paths_into(tree, path=()):
    yield path
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, item in entries:
        if isinstance(item, dict | list):
            yield from paths_into(item, (*path, key))
        else:
            yield (*path, key)


odd = st.sampled_from([None, "<script>", "", [], {}, -1.0, 1e300, True, "deleted"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_part_may_be_missing_or_odd(analysis, data):
    broken = copy.deepcopy(analysis)
    places = [path for path in paths_into(broken) if path]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places))
        new = data.draw(odd)
        inner = broken
        try:
            for step in path[:-1]:
                inner = inner[step]
            if new == "deleted":
                del inner[path[-1]]
            else:
                inner[path[-1]] = new
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change removed this place
    document = build_document([broken])
    assert only(document, Verdict)
    json.dumps([dict(figure.data) for figure in only(document, Figure)], allow_nan=False)
