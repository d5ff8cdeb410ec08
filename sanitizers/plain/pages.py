"""The text of a rebuilt PDF, page by page as pdfium orders it; form fields and notes on the page are part of it."""

from __future__ import annotations

from collections.abc import Iterator

from sanitizers import paper
from sanitizers.model import Limits, Reason, Refused, Verdict


def read(content: bytes, limits: Limits) -> Iterator[str]:
    """Raises Refused(NO_TEXT) for scans."""
    with paper.opened(content) as document:
        found = [list(_page(document, number)) for number in range(len(document))]
    if not any(found):
        raise Refused(Reason.NO_TEXT, f"{len(found)} pages without text", Verdict.WITHHELD)
    for number, lines in enumerate(found, 1):
        yield f"――― {number}ページ ―――"
        yield from lines or ["（文字なし）"]
        yield ""


def _page(document: paper.Document, number: int) -> Iterator[str]:
    """Nothing for a page of nothing but white space."""
    with document.page(number) as page:
        lines = list(paper.lines(page))
    return iter(lines if any(lines) else ())
