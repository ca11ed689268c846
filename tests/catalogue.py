"""Translations from and to the sources: ``python3 run.py python tests/catalogue.py``.

Collects every ``tr("...")`` and ``phrase("...")`` of labapp, brings each language's ``labapp.po``
up to date (new ones are empty, changed ones marked fuzzy, gone ones dropped), compiles the
``labapp.mo`` that the program reads, and lists what still needs a translator.
"""

from __future__ import annotations

import ast
import io
import sys
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from labapp.translate import FOLDER, LANGUAGES

SOURCES = FOLDER.parent
ASKING = ("tr", "phrase")


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a source file, parsed once."""
    return ast.parse(path.read_text(encoding="utf-8"))


def collected() -> Catalog:
    """Every text that the sources ask a translation for."""
    catalog = Catalog(project="labapp", version="1", charset="utf-8")
    for path in sorted(SOURCES.rglob("*.py")):
        if b"labapp.translate" not in path.read_bytes():
            continue
        for call in ast.walk(tree_of(path)):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ASKING:
                text = call.args[0]
                if isinstance(text, ast.Constant) and text.value:
                    catalog.add(str(text.value))
    return catalog


def po_path(language: str) -> Path:
    """File that a translator edits."""
    return FOLDER / language / "LC_MESSAGES" / "labapp.po"


def read(language: str) -> Catalog:
    """Return a language's catalogue as it is in its file."""
    path = po_path(language)
    if not path.is_file():
        return Catalog(locale=language)
    return read_po(io.BytesIO(path.read_bytes()), locale=language)


def compiled(catalog: Catalog) -> bytes:
    """Return the bytes of the ``.mo`` file; fuzzy entries are left out."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def translations(catalog: Catalog) -> dict[str, str]:
    """Return texts and what they are in the language, as far as a translator is sure."""
    return {str(m.id): str(m.string) for m in catalog if m.id and m.string and not m.fuzzy}


def compiled_translations(language: str) -> dict[str, str]:
    """Return the same of the file that the program reads."""
    with po_path(language).with_suffix(".mo").open("rb") as file:
        catalog = read_mo(file)
    return translations(catalog)


def update(language: str) -> list[str]:
    """Write ``.po`` and ``.mo`` of a language; returns what has no sure translation."""
    catalog = read(language)
    catalog.update(collected(), no_fuzzy_matching=False)
    catalog.obsolete.clear()
    for message in catalog:
        message.flags.discard("python-format")  # "95 % of" is none of C's formats
    out = io.BytesIO()
    # Without places and dates: a line moved in the sources changes no catalogue.
    write_po(out, catalog, width=96, no_location=True, omit_header=True, sort_output=True)
    header = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n'
    header += '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    path = po_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header.encode() + out.getvalue())
    mo = path.with_suffix(".mo")
    sure = translations(read(language))
    if not mo.is_file() or compiled_translations(language) != sure:  # its head has a date
        mo.write_bytes(compiled(read(language)))
    return [str(m.id) for m in catalog if m.id and (m.fuzzy or not m.string)]


def main() -> int:
    """Update every language; 1 if something lacks its translation."""
    left = 0
    for language in LANGUAGES:
        if language == "en":
            continue
        missing = update(language)
        left += len(missing)
        for text in missing:
            print(f"{language}: {text!r}")
        print(f"{language}: {len(missing)} texts to translate, in {po_path(language)}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
