"""LZH as Japanese tools write it: names in UTF-16 beside those in code page 932 (level 2), or in one charset only."""

from __future__ import annotations

import struct


def _header(kind: int, data: bytes) -> bytes:
    return struct.pack("<HB", len(data) + 3, kind) + data


def _lzh() -> bytes:
    folder, name = "テスト".encode("utf-16-le") + b"\xff\xff", "ソ表.txt".encode("utf-16-le")
    extended = _header(0x00, b"\0\0") + _header(0x46, struct.pack("<I", 932)) + _header(0x01, "ソ表.txt".encode("cp932"))
    extended += _header(0x44, name) + _header(0x45, folder)
    total = 24 + len(extended) + 2
    base = struct.pack("<H5sIII", total, b"-lh0-", 4, 4, 1_700_000_000) + b"\x20\x02" + struct.pack("<H", _crc16(b"text"))
    header = base + b"w" + extended + b"\0\0"
    at = len(base) + 1 + 3  # the checksum of the whole header stands in its first extension
    return header[:at] + struct.pack("<H", _crc16(header)) + header[at + 2 :] + b"text" + b"\0"


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def level_0(name: bytes, content: bytes = b"text") -> bytes:
    """One member, its name in a charset that nothing tells."""
    sizes = struct.pack("<IIIBBB", len(content), len(content), 0, 0x20, 0, len(name))
    header = b"-lh0-" + sizes + name + struct.pack("<H", _crc16(content))
    return bytes((len(header), sum(header) & 0xFF)) + header + content + b"\0"


UTF_16 = _lzh()
