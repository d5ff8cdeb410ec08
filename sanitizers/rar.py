"""What a RAR says of itself before anything is unpacked: encrypted, one of several volumes (RAR 4 and 5 technical notes).

libarchive's messages do not tell these surely, and no free library decrypts RAR.  Raises nothing: where the blocks end in
nonsense, what was read before counts, and who unpacks refuses the rest.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SIGN4, _SIGN5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
_BLOCK4 = struct.Struct("<HBHH")  # CRC, type, flags, size of the header
_MAIN4, _FILE4, _END4 = 0x73, 0x74, 0x7B
_LONG4 = 0x8000  # data follow the header, their size is its next field
_MAIN5, _FILE5, _CRYPT5, _END5 = 1, 2, 4, 5
_MANY = 20_000  # blocks


@dataclass(frozen=True, slots=True)
class Traits:
    encrypted: bool = False
    volume: bool = False


def look(content: bytes) -> Traits:
    encrypted = volume = False
    try:
        for more in _traits5(content) if content.startswith(_SIGN5) else _traits4(content):
            encrypted, volume = encrypted or more.encrypted, volume or more.volume
    except (struct.error, IndexError):
        pass  # cut off
    return Traits(encrypted, volume)


def _traits4(content: bytes) -> Iterator[Traits]:
    at = len(_SIGN4)
    for _ in range(_MANY):
        if at + _BLOCK4.size > len(content):
            return
        _, kind, flags, size = _BLOCK4.unpack_from(content, at)
        if kind == _MAIN4:
            yield Traits(bool(flags & 0x80), bool(flags & 0x01))
            if flags & 0x80:
                return  # all that follows is encrypted
        elif kind == _FILE4:
            yield Traits(bool(flags & 0x04), bool(flags & 0x03))
        elif kind == _END4 or size < _BLOCK4.size:
            return
        data = 0
        if flags & _LONG4 or kind == _FILE4:
            (data,) = struct.unpack_from("<I", content, at + _BLOCK4.size)
            if kind == _FILE4 and flags & 0x100:  # above 4 GB
                (high,) = struct.unpack_from("<I", content, at + 32)
                data |= high << 32
        at += size + data


def _traits5(content: bytes) -> Iterator[Traits]:
    at = len(_SIGN5)
    for _ in range(_MANY):
        if at >= len(content):
            return
        size, start = _vint(content, at + 4)
        kind, place = _vint(content, start)
        flags, place = _vint(content, place)
        extra, place = _vint(content, place) if flags & 0x01 else (0, place)
        data, place = _vint(content, place) if flags & 0x02 else (0, place)
        if kind == _CRYPT5:
            yield Traits(encrypted=True)
            return
        if kind == _MAIN5:
            yield Traits(volume=bool(_vint(content, place)[0] & 0x01))
        elif kind == _FILE5:
            area = content[start + size - extra : start + size] if extra else b""
            yield Traits(encrypted=0x01 in _records(area), volume=bool(flags & 0x18))
        elif kind == _END5:
            return
        at = start + size + data


def _records(area: bytes) -> frozenset[int]:
    """Kinds of the records in a header's extra area; 1 is encryption."""
    kinds, at = set[int](), 0
    while at < len(area):
        size, start = _vint(area, at)
        kinds.add(_vint(area, start)[0])
        at = start + max(size, 1)
    return frozenset(kinds)


def _vint(content: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where it ends."""
    value = 0
    for count in range(10):
        value |= (content[at + count] & 0x7F) << (7 * count)
        if not content[at + count] & 0x80:
            return value, at + count + 1
    raise IndexError("a number without end")
