"""A report as one HTML file: no script, nothing from elsewhere, light and dark, prints well."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

from labapp.report import figures
from labapp.report.blocks import (
    Block,
    Bullets,
    Document,
    Figure,
    Heading,
    Paragraph,
    Row,
    Table,
    Verdict,
)
from labapp.report.saving import save

_CSS: Final = """
:root { color-scheme: light dark;
  --ink: #1f2328; --soft: #656d76; --line: #d8dce0; --band: #f0f1f3; --paper: #ffffff;
  --good: #1a7f37; --warn: #9a6700; --bad: #b42318; --undecided: #656d76;
  --figure-font: "DejaVu Sans", Verdana, sans-serif; }
@media (prefers-color-scheme: dark) { :root {
  --ink: #e2e4e8; --soft: #9aa2ab; --line: #3a4048; --band: #25292f; --paper: #17191d;
  --good: #57ab5a; --warn: #d29922; --bad: #f47067; --undecided: #9aa2ab; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
main { max-width: 52rem; margin: 0 auto; padding: 32px 24px 64px; }
header p, .note, figcaption, caption { color: var(--soft); font-size: 14px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; }
h1.session { margin: 64px 0 0; padding-top: 24px; border-top: 2px solid var(--line); }
h2 { font-size: 18px; margin: 40px 0 8px; }
p { margin: 8px 0; }
.lead { font-size: 18px; border: 1px solid var(--warn); border-radius: 4px; padding: 8px 16px; }
.verdict { border-left: 6px solid var(--undecided); padding: 4px 0 4px 20px; margin: 24px 0 16px; }
.verdict.decided { border-color: var(--good); }
.verdict p { font-size: 28px; line-height: 1.3; margin: 0; font-weight: 600; }
.verdict .state { font-size: 14px; font-weight: 400; color: var(--soft); margin-bottom: 4px; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; padding: 0; margin: 16px 0 0; list-style: none; }
.chips li { border: 1px solid var(--line); border-radius: 16px; padding: 2px 12px;
  font-size: 14px; }
ul { margin: 8px 0; padding-left: 24px; }
figure { margin: 16px 0 24px; }
figure svg { display: block; width: 100%; height: auto; color: var(--ink); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; margin: 8px 0 16px; }
caption { caption-side: bottom; text-align: left; padding-top: 8px; }
th, td { padding: 5px 8px; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
th { font-weight: 600; color: var(--soft); }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.n { text-align: right; white-space: nowrap; }
tr.pale td { color: var(--soft); }
tr.warn td:first-child, tr.bad td:first-child { padding-left: 8px; }
tr.warn td:first-child { box-shadow: inset 3px 0 var(--warn); }
tr.bad td:first-child { box-shadow: inset 3px 0 var(--bad); }
footer { margin-top: 64px; padding-top: 16px; border-top: 1px solid var(--line);
  color: var(--soft); font-size: 14px; }
@media print {
  :root { color-scheme: light; --ink: #000000; --soft: #555555; --line: #cccccc; --band: #f0f0f0;
    --paper: #ffffff; --good: #1a7f37; --warn: #9a6700; --bad: #b42318; --undecided: #656d76; }
  @page { margin: 18mm 16mm; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  figure, tr, .verdict, .chips { break-inside: avoid; }
  h1, h2 { break-after: avoid; }
  h1.session { break-before: page; border: 0; margin: 0; padding: 0; }
  .scroll { overflow: visible; } }
"""


def write_html(document: Document, path: Path | str) -> Path:
    """Write the report to one self-contained file; `LabError` if it cannot be written."""
    return save(path, render(document).encode("utf-8"))


def render(document: Document) -> str:
    """Return the whole page as text; the same document gives the same text."""
    parts = [_block(block, number) for number, block in enumerate(document.blocks, 1)]
    title = escape(document.title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n<main>\n"
        f"<header>\n<h1>{title}</h1>\n<p>{escape(document.subtitle)}</p>\n</header>\n"
        + "\n".join(parts)
        + f"\n<footer>{escape(document.footer)}</footer>\n</main>\n</body>\n</html>\n"
    )


def _block(block: Block, number: int) -> str:
    if isinstance(block, Heading):
        if block.level == 1:
            return f'<h1 class="session">{escape(block.text)}</h1>'
        return f"<h2>{escape(block.text)}</h2>"
    if isinstance(block, Paragraph):
        kind = "" if block.kind == "body" else f' class="{block.kind}"'
        return f"<p{kind}>{escape(block.text)}</p>"
    if isinstance(block, Verdict):
        decided = " decided" if block.decided else ""
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in block.reasons)
        return (
            f'<section class="verdict{decided}"><p class="state">{escape(block.label)}</p>'
            f"<p>{escape(block.text)}</p>"
            + (f'<ul class="chips">{reasons}</ul>' if reasons else "")
            + "</section>"
        )
    if isinstance(block, Bullets):
        return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in block.items)}</ul>"
    if isinstance(block, Figure):
        drawing = figures.svg(block, f"f{number}")
        label = f'role="img" aria-label="{escape(block.alt)}"'
        drawing = drawing.replace("<svg ", f"<svg {label} ", 1)
        return f"<figure>{drawing}<figcaption>{escape(block.caption)}</figcaption></figure>"
    return _table(block)


def _table(table: Table) -> str:
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    head = _cells(Row(table.head), table, "th")
    body = "".join(
        (f'<tr class="{row.tone}">' if row.tone else "<tr>") + _cells(row, table, "td") + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="scroll"><table>{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cells(row: Row, table: Table, tag: str) -> str:
    return "".join(
        f"<{tag}{' class=n' if i in table.numeric else ''}>{escape(cell)}</{tag}>"
        for i, cell in enumerate(row.cells)
    )
