"""The structure of a message, read from its bytes by the strict grammar of RFC 2045-2046 (security.md 2.2, M1-M19).

Where two mail programs would find different parts, `read` raises Refused(AMBIGUOUS) and names the rule; what real mailers do
wrong without that effect is tolerated and reported.  That is safe because each leaf is rebuilt and the message written anew:
nothing of the sender's structure leaves.  The body of a leaf is decoded by `Entity.content`, its meaning is not looked at;
nested messages are leaves here.  Time is linear in the size, for a nesting of at most MAX_DEPTH.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sanitizers import words
from sanitizers.job import Findings
from sanitizers.model import Kind, Limits, Reason, Refused, Treatment
from sanitizers.parameters import Field, parse
from sanitizers.transfer import Encoding, decode, encoding

MAX_DEPTH = 20  # multiparts in one another; people's mail has four (M11)

_FROM_LINE = re.compile(rb">?From [^\n]*\n")  # mbox, and its quoted form (M19)
_NEWLINE = re.compile(rb"\r*\n")
_BLANK = re.compile(rb"\n\r*\n")
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_STRUCTURAL = re.compile(rb"(?i)content-(?:type|transfer-encoding|disposition)[ \t]*:")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}", re.ASCII)
_RESIDUE = re.compile(rb"(?im)^(?:content-[a-z-]+[ \t]*:|begin(?:-base64)? [0-7]{3,4} |=ybegin |(?:[a-z0-9+/]{60,76}\r*\n){2})")
_PART_START = re.compile(rb"(?im)^--[^\n]{1,200}\n(?:[!-9;-~]{1,80}:[^\n]*\n){0,5}content-[a-z-]{1,40}:")
_NOTHING = parse(b"")


def ambiguous(rule: str, detail: str) -> Refused:
    return Refused(Reason.AMBIGUOUS, f"{rule}: {detail}")


@dataclass(frozen=True, slots=True)
class Entity:
    """A part: its unfolded header fields by lower-case name, and either `parts` or a body."""

    fields: tuple[tuple[str, bytes], ...]
    media_type: str
    content_type: Field
    dispositions: tuple[Field, ...]
    encoding: Encoding
    body: bytes | memoryview
    parts: tuple[Entity, ...] = ()
    whole: bytes | memoryview = b""  # header and body as they came, which is what a signature is about
    stray: bool = False  # seen only by readers that look behind the end of a multipart

    def values(self, name: str) -> list[bytes]:
        return [value for field, value in self.fields if field == name]

    def first(self, name: str) -> bytes:
        return next(iter(self.values(name)), b"")

    def content(self, findings: Findings, where: str) -> bytes:
        """The decoded body of a leaf.  Raises Refused(AMBIGUOUS) by M6."""
        return decode(bytes(self.body), self.encoding, findings, where)


def read(content: bytes, limits: Limits, findings: Findings) -> Entity:
    """The tree of a whole message; raises Refused(AMBIGUOUS, LIMIT_SIZE, LIMIT_PARTS or LIMIT_DEPTH)."""
    return _Reader(content, limits, findings).entity(preface(content), len(content), (), "text/plain")


def preface(content: bytes) -> int:
    """Where the header begins: after a byte order mark, blank lines and mbox lines, which files have and mail has not."""
    start = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    while True:
        line_end = content.find(b"\n", start, start + 1000)
        line = content[start : line_end + 1]
        if not line or (line.strip() and not _FROM_LINE.fullmatch(line)):
            return start
        start = line_end + 1


class _Reader:
    def __init__(self, content: bytes, limits: Limits, findings: Findings):
        self._buffer, self._limits, self._findings = content, limits, findings
        self._entities = 0
        self._boundaries: set[bytes] = set()

    def entity(self, start: int, end: int, enclosing: tuple[bytes, ...], default: str) -> Entity:
        self._entities += 1
        if self._entities > self._limits.parts:
            raise Refused(Reason.LIMIT_PARTS, f"more than {self._limits.parts} MIME parts")
        fields, body = self._header(start, end)
        content_type = self._content_type(fields)
        found = Entity(
            fields=fields,
            media_type=_media_type(content_type, default),
            content_type=content_type,
            dispositions=tuple(parse(value) for name, value in fields if name == "content-disposition"),
            encoding=self._encoding(fields),
            body=memoryview(self._buffer)[body:end],
            whole=memoryview(self._buffer)[start:end],
        )
        if not found.media_type.startswith("multipart/"):
            return found
        if not content_type.strict:
            self._tolerate("M3", f"Content-Type of {found.media_type} is not written by the standard")
        return self._multipart(found, body, end, enclosing)

    def _tolerate(self, rule: str, detail: str) -> None:
        self._findings.add(Kind.MIME_AMBIGUITY, "", f"{rule}: {detail}", Treatment.KEPT)

    # --- Header

    def _header(self, start: int, end: int) -> tuple[tuple[tuple[str, bytes], ...], int]:
        """The fields, unfolded, and where the body starts."""
        blank = _BLANK.search(self._buffer, start, end)
        if newline := _NEWLINE.match(self._buffer, start, end):
            return (), newline.end()
        head_end, body = (blank.start() + 1, blank.end()) if blank else (end, end)
        if head_end - start > self._limits.header_bytes and not self._looks_like_field(start, end):
            return (), start  # no header at all
        if head_end - start > self._limits.header_bytes:
            raise Refused(Reason.LIMIT_SIZE, f"a header of more than {self._limits.header_bytes} bytes")
        lines = self._buffer[start:head_end].split(b"\n")
        fields: list[tuple[str, list[bytes]]] = []
        position = start
        for number, raw in enumerate(lines):
            line = raw.rstrip(b"\r")
            match = _FIELD.fullmatch(line)
            if line[:1] in (b" ", b"\t") and fields:
                fields[-1][1].append(line)
            elif match:
                fields.append((match[1].decode("ascii").lower(), [match[2]]))
            elif _FROM_LINE.fullmatch(line + b"\n") or not line.strip(b"\r \t\0"):
                pass  # what files have and mail has not
            elif not self._skipped(line, lines[number + 1 :], bool(fields)):
                body = position
                break
            position += len(raw) + 1
        if len(fields) > self._limits.headers:
            raise Refused(Reason.LIMIT_PARTS, f"more than {self._limits.headers} header fields")
        return tuple(_unfolded(fields)), body

    def _looks_like_field(self, start: int, end: int) -> bool:
        return _FIELD.match(self._buffer[start : min(end, start + 300)].partition(b"\n")[0]) is not None

    def _skipped(self, line: bytes, rest: list[bytes], after_fields: bool) -> bool:
        """A line in the header that is no field: left out when the header goes on after it, else the body starts there (M5)."""
        if line.startswith(b"--"):
            return False
        header_goes_on = any(rest) and all(not other.strip() or other[:1] in b" \t" or _FIELD.match(other) for other in rest)
        if after_fields and header_goes_on:
            self._findings.add(Kind.HEADER, "", f"M5: not a header field: {line[:100]!r}", Treatment.REMOVED)
        elif any(_STRUCTURAL.match(other) for other in rest):
            raise ambiguous("M5", "Content fields after a line that is no header field")
        return after_fields and header_goes_on

    def _content_type(self, fields: tuple[tuple[str, bytes], ...]) -> Field:
        """One Content-Type; several that agree are one, several that make different structures are held (M1)."""
        found = [parse(_checked(name, value)) for name, value in fields if name == "content-type"]
        if len({(field.value, field.parameters) for field in found}) > 1:
            if any("multipart" in field.value or "message" in field.value for field in found):
                raise ambiguous("M1", "several Content-Type fields that make different structures")
            self._tolerate("M1", "several Content-Type fields")
            merged = tuple(parameter for field in found for parameter in field.parameters)
            return replace(found[-1], parameters=merged, strict=False)  # of two texts the later reading is the richer one
        return found[0] if found else _NOTHING

    def _encoding(self, fields: tuple[tuple[str, bytes], ...]) -> Encoding:
        found = {encoding(_checked(name, value)) for name, value in fields if name == "content-transfer-encoding"}
        if None in found:
            raise ambiguous("M2", "a Content-Transfer-Encoding that readers take for different ones")
        if len({known for known, _ in filter(None, found)}) > 1:
            raise ambiguous("M1", "several Content-Transfer-Encoding fields that differ")
        if any(not exact for _, exact in filter(None, found)):
            self._tolerate("M2", "Content-Transfer-Encoding is not one of the five")
        return next((known for known, _ in filter(None, found)), Encoding.IDENTITY)

    # --- Multipart

    def _multipart(self, entity: Entity, start: int, end: int, enclosing: tuple[bytes, ...]) -> Entity:
        if len(enclosing) >= MAX_DEPTH:
            raise Refused(Reason.LIMIT_DEPTH, f"more than {MAX_DEPTH} multiparts inside one another")
        boundary, lines = self._boundary(entity.content_type, start, end)
        if not lines:
            return self._undivided(entity)
        if entity.encoding is not Encoding.IDENTITY:
            self._tolerate("M2", "a multipart with a Content-Transfer-Encoding, which is ignored")
        if any(boundary in (outer, outer + b"--") for outer in enclosing):
            raise ambiguous("M3", "the boundary of a multipart is the one around it")
        self._boundaries.add(boundary)
        self._drop(start, lines[0].start, "preamble")
        default = "message/rfc822" if entity.media_type == "multipart/digest" else "text/plain"
        parts: list[Entity] = []
        closed = False
        for line, following in zip(lines, [*lines[1:], None], strict=True):
            closed |= line.closes
            until = self._before(following.start, line.end) if following else end
            if line.closes:
                self._drop(line.end, until, "epilogue")
            elif following is not None or self._buffer[line.end : until].strip():
                part = self.entity(line.end, until, (*enclosing, boundary), default)
                parts.append(replace(part, stray=closed))
        if not closed:
            self._tolerate("M4", "a multipart without its end")
        elif any(part.stray for part in parts):
            self._tolerate("M4", "parts after the end of a multipart")
        self._no_near_misses(boundary, start, end)
        return replace(entity, parts=tuple(parts))

    def _boundary(self, field: Field, start: int, end: int) -> tuple[bytes, list[_Delimiter]]:
        """Of all readings of the boundary the one that occurs; two that occur at different places are held (M3)."""
        found: dict[tuple[int, ...], tuple[bytes, list[_Delimiter]]] = {}
        for candidate in _readings(field):
            if lines := list(self._delimiters(candidate, start, end)):
                found.setdefault(tuple(line.start for line in lines), (candidate, lines))
        if len(found) > 1:
            raise ambiguous("M3", "a boundary that can be read in two ways")
        return next(iter(found.values()), (b"", []))

    def _delimiters(self, boundary: bytes, start: int, end: int) -> Iterator[_Delimiter]:
        """RFC 2046 5.1.1: a whole line; blanks after it are padding."""
        for begin, line, after in self._starting_with(boundary, start, end):
            rest = line[2 + len(boundary) :].rstrip(b" \t\r")
            if rest in (b"", b"--"):
                yield _Delimiter(begin, after, bool(rest))

    def _starting_with(self, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, bytes, int]]:
        dashed = b"--" + boundary
        at = self._buffer.find(dashed, start, end)
        while at >= 0:
            before = self._buffer[at - 1 : at] if at > start else b"\n"
            if before == b"\r":
                raise ambiguous("M5", "a boundary after a bare CR")
            if before == b"\n":
                newline = self._buffer.find(b"\n", at, end)
                after = end if newline < 0 else newline + 1
                yield at, self._buffer[at : min(after, at + 1000)].rstrip(b"\r\n"), after
            at = self._buffer.find(dashed, at + len(dashed), end)

    def _before(self, delimiter: int, start: int) -> int:
        """The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1)."""
        end = delimiter - 1
        while end > start and self._buffer[end - 1] == 0x0D:
            end -= 1
        return max(start, end)

    def _no_near_misses(self, boundary: bytes, start: int, end: int) -> None:
        """Lines that only begin like a delimiter are delimiters to lenient readers, unless they are another boundary's."""
        for _, line, _ in self._starting_with(boundary, start, end):
            whole = line[2:].rstrip(b" \t\r")
            known = {boundary, boundary + b"--"} | self._boundaries
            if whole not in known and whole.removesuffix(b"--") not in known:
                raise ambiguous("M3", "a line that only begins like the boundary")

    def _undivided(self, entity: Entity) -> Entity:
        """A multipart whose boundary does not occur is a text, unless it looks divided to somebody (M4)."""
        if entity.encoding is not Encoding.IDENTITY or _PART_START.search(entity.body):
            raise ambiguous("M4", "a multipart that can not be divided by its boundary")
        self._tolerate("M4", "a multipart without parts, read as text")
        return replace(entity, media_type="text/plain", content_type=_NOTHING)

    def _drop(self, start: int, end: int, name: str) -> None:
        """Preamble and epilogue are for no reader; what hides there is reported."""
        if _RESIDUE.search(self._buffer[start:end]):
            self._findings.add(Kind.HIDDEN_PART, name, "looks like a part, outside of all parts", Treatment.REMOVED)


