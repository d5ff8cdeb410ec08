"""A rebuilt ZIP: every member is one that was accepted by itself, empty, or a note of plain text (formats.md 8, F3, F5)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from sanitizers.verify import naming, text

_TOTAL = 512 << 20  # bytes unpacked: twice what the rebuilder may take in, so that only a bomb reaches it
_NOTE = 16 << 10  # bytes: a note is a few lines


def zip_archive(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    yield from container(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > _TOTAL:
            yield "unpacks to more than anything that was taken in"
            return
        for member in members:
            yield from _path(member.filename)
            yield from _member(archive.read(member), member.filename, digests)


def container(content: bytes) -> Iterator[str]:
    """What holds for every ZIP that is delivered, documents included: nothing around it, nothing hidden in it."""
    if not content.startswith(b"PK\3\4") or content[-22:-18] != b"PK\5\6" or content[-2:] != b"\0\0":
        yield "not exactly one ZIP without comment"
    expected, names = 0, set()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if member.header_offset != expected:
                yield f"{member.filename!r}: members overlap or leave a gap"
            expected = member.header_offset + 30 + len(member.orig_filename.encode()) + member.compress_size
            if member.flag_bits & ~0x800 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                yield f"{member.filename!r}: encrypted, streamed or oddly compressed"
            if member.extra or member.comment or member.external_attr or member.is_dir():
                yield f"{member.filename!r}: extra field, comment, attributes or directory"
            names.add(member.filename.casefold())
        if len(names) != len(archive.infolist()):
            yield "two members have the same name"
        if archive.start_dir != expected:
            yield "bytes before the central directory"


def _path(name: str) -> Iterator[str]:
    if name.startswith("/") or "\\" in name or ":" in name or {"", ".", ".."} & set(name.split("/")):
        yield f"{name!r}: not a plain relative path"
    if character := text.invisible(name):
        yield f"{name!r}: {character} in a name"


def _member(member: bytes, name: str, digests: frozenset[str]) -> Iterator[str]:
    if not member:
        return
    if types := naming.accepted_as(member, digests):
        if not any(naming.fits(name, media_type) for media_type in types):
            yield f"{name!r}: not what an accepted part of type {min(types)} is called"
        return
    if not name.endswith(".txt") or len(member) > _NOTE:
        yield f"{name!r}: neither an accepted part nor a note"
        return
    for objection in text.plain(member, frozenset()):
        yield f"{name!r}: {objection}"
