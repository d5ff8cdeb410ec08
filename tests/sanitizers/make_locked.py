"""Archives that 7-Zip 26.02 made of one text file, locked with PASSWORD; nothing in Python's library writes these."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode

PASSWORD = "Abc表"
MEMBER = ("見積書.txt", "見積\n".encode())

# 7zz a -pAbc表 -mhe=on: encrypted headers
SEVEN_ZIP_WHOLE = b64decode(
    "N3q8ryccAASqbd7/gAAAAAAAAAAuAAAAAAAAAHK7FCFioSeGFinNfpzs5fsuG8xAj/UuLbyGgTzO9bfq+4yIy+jEcgmHyJqe/wzNf7kcZ0AdEWhy4Qx9"
    "6fwtlHzVm78AkGDvwCLJcNG6unHaiPew2EnfsBNbEPfJ3uEhEfj5LAvA47QA8Rxw7idKFlxJT8mnIwT48nzUERRs7acLSJHqBxcGEAEJcAAHCwEAASQG"
    "8QcBElMPJ7nDcgiTj+pV7QynOu5FiQxqCgGWgXdWAAA="
)
# 7zz a -pAbc表: LZMA2, then AES
SEVEN_ZIP = b64decode(
    "N3q8ryccAAS9E9YYEAAAAAAAAABqAAAAAAAAALCuCkGNjvqaZ5hQGjWC+705MC5MAQQGAAEJEAAHCwEAAiQG8QcBElMPnKAJdD/u4fJvjIomiS2qwSEh"
    "AQABAAwLBwAICgEIVKlXAAAFARkBABERAIuJTXr4Zi4AdAB4AHQAAAAZAgAAFAoBAFYbsQo1f90BFQYBACCApIEAAA=="
)
# 7zz a -m0=copy -pAbc表
SEVEN_ZIP_STORED = b64decode(
    "N3q8ryccAAQ0qe+oEAAAAAAAAABqAAAAAAAAAD4iwnRlwMC3DqYnV/jBC7peOAkkAQQGAAEJEAAHCwEAAiQG8QcBElMPuoSeRmY9uTp/jSzc1oTwqwEA"
    "AQAMBwcACAoBCFSpVwAABQEZAwAAABERAIuJTXr4Zi4AdAB4AHQAAAAZAgAAFAoBAFYbsQo1f90BFQYBACCApIEAAA=="
)
AES_PASSWORD = "Abc12"  # 7-Zip's ZIP takes ASCII only
# 7zz a -tzip -mem=AES256 -pAbc12
AES_ZIP = b64decode(
    "UEsDBDMAAQhjAIVkfF0AAAAAIwAAAAcAAAANAAsA6KaL56mN5pu4LnR4dAGZBwACAEFFAwAApWdNo1d0mcXnemSZuqLNHSyihVNrQwQke3XQhD4x5jXZ"
    "fwtQSwECPwMzAAEIYwCFZHxdAAAAACMAAAAHAAAADQAvAAAAAAAAACCApIEAAAAA6KaL56mN5pu4LnR4dAoAIAAAAAAAAQAYAFYbsQo1f90BAAAAAAAA"
    "AAAAAAAAAAAAAAGZBwACAEFFAwAAUEsFBgAAAAABAAEAagAAAFkAAAAAAA=="
)


def rar4(main: int = 0, file: int = 0, content: bytes = b"text") -> bytes:
    """One stored member; `main` and `file` are further flags of the two headers (technote.txt of RAR 4)."""

    def block(kind: int, flags: int, fields: bytes) -> bytes:
        header = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
        return struct.pack("<H", zlib.crc32(header) & 0xFFFF) + header

    fields = struct.pack("<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0, 20, 0x30, 5, 0x81A4) + b"a.txt"
    return (
        b"Rar!\x1a\x07\x00" + block(0x73, main, bytes(6)) + block(0x74, 0x8000 | file, fields) + content + block(0x7B, 0, b"")
    )


def rar5(main: int = 0, file: int = 0, extra: bytes = b"", first: bytes = b"", content: bytes = b"text") -> bytes:
    """One stored member; `extra` are records of its extra area, `first` is a block before all others."""

    def block(*fields: int, rest: bytes = b"") -> bytes:
        body = bytes(fields) + rest
        sized = bytes([len(body)]) + body
        return struct.pack("<I", zlib.crc32(sized)) + sized

    before = (2, 3 | file, len(extra), len(content)) if extra else (2, 2 | file, len(content))
    rest = struct.pack("<I", zlib.crc32(content)) + bytes([0, 1, 5]) + b"a.txt" + extra
    member = block(*before, 4, len(content), 0x20, rest=rest)
    start = block(4, 0, 0, 0, rest=bytes(17)) if first else b""
    return b"Rar!\x1a\x07\x01\x00" + start + block(1, 0, main) + member + content + block(5, 0, 0)