@dataclass(frozen=True, slots=True)
class _Delimiter:
    """Where the line starts, where the next one does, and whether it is the closing one."""

    start: int
    end: int
    closes: bool


def _unfolded(fields: list[tuple[str, list[bytes]]]) -> Iterator[tuple[str, bytes]]:
    """RFC 5322 2.2.3.  A bare CR starts a new line for some readers: not in or before a structural field (M5)."""
    for name, lines in fields:
        value = b"".join(lines)
        pieces = value.split(b"\r")
        if len(pieces) > 1 and (name.startswith("content-") or any(_STRUCTURAL.match(piece) for piece in pieces)):
            raise ambiguous("M5", f"a bare CR in {name}")
        yield name, value.strip()


def _checked(name: str, value: bytes) -> bytes:
    if b"\0" in value:
        raise ambiguous("M5", f"NUL in {name}")
    return value


def _media_type(field: Field, default: str) -> str:
    if not field.value:
        return default
    if _MEDIA_TYPE.fullmatch(field.value):
        return field.value
    if "multipart" in field.value or "message" in field.value:
        raise ambiguous("M12", "a media type that some readers take for a container")
    return "text/plain" if field.value.startswith("text") else "application/octet-stream"  # RFC 2045 5.2


def _readings(field: Field) -> list[bytes]:
    """What readers take for the boundary: as it stands, without blanks at the end, up to a blank, decoded (M3)."""
    raw = field.readings("boundary")
    if any(not value.isascii() or b"\0" in value for value in raw):
        raise ambiguous("M3", "a boundary with characters outside ASCII")
    found = [value[:1000] for value in raw]
    found += [value.rstrip(b" \t") for value in found] + [value.partition(b" ")[0].partition(b"(")[0] for value in found]
    found += [words.decode(value).text.encode() for value in found if b"=?" in value]
    return list(dict.fromkeys(filter(None, found)))
