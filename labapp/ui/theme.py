"""Colours, sizes and style sheet of the window: one palette, light and dark.

Red is kept for "data are being lost or a person must act now", amber for quality, grey for
undecided, green for confirmed. Muscle colours come from `labapp.palette`, never from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

ThemeName = Literal["system", "light", "dark"]

GRID = 8
_ASSETS = Path(__file__).resolve().parent / "assets"
SIZES = (12, 14, 18, 22, 28, 40)
FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")


@dataclass(frozen=True)
class Colours:
    """Every colour of one theme, as ``#rrggbb``."""

    dark: bool
    back: str
    surface: str
    sunken: str
    border: str
    text: str
    soft: str
    faint: str
    accent: str
    on_accent: str
    accent_soft: str
    red: str
    red_soft: str
    amber: str
    amber_soft: str
    green: str
    green_soft: str
    grey: str
    grey_soft: str


LIGHT = Colours(
    dark=False,
    back="#f3f5f7",
    surface="#ffffff",
    sunken="#eaedf1",
    border="#cfd6dd",
    text="#171c21",
    soft="#414b55",
    faint="#5b6672",
    accent="#1b5a9e",
    on_accent="#ffffff",
    accent_soft="#e1ecf8",
    red="#a8201a",
    red_soft="#fbe4e2",
    amber="#7a4d00",
    amber_soft="#fdf0d5",
    green="#17653a",
    green_soft="#def2e5",
    grey="#4a545e",
    grey_soft="#e6eaee",
)

DARK = Colours(
    dark=True,
    back="#13161a",
    surface="#1b1f24",
    sunken="#24292f",
    border="#3a424a",
    text="#eceff2",
    soft="#bfc7cf",
    faint="#9aa4ae",
    accent="#7ab8f5",
    on_accent="#0b1420",
    accent_soft="#1d3450",
    red="#ff9a91",
    red_soft="#4a1f1c",
    amber="#f4bf5c",
    amber_soft="#43330f",
    green="#7fd6a3",
    green_soft="#173b27",
    grey="#c1c9d1",
    grey_soft="#2e353c",
)


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2), 0 to 1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2), 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def text_pairs(c: Colours) -> dict[str, tuple[str, str]]:
    """Every pair (text colour, ground) that the window uses, by the place it is used."""
    pairs = {}
    for ground in ("back", "surface", "sunken"):
        for ink in ("text", "soft", "faint"):
            pairs[f"{ink} on {ground}"] = (getattr(c, ink), getattr(c, ground))
    for level in ("red", "amber", "green", "grey"):
        soft = getattr(c, f"{level}_soft")
        pairs[f"{level} chip"] = (getattr(c, level), soft)
        pairs[f"{level} on surface"] = (getattr(c, level), c.surface)
        pairs[f"text on {level}"] = (c.text, soft)
    pairs["primary button"] = (c.on_accent, c.accent)
    pairs["rail, chosen"] = (c.accent, c.accent_soft)
    pairs["text on accent_soft"] = (c.text, c.accent_soft)
    pairs["link"] = (c.accent, c.surface)
    pairs["link on back"] = (c.accent, c.back)
    return pairs


