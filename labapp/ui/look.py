"""The look in force: theme, scale and fonts, shared by every widget of one window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication
from PySide6.QtWidgets import QApplication

from labapp.ui.theme import DARK, FAMILIES, LIGHT, Colours, ThemeName, style_sheet


class Look(QObject):
    """Holds the colours and the scale, and tells the widgets that paint themselves.

    Parameters
    ----------
    theme
        ``"light"``, ``"dark"`` or ``"system"`` (follows the desktop).
    scale
        Factor on every length, 1 to 3.
    """

    changed = Signal()

    def __init__(self, theme: ThemeName = "system", scale: float = 1.0) -> None:
        super().__init__()
        self.theme: ThemeName = theme
        self.scale = scale
        self.colours: Colours = LIGHT
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._scheme_changed)
        self.apply(theme, scale)

    def apply(self, theme: ThemeName, scale: float) -> None:
        """Put on another theme or scale, at once and everywhere."""
        self.theme, self.scale = theme, scale
        dark = theme == "dark" or (theme == "system" and _desktop_is_dark())
        self.colours = DARK if dark else LIGHT
        application = QApplication.instance()
        if isinstance(application, QApplication):
            sheet = style_sheet(self.colours, scale)
            if application.styleSheet() != sheet:  # restyling every widget takes its time
                application.setStyleSheet(sheet)
        self.changed.emit()

    def px(self, length: float) -> int:
        """``length`` of the design, in pixels at this scale."""
        return max(1, round(length * self.scale))

    def font(self, size: int = 14, *, bold: bool = False) -> QFont:
        """Return a font of the design with tabular numbers; ``size`` in design pixels."""
        font = QFont()
        font.setFamilies(list(FAMILIES))
        font.setPixelSize(self.px(size))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def colour(self, name: str, alpha: int = 255) -> QColor:
        """Colour ``name`` of the theme."""
        colour = QColor(getattr(self.colours, name))
        colour.setAlpha(alpha)
        return colour

    def _scheme_changed(self) -> None:
        if self.theme == "system":
            self.apply("system", self.scale)


def _desktop_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
