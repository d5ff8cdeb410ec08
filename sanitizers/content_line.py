"""Content lines, the grammar that iCalendar and vCard share (RFC 5545 3.1, RFC 6350 3.2 and 3.3, vCard 2.1).

`read` undoes folding, quoted-printable and charsets, `write` folds again.  Lines that are none are left out and counted.
What properties mean and which may stay is `calendar.py`'s.  Raises nothing; time is linear.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sanitizers import charset

_FOLD = re.compile(rb"(?:\r\n|\r|\n)[ \t]")
_NAME = re.compile(r"(?:[A-Za-z0-9-]{1,60}\.)?([A-Za-z0-9-]{1,60})")  # before the dot: a vCard group
_PARAMETER = re.compile(r';\s*(?:([A-Za-z0-9-]{1,60})(?:=((?:"[^"]{0,2000}"|[^";:,]{0,2000})(?:,(?:"[^"]*"|[^";:,]*))*))?)?')
_OCTETS = 75  # of a line without its end, RFC 5545 3.1
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Line:
    """`name` in capitals.  `value` is the text after the colon, escapes as they are; parameters in capitals -> value."""

    name: str
    value: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lines:
    """`unreadable` lines were no content lines; the other figures are those of `charset`."""

    lines: tuple[Line, ...]
    unreadable: tuple[str, ...]
    decoded: charset.Decoded
    invisible: int


def read(content: bytes) -> Lines:
    if content.startswith(_UTF_16):
        content = charset.decode(content).text.encode()
    joined = b"\n".join(_whole(_FOLD.sub(b"", content).splitlines()))  # in bytes: a fold may stand inside a character
    decoded = charset.decode(joined)
    text, invisible = charset.clean(decoded.text)
    written = [line for line in text.split("\n") if line.strip()]
    lines, unreadable = list[Line](), list[str]()
    for one in written:
        if line := _line(one):
            lines.append(line)
        else:
            unreadable.append(one)
    return Lines(tuple(lines), tuple(unreadable), decoded, invisible)


def _whole(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Quoted-printable goes on after a line that ends in "=" (RFC 2045 6.7)."""
    begun = list[bytes]()
    for line in lines:
        is_quoted = begun or b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()
        if is_quoted and line.endswith(b"="):
            begun.append(line[:-1])
        else:
            yield b"".join((*begun, line))
            begun.clear()
    yield from begun


def _line(text: str) -> Line | None:
    name = _NAME.match(text)
    if name is None:
        return None
    parameters: dict[str, str] = {}
    at = name.end()
    while parameter := _PARAMETER.match(text, at):
        at = parameter.end()
        key, value = (parameter[1] or "").upper(), parameter[2]
        if value is None:  # vCard 2.1 leaves out TYPE= and ENCODING=
            key, value = ("ENCODING" if key in ("QUOTED-PRINTABLE", "BASE64") else "TYPE"), key
        value = value.strip('"')
        parameters[key] = f"{parameters[key]},{value}" if parameters.get(key) else value
    if text[at : at + 1] != ":":
        return None
    return Line(name[1].upper(), _plain(text[at + 1 :], parameters), parameters)


def _plain(value: str, parameters: Mapping[str, str]) -> str:
    """vCard 2.1 carries Japanese names as quoted-printable, mostly of Shift_JIS; line ends in them become escapes."""
    if parameters.get("ENCODING", "").upper() not in ("QUOTED-PRINTABLE", "Q"):
        return value
    octets = quopri.decodestring(value.encode("ascii", "ignore"))
    return charset.clean(charset.decode(octets, parameters.get("CHARSET", "")).text)[0].replace("\n", "\\n")


def write(lines: Iterable[Line]) -> bytes:
    """UTF-8, CRLF, folded between characters after at most 75 octets."""
    return b"".join(_folded(_unfolded(line)) for line in lines)


def _unfolded(line: Line) -> str:
    parameters = "".join(f";{key}={value if key == 'TYPE' else _quoted(value)}" for key, value in line.parameters.items())
    return f"{line.name}{parameters}:{line.value}"


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search("[:;,]", value) else value


def _folded(text: str) -> bytes:
    octets = text.encode()
    pieces, at = [], 0
    while at < len(octets):
        end = min(len(octets), at + _OCTETS - bool(at))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[at:end])
        at = end
    return b"\r\n ".join(pieces) + b"\r\n"
