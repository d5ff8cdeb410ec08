"""Members out of an archive of any readable format, one at a time, counted as they stream.

Plain ZIP goes through `zip_strict`; encrypted or oddly compressed ZIP is first held to the same structure, then
decoded by libarchive; 7z, RAR, LZH, CAB and tar are libarchive's alone (libraries.md 9).  libarchive reads from
memory without callbacks, with filters named one by one so that none can start a program.  Raises `Refused`:
ENCRYPTED and WRONG_PASSWORD (LOCKED), TYPE_NOT_ALLOWED (WITHHELD), CORRUPT, LIMIT_*.  What to do with a member is
`archive.py`'s business.
"""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char_p, c_void_p, cast, create_string_buffer
from dataclasses import dataclass, field
from enum import Enum, auto

from libarchive import ffi
from libarchive.exception import ArchiveError
from libarchive.read import ArchiveRead

from sanitizers import zip_strict
from sanitizers.model import Limits, Profile, Reason, Refused, Verdict

# A warning would reach stderr, and inside the wall descriptor 2 is the supervisor's reply pipe.
logging.getLogger("libarchive").propagate = False
logging.getLogger("libarchive").addHandler(logging.NullHandler())

_FILTERS = tuple(ffi.get_read_filter_function(name) for name in ("gzip", "bzip2", "xz", "lzma", "zstd", "compress"))
_TAR = ("tar",)
_PACKED = ("tar", "raw")  # a compressed file that is no tar is one member
FORMATS: dict[str, tuple[str, ...]] = {
    "application/zip": ("zip",),
    "application/x-7z-compressed": ("7zip",),
    "application/vnd.rar": ("rar", "rar5"),
    "application/x-lzh-compressed": ("lha",),
    "application/vnd.ms-cab-compressed": ("cab",),
    "application/x-tar": _TAR,
    "application/gzip": _PACKED,
    "application/x-bzip2": _PACKED,
    "application/x-xz": _PACKED,
    "application/zstd": _PACKED,
    "application/x-compress": _PACKED,
}
_SUPPORT = {name: ffi.get_read_format_function(name) for formats in FORMATS.values() for name in formats}
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
    return _items(content, media_type, profile.limits)


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
    total = 0
    bound = min(limits.total_bytes, max(limits.ratio * len(content), 1 << 20))  # under 1 MiB no ratio is a bomb
    try:
        with _archive(content, FORMATS[media_type], password) as archive:
            for entry in archive:
                name = _name(entry.pathname, archive.format_name == b"raw")
                sort = _sort(entry.filetype, bool(entry.linkpath))
                member = _read(archive, bound - total) if sort is Sort.FILE else b""
                total += len(member)
                yield Item((name,), sort, member)
    except ArchiveError as error:
        raise _refusal(str(error)) from error


@contextmanager
def _archive(content: bytes, formats: tuple[str, ...], password: bytes) -> Iterator[ArchiveRead]:
    pointer = ffi.read_new()
    try:
        if password:
            ffi.read_add_passphrase(pointer, password)
        for support in (*_FILTERS, *(_SUPPORT[name] for name in formats)):
            support(pointer)
        ffi.read_open_memory(pointer, cast(c_char_p(content), c_void_p), len(content))
        yield ArchiveRead(pointer, header_codec="ascii")
    finally:
        ffi.read_free(pointer)


def _read(archive: ArchiveRead, bound: int) -> bytes:
    """One member's bytes.  libarchive-c's own `get_blocks` takes a warning's negative count for data: not used."""
    block, content = create_string_buffer(_BLOCK), bytearray()
    while (count := ffi.read_data(archive._pointer, block, _BLOCK)) > 0:
        content += memoryview(block)[:count]
        if len(content) > bound:
            raise Refused(Reason.LIMIT_SIZE, "the archive unpacks to more than the limits on size or ratio allow")
    if count < 0:
        raise _refusal(str(ffi.error_string(archive._pointer)))
    return bytes(content)


def _sort(mode: int, linked: bool) -> Sort:
    if linked:
        return Sort.SPECIAL
    return {stat.S_IFREG: Sort.FILE, 0: Sort.FILE, stat.S_IFDIR: Sort.DIRECTORY}.get(stat.S_IFMT(mode), Sort.SPECIAL)


def _name(path: str | bytes | None, unnamed: bool) -> str:
    """libarchive answers bytes where the name is not in the locale's charset: then it is most probably CP932."""
    if unnamed or not path:
        return ""
    return path if isinstance(path, str) else zip_strict.decode_name(path)


def _refusal(message: str) -> Refused:
    """libarchive tells a missing password, a missing decoder and damage apart by its message only."""
    if "ncrypt" in message or "assphrase" in message:
        return Refused(Reason.ENCRYPTED, message, Verdict.LOCKED)
    if "nsupported" in message or "unavailable" in message or "not supported" in message:
        return Refused(Reason.TYPE_NOT_ALLOWED, message, Verdict.WITHHELD)
    return Refused(Reason.CORRUPT, message)
