"""The gate: what `grammar` proves harmless goes by as it is, and only the rest of a part becomes a tree.

Each plain stretch gives way to one mark before the part is parsed.  A mark that the parser finds again as an element, in
order and with the namespaces that the grammar means, proves that the stretch stood where elements stand: not in a comment, a
section, a value or a declaration.  As a stretch is balanced, the tree around it is the one that the whole part would have.
Anything else raises `Unproven`, and the caller reads the `whole` part.  Nothing is judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Treatment
from sanitizers.ooxml import grammar, xml
from sanitizers.ooxml.grammar import Language

_URI = "urn:mugai:plain"
MARK = f"{{{_URI}}}stretch"
_WRITTEN_MARK = re.compile(rb'<stretch xmlns="urn:mugai:plain" n="(\d+)"/>')
_SMALL = 4096  # bytes: below, a tree costs nothing
_HEAD = 8192  # bytes in which a root declares its namespaces
_REVISION = re.compile(rb' w:rsid[A-Za-z]{0,10}="[0-9A-F]{8}"')


class Unproven(Exception):
    """The part must be read whole."""


@dataclass(frozen=True, slots=True)
class Gated:
    """A part: the tree with its marks, and what stands behind each of them."""

    root: xml.Element
    stretches: list[memoryview] = field(default_factory=list)
    prefixes: frozenset[str] = frozenset()  # of extensions, which must stay declared for the stretches

    def joined(self, where: str, findings: Findings) -> bytes:
        """The part as bytes.  Revision marks in the stretches go: they are no plain text, as that has no quotation mark."""
        pieces: list[bytes | memoryview] = [*_WRITTEN_MARK.split(xml.serialise(self.root))]  # text, number, text, ..., text
        stretches: list[bytes | memoryview] = [self.stretches[int(bytes(number))] for number in pieces[1::2]]
        if self.prefixes:
            cleaned = [_REVISION.subn(b"", stretch) for stretch in stretches]
            if any(count for _, count in cleaned):
                findings.add(Kind.METADATA, where, "rsid", Treatment.REMOVED)
            stretches = [stretch for stretch, _ in cleaned]
        pieces[1::2] = stretches
        return b"".join(pieces)


def parse(content: bytes, where: str) -> Gated:
    """Raises `Unproven`, and `Refused` for what no way of reading would take."""
    content = xml.utf8(content, where)
    language = _language(content)
    if language is None:
        return whole(content, where)
    spans = list(_spans(content, language))
    if not spans:
        return whole(content, where)
    try:
        root = xml.parse(_marked(content, spans), where)
    except Refused as refusal:  # let the reader of the whole part say why
        raise Unproven from refusal
    view = memoryview(content)
    stretches = [view[start:end] for start, end in spans]
    is_special = _prove(root, stretches, language)
    return Gated(root, stretches, frozenset({language.extension} if is_special else ()))


def whole(content: bytes, where: str) -> Gated:
    root = xml.parse(content, where)
    if next(root.iter(MARK), None) is not None:
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, f"{where}: a name that only the gateway uses")
    return Gated(root)


def _language(content: bytes) -> Language | None:
    if len(content) < _SMALL:
        return None
    return grammar.language(content[:_HEAD])


def _spans(content: bytes, language: Language) -> Iterator[tuple[int, int]]:
    """Start and end of each stretch; the next is looked for behind what was read, so all is read about once."""
    found = language.start.search(content)
    while found:
        start = end = found.start()
        if match := language.stretch.match(content, start):
            end = match.end()
            yield start, end
        found = language.start.search(content, max(end, start + 1))


def _marked(content: bytes, spans: list[tuple[int, int]]) -> bytes:
    pieces, at = [], 0
    for number, (start, end) in enumerate(spans):
        pieces += [content[at:start], b'<stretch xmlns="%s" n="%d"/>' % (_URI.encode(), number)]
        at = end
    return b"".join([*pieces, content[at:]])


def _prove(root: xml.Element, stretches: list[memoryview], language: Language) -> bool:
    """Raises `Unproven` unless every stretch is where and what it seemed to be; has one more than names of `prefix`?"""
    marks = list(root.iter(MARK))
    if [mark.get("n") for mark in marks] != [str(number) for number in range(len(stretches))]:
        raise Unproven
    is_special = False
    for mark, stretch in zip(marks, stretches, strict=True):
        parent = mark.getparent()
        if parent is None or parent.prefix != language.prefix or xml.namespace(parent) not in language.namespaces:
            raise Unproven
        if language.special.search(stretch):
            is_special = True
            if parent.nsmap.get(language.extension) != language.extension_uri and language.extended.search(stretch):
                raise Unproven
    return is_special
