"""Members out of an archive of any readable format, one at a time, counted as they stream.

Plain ZIP goes through `zip_strict`; encrypted or oddly compressed ZIP is first held to the same structure, then
decoded by libarchive; 7z, RAR, LZH, CAB and tar are libarchive's alone (libraries.md 9).  libarchive reads from
memory, without callbacks and without its filters, some of which start programs.  Raises `Refused`:
ENCRYPTED and WRONG_PASSWORD (LOCKED), TYPE_NOT_ALLOWED (WITHHELD), CORRUPT, LIMIT_*.  What to do with a member is
`archive.py`'s business.
"""

from __future__ import annotations

import bz2
import logging
import lzma
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import c_char_p, c_void_p, cast, create_string_buffer
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from isal import isal_zlib
from libarchive import ffi
from libarchive.exception import ArchiveError
from libarchive.read import ArchiveRead

from sanitizers import zip_strict
from sanitizers.model import Limits, Profile, Reason, Refused, Verdict

# A warning would reach stderr, and inside the wall descriptor 2 is the supervisor's reply pipe.
logging.getLogger("libarchive").propagate = False
logging.getLogger("libarchive").addHandler(logging.NullHandler())

FORMATS: dict[str, tuple[str, ...]] = {
    "application/zip": ("zip",),
    "application/x-7z-compressed": ("7zip",),
    "application/vnd.rar": ("rar", "rar5"),
    "application/x-lzh-compressed": ("lha",),
    "application/vnd.ms-cab-compressed": ("cab",),
    "application/x-tar": ("tar",),
}
_INFLATERS: dict[str, Callable[[], Any]] = {
    "application/gzip": lambda: isal_zlib.decompressobj(wbits=31),
    "application/x-bzip2": bz2.BZ2Decompressor,
    "application/x-xz": lzma.LZMADecompressor,
}
MEDIA_TYPES = frozenset(FORMATS) | frozenset(_INFLATERS)
_SUPPORT = {name: ffi.get_read_format_function(name) for formats in FORMATS.values() for name in formats}
_TAR_MAGIC = b"ustar"
_BLOCK = 1 << 18  # bytes per call into libarchive


class Sort(Enum):
    FILE = auto()
    DIRECTORY = auto()
    SPECIAL = auto()  # link, device, socket, FIFO


@dataclass(frozen=True, slots=True)
class Item:
    """One member; `names` are its paths as the sender wrote them, the one that most readers show first."""

    names: tuple[str, ...]
    sort: Sort
    content: bytes = field(default=b"", repr=False)


def unpack(content: bytes, media_type: str, profile: Profile) -> Iterator[Item]:
    """The members in the archive's order; each is inflated only when it is asked for."""
    if media_type == "application/zip":
        members = zip_strict.read(content, profile.limits)
        if any(member.encrypted for member in members):
            return iter(_unlocked(content, media_type, profile))
        if all(member.method in (zip_strict.STORED, zip_strict.DEFLATED) for member in members):
            return (_item(member) for member in members)
    if media_type in _INFLATERS:
        content = _inflate(content, _INFLATERS[media_type], _bound(content, profile.limits))
        if content[257:262] != _TAR_MAGIC:
            return iter((Item(("",), Sort.FILE, content),))
        media_type = "application/x-tar"
    return _items(content, media_type, profile.limits)


def _inflate(content: bytes, inflater: Callable[[], Any], bound: int) -> bytes:
    """All streams of a .gz, .bz2 or .xz, in order.  Not by libarchive, which follows a quine for ever."""
    unpacked, rest = bytearray(), content
    while rest:
        stream = inflater()
        try:
            unpacked += stream.decompress(rest, max_length=bound - len(unpacked) + 1)
        except (OSError, EOFError, lzma.LZMAError, isal_zlib.error) as error:  # type: ignore[misc]  # isal has no stubs
            raise Refused(Reason.CORRUPT, f"{error}") from error
        _within(len(unpacked), bound)
        if not stream.eof:
            raise Refused(Reason.CORRUPT, "the compressed stream is cut off")
        rest = stream.unused_data
    return bytes(unpacked)


def _bound(content: bytes, limits: Limits) -> int:
    """Bytes that `content` may unpack to: by size, and by ratio from 1 MiB on, under which nothing is a bomb."""
    return min(limits.total_bytes, max(limits.ratio * len(content), 1 << 20))