_SHEET = Template("""
* { font-family: $families; font-size: ${s14}px; color: $text; }
QMainWindow, QWidget#page, QScrollArea, QWidget#canvas, QStackedWidget#pages { background: $back; }
QScrollArea { border: none; }
QToolTip { background: $surface; color: $text; border: 1px solid $border; padding: ${u}px; }
QFrame#card { background: $surface; border: 1px solid $border; border-radius: ${u}px; }
QFrame#card QScrollArea { background: transparent; }
QFrame#topbar { background: $surface; border: none; border-bottom: 1px solid $border; }
QFrame#rail { background: $surface; border: none; border-right: 1px solid $border; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: ${s18}px; font-weight: 600; }
QLabel[role="verdict"] { font-size: ${s22}px; font-weight: 600; }
QLabel[role="hero"] { font-size: ${s28}px; font-weight: 600; }
QLabel[role="shout"] { font-size: ${s40}px; font-weight: 600; }
QLabel[role="soft"] { color: $soft; }
QLabel[role="faint"] { color: $faint; font-size: ${s12}px; }
QLabel[role="missing"] { color: $amber; }
QLabel[role="crumb"] { font-weight: 600; }
QLabel[role="chip"] { border-radius: ${r}px; padding: ${h}px ${p}px; }
QLabel[level="good"], QPushButton[level="good"] { background: $green_soft; color: $green; }
QLabel[level="warn"], QPushButton[level="warn"] { background: $amber_soft; color: $amber; }
QLabel[level="bad"], QPushButton[level="bad"] { background: $red_soft; color: $red; }
QLabel[level="grey"], QPushButton[level="grey"] { background: $grey_soft; color: $grey; }
QPushButton[role="chip"] { border: 1px solid transparent; border-radius: ${r}px;
  padding: ${h}px ${p}px; min-height: 0; text-align: left; font-weight: 400; }
QPushButton[role="chip"]:focus { border: 1px solid $accent; padding: ${h}px ${p}px; }
QToolButton[role="rail"] { border: none; border-radius: ${u}px; padding: ${u}px 0; color: $soft;
  font-size: ${s12}px; background: transparent; }
QToolButton[role="rail"]:hover { background: $sunken; }
QToolButton[role="rail"]:checked { background: $accent_soft; color: $accent; font-weight: 600; }
QToolButton[role="rail"]:focus { border: 2px solid $accent; }
QPushButton { background: $surface; border: 1px solid $border; border-radius: ${q}px;
  padding: ${q}px ${d}px; min-height: ${s18}px; }
QPushButton:hover { background: $sunken; }
QPushButton:focus { border: 2px solid $accent; padding: ${q1}px ${d1}px; }
QPushButton:disabled { color: $faint; background: $sunken; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent;
  font-weight: 600; padding: ${u}px ${t}px; }
QPushButton[role="primary"]:focus { border: 2px solid $text; padding: ${u1}px ${t1}px; }
QPushButton[role="primary"]:disabled { background: $sunken; color: $faint;
  border: 1px solid $border; }
QPushButton[role="choice"]:checked { background: $accent; color: $on_accent;
  border-color: $accent; }
QPushButton[role="choice"]:checked:focus { border-color: $text; }
QPushButton[role="stop"]:enabled { background: $red_soft; color: $red; border: 1px solid $red;
  font-weight: 600; }
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox { background: $surface; border: 1px solid $border;
  border-radius: ${q}px; padding: ${q}px ${u}px; min-height: ${s18}px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus { border: 2px solid $accent;
  padding: ${q1}px ${u1}px; }
QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { width: 0; border: none; }
QLineEdit:disabled, QComboBox:disabled { color: $faint; background: $sunken; }
QLineEdit[level="bad"], QComboBox[level="bad"] { border: 2px solid $red;
  padding: ${q1}px ${u1}px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $border;
  selection-background-color: $accent_soft; selection-color: $text; outline: none; }
QComboBox::drop-down { border: none; width: ${t}px; }
QComboBox::down-arrow { image: url("$assets/chevron-$mode.svg"); width: ${d}px; height: ${d}px; }
QPushButton::menu-indicator { image: url("$assets/chevron-$inverse.svg"); width: ${d}px;
  height: ${d}px; subcontrol-position: center right; right: ${u}px; }
QPushButton[role="menu"] { padding-right: ${s40}px; }
QRadioButton, QCheckBox { background: transparent; spacing: ${u}px; padding: ${h}px; }
QRadioButton:focus, QCheckBox:focus { color: $accent; }
QRadioButton:disabled, QCheckBox:disabled { color: $faint; }
QRadioButton::indicator, QCheckBox::indicator, QTableWidget::indicator { width: ${d}px;
  height: ${d}px; border: 2px solid $faint; background: $surface; }
QRadioButton::indicator { border-radius: ${s10}px; }
QCheckBox::indicator, QTableWidget::indicator { border-radius: ${h}px; }
QRadioButton::indicator:checked, QCheckBox::indicator:checked, QTableWidget::indicator:checked {
  background: $accent; border-color: $accent; }
QRadioButton::indicator:checked { image: url("$assets/radio-$mode.svg"); }
QCheckBox::indicator:checked, QTableWidget::indicator:checked {
  image: url("$assets/tick-$mode.svg"); }
QRadioButton::indicator:focus, QCheckBox::indicator:focus { border-color: $text; }
QCheckBox::indicator:disabled, QTableWidget::indicator:disabled { border-color: $border; }
QTableWidget, QListWidget, QTextBrowser, QTreeWidget { background: $surface;
  border: 1px solid $border; border-radius: ${q}px; gridline-color: $border;
  alternate-background-color: $back; selection-background-color: $accent_soft;
  selection-color: $text; outline: none; }
QTableWidget { border: 2px solid $border; }
QTableWidget:focus, QListWidget:focus { border: 2px solid $accent; }
QTableWidget::item { padding: 0 ${u}px; }
QTableWidget QComboBox { border-radius: 0; border: none; background: transparent; }
QTableWidget QComboBox:focus { border: 2px solid $accent; }
QTableWidget QComboBox:disabled { background: transparent; }
QHeaderView::section { background: $surface; color: $faint; font-size: ${s12}px; border: none;
  border-bottom: 1px solid $border; padding: ${q}px ${r}px; }
QHeaderView { background: $surface; }
QProgressBar { background: $sunken; border: none; border-radius: ${h}px; max-height: ${u}px;
  min-height: ${u}px; }
QProgressBar::chunk { background: $accent; border-radius: ${h}px; }
QFrame#banner[level="good"] { background: $green_soft; border-top: 2px solid $green; }
QFrame#banner[level="warn"] { background: $amber_soft; border-top: 2px solid $amber; }
QFrame#banner[level="bad"] { background: $red_soft; border-top: 2px solid $red; }
QFrame#banner[level="grey"] { background: $grey_soft; border-top: 2px solid $grey; }
QFrame#banner QLabel[role="what"] { font-weight: 600; }
QMenu { background: $surface; border: 1px solid $border; padding: ${h}px; }
QMenu::item { padding: ${q}px ${d}px; }
QMenu::item:selected { background: $accent_soft; }
QScrollBar:vertical { background: transparent; width: ${s12}px; margin: 0; }
QScrollBar::handle:vertical { background: $border; border-radius: ${h}px; min-height: ${t}px;
  margin: 2px; }
QScrollBar[keys="true"]::handle:vertical { background: $accent; }
QScrollBar:horizontal { background: transparent; height: ${s12}px; margin: 0; }
QScrollBar::handle:horizontal { background: $border; border-radius: ${h}px; min-width: ${t}px;
  margin: 2px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
""")


def style_sheet(c: Colours, scale: float = 1.0) -> str:
    """Return the application's style sheet; ``scale`` multiplies every length (1 to 3)."""

    def px(length: float) -> int:
        return max(1, round(length * scale))

    lengths = {f"s{size}": px(size) for size in SIZES}
    lengths |= {"h": px(4), "q": px(6), "q1": px(5), "u": px(8), "u1": px(7), "p": px(10)}
    lengths |= {"r": px(11), "d": px(16), "d1": px(15), "t": px(24), "t1": px(23), "s10": px(8) + 2}
    colours = {name: value for name, value in vars(c).items() if isinstance(value, str)}
    families = ", ".join(f'"{family}"' for family in FAMILIES)
    return _SHEET.substitute(
        colours | {k: str(v) for k, v in lengths.items()},
        families=families,
        assets=_ASSETS.as_posix(),
        mode="dark" if c.dark else "light",
        inverse="light" if c.dark else "dark",
    )
