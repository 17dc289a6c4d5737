"""Previews: a PDF page or an HTML page (F5-06).

Dropbox renders the document. Here a PDF contains only the name of the file, and an HTML page
shows the cells of a CSV file, or otherwise the name, too.
"""

from __future__ import annotations

import csv
import io
import re
from html import escape

from fakedropbox._files.blobs import Blob
from fakedropbox.errors import RouteError

AS_PDF = re.compile(r"ai|docm?|docx|eps|gdoc|gslides|od[pt]|pps[mx]?|ppt[mx]?|rtf")
AS_HTML = re.compile(r"csv|ods|xls[mx]?|gsheet")


def preview(extension: str, name: str, blob: Blob) -> bytes:
    """Return the preview of a file.

    Raises:
        RouteError: ``unsupported_extension``, or ``unsupported_content`` for a CSV file
            that is not text.
    """
    if AS_PDF.fullmatch(extension):
        return _pdf(name)
    if not AS_HTML.fullmatch(extension):
        raise RouteError("unsupported_extension")
    return _html(name, _table(blob) if extension == "csv" else f"<p>{escape(name)}</p>")


def _table(blob: Blob) -> str:
    try:
        rows = list(csv.reader(io.StringIO(blob.read().decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        raise RouteError("unsupported_content") from None
    cells = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _html(name: str, body: str) -> bytes:
    head = f'<meta charset="utf-8"><title>{escape(name)}</title>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def _pdf(name: str) -> bytes:
    """Return a PDF with one page and one line of text."""
    line = name.encode("latin-1", "replace")
    for special in (b"\\", b"(", b")"):
        line = line.replace(special, b"\\" + special)
    text = b"BT /F1 12 Tf 72 720 Td (" + line + b") Tj ET"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page,
        font,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
    ]
    made, starts = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        starts.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    rows = b"".join(b"%010d 00000 n \n" % start for start in starts)
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, rows)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(made) + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(made)
