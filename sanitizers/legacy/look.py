"""What an old document holds that its conversion loses without a word: macros, objects, links, signatures.

A cheap look by names, record types and tokens, for the report only: nothing here decides what is delivered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sanitizers import zip_strict
from sanitizers.conversion import Source
from sanitizers.detect.signature import OLE, ZIP
from sanitizers.job import Findings
from sanitizers.legacy.records import BOUNDSHEET, OBPROJ, directory, globals_of, stream
from sanitizers.model import Kind, Limits, Treatment

_BY_STORAGE = {  # a name anywhere in the directory, in lower case
    "macros": Kind.MACRO,
    "_vba_project_cur": Kind.MACRO,
    "_vba_project": Kind.MACRO,
    "objectpool": Kind.EMBEDDED_OBJECT,
    "\x01ole10native": Kind.EMBEDDED_OBJECT,
    "\x03ocxname": Kind.ACTIVEX,
    "_signatures": Kind.SIGNATURE,
    "_xmlsignatures": Kind.SIGNATURE,
    "ctls": Kind.ACTIVEX,
}
_BY_PREFIX = {"mbd": Kind.EMBEDDED_OBJECT}  # Excel numbers its objects: MBD0012ABCD
_BY_RECORD = {  # headers of [MS-PPT] records inside the one stream: version and instance, type, size where it is fixed
    bytes.fromhex("1F00FF0314000000"): Kind.MACRO,  # VBAInfoContainer, 2.4.10
    bytes.fromhex("0F00CC0F"): Kind.EMBEDDED_OBJECT,  # ExOleEmbedContainer, 2.10.27
    bytes.fromhex("0F00EE0F"): Kind.ACTIVEX,  # ExControlContainer, 2.10.10
}
_BY_WORD = {  # RTF 1.9.1, written as Word writes it; obfuscated ones vanish in the conversion all the same
    re.compile(rb"\\obj(?:data|ect|ocx|emb|link)\b"): Kind.EMBEDDED_OBJECT,
    re.compile(rb"\\\*\s*\\template\b"): Kind.REMOTE_TEMPLATE,
    re.compile(rb"\bDDE(?:AUTO)?\b"): Kind.DDE,
    re.compile(rb"\bINCLUDE(?:PICTURE|TEXT)\b"): Kind.EXTERNAL_LINK,
}
_IN_XML = {  # [Word 2003 XML Reference] w:binData: a compressed project, or an OLE object
    re.compile(rb"editdata\.mso|macrosPresent=.yes"): Kind.MACRO,
    re.compile(rb"oledata\.mso|<o:OLEObject\b"): Kind.EMBEDDED_OBJECT,
    re.compile(rb"ocxPresent=.yes"): Kind.ACTIVEX,
    re.compile(rb"\bDDE(?:AUTO)?\b"): Kind.DDE,
}
_BY_MEMBER = {"vbaproject.bin": Kind.MACRO, "macrosheets/": Kind.XLM_MACRO, "embeddings/": Kind.EMBEDDED_OBJECT}
_MACRO_SHEET, _VBA_MODULE = 1, 6  # [MS-XLS] 2.4.28, dt


def report(content: bytes, source: Source, limits: Limits, findings: Findings) -> None:
    if source in (Source.RTF, Source.WORDML, Source.SHEETML):
        _words(content, _BY_WORD if source is Source.RTF else _IN_XML, findings)
    elif content.startswith(ZIP):
        _members(content, limits, findings)
    elif content.startswith(OLE):
        _ole(content, source, findings)
    if source is Source.XLS:
        _workbook(content, findings)


def _words(content: bytes, patterns: Mapping[re.Pattern[bytes], Kind], findings: Findings) -> None:
    for pattern, kind in patterns.items():
        if found := pattern.search(content):
            findings.add(kind, "", found[0].decode("ascii", "replace"), Treatment.REMOVED)


def _members(content: bytes, limits: Limits, findings: Findings) -> None:
    for member in zip_strict.read(content, limits):
        for piece, kind in _BY_MEMBER.items():
            if piece in member.name.lower():
                findings.add(kind, member.name, "", Treatment.REMOVED)


def _ole(content: bytes, source: Source, findings: Findings) -> None:
    with directory(content) as ole:
        for path in ole.listdir(streams=True, storages=True):
            name = path[-1].lower()
            kind = _BY_STORAGE.get(name) or _BY_PREFIX.get(name[:3])
            if kind:
                findings.add(kind, "/".join(path), "", Treatment.REMOVED)
        if source is Source.PPT:
            slides = stream(ole, "PowerPoint Document")
            for header, kind in _BY_RECORD.items():
                if header in slides:
                    findings.add(kind, "PowerPoint Document", "", Treatment.REMOVED)


def _workbook(content: bytes, findings: Findings) -> None:
    for kind, body in globals_of(content):
        if kind == BOUNDSHEET and len(body) > 5 and body[5] == _MACRO_SHEET:
            findings.add(Kind.XLM_MACRO, "Workbook", "macro sheet", Treatment.REMOVED)
        elif kind == OBPROJ or (kind == BOUNDSHEET and len(body) > 5 and body[5] == _VBA_MODULE):
            findings.add(Kind.MACRO, "Workbook", "VBA project", Treatment.REMOVED)
