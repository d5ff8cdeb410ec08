"""The second opinion: every output is read again, in a fresh locked process, by code that did not write it.

Written against formats.md and security.md as an adversary of the rebuilders, sharing no code with them and, where
there is a choice, another parser (expat for lxml, `zipfile` for `zip_strict`).  `verify` never raises: what it cannot
read is objected to.  Nothing is repaired here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from sanitizers.model import Method
from sanitizers.verify import archive, calendar, drawing, locked_zip, mail, odf, ooxml, pdf, picture, text
from sanitizers.verify.words import words

Check = Callable[[bytes, frozenset[str]], Iterator[str]]

_BOUND = 20  # the first objection already holds the part; the others are for the log

CHECKS: dict[str, Check] = {
    "text/plain": text.plain,
    "text/csv": text.csv,
    "text/tab-separated-values": text.tsv,
    "text/calendar": calendar.icalendar,
    "text/vcard": calendar.vcard,
    "image/jpeg": picture.jpeg,
    "image/png": picture.png,
    "image/gif": picture.gif,
    "image/bmp": picture.bmp,
    "image/tiff": picture.tiff,
    "image/webp": picture.webp,
    "image/vnd.dxf": drawing.dxf,
    "application/x-sxf": drawing.step,
    "application/pdf": pdf.pdf,
    "application/zip": archive.zip_archive,
    "message/rfc822": mail.message,
    **{media_type: ooxml.package(main) for media_type, main in ooxml.MAIN.items()},
    **{media_type: odf.package(media_type) for media_type in odf.PACKAGES},
    **dict.fromkeys(odf.FLAT, odf.flat),
}


# What a method promises beyond the type's own rules; REBUILD and BODY_ONLY promise nothing more.
_PICTURES = words("image/jpeg image/png image/gif image/bmp image/tiff image/webp")
_CONTAINERS = words("application/zip message/rfc822")
_TEXTS = words("text/plain text/csv text/tab-separated-values")
PROMISES: dict[Method, dict[str, Check]] = {
    Method.IMAGE: {
        **{kind: CHECKS[kind] for kind in CHECKS if kind in _CONTAINERS | _PICTURES},
        "application/pdf": pdf.pictures,
    },
    Method.TEXT: {kind: CHECKS[kind] for kind in _CONTAINERS | _TEXTS},
}


def verify(content: bytes, media_type: str, digests: frozenset[str], method: Method = Method.REBUILD) -> list[str]:
    """Objections to delivering `content` as `media_type` under `method`; empty means accepted.

    `digests` are of the already accepted parts that a container may hold: SHA-256 (lower-case hex), a blank, and the media
    type that each was accepted as."""
    check = PROMISES.get(method, CHECKS).get(media_type)
    if check is None:
        return [f"nothing is delivered as {media_type!r}"]
    return _objections(check(content, digests))


def locked(content: bytes, names: tuple[str, ...], digests: frozenset[str], password: str) -> list[str]:
    """Objections to a ZIP that only `password` opens: it holds exactly accepted parts, under these names in this order."""
    return _objections(locked_zip.locked_zip(content, names, digests, password))


def _objections(found: Iterator[str]) -> list[str]:
    try:
        return list(islice(found, _BOUND))
    except Exception as surprise:  # whatever it is, a reader that stumbles has not accepted
        return [f"unreadable: {type(surprise).__name__}: {surprise}"[:300]]
