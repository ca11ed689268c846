"""Reports: one document model, written as a single HTML file or as a PDF.

`document.build_document` turns analysis documents (and, for the traces, open sessions) into
plain blocks; `html.write_html` and `pdf.write_pdf` lay the same blocks out. Nothing is
measured here, and nothing of the analysis is left out silently: a value that is missing is
printed as a dash or with the reason why it is withheld.
"""
