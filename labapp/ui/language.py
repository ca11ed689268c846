"""Which language the window speaks: as chosen on the page Settings, else the computer's.

Numbers keep the decimal point in every language: what is read on a screen, in a report and in a
file then looks the same, and no list of values is cut at a comma.
"""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from labapp.translate import LANGUAGES, speak

SYSTEM = "system"


def system_languages() -> tuple[str, ...]:
    """Return the computer's languages, the preferred one first: ``("de", "en")``."""
    return tuple(name.partition("-")[0] for name in QLocale.system().uiLanguages())


def chosen_language(wish: str) -> str:
    """Return the code of the language for a wish of the preferences; English if we lack it."""
    wanted = (wish,) if wish in LANGUAGES else system_languages()
    return next((code for code in wanted if code in LANGUAGES), "en")


def speak_as_chosen(wish: str) -> None:
    """Speak the chosen language from now on, in Qt's own menus and dialogs too."""
    code = chosen_language(wish)
    speak(code)
    QLocale.setDefault(QLocale.c())
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        return
    for old in application.findChildren(QTranslator):
        application.removeTranslator(old)
        old.deleteLater()
    words = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if code != "en" and words.load(f"qtbase_{code}", folder):
        application.installTranslator(words)
