"""Room between things at the scale in force: layouts are made with margins of the design."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QFormLayout, QGridLayout, QLayout, QWidget

from labapp.ui.flow import FlowLayout

KINDS = (QBoxLayout, QGridLayout, QFormLayout, FlowLayout)


def space(root: QWidget, scale: float) -> None:
    """Give every layout of ``root`` and of all below it its margins and gaps at this scale.

    What a layout was made with is kept with it, so this may be called again and again, and for
    parts that were made meanwhile.
    """
    for kind in KINDS:
        for layout in root.findChildren(kind):
            _space(layout, scale)


def _space(layout: QLayout, scale: float) -> None:
    kept = layout.property("design")
    if kept is None and scale == 1:
        return
    now = _lengths(layout)
    # Lengths that differ from those given last were set by a page since: they are of the design.
    design = [int(one) for one in kept] if kept and layout.property("given") == now else now
    given = [round(one * scale) if one > 0 else one for one in design]
    layout.setProperty("design", design)
    layout.setProperty("given", given)
    if given == now:
        return
    layout.setContentsMargins(*given[:4])
    if isinstance(layout, QGridLayout | QFormLayout):
        layout.setHorizontalSpacing(given[4])
        layout.setVerticalSpacing(given[5])
    else:
        layout.setSpacing(given[4])


def _lengths(layout: QLayout) -> list[int]:
    """Return the margins (left, top, right, bottom) and gaps (across, down) of a layout."""
    edges = layout.contentsMargins()
    if isinstance(layout, QGridLayout | QFormLayout):
        gaps = [layout.horizontalSpacing(), layout.verticalSpacing()]
    else:
        gaps = [layout.spacing(), layout.spacing()]
    return [edges.left(), edges.top(), edges.right(), edges.bottom(), *gaps]
