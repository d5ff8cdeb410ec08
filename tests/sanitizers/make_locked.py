"""Locked files for tests: archives that 7-Zip 26.02 made of one text file with PASSWORD, and Office documents made here."""

from __future__ import annotations

import hashlib
import struct
import zlib
from base64 import b64decode
from io import BytesIO

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.format.ooxml import OOXMLFile
from olefile import OleFileIO

from samples.compound import compound

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


def agile(package: bytes, password: str) -> bytes:
    """[MS-OFFCRYPTO] 2.3.4.10, of a package of any size, by msoffcrypto.

    Its writer destroys a package under 4,096 bytes: it lays the two streams over one another in the OLE file.
    So a longer one is locked and cut: blocks of 16 bytes depend only on those before them, and the first number is the size."""
    sealed = BytesIO()
    OOXMLFile(BytesIO(package + bytes(8_192))).encrypt(password, sealed)
    with OleFileIO(sealed) as ole:
        info, locked = (ole.openstream(name).read() for name in ("EncryptionInfo", "EncryptedPackage"))
    cut = struct.pack("<Q", len(package)) + locked[8 : 8 + -(-len(package) // 16) * 16]
    return compound({"EncryptionInfo": info, "EncryptedPackage": cut})


def standard(package: bytes, password: str) -> bytes:
    """[MS-OFFCRYPTO] 2.3.4.5: AES-128 in ECB mode, as Office 2007 locks; written from the specification."""

    def sha1(*parts: bytes) -> bytes:
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).digest()

    salt = bytes(range(16))
    digest = sha1(salt, password.encode("utf-16-le"))
    for number in range(50_000):
        digest = sha1(number.to_bytes(4, "little"), digest)
    digest = sha1(digest, bytes(4))
    padded = bytes(a ^ b for a, b in zip(digest.ljust(64, b"\0"), b"\x36" * 64, strict=True))
    aes = Cipher(algorithms.AES(sha1(padded)[:16]), modes.ECB())

    def locked(content: bytes) -> bytes:
        return aes.encryptor().update(content.ljust(-(-len(content) // 16) * 16, b"\0"))

    provider = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + provider
    verifier = (
        struct.pack("<I", 16) + salt + locked(b"sixteen verifier") + struct.pack("<I", 20) + locked(sha1(b"sixteen verifier"))
    )
    info = struct.pack("<HHII", 4, 2, 0x24, len(header)) + header + verifier
    return compound({"EncryptionInfo": info, "EncryptedPackage": struct.pack("<Q", len(package)) + locked(package)})


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
