"""TNEF, the winmail.dat of Outlook and Exchange, read into a note (MS-OXTNEF; J13, M16).

The stream is a list of attributes; everything that matters is in the MAPI properties of the message, its recipients and its
attachments, for which older senders use attributes of their own.  Raises Refused(CORRUPT) when a length leads out of the
stream, and for a limit.  Checksums are not compared: senders write wrong ones, and every attachment is rebuilt anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sanitizers import charset
from sanitizers.model import Limits, Reason, Refused
from sanitizers.outlook import mapi
from sanitizers.outlook.mapi import Attached, Note, Properties

SIGNATURE = b"\x78\x9f\x3e\x22"

_HEADER = 6  # signature and key
_OEM_CODE_PAGE, _MESSAGE_PROPERTIES, _RECIPIENTS = 0x9007, 0x9003, 0x9004
_SUBJECT, _BODY = 0x8004, 0x800C
_NEW_ATTACHMENT, _TITLE, _DATA, _ATTACHMENT_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_FIXED = {
    0x0002: 2,
    0x0003: 4,
    0x0004: 4,
    0x0005: 8,
    0x0006: 8,
    0x0007: 8,
    0x000A: 4,
    0x000B: 2,
    0x0014: 8,
    0x0040: 8,
    0x0048: 16,
}
_FIXED |= {0x0000: 0, 0x0001: 0}
_IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")  # what an attached object is: a message, as TNEF again


class _Reader:
    """Little-endian values one after the other; never beyond the end."""

    def __init__(self, content: bytes, at: int = 0):
        self._content, self._at = content, at

    def __bool__(self) -> bool:
        return self._at < len(self._content)

    def take(self, size: int) -> bytes:
        if size > len(self._content) - self._at:
            raise Refused(Reason.CORRUPT, "TNEF: a length leads out of the stream")
        self._at += size
        return self._content[self._at - size : self._at]

    def count(self) -> int:
        """Of things that have a byte each, or more."""
        count = self.number(4)
        if count > len(self._content) - self._at:
            raise Refused(Reason.CORRUPT, f"TNEF: {count} values in fewer bytes")
        return count

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def padded(self, size: int) -> bytes:
        """Property values fill up to a multiple of 4; the last one of a stream may not."""
        value = self.take(size)
        self._at = min(len(self._content), self._at + -size % 4)
        return value


@dataclass(slots=True)
class _Attachment:
    title: bytes = b""
    data: bytes | None = None
    properties: Properties = field(default_factory=lambda: Properties({}))


def read(content: bytes, limits: Limits, depth: int = 0) -> Note:
    """The note in `content`; raises Refused as the module says."""
    if not content.startswith(SIGNATURE):
        raise Refused(Reason.CORRUPT, "not TNEF")
    if depth > limits.depth:
        raise Refused(Reason.LIMIT_DEPTH, f"more than {limits.depth} notes inside one another")
    code_page, message, recipients, attachments = 0, dict[int, tuple[int, bytes]](), list[Properties](), list[_Attachment]()
    for attribute, data in _attributes(_Reader(content, _HEADER)):
        if attribute == _OEM_CODE_PAGE:
            code_page = int.from_bytes(data[:4], "little")
        elif attribute == _MESSAGE_PROPERTIES:
            message |= _properties(_Reader(data))
        elif attribute == _RECIPIENTS:
            recipients += _rows(_Reader(data), code_page, limits)
        elif attribute in (_SUBJECT, _BODY):
            message.setdefault(0x0037 if attribute == _SUBJECT else 0x1000, (mapi.STRING_8, data))
        elif attribute == _NEW_ATTACHMENT:
            attachments.append(_Attachment())
        elif attribute in (_TITLE, _DATA, _ATTACHMENT_PROPERTIES):
            _add(attachments, attribute, data, code_page)
        if len(attachments) > limits.parts:
            raise Refused(Reason.LIMIT_PARTS, f"more than {limits.parts} attachments")
    attached = tuple(_attached(one, code_page, limits, depth) for one in attachments)
    return Note(Properties(message, code_page), tuple(recipients), attached)


def _attributes(reader: _Reader) -> Iterator[tuple[int, bytes]]:
    """Level (1), identifier (2), type (2), length (4), data, checksum (2), MS-OXTNEF 2.1.3.

    What comes after the last attribute of a known level is padding that some gateways add."""
    while reader and reader.number(1) in (1, 2):
        attribute, _, length = reader.number(2), reader.number(2), reader.number(4)
        data = reader.take(length)
        reader.take(2)
        yield attribute, data


def _properties(reader: _Reader) -> dict[int, tuple[int, bytes]]:
    """Of a property with several values the first is kept."""
    found: dict[int, tuple[int, bytes]] = {}
    for _ in range(reader.count()):
        kind, identifier = reader.number(2), reader.number(2)
        if identifier >= mapi.NAMED:
            identifier = _named(reader)
        value = _value(reader, kind)
        if identifier and not kind & mapi.MULTIPLE:
            found.setdefault(identifier, (kind, value))
    return found


def _named(reader: _Reader) -> int:
    """The number of a named property in its set; 0 for one that has none."""
    reader.take(16)  # which set it belongs to
    if reader.number(4) == 0:
        number = reader.number(4)
        return number if number >= mapi.NAMED else 0
    reader.padded(reader.number(4))
    return 0


def _value(reader: _Reader, kind: int) -> bytes:
    single = kind & ~mapi.MULTIPLE
    count = reader.count() if kind != single or single in mapi.VARIABLE else 1
    values = [b""]
    for _ in range(count):
        if single in mapi.VARIABLE:
            value = reader.padded(reader.number(4))
        elif single in _FIXED:
            value = reader.padded(_FIXED[single])
        else:
            raise Refused(Reason.CORRUPT, f"TNEF: property of the unknown type {single:#06x}")
        values[0] = values[0] or value
    return values[0]


def _rows(reader: _Reader, code_page: int, limits: Limits) -> Iterator[Properties]:
    count = reader.number(4)
    if count > limits.headers * 10:
        raise Refused(Reason.LIMIT_PARTS, f"{count} recipients")
    for _ in range(count):
        yield Properties(_properties(reader), code_page)


def _add(attachments: list[_Attachment], attribute: int, data: bytes, code_page: int) -> None:
    if not attachments or (attribute == _DATA and attachments[-1].data is not None):
        attachments.append(_Attachment())  # a sender that leaves out where one begins
    attachment = attachments[-1]
    if attribute == _TITLE:
        attachment.title = data
    elif attribute == _DATA:
        attachment.data = data
    else:
        attachment.properties = Properties(_properties(_Reader(data)), code_page)


def _attached(attachment: _Attachment, code_page: int, limits: Limits, depth: int) -> Attached:
    properties = attachment.properties
    title = charset.decode(attachment.title.rstrip(b"\0"), mapi.charset_of(code_page)).text
    given = (properties.text(one) for one in (mapi.ATTACH_LONG_FILE, mapi.ATTACH_FILE))
    names = tuple(filter(None, (*given, title, properties.text(mapi.DISPLAY_NAME))))
    kind, embedded = properties.values.get(mapi.ATTACH_DATA, (0, b""))
    if kind == mapi.OBJECT:
        is_note = embedded.startswith(_IMESSAGE)
        return Attached(names, note=read(embedded[len(_IMESSAGE) :], limits, depth + 1) if is_note else None)
    if properties.number(mapi.ATTACH_METHOD) not in (0, mapi.BY_VALUE):
        return Attached(names)
    return Attached(names, attachment.data if attachment.data is not None else embedded)
