"""The methods paragraph of the next recording, as far as it is known, and what is missing in it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTextBrowser

from labapp.report.known import UNKNOWN
from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.parts import Card, chip, label, named, set_level
from labapp.workflow.facts_preview import Preview


class FactsView(Card):
    """Shows a `Preview`; what is missing stands out in the text and in a list below it."""

    def __init__(self, look: Look) -> None:
        super().__init__(tr("In the next report"), "facts_view")
        self.look = look
        self._shown: Preview | None = None
        self.count = chip("", "grey", "facts_count")
        self.why = label("", "faint", name="facts_why", wrap=True)
        self.text = QTextBrowser()
        named(self.text, "facts_text", tr("Methods paragraph of the next recording"))
        self.text.setTabChangesFocus(True)
        self.column.addWidget(self.count, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.why)
        self.column.addWidget(self.text, 1)
        look.changed.connect(self._write)

    def show_preview(self, shown: Preview | None, why: str = "") -> None:
        """Show a paragraph; None where there can be none yet, and why."""
        self._shown = shown
        self.why.setText(
            why or tr("Reports are in English. A mark [?] is what nobody has entered.")
        )
        self._write()

    def words(self) -> str:
        """Say how much is missing, in one line."""
        if self._shown is None:
            return ""
        missing = len(self._shown.missing)
        if not missing:
            return tr("Nothing is missing for the methods paragraph")
        return tr("Still missing for the methods paragraph: {n}", n=missing)

    def _write(self) -> None:
        shown = self._shown
        words = self.words()
        self.count.setVisible(bool(words))
        self.text.setVisible(shown is not None)
        if shown is None:
            return
        n = len(shown.missing)
        self.count.setText(tr("{n} missing", n=n) if n else tr("complete"))
        self.count.setAccessibleName(words)
        self.count.setToolTip(words)
        set_level(self.count, "warn" if shown.missing else "good")
        colours = self.look.colours
        mark = f'<b style="color:{colours.amber}">{escape(UNKNOWN)}</b>'
        parts = [f"<p>{escape(shown.text).replace(escape(UNKNOWN), mark)}</p>"]
        if shown.missing:
            listed = escape("; ".join(shown.missing))
            parts.append(f'<p style="color:{colours.soft}">{escape(tr("Missing"))}: {listed}.</p>')
        at = self.text.verticalScrollBar().value()
        self.text.setHtml("".join(parts))
        self.text.verticalScrollBar().setValue(at)
