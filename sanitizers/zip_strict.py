"""ZIP containers: a reader that accepts only what every other reader sees alike, and a deterministic writer.

The structure is read three times over (end record, central directory, local headers) and all three must agree and
cover the file from its first byte to its last: no prefix, no gap, no overlap, no second directory (security.md F5,
F6; APPNOTE 6.3.10).  `read` raises `Refused`: CORRUPT, AMBIGUOUS, UNDECRYPTABLE, SPLIT_VOLUME or LIMIT_*.
Content is inflated by `Member.read` (ENCRYPTED), to exactly the declared size.  What a path may be, and what a member is, is
decided elsewhere.
"""

from __future__ import annotations

import codecs
import stat
import struct
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from isal import isal_zlib

from sanitizers.model import Limits, Reason, Refused, Verdict

STORED, DEFLATED, AES = 0, 8, 99

_LOCAL = struct.Struct("<4s5H3I2H")  # 4.3.7
_CENTRAL = struct.Struct("<4s6H3I5H2I")  # 4.3.12
_END = struct.Struct("<4s4H2IH")  # 4.3.16
_END64 = struct.Struct("<4sQ2H2I4Q")  # 4.3.14
_LOCATOR64 = struct.Struct("<4sIQI")  # 4.3.15
_LOCAL_SIGN, _CENTRAL_SIGN, _END_SIGN = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_END64_SIGN, _LOCATOR64_SIGN, _DESCRIPTOR_SIGN = b"PK\6\6", b"PK\6\7", b"PK\7\x08"
_ENCRYPTED, _DESCRIPTOR, _STRONG, _UTF8, _MASKED = 1 << 0, 1 << 3, 1 << 6, 1 << 11, 1 << 13
_AGREED = _ENCRYPTED | _STRONG | _MASKED  # flags that local and central header must share; UTF-8 only where it matters
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ZIP64_EXTRA, _UNICODE_PATH_EXTRA = 0x0001, 0x7075
_RATIO_FLOOR = 1 << 20  # below 1 MiB unpacked no ratio is a bomb
_LINE_BREAKS = (b"", b"\n", b"\r\n")
_MEMBER_FLOOR = 8 << 20  # nor is a screen of one colour (BMP, EMF), 600 to 1, in an archive that itself unpacks as others do
_1980 = (1 << 5) | 1  # MS-DOS date 1980-01-01, the smallest there is
_PACKED_ALREADY = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".docx", ".xlsx", ".pptx", ".zip")

for _legacy in ("cp932", "cp437"):
    codecs.lookup(_legacy)  # loaded now: a locked worker can open no file


@dataclass(frozen=True, slots=True)
class Member:
    """One entry.  `name` is decoded and NFC, still a path as the sender wrote it; sizes in bytes."""

    name: str
    raw_name: bytes
    size: int
    encrypted: bool
    is_directory: bool
    is_regular: bool  # false for symbolic links and devices
    method: int
    other_name: str  # the Info-ZIP Unicode Path when it says something else, or ""
    packed: memoryview = field(repr=False)
    crc: int = field(repr=False)

    def read(self) -> bytes:
        """The content: exactly `size` bytes with the right CRC-32, or `Refused`."""
        if self.encrypted:
            raise Refused(Reason.ENCRYPTED, f"{self.name!r} is encrypted", Verdict.LOCKED)
        content = bytes(self.packed) if self.method == STORED else self._inflate()
        if len(content) != self.size or isal_zlib.crc32(content) != self.crc:
            raise Refused(Reason.CORRUPT, f"{self.name!r}: size or checksum is wrong")
        return content

    def head(self, size: int) -> bytes:
        """The first bytes, unchecked: enough to see what kind of part it is."""
        if self.encrypted or self.method != DEFLATED:
            return self.read()[:size]
        try:
            return bytes(isal_zlib.decompressobj(wbits=-15).decompress(self.packed, max_length=size))
        except isal_zlib.error as error:  # type: ignore[misc]  # isal has no stubs
            raise Refused(Reason.CORRUPT, f"{self.name!r}: {error}") from error

    def _inflate(self) -> bytes:
        if self.method != DEFLATED:
            raise Refused(Reason.CORRUPT, f"{self.name!r}: compression method {self.method}")
        inflater = isal_zlib.decompressobj(wbits=-15)
        try:
            content: bytes = inflater.decompress(self.packed, max_length=self.size + 1)  # one more, to see a lie
        except isal_zlib.error as error:  # type: ignore[misc]  # isal has no stubs
            raise Refused(Reason.CORRUPT, f"{self.name!r}: {error}") from error
        if not inflater.eof or inflater.unused_data:
            raise Refused(Reason.CORRUPT, f"{self.name!r}: the stream does not end where its header says")
        return content


