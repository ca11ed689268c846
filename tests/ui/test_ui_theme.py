from __future__ import annotations

from typing import Any

import pytest

from labapp.ui.look import Look
from labapp.ui.theme import DARK, LIGHT, Colours, contrast, luminance, style_sheet, text_pairs


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert luminance("#808080") == pytest.approx(0.2159, abs=1e-4)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_is_readable(colours: Colours) -> None:
    poor = {
        place: round(contrast(*pair), 2)
        for place, pair in text_pairs(colours).items()
        if contrast(*pair) < 4.5
    }
    assert not poor


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5, 3.0])
def test_style_sheet_is_complete(colours: Colours, scale: float) -> None:
    sheet = style_sheet(colours, scale)
    assert "$" not in sheet
    assert f"font-size: {round(14 * scale)}px" in sheet


def test_theme_changes_at_once(look: Look, qapp: Any) -> None:
    seen: list[bool] = []
    look.changed.connect(lambda: seen.append(look.colours.dark))
    look.apply("dark", 2.0)
    assert seen == [True]
    assert DARK.back in qapp.styleSheet()
    assert look.px(8) == 16
    look.apply("light", 1.0)
    assert LIGHT.back in qapp.styleSheet()
