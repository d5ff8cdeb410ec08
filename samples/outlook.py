"""Outlook's own forms of a mail, TNEF and .msg, and the threats that hide in them (section 9, J13, D14)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from samples import letter, office, portable
from samples.compound import Tree, compound
from samples.sample import Sample, canary

Value = str | bytes | int | datetime
Properties = Mapping[int, Value]  # identifier -> value; those from 0x8000 on are written as named ones with that number

_INTEGER, _TEXT_8, _TEXT, _TIME, _BINARY = 0x0003, 0x001E, 0x001F, 0x0040, 0x0102
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_SET = bytes.fromhex("0220060000000000c000000000000046")  # PSETID_Appointment
_OBJECT_OF_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


@dataclass(frozen=True, slots=True)
class Item:
    """A note; `attached` holds name and content, which may be a note itself, or None for an OLE object."""

    properties: Properties
    attached: Sequence[tuple[str, bytes | Item | None]] = ()
    recipients: Sequence[Properties] = ()
    code_page: int = field(default=0)  # texts are written in it; 0 is UTF-16


def _typed(value: Value, code_page: int) -> tuple[int, bytes]:
    if isinstance(value, str):
        if code_page:
            return _TEXT_8, value.encode(f"cp{code_page}") + b"\0"
        return _TEXT, value.encode("utf-16-le") + b"\0\0"
    if isinstance(value, datetime):
        return _TIME, struct.pack("<Q", int((value - _EPOCH).total_seconds()) * 10_000_000)
    return (_INTEGER, struct.pack("<I", value)) if isinstance(value, int) else (_BINARY, value)


# --- TNEF


def tnef(item: Item) -> bytes:
    """MS-OXTNEF 2.1.3, checksums right."""
    attributes = [(1, 0x00069007, struct.pack("<II", item.code_page or 1252, 0))]
    attributes.append((1, 0x00069003, _list(item.properties, item.code_page)))
    if item.recipients:
        rows = b"".join(_list(row, item.code_page) for row in item.recipients)
        attributes.append((1, 0x00069004, struct.pack("<I", len(item.recipients)) + rows))
    for name, content in item.attached:
        attributes.append((2, 0x00069002, bytes(14)))
        method, data = 6, b""
        if isinstance(content, Item):
            method, data = 5, _listed(0x3701, 0x000D, _OBJECT_OF_MESSAGE + tnef(content))
        elif content is not None:
            method = 1
            attributes.append((2, 0x0006800F, content))
        named: dict[int, Value] = {0x3707: name, 0x3705: method}
        attributes.append((2, 0x00069005, _list(named, item.code_page, data)))
    return b"\x78\x9f\x3e\x22\1\0" + b"".join(
        struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
        for level, name, data in attributes
    )


def _list(properties: Properties, code_page: int, more: bytes = b"") -> bytes:
    listed = [_listed(identifier, *_typed(value, code_page)) for identifier, value in properties.items()]
    return struct.pack("<I", len(listed) + bool(more)) + b"".join(listed) + more


def _listed(identifier: int, kind: int, value: bytes) -> bytes:
    head = struct.pack("<HH", kind, min(identifier, 0x8000))
    if identifier >= 0x8000:
        head += _SET + struct.pack("<II", 0, identifier)
    if kind not in (_INTEGER, _TIME):
        head += struct.pack("<II", 1, len(value))
    return head + value + bytes(-len(value) % 4)


# --- .msg


def msg(item: Item) -> bytes:
    """MS-OXMSG 2, named properties mapped in the order of their numbers."""
    named = sorted({identifier for identifier in item.properties if identifier >= 0x8000})
    entries = b"".join(struct.pack("<IHH", number, 3 << 1, at) for at, number in enumerate(named))
    names = {"__substg1.0_00020102": _SET, "__substg1.0_00030102": entries, "__substg1.0_00040102": b""}
    return compound({"__nameid_version1.0": names, **_storage(item, 32, {number: at for at, number in enumerate(named)})})


def _storage(item: Item, skip: int, named: Mapping[int, int]) -> dict[str, bytes | Tree]:
    pages: dict[int, Value] = {0x3FFD: item.code_page} if item.code_page else {}
    tree = _streams({**item.properties, **pages}, item.code_page, skip, named)
    for number, row in enumerate(item.recipients):
        tree[f"__recip_version1.0_#{number:08X}"] = _streams(row, item.code_page, 8, {})
    for number, (name, content) in enumerate(item.attached):
        method = 6 if content is None else 5 if isinstance(content, Item) else 1
        storage = _streams({0x3707: name, 0x3705: method}, item.code_page, 8, {})
        if isinstance(content, bytes):
            storage["__substg1.0_37010102"] = content
        elif content is not None:
            storage["__substg1.0_3701000D"] = _storage(content, 24, {})
        tree[f"__attach_version1.0_#{number:08X}"] = storage
    return tree


def _streams(properties: Properties, code_page: int, skip: int, named: Mapping[int, int]) -> dict[str, bytes | Tree]:
    streams: dict[str, bytes | Tree] = {}
    listed = bytes(skip)
    for given, property_value in properties.items():
        kind, value = _typed(property_value, code_page)
        identifier = 0x8000 + named[given] if given in named else given
        fixed = kind in (_INTEGER, _TIME)
        listed += struct.pack("<HHI", kind, identifier, 6) + (value if fixed else struct.pack("<I", len(value))).ljust(8, b"\0")
        if not fixed:
            streams[f"__substg1.0_{identifier:04X}{kind:04X}"] = value
    return {"__properties_version1.0": listed, **streams}


# --- Samples

LETTER: dict[int, Value] = {
    0x001A: "IPM.Note",
    0x0037: "会議の資料①",
    0x1000: "いつもお世話になっております。\r\n資料をお送りします。\r\n",
    0x0042: "鈴木 花子",
    0x0065: "hanako@citizen.example.jp",
    0x0039: datetime(2026, 11, 21, 0, 30, tzinfo=UTC),
}
TO: dict[int, Value] = {0x0C15: 1, 0x3001: "窓口", 0x39FE: "madoguchi@town.example.lg.jp"}


def note(*attached: tuple[str, bytes | Item | None], code_page: int = 0, **bodies: Value) -> Item:
    return Item({**LETTER, **{int(key[1:], 16): value for key, value in bodies.items()}}, attached, (TO,), code_page)


def _threats(form: str) -> Iterator[tuple[str, Item, str, str]]:
    """Name, note, canary, verdict."""
    plan = ("事業計画書.docx", office.document().build())
    yield "document", note(plan), "", "SANITISED"
    yield "cp932", note(plan, code_page=932), "", "SANITISED"
    mark = canary(f"{form}/macro")
    yield "macro", note(("申請書.docm", office.macro_document(mark).build())), mark, "SANITISED"
    mark = canary(f"{form}/nested")
    nested = note(("再転送", note(("申請書.docm", office.macro_document(mark).build()))))
    yield "macro-in-note-in-note", note(("転送", nested)), mark, "SANITISED"
    mark = canary(f"{form}/javascript")
    yield "javascript", note(("図面.pdf", portable.with_javascript(mark))), mark, "SANITISED"
    mark = canary(f"{form}/program")
    yield "program", note(("更新.exe", b"MZ" + bytes(62) + mark.encode())), mark, "WITHHELD"
    mark = canary(f"{form}/html")
    yield (
        "html",
        note(x1013=f"<p>本文</p><script>{mark}</script><img src='https://example.jp/{mark}'>".encode()),
        mark,
        "SANITISED",
    )
    yield "ole-object", note(("表", None)), "", "SANITISED"


def samples() -> Iterator[Sample]:
    for name, item, mark, verdict in _threats("msg"):
        yield Sample(f"hostile/outlook/{name}.msg", "D14", name, msg(item), mark, verdict)
    for name, item, mark, verdict in _threats("tnef"):
        yield Sample(f"hostile/outlook/{name}/winmail.dat", "J13", name, tnef(item), mark, verdict)
        carried = letter.Attached("winmail.dat", "application/ms-tnef", tnef(item))
        mail = letter.mail("会議の資料", "いつもお世話になっております。\n", carried)
        yield Sample(f"mail/winmail-{name}.eml", "J13", f"{name} in a mail", mail, mark, verdict)
