"""What an archive may be cut into or wrapped in: a volume of a split one, a program that unpacks itself.

Only for the reason that people read: neither is delivered.  Raises nothing.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable

_VOLUME = re.compile(r"\.(?:z\d\d|r\d\d|part\d{1,4}\.rar|(?:zip|7z|rar|lzh|tar|cab)?\.?\d{3})$", re.IGNORECASE)
_SPANNED = b"PK\x07\x08"  # APPNOTE 8.5.3: begins the first of several
_END = struct.Struct("<4s4H2IH")  # APPNOTE 4.3.16
_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF\0\0\0\0", b"PK\x03\x04", b"-lh", b"!@Install@")
_OVERLAY = 4_096  # bytes after the program in which its archive begins: configuration texts come before it


def is_volume(content: bytes, names: Iterable[str]) -> bool:
    """Is this one of several pieces?  By its own marks, or by a name that only a piece has."""
    return content.startswith(_SPANNED) or _ends_elsewhere(content) or any(_VOLUME.search(name) for name in names)


def _ends_elsewhere(content: bytes) -> bool:
    """The last volume of a split ZIP knows its number (4.4.19)."""
    at = content.rfind(b"PK\5\6", max(0, len(content) - _END.size - 0xFFFF))
    if at < 0 or at + _END.size > len(content):
        return False
    _, disk, start, *_, comment = _END.unpack_from(content, at)
    return bool(at + _END.size + comment == len(content) and 0 < disk < 0xFFFF and start <= disk)


def is_self_extracting(content: bytes) -> bool:
    """A Windows program with an archive behind its last section."""
    try:
        (pe,) = struct.unpack_from("<I", content, 0x3C)
        count, optional = struct.unpack_from("<6xH12xH", content, pe)
        if content[pe : pe + 4] != b"PE\0\0" or count > 96:  # the most that Windows loads
            return False
        table = pe + 24 + optional
        sections = (struct.unpack_from("<II", content, table + 40 * number + 16) for number in range(count))
        end = max((start + size for size, start in sections), default=0)
    except struct.error:
        return False
    head = content[end : end + _OVERLAY]
    return 0 < end < len(content) and any(sign in head for sign in _ARCHIVES)
