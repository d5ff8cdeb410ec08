"""DXF in ASCII: pairs of a group code and a value, in sections of records (AutoCAD DXF Reference).

Kept are the sections, records and extended data that the Reference defines and that only draw; everything else is left out
with a finding: objects of other programs, proxies, OLE frames, VBA, fields, binary chunks, thumbnails.  Raises Refused(CORRUPT)
where a pair, a number, a section or the end is not as it must be.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sanitizers.cad import reference
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment, Verdict

_BINARY = b"AutoCAD Binary DXF"
_LABEL = re.compile(rb"\$DWGCODEPAGE\s+3\s+(?:ANSI_|DOS)?(\w{1,20})", re.IGNORECASE)
_VERSION = re.compile(rb"\$ACADVER\s+1\s+AC(\d{4})")
_UNICODE_SINCE = 1021  # AutoCAD 2007: all text is UTF-8; before, it is of $DWGCODEPAGE
_HEAD = 64 << 10  # bytes; the header's variables stand first

_SECTIONS = frozenset(["HEADER", "CLASSES", "TABLES", "BLOCKS", "ENTITIES", "OBJECTS"])
_RECORDS = """
    CLASS TABLE ENDTAB APPID BLOCK_RECORD DIMSTYLE LAYER LTYPE STYLE UCS VIEW VPORT BLOCK ENDBLK
    3DFACE 3DLINE 3DSOLID ACAD_TABLE ARC ARCALIGNEDTEXT ARC_DIMENSION ATTDEF ATTRIB BODY CIRCLE DIMENSION ELLIPSE
    EXTRUDEDSURFACE HATCH HELIX IMAGE INSERT LARGE_RADIAL_DIMENSION LEADER LIGHT LINE LOFTEDSURFACE LWPOLYLINE MESH MLEADER
    MLINE MPOLYGON MTEXT MULTILEADER POINT POLYLINE RAY REGION REVOLVEDSURFACE SECTION SEQEND SHAPE SOLID SPLINE SUN SURFACE
    SWEPTSURFACE TABLE TEXT TOLERANCE TRACE VERTEX VIEWPORT WIPEOUT XLINE
    ACDBDICTIONARYWDFLT ACDBPLACEHOLDER ACAD_GROUP CELLSTYLEMAP DICTIONARY DICTIONARYVAR DIMASSOC GEODATA GROUP IDBUFFER
    IMAGEDEF IMAGEDEF_REACTOR LAYER_FILTER LAYER_INDEX LAYOUT MATERIAL MLEADERSTYLE MLINESTYLE PLACEHOLDER PLOTSETTINGS
    RASTERVARIABLES SCALE SORTENTSTABLE SPATIAL_FILTER SPATIAL_INDEX TABLESTYLE VISUALSTYLE WIPEOUTVARIABLES XRECORD
