"""JPEG segments (T.81 annex B), enough to tell what decodes to pixels from what does not.

For JPEG data that stays as it is inside a PDF; pictures of their own are decoded and encoded again (`recode`).
"""

from __future__ import annotations

import re

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # in entropy-coded data: neither stuffing nor restart (B.1.1.5)
_END = 0xD9
_ADOBE = 0xEE  # APP14: says whether the colours are YCbCr, CMYK or YCCK, so the picture needs it
_APPLICATION = frozenset({*range(0xE0, 0xF0), 0xFE}) - {_ADOBE}  # APPn (JFIF, EXIF, XMP, ICC, MPF) and COM


def bare(content: bytes) -> bytes:
    """The first picture in `content` without application segments, comments and what follows it.

    Returns `content` itself if it is not JPEG by its segments: then nothing can be told apart."""
    if content[:2] != b"\xff\xd8":
        return content
    kept, at = [content[:2]], 2
    while marker := _MARKER.search(content, at):
        code, after = content[marker.start() + 1], marker.end()
        kept.append(content[at : marker.start()])  # entropy-coded data, or nothing
        if code == _END:
            return b"".join([*kept, b"\xff\xd9"])
        at = after + int.from_bytes(content[after : after + 2], "big")
        if code not in _APPLICATION:
            kept.append(content[marker.start() : at])
    return content


def end(content: bytes) -> int:
    """Offset behind the end marker of the first picture; the length of `content` if there is none."""
    at = 2
    while marker := _MARKER.search(content, at):
        if content[marker.start() + 1] == _END:
            return marker.end()
        at = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2], "big")
    return len(content)
