"""A message as signers see it: raw header fields in their order, and the body; tag lists, canonical forms (RFC 6376 3).

Every function is linear in the size of what it is given: the field that is folded a million times costs as much as any other.
Raises `Unusable` for what no verifier can read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from sanitizers.mime_strict import preface

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_FOLDING = re.compile(rb"[ \t\r\n]+")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


class Unusable(Exception):
    """Not in the form that the RFC asks for (RFC 8601: permerror)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One header field as it came; `raw` without its last CRLF."""

    name: bytes  # in lower case
    raw: bytes

    @property
    def value(self) -> bytes:
        return self.raw.partition(b":")[2]

    def relaxed(self) -> bytes:
        """RFC 6376 3.4.2, without the CRLF."""
        return self.name + b":" + _FOLDING.sub(b" ", self.value).strip(b" ")


@dataclass(frozen=True)
class Message:
    fields: tuple[Field, ...]
    body: bytes

    def named(self, name: bytes) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.name == name)

    @cached_property
    def simple_body(self) -> bytes:
        """RFC 6376 3.4.3."""
        return _with_one_end(self.body) or b"\r\n"

    @cached_property
    def relaxed_body(self) -> bytes:
        """RFC 6376 3.4.4."""
        body = self.body.replace(b"\t", b" ") + b"\r\n"
        while b"  " in body:  # each pass halves the longest run; a pattern's substitutions would need 40 bytes for each blank
            body = body.replace(b"  ", b" ")
        return _with_one_end(body.replace(b" \r\n", b"\r\n"))


def read(content: bytes, header_bytes: int) -> Message:
    """Raises Unusable when the header is longer than `header_bytes`."""
    content = content[preface(content) :]  # where the reader of the letter finds its From
    if content.startswith(b"\r\n"):
        return Message((), content[2:])
    end = content.find(b"\r\n\r\n", 0, header_bytes)
    if end < 0 and len(content) > header_bytes:
        raise Unusable(f"a header of more than {header_bytes} bytes")
    head, body = (content, b"") if end < 0 else (content[:end], content[end + 4 :])
    fields = (Field(raw.partition(b":")[0].rstrip(b" \t").lower(), raw) for raw in _FIELD_END.split(head) if b":" in raw)
    return Message(tuple(fields), body)


def tags(value: bytes) -> dict[str, str]:
    """RFC 6376 3.2.  Blanks around values are dropped, those inside stay."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        raise Unusable("a tag list that is not ASCII") from None
    found: dict[str, str] = {}
    for pair in text.split(";"):
        if not pair.strip():
            continue
        name, equals, content = (piece.strip() for piece in pair.partition("="))
        if not equals or not _TAG.fullmatch(name) or name in found:
            raise Unusable("not a tag list, or a tag twice")
        found[name] = content
    return found


def compact(text: str) -> str:
    return "".join(text.split())


def _with_one_end(body: bytes) -> bytes:
    """Without empty lines at its end; b"" when there is no other line.  Bare CR and LF were refused with the mail."""
    lines = body.rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""
