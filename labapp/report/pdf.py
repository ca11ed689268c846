"""A report as PDF, A4, from the same blocks as the HTML; the same document, the same bytes."""

from __future__ import annotations

import io
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labapp.report import figures
from labapp.report.blocks import (
    Block,
    Bullets,
    Document,
    Figure,
    Heading,
    Paragraph,
    Table,
    Verdict,
)
from labapp.report.saving import save

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_INK: Final = "#1f2328"
_SOFT: Final = "#656d76"
_LINE: Final = "#d8dce0"
_TONES: Final = {"warn": "#d29922", "bad": "#b42318", "good": "#1a7f37"}
_MARGIN_PT: Final = 51.0  # 18 mm
_PADDING_PT: Final = 6.0  # of the frame that the template makes
_FONT: Final = "LabDejaVu"


def write_pdf(document: Document, path: Path | str) -> Path:
    """Write the report as PDF; `LabError` if the file cannot be written."""
    return save(path, render(document))


def render(document: Document) -> bytes:
    """Lay the document out on A4 pages and return the file's bytes."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    _fonts()
    out = io.BytesIO()
    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN_PT,
        rightMargin=_MARGIN_PT,
        topMargin=_MARGIN_PT,
        bottomMargin=_MARGIN_PT + 12,
        title=document.title,
        author="labapp",
        subject=document.subtitle,
        creator="labapp",
        invariant=1,  # no time of writing inside
    )
    style = _Styles()
    story: list[Flowable] = [
        style.text(document.title, "title"),
        style.text(document.subtitle, "note"),
    ]
    for block in document.blocks:
        story += _block(block, style, template.width - 2 * _PADDING_PT)

    def footer(canvas: Any, page: Any) -> None:
        _footer(canvas, page, document)

    template.build(story, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def _fonts() -> None:
    """Register DejaVu (from matplotlib): PDF's own fonts lack a true minus, Omega and others."""
    import matplotlib as mpl
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if _FONT in pdfmetrics.getRegisteredFontNames():
        return
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for bold, name, file in (
        (0, _FONT, "DejaVuSans.ttf"),
        (1, f"{_FONT}-Bold", "DejaVuSans-Bold.ttf"),
    ):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
        for italic in (0, 1):
            addMapping(_FONT, bold, italic, name)


class _Styles:
    """Paragraph styles by name."""

    def __init__(self) -> None:
        from reportlab.lib.colors import HexColor
        from reportlab.lib.styles import ParagraphStyle

        self.colour = HexColor
        base = ParagraphStyle(
            "body", fontName=_FONT, fontSize=9, leading=13, textColor=HexColor(_INK), spaceAfter=4
        )
        self.styles = {
            "body": base,
            "note": ParagraphStyle("note", base, fontSize=8, leading=11, textColor=HexColor(_SOFT)),
            "caption": ParagraphStyle(
                "caption",
                base,
                fontSize=8,
                leading=11,
                textColor=HexColor(_SOFT),
                spaceBefore=3,
            ),
            "cell": ParagraphStyle("cell", base, fontSize=7.5, leading=10, spaceAfter=0),
            "number": ParagraphStyle(
                "number", base, fontSize=7.5, leading=10, spaceAfter=0, alignment=2
            ),
            "title": ParagraphStyle(
                "title", base, fontName=f"{_FONT}-Bold", fontSize=16, leading=20
            ),
            "h1": ParagraphStyle("h1", base, fontName=f"{_FONT}-Bold", fontSize=14, leading=18),
            "h2": ParagraphStyle(
                "h2",
                base,
                fontName=f"{_FONT}-Bold",
                fontSize=11,
                leading=14,
                spaceBefore=12,
                keepWithNext=1,
            ),
            "lead": ParagraphStyle(
                "lead",
                base,
                fontSize=10,
                leading=14,
                borderColor=HexColor(_TONES["warn"]),
                borderWidth=0.7,
                borderPadding=(4, 6, 5, 6),
                spaceBefore=10,
                spaceAfter=10,
            ),
            "verdict": ParagraphStyle(
                "verdict", base, fontName=f"{_FONT}-Bold", fontSize=16, leading=21, spaceAfter=2
            ),
        }

    def text(self, text: str, style: str, tone: str = "") -> Flowable:
        """Paragraph of plain text; nothing in it is read as markup."""
        from reportlab.platypus import Paragraph as Flow

        words = escape("".join(c if c.isprintable() else " " for c in text), quote=False)
        if tone:
            words = f'<font color="{tone}">{words}</font>'
        return Flow(words, self.styles[style])


