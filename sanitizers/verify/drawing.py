"""DXF and ISO 10303-21 (SXF) as text: nothing opaque, nothing of another program, no way to another machine (D18)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sanitizers.verify.text import invisible

_OUTSIDE = re.compile(r"\s*(?:[\\/][\\/]|[a-z][a-z0-9+.-]{0,30}:[\\/]|(?:file|mailto|javascript):)|.*\.\.[\\/]", re.IGNORECASE)
_HIDDEN = re.compile(r"\\U\+005C", re.IGNORECASE)  # a backslash by its number
_SPOKEN = ("TEXT", "ATTRIB", "ATTDEF", "DIMENSION", "LEADER", "TABLE", "TOLERANCE", "CLASS", "APPID")  # words, not places
_FOREIGN = re.compile(r"PROXY|^OLE|VBA|UNDERLAY|DATALINK|FIELD|THUMBNAIL|ACDSDATA|RTEXT|WEBLIGHT", re.IGNORECASE)
_STEP_TOKEN = re.compile(r"/\*.*?\*/|'[^']*'", re.DOTALL)
_SPOKEN_OWNER = re.compile(r"(?:text_string_feature|TEXT_LITERAL\w*|FILE_DESCRIPTION)\s*\($")


def dxf(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    text = _decoded(content)
    if text is None:
        yield "neither UTF-8 nor CP932"
        return
    if character := invisible(text):
        yield f"control character {character}"
    lines = text.split("\r\n")
    pairs = list(zip(lines[0:-1:2], lines[1::2], strict=False))
    if len(lines) % 2 == 0 or [(code.strip(), value) for code, value in pairs[-1:]] != [("0", "EOF")]:
        yield "no pairs up to EOF"
    kind = ""
    for written, value in pairs:
        code = int(written)
        if code == 0:
            kind = value
        if (code in (0, 2) and _FOREIGN.search(value) and kind in ("SECTION", value)) or code == 1004 or 310 <= code < 320:
            yield f"group {code} of {kind}: {value[:60]}"
        if code == 1001 and not value.upper().startswith("ACAD"):
            yield f"data of {value[:60]}"
        is_place = _is_string(code) and _OUTSIDE.match(_HIDDEN.sub(r"\\", value))
        if is_place and (code >= 1000 or not kind.endswith(_SPOKEN)):
            yield f"group {code} of {kind} names a place: {value[:60]}"


def _is_string(code: int) -> bool:
    return code < 10 or 300 <= code < 310 or 410 <= code < 420 or 430 <= code < 440 or 470 <= code < 480 or code >= 1000


def step(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    text = _decoded(content)
    if text is None:
        yield "neither UTF-8 nor CP932"
        return
    if character := invisible(text):
        yield f"control character {character}"
    if not text.startswith("ISO-10303-21;") or not text.rstrip("\r\n").endswith("END-ISO-10303-21;"):
        yield "no ISO 10303-21 from start to end"
    bare = _STEP_TOKEN.sub("", text)
    if re.search(r"\b(?:ANCHOR|REFERENCE|SIGNATURE)\s*;", bare) or "<" in bare:
        yield "a section that points elsewhere"
    for token in _STEP_TOKEN.finditer(text):
        if token[0].startswith("/*") and not re.match(r"/\*SXF[0-9.]*\r\n#", token[0]):
            yield f"a comment: {token[0][:60]}"
        before = text[max(0, token.start() - 60) : token.start()]
        owner = before if token[0].startswith("'") else token[0].partition("(")[0] + "("
        if not _SPOKEN_OWNER.search(owner):
            yield from (f"a place: {string[:60]}" for string in _strings(token[0]) if _OUTSIDE.match(string))


def _strings(token: str) -> list[str]:
    quoted = [token[1:-1]] if token.startswith("'") else re.findall(r"\\'(.*?)\\'", token)
    return quoted + [re.sub(r"\\X\\5C|\\\\", r"\\", string) for string in quoted]


def _decoded(content: bytes) -> str | None:
    for charset in ("utf-8", "cp932"):
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            continue
    return None