@dataclass(frozen=True, slots=True)
class _End:
    """Where the central directory lies, and how many entries it has."""

    entries: int
    size: int
    start: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """One central header."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int  # of the local header
    mode: int  # Unix st_mode, 0 when the writer was not Unix
    unicode_path: str


def read(content: bytes, limits: Limits) -> tuple[Member, ...]:
    """All members in the order of the central directory."""
    end = _end(content)
    if end.entries > limits.zip_entries:
        raise Refused(Reason.LIMIT_PARTS, f"{end.entries} entries, limit {limits.zip_entries}")
    entries = _entries(content, end)
    _bound(entries, len(content), limits)
    data = _locate(content, entries, end.start)
    members = tuple(_member(content, entry, at) for entry, at in zip(entries, data, strict=True))
    _distinct(members)
    return members


def _unpack(layout: struct.Struct, content: bytes, at: int, sign: bytes) -> tuple[int, ...]:
    if at < 0 or at + layout.size > len(content):
        raise Refused(Reason.CORRUPT, "a ZIP record lies outside the file")
    found, *fields = layout.unpack_from(content, at)
    if found != sign:
        raise Refused(Reason.CORRUPT, f"no {sign!r} at {at}")
    return tuple(fields)


def _end(content: bytes) -> _End:
    """The one end record; it must be the last thing in the file, but for the line break of a download."""
    at = content.rfind(_END_SIGN, max(0, len(content) - _END.size - _FULL16))
    if at < 0:
        raise Refused(Reason.CORRUPT, "no end of central directory")
    disk, start_disk, here, entries, size, start, comment = _unpack(_END, content, at, _END_SIGN)
    if at + _END.size + comment > len(content) or content[at + _END.size + comment :] not in _LINE_BREAKS:
        raise Refused(Reason.AMBIGUOUS, "bytes after the end of central directory")
    records = at
    if content[at - _LOCATOR64.size : at].startswith(_LOCATOR64_SIGN):
        records, (disk, start_disk, here, entries, size, start) = _end64(
            content, at, (disk, start_disk, here, entries, size, start)
        )
    if disk or start_disk or here != entries:
        raise Refused(Reason.SPLIT_VOLUME, "one volume of a split archive", Verdict.WITHHELD)
    if start + size != records:
        raise Refused(Reason.AMBIGUOUS, "the central directory is not where the end record says")
    return _End(entries, size, start)


def _end64(content: bytes, end: int, short: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Start of the ZIP64 record, and its fields; each short field must be the same or all ones (4.4.1.4)."""
    _, at, disks = _unpack(_LOCATOR64, content, end - _LOCATOR64.size, _LOCATOR64_SIGN)
    length, _, _, *wide = _unpack(_END64, content, at, _END64_SIGN)
    if length > _END64.size - 12:  # version 2 of the record exists for an encrypted directory only (7.3.4)
        raise Refused(Reason.UNDECRYPTABLE, "the central directory is encrypted", Verdict.LOCKED)
    if disks > 1 or at + 12 + length != end - _LOCATOR64.size or length != _END64.size - 12:
        raise Refused(Reason.AMBIGUOUS, "ZIP64 end records do not join")
    fulls = (_FULL16, _FULL16, _FULL16, _FULL16, _FULL32, _FULL32)
    if any(narrow not in (full, value) for narrow, full, value in zip(short, fulls, wide, strict=True)):
        raise Refused(Reason.AMBIGUOUS, "ZIP64 and classic end record disagree")
    return at, tuple(wide)