def _within(count: int, bound: int) -> None:
    if count > bound:
        raise Refused(Reason.LIMIT_RATIO, f"unpacks to more than {bound} bytes")


def _item(member: zip_strict.Member) -> Item:
    names = (member.name, member.other_name) if member.other_name else (member.name,)
    if member.is_directory:
        return Item(names, Sort.DIRECTORY)
    return Item(names, Sort.FILE, member.read()) if member.is_regular else Item(names, Sort.SPECIAL)


def _unlocked(content: bytes, media_type: str, profile: Profile) -> list[Item]:
    """All members by the first password that opens every one: ZipCrypto's own check accepts 1 of 256 wrong ones (J12)."""
    if not profile.passwords:
        raise Refused(Reason.ENCRYPTED, "members are encrypted", Verdict.LOCKED)
    for password in _encodings(profile.passwords):
        try:
            return list(_items(content, media_type, profile.limits, password))
        except Refused as refusal:
            if refusal.reason not in (Reason.ENCRYPTED, Reason.CORRUPT):
                raise
    raise Refused(Reason.WRONG_PASSWORD, "no given password opens the archive", Verdict.LOCKED)


def _encodings(passwords: tuple[str, ...]) -> Iterator[bytes]:
    """Explorer and most Japanese tools take CP932 bytes, others UTF-8."""
    for password in filter(None, passwords):
        utf8, cp932 = password.encode("utf-8", "ignore"), password.encode("cp932", "ignore")
        yield utf8
        if cp932 != utf8:
            yield cp932


def _items(content: bytes, media_type: str, limits: Limits, password: bytes = b"") -> Iterator[Item]:
    """What libarchive sees.  Sizes are counted as bytes come out; headers are not believed."""
    total, bound = 0, _bound(content, limits)
    try:
        with _archive(content, FORMATS[media_type], password) as archive:
            for entry in archive:
                name = _name(entry.pathname)
                sort = _sort(entry.filetype, bool(entry.linkpath))
                member = _read(archive, bound - total) if sort is Sort.FILE else b""
                total += len(member)
                yield Item((name,), sort, member)
    except ArchiveError as error:
        raise _refusal(error.msg or "") from error


@contextmanager
def _archive(content: bytes, formats: tuple[str, ...], password: bytes) -> Iterator[ArchiveRead]:
    pointer = ffi.read_new()
    try:
        if password:
            ffi.read_add_passphrase(pointer, password)
        for name in formats:
            _SUPPORT[name](pointer)
        ffi.read_open_memory(pointer, cast(c_char_p(content), c_void_p), len(content))
        yield ArchiveRead(pointer, header_codec="ascii")
    finally:
        ffi.read_free(pointer)


def _read(archive: ArchiveRead, bound: int) -> bytes:
    """One member's bytes.  libarchive-c's own `get_blocks` takes a warning's negative count for data: not used."""
    block, content = create_string_buffer(_BLOCK), bytearray()
    while (count := ffi.read_data(archive._pointer, block, _BLOCK)) > 0:
        content += memoryview(block)[:count]
        _within(len(content), bound)
    if count < 0:
        raise _refusal((ffi.error_string(archive._pointer) or b"").decode("ascii", "replace"))
    return bytes(content)


def _sort(mode: int, linked: bool) -> Sort:
    if linked:
        return Sort.SPECIAL
    return {stat.S_IFREG: Sort.FILE, 0: Sort.FILE, stat.S_IFDIR: Sort.DIRECTORY}.get(stat.S_IFMT(mode), Sort.SPECIAL)


def _name(path: str | bytes | None) -> str:
    """libarchive answers bytes where the name is not in the locale's charset: then it is most probably CP932."""
    return zip_strict.decode_name(path) if isinstance(path, bytes) else path or ""


def _refusal(message: str) -> Refused:
    """libarchive tells a missing password, a missing decoder and damage apart by its message only."""
    if "ncrypt" in message or "assphrase" in message:
        return Refused(Reason.ENCRYPTED, message, Verdict.LOCKED)
    if "nsupported" in message or "unavailable" in message or "not supported" in message:
        return Refused(Reason.TYPE_NOT_ALLOWED, message, Verdict.WITHHELD)
    return Refused(Reason.CORRUPT, message)
