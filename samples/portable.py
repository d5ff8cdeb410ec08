"""PDF by hand: a plain one, and one for every key that acts, embeds, fetches or hides (D7-D9)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from samples.sample import Sample, canary

# catalog entries, page entries, further objects from number 6 on; {} is the canary
_SLOTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("open-action-js", "/OpenAction << /S /JavaScript /JS (app.alert\\('{}'\\)) >>", "", ()),
    (
        "open-action-js-stream",
        "/OpenAction << /S /JavaScript /JS 6 0 R >>",
        "",
        ("<< /Length 27 >>\nstream\nvar {};\nendstream",),
    ),
    ("hex-name", "/OpenAction << /S /J#61vaScript /J#53 ({}) >>", "", ()),
    ("catalog-aa", "/AA << /WC << /S /JavaScript /JS ({}) >> >>", "", ()),
    ("page-aa", "", "/AA << /O << /S /JavaScript /JS ({}) >> >>", ()),
    ("names-js", "/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS ({}) >>] >> >>", "", ()),
    ("open-action-launch", "/OpenAction << /S /Launch /F ({}.exe) >>", "", ()),
    ("uri-base", "/URI << /Base (file://example.jp/{}) >>", "", ()),
    (
        "embedded-file",
        "/Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >>",
        "",
        ("<< /Type /Filespec /F ({}.exe) /EF << /F 7 0 R >> >>", "<< /Type /EmbeddedFile /Length 2 >>\nstream\nMZ\nendstream"),
    ),
    ("associated-file", "/AF [<< /Type /Filespec /F ({}.exe) >>]", "", ()),
    ("collection", "/Collection << /Schema << /a << /N ({}) /Subtype /F >> >> >>", "", ()),
    ("xfa", "/AcroForm << /Fields [] /XFA 6 0 R >>", "", ("<< /Length 25 >>\nstream\n<x>{}\nendstream",)),
    (
        "field-aa",
        "/AcroForm << /Fields [6 0 R] >>",
        "/Annots [6 0 R]",
        ("<< /Subtype /Widget /FT /Tx /T (a) /Rect [9 9 99 29] /AA << /K << /S /JavaScript /JS ({}) >> >> >>",),
    ),
    (
        "outline-action",
        "/Outlines << /First 6 0 R /Last 6 0 R /Count 1 >>",
        "",
        ("<< /Title (a) /Parent 1 0 R /A << /S /Launch /F ({}) >> >>",),
    ),
    ("alternate-presentations", "/AlternatePresentations << /a << /S /SlideShow /x ({}) >> >>", "", ()),
    ("metadata", "/Metadata 6 0 R", "", ("<< /Type /Metadata /Subtype /XML /Length 25 >>\nstream\n<x>{}\nendstream",)),
    ("piece-info", "", "/PieceInfo << /App << /Private ({}) >> >>", ()),
    ("stream-outside", "", "/Thumb 6 0 R", ("<< /F (\\\\\\\\example.jp\\\\{}) /Length 0 >>\nstream\n\nendstream",)),
    (
        "font-matrix",
        "/AcroForm << /Fields [] /DR << /Font << /F2 6 0 R >> >> >>",
        "",
        ("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FontMatrix [1 2 3 4 5 ({})] >>",),
    ),
    ("orphan-js", "", "", ("<< /S /JavaScript /JS ({}) >>",)),
)
_ANNOTATIONS = (
    ("launch", "/Subtype /Link /A << /S /Launch /Win << /F (cmd.exe) /P ({}) >> >>"),
    ("uri-file", "/Subtype /Link /A << /S /URI /URI (file://example.jp/{}) >>"),
    ("uri-unc", "/Subtype /Link /A << /S /URI /URI (\\\\\\\\example.jp\\\\{}) >>"),
    ("uri-javascript", "/Subtype /Link /A << /S /URI /URI (javascript:{}) >>"),
    ("gotor", "/Subtype /Link /A << /S /GoToR /F (\\\\\\\\example.jp\\\\{}.pdf) /D [0 /Fit] >>"),
    ("gotoe", "/Subtype /Link /A << /S /GoToE /D [0 /Fit] /T << /R /C /N ({}) >> >>"),
    ("next-action", "/Subtype /Link /A << /S /GoTo /D [3 0 R /Fit] /Next << /S /JavaScript /JS ({}) >> >>"),
    ("submit-form", "/Subtype /Widget /FT /Btn /T (b) /A << /S /SubmitForm /F (https://example.jp/{}) >>"),
    ("import-data", "/Subtype /Widget /FT /Btn /T (b) /A << /S /ImportData /F ({}) >>"),
    ("hide", "/Subtype /Link /A << /S /Hide /T ({}) >>"),
    ("rendition", "/Subtype /Screen /A << /S /Rendition /JS ({}) /OP 0 >>"),
    ("file-attachment", "/Subtype /FileAttachment /FS << /Type /Filespec /F ({}) >>"),
    ("rich-media", "/Subtype /RichMedia /RichMediaContent << /x ({}) >>"),
    ("movie", "/Subtype /Movie /Movie << /F ({}) >>"),
    ("sound", "/Subtype /Sound /Contents ({}) /Sound 5 0 R"),
    ("three-d", "/Subtype /3D /3DD << /x ({}) >>"),
)


def document(catalog: str = "", page: str = "", more: tuple[str, ...] = (), text: str = "Plan 2026") -> bytes:
    """One page with one line of Helvetica; `more` are the bodies of objects 6, 7, ..."""
    content = f"BT /F1 18 Tf 36 96 Td ({text}) Tj ET"
    resources = "/Resources << /Font << /F1 5 0 R >> >>"
    bodies = (
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 144] /Contents 4 0 R {resources} {page} >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *more,
    )
    file, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(file))
        file += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(bodies) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(file)}\n%%EOF\n"
    return bytes(file) + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


def with_javascript(mark: str) -> bytes:
    return document(catalog=f"/OpenAction << /S /JavaScript /JS (app.alert\\('{mark}'\\)) >>")


def _hidden() -> Iterator[tuple[str, bytes]]:
    """Threats that a reader of the last revision alone, or of uncompressed bytes alone, does not see (D8)."""
    mark = canary("pdf/earlier-revision.pdf")
    first = document(catalog=f"/OpenAction << /S /JavaScript /JS ({mark}) >>")
    second = "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    table = f"xref\n1 1\n{len(first):010} 00000 n \ntrailer\n<< /Size 6 /Root 1 0 R /Prev {first.index(b'xref')} >>\n"
    yield "earlier-revision.pdf", first + f"{second}{table}startxref\n{len(first) + len(second)}\n%%EOF\n".encode()
    packed = zlib.compress(f"7 0 << /S /JavaScript /JS ({canary('pdf/object-stream.pdf')}) >>".encode()).decode("latin-1")
    stream = f"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length {len(packed)} >>\nstream\n{packed}\nendstream"
    yield "object-stream.pdf", document(more=(stream,))
    yield "trailing.pdf", document() + b"PK\3\4" + canary("pdf/trailing.pdf").encode()
    yield (
        "author.pdf",
        document().replace(b"/Root 1 0 R", f"/Root 1 0 R /Info << /Author ({canary('pdf/author.pdf')}) >>".encode()),
    )


def samples() -> Iterator[Sample]:
    yield Sample("benign/plan.pdf", "-", "plain PDF", document(), verdict="CLEAN")
    yield Sample("hostile/pdf/truncated.pdf", "D8", "cut in the middle", document()[:120], verdict="FAILED")
    for slot, catalog, page, more in _SLOTS:
        name, mark = f"{slot}.pdf", canary(f"pdf/{slot}.pdf")
        content = document(
            catalog.replace("{}", mark), page.replace("{}", mark), tuple(body.replace("{}", mark) for body in more)
        )
        yield Sample(f"hostile/pdf/{name}", "D7", slot, content, mark, "" if slot == "orphan-js" else "SANITISED")
    for slot, annotation in _ANNOTATIONS:
        name, mark = f"annotation-{slot}.pdf", canary(f"pdf/annotation-{slot}.pdf")
        page = f"/Annots [<< /Type /Annot /Rect [9 9 99 29] {annotation.replace('{}', mark)} >>]"
        yield Sample(f"hostile/pdf/{name}", "D7", slot, document(page=page), mark)
    for name, content in _hidden():
        yield Sample(f"hostile/pdf/{name}", "D8", name.rpartition(".")[0], content, canary(f"pdf/{name}"), verdict="")