def _entries(content: bytes, end: _End) -> list[_Entry]:
    entries, at = [], end.start
    for _ in range(end.entries):
        entry, at = _entry(content, at)
        entries.append(entry)
    if at != end.start + end.size:
        raise Refused(Reason.AMBIGUOUS, "the central directory holds more or less than its entries")
    return entries


def _entry(content: bytes, at: int) -> tuple[_Entry, int]:
    made_by, _, flags, method, _, _, crc, packed, size, name, extra, comment, disk, _, attributes, start = _unpack(
        _CENTRAL, content, at, _CENTRAL_SIGN
    )
    name_at = at + _CENTRAL.size
    raw_name = content[name_at : name_at + name]
    extras = dict(_extras(content[name_at + name : name_at + name + extra]))
    size, packed, start, disk = _widened(extras.get(_ZIP64_EXTRA, b""), ((size, 8), (packed, 8), (start, 8), (disk, 4)))
    if disk:
        raise Refused(Reason.SPLIT_VOLUME, "one volume of a split archive", Verdict.WITHHELD)
    if flags & (_MASKED | _STRONG):  # 7.2: PKWARE's own, which nothing free opens
        raise Refused(Reason.UNDECRYPTABLE, "strong encryption", Verdict.LOCKED)
    mode = attributes >> 16 if made_by >> 8 in (3, 19) else 0  # 3 = Unix, 19 = macOS
    unicode_path = _unicode_path(extras.get(_UNICODE_PATH_EXTRA, b""), raw_name)
    entry = _Entry(raw_name, flags, method, crc, packed, size, start, mode, unicode_path)
    return entry, name_at + name + extra + comment