"""
_TEXTS = "TEXT MTEXT ATTRIB ATTDEF DIMENSION MULTILEADER MLEADER ACAD_TABLE TOLERANCE ARCALIGNEDTEXT CLASS APPID"
_KNOWN, _WORDED = frozenset(_RECORDS.split()), frozenset(_TEXTS.split())  # worded: what looks like a path may be said there
_VARIABLES_OUT = {  # header variables that name places or people; the others set up the drawing
    "$MENU": Kind.EXTERNAL_LINK,
    "$HYPERLINKBASE": Kind.HYPERLINK,
    "$PROJECTNAME": Kind.METADATA,
    "$LASTSAVEDBY": Kind.METADATA,
}
_DATA_OF = re.compile(r"ACAD(?:_\w+|ANNO\w*|ANNOTATIVE\w*)?", re.IGNORECASE)  # applications whose extended data may stay

_CODE = re.compile(r"[ \t]*(-?\d{1,4})[ \t]*")
_NUMBER = re.compile(r"[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?[ \t]*")
_HANDLE = re.compile(r"[ \t]*[0-9A-Fa-f]{0,16}[ \t]*")
_ESCAPE = re.compile(r"\\U\+([0-9A-Fa-f]{4})")
_NAME = re.compile(r"\$?\w{1,60}", re.ASCII)

_XREF = 4 | 8 | 16 | 32  # of group 70 in a BLOCK: external, overlay, dependent, resolved
_EXTENDED = 1000  # the first group of extended data
_LONGEST = 10_000  # characters of one value; the Reference ends at 2,049


@dataclass(frozen=True, slots=True)
class _Pair:
    code: int
    value: str


@dataclass(frozen=True, slots=True)
class _Record:
    """From one group 0 to the next; in the header, from one variable's name to the next."""

    kind: str
    pairs: tuple[_Pair, ...]


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    if content.startswith(_BINARY):
        raise Refused(Reason.TYPE_NOT_ALLOWED, "AutoCAD drawing (binary DXF)", Verdict.WITHHELD)
    findings = Findings()
    head = content[:_HEAD]
    version, label = _VERSION.search(head), _LABEL.search(head)
    is_unicode = bool(version) and int(version[1]) >= _UNICODE_SINCE if version else False
    decoded = reference.decode(content, "utf-8" if is_unicode else label[1].decode() if label else "", findings)
    lines = list[str]()
    for pair in _rebuilt(_records(_pairs(decoded.text, findings), findings), findings):
        lines += (f"{pair.code:3d}", pair.value)
    text = "\r\n".join([*lines, ""])
    output = (
        text.encode("utf-8") if is_unicode else text.encode("cp932" if decoded.charset == "cp932" else "ascii", "mugai-dxf")
    )
    return reference.outcome(output, part, detected, findings)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """A character outside the code page as AutoCAD writes it: \\U+XXXX."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"\\U+{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end


codecs.register_error("mugai-dxf", _escaped)


def _pairs(text: str, findings: Findings) -> Iterator[_Pair]:
    """Up to and with EOF; every value is held to what its code promises."""
    lines = text.split("\n")
    for at in range(0, len(lines) - 1, 2):
        code = _CODE.fullmatch(lines[at])
        if not code:
            raise _corrupt(at, "no group code")
        pair = _Pair(int(code[1]), lines[at + 1])
        if not _is_allowed(pair):
            raise _corrupt(at + 1, f"no value of group {pair.code}")
        if pair.code == 0:
            pair = replace(pair, value=pair.value.strip())
        yield pair
        if pair == _Pair(0, "EOF"):
            if rest := "\n".join(lines[at + 2 :]).strip():
                findings.add(Kind.TRAILING_DATA, "", f"{len(rest)} characters after the end", Treatment.REMOVED)
            return
    raise _corrupt(len(lines), "no end")


def _corrupt(line: int, why: str) -> Refused:
    return Refused(Reason.CORRUPT, f"DXF, line {line + 1}: {why}")


def _is_allowed(pair: _Pair) -> bool:
    code, value = pair.code, pair.value
    if code == 0:
        return bool(_NAME.fullmatch(value.strip()))
    if _is_text(code) or _is_chunk(code):
        return len(value) <= _LONGEST or _is_chunk(code)
    if 320 <= code < 370 or 390 <= code < 400 or code in (5, 105, 480, 481, 1005):
        return bool(_HANDLE.fullmatch(value))
    return -5 <= code <= 1071 and bool(_NUMBER.fullmatch(value))


def _is_text(code: int) -> bool:
    return (1 <= code < 10 and code != 5) or code in (100, 102, 999, -1, -2, -3, -4, -5) or _is_far_text(code)


def _is_far_text(code: int) -> bool:
    return 300 <= code < 310 or 410 <= code < 420 or 430 <= code < 440 or 470 <= code < 480 or 1000 <= code < 1004


def _is_chunk(code: int) -> bool:
    return 310 <= code < 320 or code == 1004


def _records(pairs: Iterator[_Pair], findings: Findings) -> Iterator[_Record]:
    kind, gathered, comments = "", list[_Pair](), 0
    for pair in pairs:
        if pair.code == 999:
            comments += 1
        elif pair.code == 0 or (pair.code == 9 and _is_variable(kind, gathered)):
            if kind or gathered:
                yield _Record(kind, tuple(gathered))
            kind, gathered = pair.value.strip(), []
        else:
            gathered.append(pair)
    if comments:
        findings.add(Kind.METADATA, "", f"{comments} comments of the writing program", Treatment.REMOVED)
    yield _Record(kind, tuple(gathered))


def _is_variable(kind: str, gathered: list[_Pair]) -> bool:
    """Group 9 names a variable of the header, which stands behind its section's name or another variable."""
    return kind.startswith("$") or (kind == "SECTION" and gathered == [_Pair(2, "HEADER")])


