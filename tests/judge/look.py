"""One file as a reader's library sees it: it opens or not, these are its words, so many pages, sheets or frames."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import docx
import openpyxl
import pptx
import pypdfium2
from lxml import etree
from PIL import Image

_WORD = re.compile(r"\w+")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


@dataclass(frozen=True, slots=True)
class Look:
    """`opens` is False where the reader gave up; `pages` counts sheets, slides and frames, too."""

    opens: bool
    words: Counter[str] = field(default_factory=Counter)
    pages: int = 0


def look(content: bytes) -> Look | None:
    """None where no reader is at hand for such a file."""
    reader = _reader(content)
    if reader is None:
        return None
    try:
        texts, pages = reader(content)
        return Look(True, _words(texts), pages)
    except Exception:  # readers raise whatever they like at broken files
        return Look(False)


def kept(before: Counter[str], after: Counter[str]) -> tuple[int, int]:
    """Words of `before` that `after` still has, and all of them."""
    return (before & after).total(), before.total()


def _words(texts: Iterator[str]) -> Counter[str]:
    return Counter(word for text in texts for word in _WORD.findall(unicodedata.normalize("NFKC", text)))


Reader = Callable[[bytes], tuple[Iterator[str], int]]


def _reader(content: bytes) -> Reader | None:
    if content.startswith(b"%PDF-"):
        return _pdf
    if content.startswith(b"PK\3\4"):
        return _package(content)
    return _picture if _is_picture(content) else None


def _is_picture(content: bytes) -> bool:
    """Whatever Pillow knows, and not only what the sanitisers let it read."""
    try:
        with Image.open(io.BytesIO(content)):
            return True
    except Exception:  # as above
        return False


def _package(content: bytes) -> Reader | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = {name.lower() for name in package.namelist()}
    except zipfile.BadZipFile:
        return None
    readers = {"word/document.xml": _document, "xl/workbook.xml": _workbook, "ppt/presentation.xml": _slides}
    return next(
        (reader for part, reader in readers.items() if part in names), _open_document if "content.xml" in names else None
    )


def _document(content: bytes) -> tuple[Iterator[str], int]:
    body = docx.Document(io.BytesIO(_as_plain(content))).element.body
    return iter(["".join(p.itertext("{*}t")) for p in body.iter("{*}p")]), 0


def _workbook(content: bytes) -> tuple[Iterator[str], int]:
    book = openpyxl.load_workbook(io.BytesIO(_as_plain(content)), data_only=True)
    values = [str(v) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) for v in row if v is not None]
    return iter(values), len(book.sheetnames)


def _slides(content: bytes) -> tuple[Iterator[str], int]:
    slides = pptx.Presentation(io.BytesIO(_as_plain(content))).slides
    return iter(["".join(p.itertext("{*}t")) for slide in slides for p in slide.element.iter("{*}p")]), len(slides)


def _as_plain(content: bytes) -> bytes:
    """These readers refuse macro and template variants by their content type alone; here the text counts."""
    old = (b"application/vnd.ms-word.document.macroEnabled.main", b"application/vnd.ms-excel.sheet.macroEnabled.main")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "[Content_Types].xml":
                for what, kind in zip(("wordprocessingml.document", "spreadsheetml.sheet"), old, strict=True):
                    data = data.replace(kind, b"application/vnd.openxmlformats-officedocument." + what.encode() + b".main")
                data = re.sub(rb"application/vnd\.ms-powerpoint\.\w+\.macroEnabled\.main", _SHOW, data)
                data = re.sub(
                    rb"(wordprocessingml|spreadsheetml|presentationml)\.(template|slideshow)\.main", _untemplated, data
                )
                data = re.sub(rb"application/vnd\.ms-(word|excel)\.template\.macroEnabledTemplate\.main", _macro_template, data)
            target.writestr(entry.filename, data)
    return out.getvalue()


_SHOW = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main"
_PLAIN = {b"wordprocessingml": b"document", b"spreadsheetml": b"sheet", b"presentationml": b"presentation"}


def _untemplated(match: re.Match[bytes]) -> bytes:
    return match[1] + b"." + _PLAIN[match[1]] + b".main"


def _macro_template(match: re.Match[bytes]) -> bytes:
    kind = b"wordprocessingml.document" if match[1] == b"word" else b"spreadsheetml.sheet"
    return b"application/vnd.openxmlformats-officedocument." + kind + b".main"


def _open_document(content: bytes) -> tuple[Iterator[str], int]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        body = etree.fromstring(package.read("content.xml"), _PARSER).find(".//{*}body")
    if body is None:
        raise ValueError("no body")
    for cache in body.findall("{*}spreadsheet/{*}table/{*}table-source/.."):  # of another file: no sheet, and never shown
        cache.getparent().remove(cache)
    sheets = body.findall("{*}spreadsheet/{*}table") or list(body.iter("{*}page"))
    return iter(["".join(p.itertext(tag=None)) for p in body.iter("{*}p", "{*}h")]), len(sheets)


def _pdf(content: bytes) -> tuple[Iterator[str], int]:
    document = pypdfium2.PdfDocument(content)
    try:
        return iter([page.get_textpage().get_text_bounded() for page in document]), len(document)
    finally:
        document.close()


def _picture(content: bytes) -> tuple[Iterator[str], int]:
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return iter(()), 1 if image.format == "PSD" else int(getattr(image, "n_frames", 1))  # its frames are layers