def _extras(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Header ID and data (4.5).  Up to three stray bytes are alignment padding, as zipalign writes it."""
    at = 0
    while at + 4 <= len(block):
        kind, length = struct.unpack_from("<HH", block, at)
        if at + 4 + length > len(block):
            raise Refused(Reason.CORRUPT, "an extra field overflows")
        yield kind, block[at + 4 : at + 4 + length]
        at += 4 + length


def _widened(extra: bytes, fields: tuple[tuple[int, int], ...]) -> list[int]:
    """The fields, those that are all ones replaced from the ZIP64 extra field in order (4.5.3)."""
    values, at = [], 0
    for value, width in fields:
        if value == (_FULL32 if width == 8 else _FULL16):
            if at + width > len(extra):
                raise Refused(Reason.CORRUPT, "the ZIP64 extra field is too short")
            value = int.from_bytes(extra[at : at + width], "little")
            at += width
        values.append(value)
    return values


def _unicode_path(extra: bytes, raw_name: bytes) -> str:
    """Info-ZIP Unicode Path (4.6.9), or "" when it is absent or belongs to another name."""
    if len(extra) < 6 or extra[0] != 1 or int.from_bytes(extra[1:5], "little") != isal_zlib.crc32(raw_name):
        return ""
    return _text(extra[5:], _UTF8)


def _bound(entries: list[_Entry], length: int, limits: Limits) -> None:
    """Sizes by the headers; `Member.read` makes sure that they do not lie."""
    total = sum(entry.size for entry in entries)
    if total > limits.total_bytes:
        raise Refused(Reason.LIMIT_SIZE, f"{total} bytes unpacked, limit {limits.total_bytes}")
    if total > _RATIO_FLOOR and total > limits.ratio * length:
        raise Refused(Reason.LIMIT_RATIO, f"unpacks to {total // length} times its size, limit {limits.ratio}")
    for entry in entries:
        if entry.size > _MEMBER_FLOOR and entry.size > limits.ratio * max(entry.packed, 1):
            raise Refused(Reason.LIMIT_RATIO, f"a member unpacks to {entry.size // max(entry.packed, 1)} times its size")


def _locate(content: bytes, entries: list[_Entry], directory: int) -> list[int]:
    """Where each member's data starts.  Together the members must fill the file up to the central directory."""
    data, expected = [0] * len(entries), 0
    for index in sorted(range(len(entries)), key=lambda i: entries[i].start):
        entry = entries[index]
        if entry.start != expected:
            raise Refused(Reason.AMBIGUOUS, "members overlap, or bytes lie between them")
        data[index], expected = _data(content, entry)
        if expected > directory:
            raise Refused(Reason.CORRUPT, "a member runs into the central directory")
    if expected != directory:
        raise Refused(Reason.AMBIGUOUS, "bytes between the last member and the central directory")
    return data


def _data(content: bytes, entry: _Entry) -> tuple[int, int]:
    """Start of the data and end of the whole member; the local header must say what the central one says."""
    _, flags, method, _, _, crc, packed, size, name, extra = _unpack(_LOCAL, content, entry.start, _LOCAL_SIGN)
    name_at = entry.start + _LOCAL.size
    if _FULL32 in (size, packed):  # a local ZIP64 field always has both (4.5.3); other local extra fields say nothing here
        extras = dict(_extras(content[name_at + name : name_at + name + extra]))
        size, packed = _widened(extras.get(_ZIP64_EXTRA, b""), ((size, 8), (packed, 8)))
    agreed = _AGREED if entry.raw_name.isascii() else _AGREED | _UTF8
    local = (content[name_at : name_at + name], flags & agreed, method)
    if local != (entry.raw_name, entry.flags & agreed, entry.method):
        raise Refused(Reason.AMBIGUOUS, "local and central header disagree")
    told, central = (crc, packed, size), (entry.crc, entry.packed, entry.size)
    deferred = bool(flags & _DESCRIPTOR)
    if any(here != there and not (deferred and here == 0) for here, there in zip(told, central, strict=True)):
        raise Refused(Reason.AMBIGUOUS, "local and central sizes disagree")
    start = name_at + name + extra
    return start, _after(content, start + entry.packed, central) if deferred else start + entry.packed


def _after(content: bytes, at: int, central: tuple[int, int, int]) -> int:
    """End of the data descriptor (4.3.9): with or without signature, sizes of four or eight bytes."""
    for sign in (_DESCRIPTOR_SIGN, b""):
        for layout in ("<III", "<IQQ"):
            expected = sign + struct.pack(layout, *central) if max(central) <= _FULL32 or layout == "<IQQ" else b""
            if expected and content.startswith(expected, at) and _joins(content, at + len(expected)):
                return at + len(expected)
    raise Refused(Reason.AMBIGUOUS, "no data descriptor that agrees with the central directory")


def _joins(content: bytes, at: int) -> bool:
    """Does another record start here?  Tells a short descriptor of an empty member from a long one."""
    return content.startswith((_LOCAL_SIGN, _CENTRAL_SIGN), at)


def _member(content: bytes, entry: _Entry, data: int) -> Member:
    name = _text(entry.raw_name, entry.flags)
    encrypted = bool(entry.flags & (_ENCRYPTED | _STRONG))
    is_directory = name.endswith(("/", "\\"))
    if is_directory and entry.size:
        raise Refused(Reason.AMBIGUOUS, "a directory with content")
    if entry.method == STORED and not encrypted and entry.packed != entry.size:
        raise Refused(Reason.CORRUPT, f"{name!r}: stored, but packed and unpacked size differ")
    other_name = entry.unicode_path if entry.unicode_path != name else ""
    is_regular = stat.S_IFMT(entry.mode) in (0, stat.S_IFREG) and not is_directory
    packed = memoryview(content)[data : data + entry.packed]
    return Member(
        name, entry.raw_name, entry.size, encrypted, is_directory, is_regular, entry.method, other_name, packed, entry.crc
    )


def decode_name(raw: bytes) -> str:
    """A name of unknown charset (J11), as a Japanese sender most probably wrote it; never raises."""
    return unicodedata.normalize("NFC", raw.decode(_charset(raw)))


def _text(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8") if flags & _UTF8 else decode_name(raw)
    except UnicodeDecodeError:
        raise Refused(Reason.AMBIGUOUS, "a member's name is not the UTF-8 it claims to be") from None
    if not name or "\0" in name:
        raise Refused(Reason.AMBIGUOUS, "a member without name, or NUL in a name")
    return unicodedata.normalize("NFC", name)


def _charset(raw: bytes) -> str:
    """Archive Utility of macOS writes UTF-8 unflagged; Explorer CP932; others the PC's own CP437, which takes any byte.

    A character from U+0800 on (three bytes) proves UTF-8: shorter ones also occur in runs of half-width kana."""
    for charset in ("utf-8", "cp932"):
        try:
            name = raw.decode(charset)
        except UnicodeDecodeError:
            continue
        if charset == "cp932" or name.isascii() or any(char >= "\u0800" for char in name):
            return charset
    return "cp437"


def _distinct(members: tuple[Member, ...]) -> None:
    """Windows would write one over the other, and two readers would keep different ones."""
    names = [m.name.replace("\\", "/").rstrip("/").casefold() for m in members]
    if len(set(names)) != len(names):
        raise Refused(Reason.AMBIGUOUS, "two members have the same name")


def is_packed(name: str) -> bool:
    """Is deflating this again a waste?"""
    return name.lower().endswith(_PACKED_ALREADY)


@dataclass(frozen=True, slots=True)
class Packed:
    """A content as it will stand in an archive: what is large need not wait unpacked."""

    method: int
    crc: int
    size: int
    packed: bytes = field(repr=False)
    extra: bytes = b""  # extra fields; of method AES they say how it is locked


def write(members: Iterable[tuple[str, bytes | Packed]], stored: Callable[[str], bool] = is_packed) -> bytes:
    """A new archive, the same bytes for the same members: fixed date, no extra field but the members' own, no comment.

    A name ending in "/" is a directory.  Raises `ValueError` for what only ZIP64 could hold; limits are far below."""
    body, directory, count = bytearray(), bytearray(), 0
    for count, (name, content) in enumerate(members, 1):
        raw_name, start = name.encode(), len(body)
        member = content if isinstance(content, Packed) else pack(content, stored(name))
        packed, extra, is_aes = member.packed, member.extra, member.method == AES
        flags, version = (0 if name.isascii() else _UTF8) | (_ENCRYPTED if is_aes else 0), 51 if is_aes else 20  # 4.4.3.2
        fields = (flags, member.method, 0, _1980, member.crc, len(packed), member.size, len(raw_name), len(extra))
        if start + len(packed) >= _FULL32 - _FULL16 or count >= _FULL16:
            raise ValueError("too large for a ZIP without ZIP64")
        body += _LOCAL.pack(_LOCAL_SIGN, version, *fields) + raw_name + extra + packed
        directory += _CENTRAL.pack(_CENTRAL_SIGN, version, version, *fields, 0, 0, 0, 0, start) + raw_name + extra
    end = _END.pack(_END_SIGN, 0, 0, count, count, len(directory), len(body), 0)
    body += directory + end
    return bytes(body)


def pack(content: bytes, stored: bool = False) -> Packed:
    crc, size = isal_zlib.crc32(content), len(content)
    if not stored and content:
        deflater = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)  # level 1: 12 times as fast as zlib's 6, 23 % larger
        packed = deflater.compress(content) + deflater.flush()
        if len(packed) < size:
            return Packed(DEFLATED, crc, size, packed)
    return Packed(STORED, crc, size, content)
