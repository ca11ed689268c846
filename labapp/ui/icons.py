"""The window's few icons, drawn as strokes in the colour of the theme."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

# 24 x 24 strokes; round caps.
_PATHS = {
    "setup": "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4M4 12h3M11 12h9M9 10v4",
    "run": "M2 13h4l2-7 4 13 3-9 2 3h5",
    "check": "M4 4h16v16H4zM8 12.5l3 3 5.5-7",
    "result": "M4 20h16M7 16v-5M12 16V5M17 16V9",
    "library": "M4 5h5v15H4zM9 5h5v15H9zM15 6l4-1 3.5 14-4 1z",
    "settings": "M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3"
    "M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1",
    "help": "M9 9a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1-1.3 2.3M12 17.5v.5"
    "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19z",
}


def icon(name: str, colour: str, chosen: str, size: int = 24) -> QIcon:
    """Icon ``name``: ``colour`` as a rule, ``chosen`` when its button is checked."""
    result = QIcon()
    for state, ink in ((QIcon.State.Off, colour), (QIcon.State.On, chosen)):
        result.addPixmap(_pixmap(name, ink, size * 2), QIcon.Mode.Normal, state)
    return result


def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
        f'stroke="{colour}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">'
        f'<path d="{_PATHS[name]}"/></svg>'
    )
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
