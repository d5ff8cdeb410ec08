"""The compression of RTF bodies in MAPI (MS-OXRTFCP): LZ77 over a ring of 4,096 bytes.  Raises Refused."""

from __future__ import annotations

import struct

from sanitizers.model import Reason, Refused

_HEADER = struct.Struct("<IIII")  # size of the rest, size of the text, kind, checksum
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D  # "LZFu", "MELA"
_RING = 4096
_PRIMED = (  # MS-OXRTFCP 2.1.2.1: what the ring holds at the beginning
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier"
    b"{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def expanded(content: bytes, limit: int) -> bytes:
    """The RTF text, at most `limit` bytes.  A stream that is cut off gives what there is."""
    if len(content) < _HEADER.size:
        raise Refused(Reason.CORRUPT, "compressed RTF without a header")
    _, size, kind, _ = _HEADER.unpack_from(content)
    if size > limit:
        raise Refused(Reason.LIMIT_SIZE, f"an RTF body of {size} bytes")
    if kind == _PLAIN:
        return content[_HEADER.size :][:size]
    if kind != _COMPRESSED:
        raise Refused(Reason.CORRUPT, "compressed RTF of an unknown kind")
    return _inflated(content, size)


def _inflated(content: bytes, size: int) -> bytes:
    """MS-OXRTFCP 2.2.2: a control byte, then eight times a byte or a reference (12 bits from where, 4 bits how many less 2)."""
    text = bytearray(_PRIMED)
    at, end = _HEADER.size, len(_PRIMED) + size
    while at < len(content) and len(text) < end:
        control = content[at]
        at += 1
        for bit in range(8):
            if control >> bit & 1 == 0:
                text += content[at : at + 1]
                at += 1
                continue
            reference = int.from_bytes(content[at : at + 2], "big")
            at += 2
            distance = (len(text) - (reference >> 4)) % _RING
            if distance == 0 or distance > len(text) or at > len(content):
                return bytes(text[len(_PRIMED) : end])  # a reference to where the next byte goes is the end
            for _ in range((reference & 0xF) + 2):
                text.append(text[-distance])
    return bytes(text[len(_PRIMED) : end])
