"""Writes an OLE2 compound file (MS-CFB 2, version 3): nested dicts are storages, bytes are streams."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Tree = Mapping[str, "bytes | Tree"]

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NONE = 0xFFFFFFFF


@dataclass
class _Entry:
    name: str
    kind: int  # 1 storage, 2 stream, 5 root
    content: bytes = b""
    right: int = _NONE
    child: int = _NONE
    start: int = _END
    children: list[int] = field(default_factory=list)


def compound(tree: Tree) -> bytes:
    """The whole file; streams in the order of the tree."""
    entries = [_Entry("Root Entry", 5)]
    _collect(tree, 0, entries)
    sectors, chain = list[bytes](), list[int]()
    minis, mini_chain = list[bytes](), list[int]()
    for entry in entries[1:]:
        if entry.kind == 2 and entry.content:
            small = len(entry.content) < _CUTOFF
            entry.start = _store(entry.content, *((minis, mini_chain, _MINI) if small else (sectors, chain, _SECTOR)))
    root = entries[0]
    root.content = b"".join(minis)
    root.start = _store(root.content, sectors, chain, _SECTOR)
    mini_table = _store(_numbers(mini_chain), sectors, chain, _SECTOR)
    directory = _store(b"".join(map(_record, entries)), sectors, chain, _SECTOR)
    table = len(sectors)
    count = -(-(table + 1) // (_SECTOR // 4 - 1))
    chain += [_FAT] * count
    sectors += [(_numbers(chain)[at * _SECTOR :][:_SECTOR]).ljust(_SECTOR, b"\xff") for at in range(count)]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, count, directory, 0, _CUTOFF, mini_table, -(-len(mini_chain) // 128), _END, 0)
    return (header + _numbers(range(table, table + count))).ljust(_SECTOR, b"\xff") + b"".join(sectors)


def _collect(tree: Tree, parent: int, entries: list[_Entry]) -> None:
    """Siblings hang on one another to the right, in the order of MS-CFB 2.6.4."""
    previous = _NONE
    for name in sorted(tree, key=lambda name: (len(name), name.upper())):
        value, number = tree[name], len(entries)
        entries.append(_Entry(name, 2, value) if isinstance(value, bytes) else _Entry(name, 1))
        if previous == _NONE:
            entries[parent].child = number
        else:
            entries[previous].right = number
        previous = number
        if not isinstance(value, bytes):
            _collect(value, number, entries)


def _store(content: bytes, sectors: list[bytes], chain: list[int], size: int) -> int:
    """Appends `content`; the number of its first sector."""
    if not content:
        return _END
    first = len(sectors)
    sectors += [content[at : at + size].ljust(size, b"\0") for at in range(0, len(content), size)]
    chain += [*range(first + 1, len(sectors)), _END]
    return first


def _numbers(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _record(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le") + b"\0\0"
    head = name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name), entry.kind, 1, _NONE, entry.right, entry.child)
    return head + bytes(36) + struct.pack("<IQ", entry.start, len(entry.content))
