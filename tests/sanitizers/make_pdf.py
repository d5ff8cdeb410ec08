"""PDF files for the tests, written by pikepdf so that only the construct under test is unusual."""

from __future__ import annotations

import io
from collections.abc import Callable

from pikepdf import Array, Dictionary, Encryption, Name, Object, Pdf, String

TEXT = "BT /F1 18 Tf 72 720 Td (Notice of the town hall) Tj ET"
Change = Callable[[Pdf], None]


def pdf(*changes: Change, pages: int = 1, **save: object) -> bytes:
    """A document of `pages` pages with one line of text each, changed by each of `changes` in turn."""
    document = Pdf.new()
    font = document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    for _ in range(pages):
        page = document.add_blank_page(page_size=(595, 842))
        page.obj["/Resources"] = Dictionary(Font=Dictionary(F1=font))
        page.obj["/Contents"] = document.make_stream(TEXT.encode())
    for change in changes:
        change(document)
    out = io.BytesIO()
    document.save(out, fix_metadata_version=False, **save)  # type: ignore[arg-type]
    return out.getvalue()


def in_catalogue(key: str, value: Object) -> Change:
    def change(document: Pdf) -> None:
        document.Root[key] = value

    return change


def on_page(key: str, value: Object) -> Change:
    def change(document: Pdf) -> None:
        document.pages[0].obj[key] = value

    return change


def annotated(annotation: Object) -> Change:
    def change(document: Pdf) -> None:
        document.pages[0].obj["/Annots"] = Array([document.make_indirect(annotation)])

    return change


def annotation(subtype: str, **more: object) -> Object:
    return Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=Array([72, 600, 200, 640]), **more)


def action(kind: str, **more: object) -> Object:
    return Dictionary(S=Name(f"/{kind}"), **more)


def drawn(document: Pdf, stream: Object) -> None:
    """Put an XObject on the first page."""
    page = document.pages[0].obj
    page["/Resources"]["/XObject"] = Dictionary(Im0=stream)
    page["/Contents"] = document.make_stream(TEXT.encode() + b" q 200 0 0 200 72 300 cm /Im0 Do Q")


def form_field(value: str = "高崎太郎") -> Change:
    """A filled text field with an appearance, on the first page and in the form."""

    def change(document: Pdf) -> None:
        look = document.make_stream(b"q 1 0 0 RG 0 0 128 40 re S Q", Type=Name.XObject, Subtype=Name.Form)
        look["/BBox"] = Array([0, 0, 128, 40])
        widget = annotation("Widget", FT=Name.Tx, T=String("name"), V=String(value), AP=Dictionary(N=look))
        field = document.make_indirect(widget)
        document.pages[0].obj["/Annots"] = Array([field])
        document.Root["/AcroForm"] = Dictionary(Fields=Array([field]), DA=String("/Helv 10 Tf 0 g"))

    return change


def encrypted(owner: str, user: str, revision: int = 6) -> bytes:
    return pdf(encryption=Encryption(owner=owner, user=user, R=revision, metadata=revision > 3, aes=revision > 3))
