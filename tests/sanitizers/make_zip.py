"""ZIP files that lie in one chosen field, for the strict reader's tests."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def plain(**members: bytes) -> bytes:
    """Deflated by the standard library; keyword `a_txt` becomes member a.txt."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def patched(content: bytes, sign: bytes, offset: int, value: bytes, which: int = 0) -> bytes:
    """`value` written `offset` bytes into the `which`-th record that starts with `sign`."""
    at = -1
    for _ in range(which + 1):
        at = content.index(sign, at + 1)
    return content[: at + offset] + value + content[at + offset + len(value) :]


def streamed(content: bytes, signature: bool, wide: bool = False) -> bytes:
    """One deflated member a.txt with a data descriptor, as a writer that cannot seek leaves it."""
    buffer = BytesIO(plain(a_txt=content))
    with zipfile.ZipFile(buffer) as archive:
        info = archive.infolist()[0]
    packed = buffer.getvalue()[35 : 35 + info.compress_size]
    sizes = (info.CRC, info.compress_size, info.file_size)
    local = struct.pack("<4s5H3I2H", LOCAL, 20, 8, 8, 0, 33, 0, 0, 0, 5, 0) + b"a.txt"
    descriptor = (b"PK\7\x08" if signature else b"") + struct.pack("<IQQ" if wide else "<III", *sizes)
    body = local + packed + descriptor
    central = struct.pack("<4s6H3I5H2I", CENTRAL, 20, 20, 8, 8, 0, 33, *sizes, 5, 0, 0, 0, 0, 0, 0) + b"a.txt"
    return body + central + struct.pack("<4s4H2IH", END, 0, 0, 1, 1, len(central), len(body), 0)


def zip64(content: bytes) -> bytes:
    """One stored member a.txt with every size and offset in ZIP64 fields."""
    full, size = 0xFFFFFFFF, len(content)
    extra = struct.pack("<2H2Q", 1, 16, size, size)
    local = struct.pack("<4s5H3I2H", LOCAL, 45, 0, 0, 0, 33, zlib.crc32(content), full, full, 5, len(extra)) + b"a.txt" + extra
    body = local + content
    wide = struct.pack("<2H3Q", 1, 24, size, size, 0)
    fields = (CENTRAL, 45, 45, 0, 0, 0, 33, zlib.crc32(content), full, full, 5, len(wide), 0, 0, 0, 0, full)
    central = struct.pack("<4s6H3I5H2I", *fields) + b"a.txt" + wide
    where = len(body) + len(central)
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(central), len(body))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, where, 1)
    return body + central + end64 + locator + struct.pack("<4s4H2IH", END, 0, 0, 0xFFFF, 0xFFFF, full, full, 0)
