"""What every room of this package needs to know of the one document at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pikepdf import Array, Name, Object, Pdf, String

from sanitizers.job import Findings
from sanitizers.model import Profile

_NOT_NUMBER = re.compile(rb"[^-+.0-9\s\[\]]")  # in an array as qpdf writes it

ObjectId = tuple[int, int]  # object and generation number; (0, 0) is a direct object


@dataclass(slots=True)
class Scope:
    pdf: Pdf
    findings: Findings
    profile: Profile
    pages: frozenset[ObjectId] = frozenset()  # the only pages that a destination may name
    fields: set[ObjectId] = field(default_factory=set)  # the only fields that a widget may call its parent


def name(value: object) -> str:
    """A name with its slash, one character a byte (7.3.5: names are bytes, often Shift_JIS); "" for anything else."""
    return bytes(value).decode("latin-1") if isinstance(value, Name) else ""


def shown(key: object) -> str:
    """Text for the report; pikepdf keeps bytes that are no UTF-8 as lone surrogates, which no report can be written with."""
    return str(key).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def is_plain(value: object, depth: int = 8) -> bool:
    """Whether no dictionary or stream is in `value`; arrays may nest `depth` deep."""
    if not isinstance(value, Object) or isinstance(value, (Name, String)):
        return True
    if not isinstance(value, Array):
        return False
    written = value.unparse()
    if b"<<" not in written and b" R" not in written:  # quick: neither dictionary nor reference, whatever the strings say
        return True
    return depth > 0 and all(is_plain(item, depth - 1) for item in value)


def is_numbers(value: object, depth: int = 2) -> bool:
    """A number, an array of numbers, or an array of such arrays (/InkList)."""
    if not isinstance(value, Object):
        return True
    if not isinstance(value, Array):
        return False
    return not _NOT_NUMBER.search(value.unparse()) or (depth > 0 and all(is_numbers(item, depth - 1) for item in value))
