"""Appointments and contacts: iCalendar and vCard, rebuilt from a list of properties that say something and do nothing (D13).

Alarms, attachments, pictures, addresses of the web and everything unknown go; a request becomes an announcement, so that
nothing answers or enters itself (RFC 5546 3.2).  Out comes iCalendar 2.0 or vCard 3.0 in UTF-8; what is not built like
one comes out as the text that it is.  Raises Refused by the worst name.  The grammar of lines is `content_line.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sanitizers import content_line, headers, names, text
from sanitizers.content_line import Line
from sanitizers.detect import dangerous, mismatched
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment, Verdict

CALENDAR, CARD = "text/calendar", "text/vcard"
MEDIA_TYPES = (CALENDAR, CARD)

_COMPONENTS = {  # what may stand in what
    "": ("VCALENDAR", "VCARD"),
    "VCALENDAR": ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"),
    "VTIMEZONE": ("STANDARD", "DAYLIGHT"),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAID = _words(  # texts of an appointment
    "SUMMARY DESCRIPTION LOCATION COMMENT CONTACT CATEGORIES RESOURCES UID TZID TZNAME X-WR-CALNAME X-WR-CALDESC X-WR-TIMEZONE"
)
_ON_CARD = _words(
    "FN N NICKNAME ORG TITLE ROLE TEL EMAIL ADR LABEL NOTE BDAY REV UID CATEGORIES SORT-STRING X-PHONETIC-FIRST-NAME"
    " X-PHONETIC-LAST-NAME X-PHONETIC-ORG"
)
_KNOWN = _words(  # parameters that stay in some place, and those that nobody misses
    "VALUE TZID FBTYPE RANGE CN TYPE CHARSET ENCODING LANGUAGE PREF ROLE PARTSTAT RSVP CUTYPE"
)
_TIME = re.compile(r"-?P[0-9WDTHMS]{1,40}|\d{8}(?:T\d{6}Z?)?(?:/(?:P[0-9WDTHMS]{1,40}|\d{8}T\d{6}Z?))?", re.ASCII)
_OFTEN = "(?!(?:.*;)?FREQ=(?:SECONDLY|MINUTELY))"  # no appointment is: calendars that unroll it stop answering
_RULE = re.compile(_OFTEN + r"[A-Z]+=[A-Z0-9+-]+(?:[,;=][A-Z0-9+-]+){0,400};?", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9.+-]{1,40}", re.ASCII)
_FORMS = {  # property -> the form of its value, or of each that commas separate
    **dict.fromkeys(_words("DTSTART DTEND DTSTAMP DUE COMPLETED CREATED LAST-MODIFIED RECURRENCE-ID DURATION"), _TIME),
    **dict.fromkeys(("RDATE", "EXDATE", "FREEBUSY"), _TIME),
    **dict.fromkeys(("RRULE", "EXRULE"), _RULE),
    **dict.fromkeys(_words("SEQUENCE PRIORITY PERCENT-COMPLETE STATUS TRANSP CLASS CALSCALE"), _TOKEN),
    **dict.fromkeys(_words("TZOFFSETFROM TZOFFSETTO"), _TOKEN),
}
_PEOPLE = ("ORGANIZER", "ATTENDEE")
_OURS = ("VERSION", "PRODID", "METHOD")  # written anew
_KINDS = {
    **dict.fromkeys(_words("ATTACH PHOTO LOGO SOUND KEY AGENT"), Kind.EMBEDDED_FILE),
    **dict.fromkeys(_words("URL IMAGE CONFERENCE SOURCE IMPP FBURL CALURI CALADRURI TZURL LINK"), Kind.HYPERLINK),
    "X-ALT-DESC": Kind.HTML_BODY,
    "VALARM": Kind.ACTION,
}
_VALUE_TYPES = ("DATE", "DATE-TIME", "PERIOD")
_PARAMETER = re.compile(r"[^\x00-\x1f\x7f\"]{1,200}")
_KANA_OF_NAME = ("X-PHONETIC-LAST-NAME", "X-PHONETIC-FIRST-NAME")  # in the order of N
_DEPTH = 8  # components inside one another; three are in use


class _Broken(Exception):
    """Not built like a calendar or a card."""


@dataclass(slots=True)
class _Component:
    name: str
    lines: list[Line] = field(default_factory=list)
    parts: list[_Component] = field(default_factory=list)


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """A new file of what is on the lists; CLEAN when nothing else was in it."""
    if ending := dangerous(part.names or (part.name,)):
        raise Refused(Reason.EXECUTABLE, f"text named {ending}, which a double click runs", Verdict.WITHHELD)
    findings = Findings()
    found = content_line.read(content)
    try:
        roots = _tree(found.lines)
    except _Broken:
        return text.sanitise(content, part, detected, job)
    _report(found, findings)
    is_card = roots[0].name == "VCARD"
    output = content_line.write(line for root in roots for line in _written(root, is_card, findings))
    media_type = CARD if is_card else CALENDAR
    name = names.with_extension(part.name or ("連絡先" if is_card else "予定"), media_type)
    if ending := mismatched(detected, part.names or (part.name,)):
        findings.add(Kind.TYPE_MISMATCH, "", f"named {ending}, is {detected}", Treatment.KEPT)
    return Outcome(findings.verdict(), detected, output, media_type, name, findings.all())


def _report(found: content_line.Lines, findings: Findings) -> None:
    if found.unreadable:
        detail = f"{len(found.unreadable)} lines that are none: {found.unreadable[0][:80]}"
        findings.add(Kind.UNKNOWN_CONSTRUCT, "", detail, Treatment.REMOVED)
    if found.decoded.undecodable:
        detail = f"{found.decoded.undecodable} characters unreadable as {found.decoded.charset}"
        findings.add(Kind.CHARSET, "", detail, Treatment.REPLACED)
    elif found.decoded.assumed and found.decoded.charset != "utf-8":  # which RFC 5545 3.1.4 has as default
        findings.add(Kind.CHARSET, "", f"read as {found.decoded.charset}", Treatment.KEPT)
    if found.invisible:
        findings.add(Kind.CONTROL_CHARACTER, "", f"{found.invisible} invisible characters", Treatment.REMOVED)


def _tree(lines: Iterable[Line]) -> list[_Component]:
    """Components in one another; a part of a calendar without one around it gets it, an open end is closed.

    Raises _Broken where BEGIN and END do not match, because readers differ about what is left."""
    top = _Component("")
    stack = [top]
    for line in lines:
        name = line.value.strip().upper()
        if line.name == "BEGIN":
            if len(stack) == 1 and name in _COMPONENTS["VCALENDAR"]:
                stack.append(_Component("VCALENDAR"))
                top.parts.append(stack[-1])
            stack[-1].parts.append(_Component(name))
            stack.append(stack[-1].parts[-1])
        elif line.name != "END":
            stack[-1].lines.append(line)
        elif stack.pop().name != name or not stack:
            raise _Broken
        if len(stack) > _DEPTH:
            raise _Broken
    kinds = {component.name for component in top.parts}
    if top.lines or len(kinds) != 1 or not kinds <= set(_COMPONENTS[""]):
        raise _Broken
    return top.parts


# --- What stays


def _written(component: _Component, is_card: bool, findings: Findings) -> Iterator[Line]:
    yield Line("BEGIN", component.name)
    if is_card:
        yield Line("VERSION", "3.0")
    elif component.name == "VCALENDAR":
        yield Line("VERSION", "2.0")
        yield Line("PRODID", "-//Mugai//JA")  # RFC 5545 3.7.3 wants one
    for line in component.lines:
        for kept in _card_line(line, findings) if is_card else _calendar_line(line, findings):
            for parameter in sorted(line.parameters.keys() - _KNOWN):
                findings.add(Kind.UNKNOWN_CONSTRUCT, line.name, parameter, Treatment.REMOVED)
            yield kept
    for part in component.parts:
        if part.name in _COMPONENTS.get(component.name, ()):
            yield from _written(part, is_card, findings)
        else:
            findings.add(_KINDS.get(part.name, Kind.UNKNOWN_CONSTRUCT), component.name, part.name, Treatment.REMOVED)
    yield Line("END", component.name)


def _calendar_line(line: Line, findings: Findings) -> Iterator[Line]:
    if line.name == "METHOD":
        if line.value.strip().upper() != "PUBLISH":
            findings.add(Kind.ACTION, "METHOD", f"{line.value[:40]} made PUBLISH", Treatment.NEUTRALISED)
        yield Line("METHOD", "PUBLISH")
    elif line.name in _PEOPLE:
        yield from _person(line, findings)
    elif line.name in _SAID:
        yield Line(line.name, line.value)
    elif (form := _FORMS.get(line.name)) and all(map(form.fullmatch, _values(line, form))):
        yield Line(line.name, line.value.strip(), _time_parameters(line.parameters))
    elif line.name not in _OURS:
        _drop(line, findings)


def _values(line: Line, form: re.Pattern[str]) -> list[str]:
    value = line.value.strip()
    return [value] if form is _RULE else value.split(",")


def _time_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    kept = {"VALUE": kind} if (kind := parameters.get("VALUE", "").upper()) in _VALUE_TYPES else {}
    kept |= {key: value for key in ("FBTYPE", "RANGE") if _TOKEN.fullmatch(value := parameters.get(key, ""))}
    if _PARAMETER.fullmatch(zone := parameters.get("TZID", "")):
        kept["TZID"] = zone
    return kept


def _person(line: Line, findings: Findings) -> Iterator[Line]:
    """Who it is, in words and as an address; not what a program should ask or tell them."""
    scheme, _, rest = line.value.strip().partition(":")
    address = headers.mailbox_address(rest) if scheme.lower() == "mailto" else None
    if address is None:
        _drop(line, findings)
        return
    name = line.parameters.get("CN", "")
    yield Line(line.name, f"mailto:{address}", {"CN": name} if _PARAMETER.fullmatch(name) else {})


def _card_line(line: Line, findings: Findings) -> Iterator[Line]:
    """Values that are not ASCII say their charset, or Outlook in Japan takes them for CP932."""
    value, kind = line.value, line.parameters.get("TYPE", "").upper()
    if line.name == "SOUND" and kind.startswith("X-IRMC-N"):  # how Japanese telephones wrote the reading of a name
        for name, reading in zip(_KANA_OF_NAME, value.split(";"), strict=False):
            yield from _card_line(Line(name, reading), findings) if reading else ()
        return
    if line.name not in _ON_CARD:
        if line.name not in _OURS:
            _drop(line, findings)
        return
    value = value.removeprefix("tel:").removeprefix("mailto:") if line.name in ("TEL", "EMAIL") else value
    parameters = {"TYPE": kind} if re.fullmatch(r"[A-Z0-9-]{1,30}(?:,[A-Z0-9-]{1,30}){0,9}", kind) else {}
    if not value.isascii():
        parameters["CHARSET"] = "UTF-8"
    yield Line(line.name, value, parameters)


def _drop(line: Line, findings: Findings) -> None:
    findings.add(_KINDS.get(line.name, Kind.UNKNOWN_CONSTRUCT), line.name, line.value[:80], Treatment.REMOVED)
