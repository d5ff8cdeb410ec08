"""Streams and records of old Office files, as far as a look before the conversion needs them.

Raises `Refused(CORRUPT)` for an OLE file that can not be read; a stream that is missing or broken is empty.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from olefile import OleFileIO

from sanitizers.detect.signature import OLE
from sanitizers.model import Reason, Refused

# [MS-XLS] 2.3
EOF, FILEPASS, BOUNDSHEET, OBPROJ = 0x000A, 0x002F, 0x0085, 0x00D3

_RECORD = struct.Struct("<HH")
_BOOKS = ("Workbook", "Book")  # BIFF8, BIFF5; a file may have both, for two readers
_BROKEN = (OSError, ValueError, IndexError, struct.error, RecursionError, AttributeError, TypeError)  # what olefile raises
_MANY = 100_000  # records of the globals, which have some hundreds


@contextmanager
def directory(content: bytes) -> Iterator[OleFileIO]:
    try:
        ole = OleFileIO(io.BytesIO(content))
    except _BROKEN as error:
        raise Refused(Reason.CORRUPT, f"not an OLE file: {error}") from error
    with ole:
        yield ole


def stream(ole: OleFileIO, name: str) -> bytes:
    try:
        with ole.openstream(name) as opened:
            content: bytes = opened.read()
    except _BROKEN:
        return b""
    return content


def globals_of(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and body of each record of the workbook globals ([MS-XLS] 2.1.7.20.3), of each workbook stream."""
    for book in _books(content):
        at = 0
        for _ in range(_MANY):
            if at + _RECORD.size > len(book):
                break
            kind, size = _RECORD.unpack_from(book, at)
            at += _RECORD.size
            yield kind, book[at : at + size]
            at += size
            if kind == EOF:
                break


def _books(content: bytes) -> list[bytes]:
    """Before Excel 5 the file was the stream itself."""
    if not content.startswith(OLE):
        return [content]
    with directory(content) as ole:
        return [stream(ole, name) for name in _BOOKS]
