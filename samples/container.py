"""ZIP files by hand: CP932 names, links, climbing paths, bombs, nesting, ZipCrypto (formats.md 8, F3-F9, J11, J12)."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from samples import office, portable
from samples.package import zipped
from samples.sample import Sample, canary

PASSWORD = "kuni-2026"
_UTF8 = 1 << 11


@dataclass(frozen=True, slots=True)
class Entry:
    """One member exactly as it is to be written: the name's bytes, the packed content."""

    raw_name: bytes
    content: bytes = field(repr=False)
    flags: int = 0
    mode: int = 0
    password: bytes = b""


def raw_zip(*entries: Entry) -> bytes:
    """Names and flags are written as given, deflated, encrypted with ZipCrypto where there is a password."""
    body, directory = bytearray(), bytearray()
    for entry in entries:
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed, checksum = deflater.compress(entry.content) + deflater.flush(), zlib.crc32(entry.content)
        flags = entry.flags | bool(entry.password)
        if entry.password:
            packed = _encrypted(bytes(11) + bytes([checksum >> 24]) + packed, entry.password)
        common = struct.pack("<4H3I2H", flags, 8, 0, 33, checksum, len(packed), len(entry.content), len(entry.raw_name), 0)
        header = struct.pack("<4s2H", b"PK\1\2", (3 << 8) + 20, 20) + common
        directory += header + struct.pack("<3H2I", 0, 0, 0, entry.mode << 16, len(body)) + entry.raw_name
        body += struct.pack("<4sH", b"PK\3\4", 20) + common + entry.raw_name + packed
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return bytes(body + directory + end)


def _encrypted(content: bytes, password: bytes) -> bytes:
    """APPNOTE 6.1: the cipher that PPAP mail uses."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = _crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc(keys[2], keys[1] >> 24)

    for byte in password:
        update(byte)
    out = bytearray()
    for byte in content:
        mask = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (mask * (mask ^ 1) >> 8) & 0xFF)
        update(byte)
    return bytes(out)


def _crc(crc: int, byte: int) -> int:
    return zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def encrypted_zip() -> bytes:
    return raw_zip(Entry("見積書.docx".encode("cp932"), office.document().build(), password=PASSWORD.encode()))


def japanese_zip() -> bytes:
    """CP932 without flag; the second byte of ソ, 表 and 能 is a backslash (J11)."""
    names = ("調査表/ソフト一覧表.docx", "調査表/可能性.pdf")
    return raw_zip(
        Entry(names[0].encode("cp932"), office.document().build()),
        Entry(names[1].encode("cp932"), portable.document()),
    )


def _nested(depth: int, innermost: bytes) -> bytes:
    content = innermost
    for level in range(depth):
        content = zipped({f"level{level}.{'zip' if level else 'docx'}": content})
    return content


def samples() -> Iterator[Sample]:
    plain = office.document().build()
    yield Sample("japanese/cp932-names.zip", "J11", "member names in CP932", japanese_zip(), verdict="CLEAN")
    unflagged = raw_zip(Entry("か\u3099い要.docx".encode(), plain))
    yield Sample("japanese/macos-names.zip", "J11", "UTF-8 without flag, decomposed", unflagged, verdict="CLEAN")
    yield Sample("japanese/ppap.zip", "J12", f"ZipCrypto, password {PASSWORD}", encrypted_zip(), verdict="LOCKED")
    yield Sample("benign/nested.zip", "F6", "three levels", _nested(3, plain), verdict="CLEAN")
    mark = canary("zip/macro-inside.zip")
    inside = _nested(2, office.macro_document(mark).build())
    yield Sample("hostile/zip/macro-inside.zip", "D2", "macro document two levels down", inside, mark)
    yield Sample("hostile/zip/too-deep.zip", "F6", "eight levels", _nested(8, plain), verdict="FAILED")
    yield Sample("hostile/zip/bomb.zip", "F6", "50 MB of zeros", zipped({"zero.bin": bytes(50 << 20)}), verdict="FAILED")
    mark = canary("zip/link.zip")
    link = raw_zip(Entry(b"plan.docx", plain), Entry(b"link.txt", f"/etc/{mark}".encode(), mode=stat.S_IFLNK | 0o777))
    yield Sample("hostile/zip/link.zip", "F9", "symbolic link", link, mark)
    mark = canary("zip/program.zip")
    program = zipped({"plan.docx": plain, "setup.exe": b"MZ" + bytes(62) + mark.encode() + bytes(200)})
    yield Sample("hostile/zip/program.zip", "F10", "a program beside a document", program, mark, "WITHHELD")
    climbing = raw_zip(*(Entry(name, plain) for name in (b"../../a.docx", b"/b.docx", b"C:\\c.docx", b"..\\d.docx")))
    yield Sample("hostile/zip/climbing.zip", "F3", "paths that lead out", climbing)
    twice = raw_zip(Entry(b"a.docx", plain), Entry(b"A.docx", plain))
    yield Sample("hostile/zip/same-name.zip", "F5", "two members, one name", twice, verdict="FAILED")
    yield Sample(
        "hostile/zip/prefix.zip", "F4", "bytes before the first member", b"GIF89a" + zipped({"a.docx": plain}), verdict=""
    )
    yield Sample("hostile/zip/plan.tar.gz", "F9", "tar with a device", _tar(plain))


def _tar(plain: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo("plan.docx")
        member.size = len(plain)
        archive.addfile(member, io.BytesIO(plain))
        device = tarfile.TarInfo("null")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    content = buffer.getvalue()
    return content[:4] + bytes(4) + content[8:]  # without the time of making
