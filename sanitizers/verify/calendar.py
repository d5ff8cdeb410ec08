"""A calendar or a card: only properties that say something, nothing that rings, asks, loads or opens (D13)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sanitizers.verify import text
from sanitizers.verify.words import words

_OCTETS = 75  # of a physical line, RFC 5545 3.1, RFC 6350 3.2
_LINE = re.compile(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:]*))*):(.*)')
_PARAMETER = re.compile(r';([A-Z0-9-]+)=("[^"]*"|[^";:]*)')
_CALENDAR_PARTS = words("VEVENT VTODO VJOURNAL VFREEBUSY VTIMEZONE STANDARD DAYLIGHT")
_CALENDAR = words(
    "version prodid method calscale x-wr-calname x-wr-caldesc x-wr-timezone summary description location comment contact",
    "categories resources uid tzid tzname tzoffsetfrom tzoffsetto dtstart dtend dtstamp due completed created last-modified",
    "recurrence-id duration rdate exdate freebusy rrule exrule sequence priority percent-complete status transp class",
    "organizer attendee",
)
_CARD = words(
    "version fn n nickname org title role tel email adr label note bday rev uid categories sort-string",
    "x-phonetic-first-name x-phonetic-last-name x-phonetic-org",
)
_PARAMETERS = words("value tzid fbtype range cn type charset")


def icalendar(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    yield from _objects(content, "VCALENDAR", _CALENDAR_PARTS, _CALENDAR)


def vcard(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    yield from _objects(content, "VCARD", frozenset(), _CARD)


def _objects(content: bytes, root: str, parts: frozenset[str], properties: frozenset[str]) -> Iterator[str]:
    open_parts: list[str] = []
    for line in _lines(content):
        if character := text.invisible(line):
            yield character
        match = _LINE.fullmatch(line)
        if match is None:
            yield f"not a content line: {line[:60]!r}"
            continue
        name, value = match[1], match[3]
        if name == "BEGIN":
            if value not in parts and (value != root or open_parts):
                yield f"component {value!r}"
            open_parts.append(value)
        elif name == "END":
            if not open_parts or open_parts.pop() != value:
                yield f"END:{value} without its beginning"
        elif not open_parts or name.lower() not in properties:
            yield f"property {name!r}"
        else:
            yield from _property(name, value, dict(_PARAMETER.findall(match[2])))
    if open_parts or not content:
        yield "a component without its end, or nothing at all"


def _property(name: str, value: str, parameters: dict[str, str]) -> Iterator[str]:
    if name == "METHOD" and value != "PUBLISH":
        yield f"method {value!r}"
    if name in ("RRULE", "EXRULE") and re.search("FREQ=(?:SECONDLY|MINUTELY)", value, re.IGNORECASE):
        yield f"an appointment every moment: {value[:60]!r}"
    if name in ("ORGANIZER", "ATTENDEE") and not re.fullmatch(r"mailto:[^\s:]+@[^\s:]+", value):
        yield f"{name}: {value[:60]!r}"
    if unknown := {key.lower() for key in parameters} - _PARAMETERS:
        yield f"parameters {sorted(unknown)} of {name}"
    if parameters.get("VALUE", "DATE") not in ("DATE", "DATE-TIME", "PERIOD") or parameters.get("CHARSET", "UTF-8") != "UTF-8":
        yield f"{name} of type {parameters}"


def _lines(content: bytes) -> list[str]:
    """The unfolded lines; raises ValueError for another line end than CRLF, or a line that is too long."""
    *physical, rest = content.split(b"\r\n")
    if rest or any(b"\r" in line or b"\n" in line or len(line) > _OCTETS for line in physical):
        raise ValueError("lines that are not folded by the standard")
    unfolded: list[bytes] = []
    for line in physical:
        line.decode()  # a fold inside a character is read wrong by many
        if line.startswith((b" ", b"\t")) and unfolded:
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    return [line.decode() for line in unfolded]
