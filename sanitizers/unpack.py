"""Members out of an archive of any readable format, one at a time, counted as they stream.

Plain ZIP goes through `zip_strict`; encrypted or oddly compressed ZIP is first held to the same structure, then
decoded by libarchive; 7z, RAR, LZH, CAB and tar are libarchive's alone (libraries.md 9), after `seven_zip` and `rar` have
seen what it does not tell.  libarchive reads from memory, without callbacks, and of its filters, some of which start
programs, only those named here.  Raises `Refused`: ENCRYPTED, WRONG_PASSWORD and UNDECRYPTABLE (LOCKED), NO_UNPACKER and
SPLIT_VOLUME (WITHHELD), CORRUPT, LIMIT_*.  What to do with a member is `archive.py`'s business.
"""

from __future__ import annotations

import bz2
import locale
import logging
import lzma
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ctypes import CDLL, c_char_p, c_void_p, cast, create_string_buffer
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeVar

from isal import isal_zlib
from libarchive import ffi
from libarchive.exception import ArchiveError
from libarchive.read import ArchiveRead

from sanitizers import password, rar, seven_zip, zip_strict
from sanitizers.detect.signature import by_signature
from sanitizers.job import Findings
from sanitizers.model import Kind, Limits, Profile, Reason, Refused, Treatment, Verdict

# A warning would reach stderr, and inside the wall descriptor 2 is the supervisor's reply pipe.
logging.getLogger("libarchive").propagate = False
logging.getLogger("libarchive").addHandler(logging.NullHandler())

_7Z, _RAR, _CAB, _LZH, _TAR = (
    "application/x-7z-compressed",
    "application/vnd.rar",
    "application/vnd.ms-cab-compressed",
    "application/x-lzh-compressed",
    "application/x-tar",
)
FORMATS: dict[str, tuple[str, ...]] = {
    "application/zip": ("zip",),
    _7Z: ("7zip",),
    _RAR: ("rar", "rar5"),
    _LZH: ("lha",),
    _CAB: ("cab",),
    _TAR: ("tar",),
}
_INFLATERS: dict[str, Callable[[], Any]] = {
    "application/gzip": lambda: isal_zlib.decompressobj(wbits=31),
    "application/x-bzip2": bz2.BZ2Decompressor,
    "application/x-xz": lzma.LZMADecompressor,
}
_FILTERS = {
    "application/x-compress": ffi.get_read_filter_function("compress"),
    "application/x-lzip": ffi.get_read_filter_function("lzip"),
    "application/zstd": ffi.get_read_filter_function("zstd"),
}
MEDIA_TYPES = frozenset(FORMATS) | frozenset(_INFLATERS) | frozenset(_FILTERS)
_SUPPORT = {name: ffi.get_read_format_function(name) for formats in (*FORMATS.values(), ("raw",)) for name in formats}
# libarchive-c declares the options of what it writes only.
ffi.ffi("read_set_options", [ffi.c_archive_p, c_char_p], ffi.c_int, ffi.check_int)
# Names in an LZH, which says no charset: CP932 is hardly ever valid UTF-8, and what is neither must still be listed.
_LZH_CHARSETS = ("UTF-8", "CP932", "ISO-8859-1")
_BLOCK = 1 << 18  # bytes per call into libarchive

T = TypeVar("T")


def _load_name_charsets() -> None:
    """libarchive converts names of LZH and others by iconv, which loads a charset's module from disk when it is first asked.

    That must be now: a locked worker can open no file.  The descriptors stay open, and with them the modules loaded."""
    libc, ours = CDLL(None), (locale.nl_langinfo(locale.CODESET), "UTF-8", "WCHAR_T")
    libc.iconv_open.restype = c_void_p
    for theirs in (*_LZH_CHARSETS, "UTF-16LE", "UTF-16BE", "UTF-16"):
        for one in ours:
            libc.iconv_open(one.encode(), theirs.encode())
            libc.iconv_open(theirs.encode(), one.encode())


_load_name_charsets()


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


def unpack(content: bytes, media_type: str, profile: Profile, findings: Findings) -> Iterator[Item]:
    """The members in the archive's order; each is inflated only when it is asked for."""
    if media_type == "application/zip":
        members = zip_strict.read(content, profile.limits)
        if any(member.encrypted for member in members):
            return iter(_unlocked_zip(content, members, profile))
        if all(member.method in (zip_strict.STORED, zip_strict.DEFLATED) for member in members):
            return (_item(member) for member in members)
    if media_type in _INFLATERS or media_type in _FILTERS:
        bound = _bound(content, profile.limits)
        if media_type in _FILTERS:
            content = _filtered(content, media_type, bound)
        else:
            content = _inflate(content, media_type, bound, findings)
        if by_signature(content) != _TAR:
            return iter((Item(("",), Sort.FILE, content),))
        media_type = _TAR
    if media_type == _7Z and _is_locked_7z(content):
        return iter(_unlocked_7z(content, profile))
    _whole_and_open(content, media_type)
    return _items(content, media_type, profile.limits)


def _whole_and_open(content: bytes, media_type: str) -> None:
    """What libarchive would only stumble over."""
    traits = rar.look(content) if media_type == _RAR else rar.Traits()
    if traits.volume or (media_type == _CAB and content[30:31] and content[30] & 0x03):  # [MS-CAB] 2.1: previous, next cabinet
        raise Refused(Reason.SPLIT_VOLUME, "one volume of a split archive", Verdict.WITHHELD)
    if traits.encrypted:
        raise Refused(Reason.UNDECRYPTABLE, "an encrypted RAR", Verdict.LOCKED)


