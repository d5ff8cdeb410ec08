"""Where a picture ends by its own format: what follows is not picture (a polyglot's ZIP, a script, a second file).

Used for the report only: the rebuilt picture never contains a byte of the original, whatever this answers.  It
raises nothing; a structure that cannot be followed ends where it stops making sense.
"""

from __future__ import annotations

from sanitizers.image import jpeg


def end(content: bytes, format: str) -> int:
    """Offset of the first byte after the picture; the length of `content` where the format has no end (TIFF, JPEG 2000)."""
    ending = {"JPEG": jpeg.end, "MPO": jpeg.end, "PNG": _png, "GIF": _gif, "BMP": _bmp, "WEBP": _webp}.get(format)
    return min(ending(content), len(content)) if ending else len(content)


def _png(content: bytes) -> int:
    at = 8
    while at + 12 <= len(content):
        size, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        at += 12 + size
        if name == b"IEND":
            return at
    return len(content)


def _gif(content: bytes) -> int:
    """GIF89a: blocks up to the trailer 0x3B."""
    at = 13 + _gif_table(content, 10)
    while at < len(content) and content[at] in b"\x21\x2c":
        at += 2 if content[at] == 0x21 else 11 + _gif_table(content, at + 9)
        while at < len(content) and content[at]:
            at += 1 + content[at]
        at += 1
    return at + 1


def _gif_table(content: bytes, flags_at: int) -> int:
    flags = content[flags_at] if flags_at < len(content) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _bmp(content: bytes) -> int:
    return int.from_bytes(content[2:6], "little") or len(content)


def _webp(content: bytes) -> int:
    size = int.from_bytes(content[4:8], "little")
    return 8 + size + size % 2