def _block(block: Block, style: _Styles, width: float) -> list[Flowable]:
    from reportlab.platypus import Image, PageBreak, Spacer

    if isinstance(block, Heading):
        if block.level == 1:
            return [PageBreak(), style.text(block.text, "h1")]
        return [style.text(block.text, "h2")]
    if isinstance(block, Paragraph):
        return [style.text(block.text, block.kind)]
    if isinstance(block, Verdict):
        return [_verdict(block, style, width)]
    if isinstance(block, Bullets):
        return [style.text(f"•  {item}", "body") for item in block.items]
    if isinstance(block, Figure):
        data, wide, high = figures.png(block)
        image = Image(io.BytesIO(data), width=width, height=width * high / wide)
        image.keepWithNext = 1  # as the heading before it: all three stay on one page
        return [image, style.text(block.caption, "caption"), Spacer(1, 6)]
    return _table(block, style, width)


def _verdict(block: Verdict, style: _Styles, width: float) -> Flowable:
    from reportlab.platypus import Table as Grid

    lines = [style.text(block.label, "note"), style.text(block.text, "verdict")]
    lines += [style.text(f"•  {reason}", "body") for reason in block.reasons]
    edge = _TONES["good"] if block.decided else _SOFT
    return Grid(
        [["", lines]],
        colWidths=[10, width - 10],
        style=[
            ("LINEBEFORE", (0, 0), (0, -1), 4, style.colour(edge)),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ],
        spaceBefore=10,
        spaceAfter=8,
        hAlign="LEFT",
    )


def _table(table: Table, style: _Styles, width: float) -> list[Flowable]:
    from reportlab.platypus import Spacer
    from reportlab.platypus import Table as Grid

    def cells(texts: tuple[str, ...], tone: str) -> list[Flowable]:
        return [
            style.text(text, "number" if i in table.numeric else "cell", tone)
            for i, text in enumerate(texts)
        ]

    rows = [cells(table.head, _SOFT)]
    look: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, style.colour(_LINE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("LEFTPADDING", (1, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    for i, row in enumerate(table.rows, 1):
        rows.append(cells(row.cells, _SOFT if row.tone == "pale" else ""))
        if row.tone in ("warn", "bad"):
            look.append(("LEFTPADDING", (0, i), (0, i), 5))
            look.append(("LINEBEFORE", (0, i), (0, i), 2, style.colour(_TONES[row.tone])))
    parts = table.widths or (1.0,) * len(table.head)
    widths = [width * part / sum(parts) for part in parts]
    grid = Grid(rows, colWidths=widths, repeatRows=1, style=look, spaceBefore=4, hAlign="LEFT")
    if table.caption:
        return [grid, Spacer(1, 2), style.text(table.caption, "note"), Spacer(1, 4)]
    return [grid, Spacer(1, 6)]


def _footer(canvas: Any, page: Any, document: Document) -> None:
    from reportlab.lib.utils import simpleSplit

    canvas.saveState()
    canvas.setFont(_FONT, 6.5)
    canvas.setFillColorRGB(0.4, 0.43, 0.46)
    lines = simpleSplit(document.footer, _FONT, 6.5, page.width - 60)
    for i, line in enumerate(lines[:3]):
        canvas.drawString(_MARGIN_PT, _MARGIN_PT - 4 - 8 * i, line)
    canvas.drawRightString(_MARGIN_PT + page.width, _MARGIN_PT - 4, f"page {page.page}")
    canvas.restoreState()
