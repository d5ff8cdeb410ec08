"""EMF and WMF for the tests: a black square in the left half of a white drawing that is twice as wide as high."""

from __future__ import annotations

import struct


def emf(frame: tuple[int, int, int, int] = (0, 0, 8000, 4000)) -> bytes:
    """[MS-EMF]; the frame in hundredths of a millimetre, on a device of 100 dots to the centimetre."""
    black = struct.pack("<3I", 37, 12, 0x80000004)  # EMR_SELECTOBJECT, stock black brush
    square = struct.pack("<2I4i", 43, 24, 100, 100, 300, 300)
    end = struct.pack("<5I", 14, 20, 0, 0, 20)
    size = 88 + len(black + square + end)
    head = struct.pack("<2I4i4i", 1, 88, 0, 0, 800, 400, *frame) + b" EMF"
    head += struct.pack("<3I2H3I2i2i", 0x10000, size, 4, 1, 0, 0, 0, 0, 1000, 1000, 100, 100)
    return head + black + square + end


def wmf(placeable: bool = True) -> bytes:
    """[MS-WMF] with records of 16-bit words: window, brush, rectangle, end."""

    def record(function: int, *words: int) -> bytes:
        return struct.pack("<IH", 3 + len(words), function) + struct.pack(f"<{len(words)}h", *words)

    records = record(0x020B, 0, 0) + record(0x020C, 400, 800)  # origin and extent: y, x
    records += record(0x02FC, 0, 0, 0, 0) + record(0x012D, 0) + record(0x041B, 300, 300, 100, 100) + record(0)
    head = struct.pack("<3HI HIH", 1, 9, 0x300, 9 + len(records) // 2, 1, 8, 0)
    if not placeable:
        return head + records
    box = b"\xd7\xcd\xc6\x9a" + struct.pack("<H4hHI", 0, 0, 0, 800, 400, 254, 0)
    checksum = 0
    for (word,) in struct.iter_unpack("<H", box):
        checksum ^= word
    return box + struct.pack("<H", checksum) + head + records
