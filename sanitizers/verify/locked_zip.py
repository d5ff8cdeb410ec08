"""A ZIP that a password opens, opened again: AES-256 on each member, and in each exactly an accepted part (SD-02).

`zipfile` reads the structure, libarchive the contents; neither wrote it.  A member of another name, another order, without a
lock or with a weaker one is objected to.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from libarchive.read import memory_reader

from sanitizers.verify import naming

_AES = 99
_AE2_256 = (  # https://www.winzip.com/en/support/aes-encryption/: AE-2, 256 bits, deflated inside
    b"\x01\x99\x07\x00\x02\x00AE\x03\x08\x00"
)


def locked_zip(content: bytes, names: tuple[str, ...], digests: frozenset[str], password: str) -> Iterator[str]:
    yield from _structure(content, names)
    opened = 0
    with memory_reader(content, "zip", "none", password.encode("ascii"), "ascii") as archive:
        for number, entry in enumerate(archive):
            opened += 1
            if not naming.accepted_as(b"".join(entry.get_blocks()), digests):
                yield f"member {number}: not an accepted part"
    if opened != len(names):
        yield f"{opened} members can be opened, not {len(names)}"


def _structure(content: bytes, names: tuple[str, ...]) -> Iterator[str]:
    if not content.startswith(b"PK\3\4") or content[-22:-18] != b"PK\5\6" or content[-2:] != b"\0\0":
        yield "not exactly one ZIP without comment"
    expected = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if tuple(member.filename for member in members) != names or len({n.casefold() for n in names}) != len(names):
            yield "other names than those of the parts, or one twice"
        for member in members:
            raw_name = member.filename.encode()
            if member.header_offset != expected:
                yield f"{member.filename!r}: members overlap or leave a gap"
            expected = member.header_offset + 30 + len(raw_name) + len(_AE2_256) + member.compress_size
            flags = 0x1 if member.filename.isascii() else 0x801
            if (member.flag_bits, member.compress_type, member.extra, member.CRC) != (flags, _AES, _AE2_256, 0):
                yield f"{member.filename!r}: not locked by AES-256"
            if member.comment or member.external_attr or {"/", "\\", ":"} & set(member.filename):
                yield f"{member.filename!r}: comment, attributes or a path"
        if archive.start_dir != expected:
            yield "bytes before the central directory"
