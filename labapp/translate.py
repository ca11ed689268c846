"""Words for people in their own language (GNU gettext); English is as written in the code.

``tr("{n} pulls", n=3)`` looks the sentence up, then puts the values in. Never give it an
f-string: the catalogue knows the sentence with its gaps, not with a day's values in it.
Catalogues are ``labapp/languages/<language>/LC_MESSAGES/labapp.mo``.
"""

from __future__ import annotations

import gettext
from pathlib import Path

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages to choose from: code and the language's own name."""

FOLDER = Path(__file__).parent / "languages"

_words: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def speak(language: str) -> None:
    """Use a language (a code of `LANGUAGES`) from now on; what is unknown stays English."""
    global _words, _language
    if language not in LANGUAGES:
        language = "en"
    _language = language
    if language == "en":
        _words = gettext.NullTranslations()
        return
    _words = gettext.translation("labapp", FOLDER, languages=[language], fallback=True)


def spoken_language() -> str:
    """Return the code of the language in use."""
    return _language


def phrase(text: str, /) -> str:
    """Give `text` as it is, and mark it for the catalogue: `tr` translates it where it is shown.

    For constants of a module, which are made before anybody chose a language.
    """
    return text


def tr(text: str, /, **values: object) -> str:
    """Give `text` in the language in use, its ``{gaps}`` filled with `values`."""
    found = _words.gettext(text) if text else text
    return found.format(**values) if values else found
