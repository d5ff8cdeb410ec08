"""A ZIP file that is the same bytes for the same contents: stored, in the order given, every time field the same.

So that equal contents have one hash, and so that reading one back needs no parser: `read` knows exactly what `archive` writes
and refuses everything else.  APPNOTE 6.3.10, 4.3; no ZIP64.  Raises ValueError.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

_LARGEST = (1 << 32) - (1 << 20)
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
# version needed 2.0, no flags, stored, 00:00, 1980-01-01: the first moment that the format knows
_COMMON = struct.pack("<HHHHH", 20, 0, 0, 0, 0x21)
_MADE_BY = struct.pack("<H", 3 << 8 | 20)  # Unix, so that the mode below counts
_MODE = 0o100600 << 16


def archive(files: Mapping[str, bytes]) -> bytes:
    if sum(map(len, files.values())) > _LARGEST:
        raise ValueError("more than 4 GB; choose a shorter period")
    body, directory = bytearray(), bytearray()
    for name, content in files.items():
        encoded, offset = name.encode("ascii"), len(body)
        sizes = struct.pack("<IIIHH", zlib.crc32(content), len(content), len(content), len(encoded), 0)
        body += _LOCAL + _COMMON + sizes + encoded + content
        rest = struct.pack("<HHHII", 0, 0, 0, _MODE, offset)
        directory += _CENTRAL + _MADE_BY + _COMMON + sizes + rest + encoded
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return bytes(body + directory + _END + end)


def read(content: bytes) -> dict[str, bytes]:
    """What `archive` wrote, and nothing else: written again it must be the same bytes."""
    files: dict[str, bytes] = {}
    at = 0
    while content[at : at + 4] == _LOCAL:
        try:
            _, size, _, name_size, extra = struct.unpack_from("<IIIHH", content, at + 14)
        except struct.error as short:
            raise ValueError("the file is cut off") from short
        start = at + 30 + name_size + extra
        name = content[at + 30 : at + 30 + name_size].decode("ascii", "backslashreplace")
        if name in files:
            raise ValueError(f"{name} is there twice")
        files[name] = content[start : start + size]
        at = start + size
    try:
        same = archive(files) == content
    except UnicodeError:
        same = False
    if not files or not same:
        raise ValueError("not an evidence pack as Mugai writes it")
    return files