def _rebuilt(records: Iterator[_Record], findings: Findings) -> Iterator[_Pair]:
    """The sections that may stay, each from its start to its end."""
    section = None
    for record in records:
        if section is None:
            if record.kind == "EOF" and not record.pairs:
                yield _Pair(0, "EOF")
                return
            section = _opened(record)
            if section not in _SECTIONS:
                findings.add(Kind.UNKNOWN_CONSTRUCT, section, "section", Treatment.REMOVED)
        elif record.kind in ("SECTION", "EOF"):
            raise Refused(Reason.CORRUPT, f"DXF: section {section} does not end")
        if section in _SECTIONS:
            yield from _written(record, section, findings)
        if record.kind == "ENDSEC":
            section = None
    raise Refused(Reason.CORRUPT, "DXF: no end")


def _opened(record: _Record) -> str:
    if record.kind != "SECTION" or [pair.code for pair in record.pairs] != [2]:
        raise Refused(Reason.CORRUPT, f"DXF: {record.kind} outside a section")
    return record.pairs[0].value.strip()


def _written(record: _Record, section: str, findings: Findings) -> Iterator[_Pair]:
    if record.kind == "SECTION":
        yield _Pair(0, record.kind)
        yield from record.pairs
    elif record.kind == "ENDSEC":
        yield _Pair(0, record.kind)
    elif record.kind.startswith("$") and section == "HEADER":
        yield from _variable(record, findings)
    elif record.kind in _KNOWN:
        yield _Pair(0, record.kind)
        yield from _harmless(record, section, findings)
    else:
        kind = Kind.EMBEDDED_OBJECT if "OLE" in record.kind else Kind.MACRO if "VBA" in record.kind else Kind.UNKNOWN_CONSTRUCT
        findings.add(kind, section, record.kind, Treatment.REMOVED)


def _variable(record: _Record, findings: Findings) -> Iterator[_Pair]:
    if record.kind in _VARIABLES_OUT:
        if any(pair.value.strip() not in ("", ".") for pair in record.pairs):
            findings.add(_VARIABLES_OUT[record.kind], record.kind, record.pairs[0].value, Treatment.REMOVED)
        return
    yield _Pair(9, record.kind)
    for pair in _plain(record, "HEADER", findings):
        yield _bare(pair, record.kind, findings) if _is_text(pair.code) else pair


def _harmless(record: _Record, section: str, findings: Findings) -> Iterator[_Pair]:
    """One record without chunks, foreign extended data and places elsewhere."""
    is_external = record.kind == "BLOCK" and any(pair.code == 70 and _flags(pair) & 4 for pair in record.pairs)
    for pair in _plain(record, section, findings):
        if pair.code == 70 and record.kind == "BLOCK" and _flags(pair) & _XREF:
            pair = replace(pair, value=f"{_flags(pair) & ~_XREF:6d}")
        elif pair.code == 1 and is_external:
            findings.add(Kind.EXTERNAL_LINK, section, pair.value, Treatment.REMOVED)
            pair = replace(pair, value="")
        elif _is_text(pair.code) and (record.kind not in _WORDED or pair.code >= _EXTENDED):
            pair = _bare(pair, f"{section} {record.kind}", findings)
        yield pair


def _bare(pair: _Pair, where: str, findings: Findings) -> _Pair:
    meaning = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), pair.value)
    return _Pair(pair.code, reference.bare(pair.value, meaning, where, findings))


def _flags(pair: _Pair) -> int:
    return int(float(pair.value.lower().replace("d", "e"))) & 0xFFFF


def _plain(record: _Record, section: str, findings: Findings) -> list[_Pair]:
    kept, is_ours = list[_Pair](), True
    for pair in record.pairs:
        if pair.code == 1001:
            is_ours = bool(_DATA_OF.fullmatch(pair.value.strip()))
            if not is_ours:
                kind = Kind.HYPERLINK if pair.value.strip().upper() == "PE_URL" else Kind.UNKNOWN_CONSTRUCT
                findings.add(kind, f"{section} {record.kind}", f"data of {pair.value}", Treatment.REMOVED)
        if _is_chunk(pair.code):
            if kept and kept[-1].code in (92, 160):  # how many bytes follow: none do
                kept.pop()
            findings.add(Kind.EMBEDDED_OBJECT, f"{section} {record.kind}", "binary data", Treatment.REMOVED)
        elif is_ours or pair.code < _EXTENDED:
            kept.append(pair)
    return kept
