"""Parameters of Content-Type and Content-Disposition as any mailer writes them (RFC 2045 5.1, RFC 2231, J7-J10, M9).

The parser is lenient, linear, and keeps **every** reading: duplicates, `name`, `name*` and `name*0*` stand side by side,
because different mail programs show different ones.  `strict` says whether the field left room for two readings.
Raises Refused(AMBIGUOUS) for a field with more parameters than any mailer writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from sanitizers import charset, words
from sanitizers.model import Reason, Refused

MAX_PARAMETERS = 100  # a name of 255 Japanese letters takes about 40 segments

_TOKEN = re.compile(r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+")  # RFC 2045: token
_NAME = re.compile(r"\s*([^\s=;()<>\"]{1,80})\s*=\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')  # only these: C:\TEMP\a.gif comes unescaped from old mailers
_ENCODED = re.compile(r"(?:=\?[^?;\s]{1,80}\?[bBqQ]\?[^?]{0,4000}\?=\s*)+")  # unquoted encoded-words may hold a ";" (J8)
_NO_SEMICOLON = re.compile(r"\A(\s*[\w.+-]{1,60}/[\w.+-]{1,60})\s+(?=[\w*-]{1,60}=)")
_COMMENT = re.compile(r"\([^()]{0,1000}\)")
_SEGMENT = re.compile(r"(.+?)\*(?:(\d{1,3})(\*?))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name` is lower case and bare; `index` None for an unsegmented value; `extended` when percent-encoded."""

    name: str
    value: str
    index: int | None
    extended: bool


@dataclass(frozen=True, slots=True)
class Field:
    """`value` is what stands before the first ";", lower case, without blanks and comments."""

    value: str
    parameters: tuple[Parameter, ...]
    strict: bool

    def readings(self, name: str) -> tuple[bytes, ...]:
        """Every distinct value of a parameter, undecoded, the RFC's own choice first."""
        own = [p for p in self.parameters if p.name == name]
        whole = [_percent(p.value)[1] if p.extended else p.value.encode() for p in own if p.index is None]
        segments = [p for p in own if p.index is not None]
        joined = [b"".join(_octets(p) for p in sorted(segments, key=_index))] if segments else []
        return tuple(dict.fromkeys(value for value in (*joined, *whole)))

    def texts(self, name: str) -> tuple[str, ...]:
        """Every distinct value of a parameter as text: extended ones first, since mail programs that know them prefer them."""
        own = [p for p in self.parameters if p.name == name]
        segments = sorted((p for p in own if p.index is not None), key=_index)
        found = [_extended(p.value) for p in own if p.extended and p.index is None]
        if segments:
            label = _percent(segments[0].value)[0] if segments[0].extended else ""
            raw = b"".join(_octets(p) for p in segments)
            found.append(words.decode(raw).text if b"=?" in raw else charset.decode(raw, label).text)
        found += [words.decode_text(p.value).text for p in own if p.index is None and not p.extended]
        return tuple(dict.fromkeys(filter(None, found)))

    def text(self, name: str) -> str:
        """The preferred reading, "" if there is none."""
        return next(iter(self.texts(name)), "")


def parse(raw: bytes) -> Field:
    """An unfolded field value.  Anything goes; what does not follow RFC 2045 makes `strict` false."""
    text = (
        raw.decode("ascii") if raw.isascii() and b"\x1b" not in raw else charset.decode(raw).text
    )  # 表 ends in a backslash (J10)
    text, forgotten = _NO_SEMICOLON.subn(r"\1;", text, count=1)
    head, semicolon, _ = text.partition(";")
    value = "".join(_COMMENT.sub("", head).split()).lower()
    strict = value == head.strip().lower() and not forgotten
    position = len(head) + len(semicolon)
    parameters: list[Parameter] = []
    while position < len(text):
        if len(parameters) >= MAX_PARAMETERS:
            raise Refused(Reason.AMBIGUOUS, f"M9: more than {MAX_PARAMETERS} parameters in one field")
        named = _NAME.match(text, position)
        if named is None:
            end = text.find(";", position)
            end = len(text) if end < 0 else end
            strict &= not text[position:end].strip()
            position = end + 1
            continue
        content, position, plain = _value(text, named.end())
        parameters.append(_parameter(named[1].lower(), content))
        strict &= plain
    names = [(p.name, p.index) for p in parameters]
    return Field(value, tuple(parameters), strict and len(set(names)) == len(names))


def _value(text: str, start: int) -> tuple[str, int, bool]:
    """Value, where the next parameter starts, and whether it was a token or a quoted-string with nothing after it."""
    quoted = _QUOTED.match(text, start)
    if quoted is not None:
        end = text.find(";", quoted.end())
        end = len(text) if end < 0 else end
        plain = bool(quoted[2]) and not text[quoted.end() : end].strip()
        return _ESCAPE.sub(r"\1", quoted[1]), end + 1, plain
    encoded = _ENCODED.match(text, start)
    end = text.find(";", encoded.end() if encoded else start)
    end = len(text) if end < 0 else end
    value = text[start:end].strip()
    return value, end + 1, _TOKEN.fullmatch(value) is not None


def _parameter(name: str, value: str) -> Parameter:
    segment = _SEGMENT.fullmatch(name)
    if segment is None:
        return Parameter(name, value, None, False)
    index = None if segment[2] is None else int(segment[2])
    return Parameter(segment[1], value, index, index is None or bool(segment[3]))


def _index(parameter: Parameter) -> int:
    return parameter.index or 0


def _percent(value: str) -> tuple[str, bytes]:
    """RFC 2231 4: charset'language'percent-encoded octets.  Without both apostrophes it is all content."""
    parts = value.split("'", 2)
    label, content = (parts[0], parts[2]) if len(parts) == 3 else ("", value)
    return label, unquote_to_bytes(content.encode())


def _octets(segment: Parameter) -> bytes:
    """A segment's bytes; characters are put together only after all segments are (J7: they may be cut anywhere)."""
    if not segment.extended:
        return segment.value.encode()
    return _percent(segment.value)[1] if segment.index == 0 else unquote_to_bytes(segment.value.encode())


def _extended(value: str) -> str:
    label, octets = _percent(value)
    return charset.decode(octets, label).text