def _filtered(content: bytes, media_type: str, bound: int) -> bytes:
    """One compressed stream by libarchive: compress (.Z), lzip, Zstandard.  A quine is followed for 25 rounds at the most."""
    pointer = ffi.read_new()
    try:
        _FILTERS[media_type](pointer)
        _SUPPORT["raw"](pointer)
        ffi.read_open_memory(pointer, cast(c_char_p(content), c_void_p), len(content))
        archive = ArchiveRead(pointer, header_codec="ascii")
        unpacked = b"".join(_read(archive, bound) for _ in archive)
    except ArchiveError as error:
        raise Refused(Reason.CORRUPT, error.msg or "") from error
    finally:
        ffi.read_free(pointer)
    if unpacked == content:  # libarchive passes on what the filter does not recognise
        raise Refused(Reason.CORRUPT, "the compressed stream is damaged")
    return unpacked


def _inflate(content: bytes, media_type: str, bound: int, findings: Findings) -> bytes:
    """All streams of a .gz, .bz2 or .xz, in order; what follows the last one is dropped (F4)."""
    unpacked, rest, inflater = bytearray(), content, _INFLATERS[media_type]
    while rest:
        if rest is not content and by_signature(rest) != media_type:
            if rest.strip(b"\0"):  # zeros fill the last block of a tape
                findings.add(Kind.TRAILING_DATA, "", f"{len(rest)} bytes after the compressed data", Treatment.REMOVED)
            break
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


def _unlocked_zip(content: bytes, members: Iterable[zip_strict.Member], profile: Profile) -> list[Item]:
    """ZipCrypto's own check accepts 1 of 256 wrong passwords (J12): only a member's CRC-32 tells.  AES accepts 1 of 65,536.

    So what an accepted AES password does not unpack is no wrong one: libarchive before 3.7 knows AES over deflate only."""
    is_aes = all(member.method == zip_strict.AES for member in members if member.encrypted)

    def items(secret: bytes) -> Iterator[Item]:
        try:
            yield from _items(content, "application/zip", profile.limits, secret)
        except Refused as refusal:
            if refusal.reason is Reason.CORRUPT and is_aes:
                raise Refused(Reason.NO_UNPACKER, refusal.detail, Verdict.WITHHELD) from refusal
            raise

    return _first_that_opens(password.as_bytes(profile.passwords), items)


def _is_locked_7z(content: bytes) -> bool:
    try:
        return seven_zip.locked(content)
    except Refused:
        return False  # libarchive shall say what is wrong with it; it opens nothing that is encrypted


def _unlocked_7z(content: bytes, profile: Profile) -> list[Item]:
    return _first_that_opens(
        filter(None, profile.passwords), lambda secret: _items(seven_zip.opened(content, secret), _7Z, profile.limits)
    )


def _first_that_opens(secrets: Iterable[T], items: Callable[[T], Iterator[Item]]) -> list[Item]:
    """All members by the first password that opens every one."""
    tried = False
    for secret in password.in_time(secrets):
        tried = True
        try:
            return list(items(secret))
        except Refused as refusal:
            if refusal.reason not in (Reason.ENCRYPTED, Reason.CORRUPT):
                raise
    if tried:
        raise Refused(Reason.WRONG_PASSWORD, "no given password opens the archive", Verdict.LOCKED)
    raise Refused(Reason.ENCRYPTED, "members are encrypted", Verdict.LOCKED)


def _items(content: bytes, media_type: str, limits: Limits, secret: bytes = b"") -> Iterator[Item]:
    """What libarchive sees.  Sizes are counted as bytes come out; headers are not believed."""
    total, bound = 0, _bound(content, limits)
    try:
        options = _lzh_options(content) if media_type == _LZH else b""
        with _archive(content, FORMATS[media_type], secret, options) as archive:
            for entry in archive:
                name = _name(entry.pathname)
                sort = _sort(entry.filetype, bool(entry.linkpath))
                member = _read(archive, bound - total) if sort is Sort.FILE else b""
                total += len(member)
                yield Item((name,), sort, member)
    except ArchiveError as error:
        raise _refusal(error.msg or "") from error


def _lzh_options(content: bytes) -> bytes:
    """The first charset in which every name is text: libarchive takes a name that is none for the end of the archive."""
    for options in (f"hdrcharset={charset}".encode() for charset in _LZH_CHARSETS):
        try:
            with _archive(content, FORMATS[_LZH], options=options) as archive:
                for _ in archive:
                    pass
        except ArchiveError as error:
            if "cannot be converted" in (error.msg or ""):
                continue
        break
    return options


@contextmanager
def _archive(content: bytes, formats: tuple[str, ...], secret: bytes = b"", options: bytes = b"") -> Iterator[ArchiveRead]:
    pointer = ffi.read_new()
    try:
        if secret:
            ffi.read_add_passphrase(pointer, secret)
        for name in formats:
            _SUPPORT[name](pointer)
        if options:
            ffi.read_set_options(pointer, options)
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
    if any(words in message for words in ("nsupported", "unavailable", "not supported", "codec ID")):
        return Refused(Reason.NO_UNPACKER, message, Verdict.WITHHELD)
    return Refused(Reason.CORRUPT, message)
