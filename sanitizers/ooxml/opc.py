"""The package: parts by name, relationships between them (ECMA-376 part 2), read strictly and written anew.

Raises `Refused`: what `zip_strict` raises, AMBIGUOUS for two parts that Windows would take for one, CORRUPT for a
package without relationships.  Which relationships and parts may stay is decided in `parts` and `rebuild`.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from lxml import etree

from sanitizers import zip_strict
from sanitizers.model import Limits, Reason, Refused, Verdict
from sanitizers.ooxml import xml

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONSHIPS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_CONTENT_TYPES_NAME = "[content_types].xml"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_RESERVED = ("docprops/", "embeddings/", "media/", "parts/")  # where we put parts ourselves
_HEAD = 16 << 10  # bytes
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]{2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Relationship:
    """`target` is the key of a part, or a URI as written when `external`."""

    id: str
    type: str
    target: str
    external: bool

    @property
    def kind(self) -> str:
        return self.type.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class WrittenPart:
    name: str  # without leading slash
    content_type: str
    content: bytes | zip_strict.Packed
    relationships: tuple[Relationship, ...]  # internal targets are names of written parts

    def renamed(self, names: Mapping[str, str]) -> WrittenPart:
        """With the new names of parts that it leads to."""
        return replace(self, relationships=tuple(replace(r, target=names.get(r.target, r.target)) for r in self.relationships))


class Package:
    """Parts of a hostile package; a key is a part's name in lower case, without leading slash."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        self._members: dict[str, zip_strict.Member] = {}
        for member in zip_strict.read(content, limits):
            if member.is_directory:
                continue
            if member.encrypted:
                raise Refused(Reason.ENCRYPTED, f"{member.name} is encrypted", Verdict.LOCKED)
            key = _key(member.name)
            if key in self._members:
                raise Refused(Reason.AMBIGUOUS, f"two parts are called {member.name}")
            self._members[key] = member
        if _CONTENT_TYPES_NAME not in self._members or "_rels/.rels" not in self._members:
            raise Refused(Reason.CORRUPT, "not an Open Packaging Conventions package")

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __contains__(self, key: str) -> bool:
        return key in self._members

    def left(self, limits: Limits) -> Limits:
        """What remains of the limits for packages inside this one."""
        size = sum(member.size for member in self._members.values())
        return replace(limits, total_bytes=limits.total_bytes - size, zip_entries=limits.zip_entries - len(self._members))

    def read(self, key: str) -> bytes:
        return self._members[key].read()

    def head(self, key: str) -> bytes:
        """The beginning, in which the root element of most parts stands."""
        return self._members[key].head(_HEAD)

    def name(self, key: str) -> str:
        """The part's name as the sender wrote it, or "" if it is not the plain name of an XML part."""
        name = self._members[key].name.replace("\\", "/").lstrip("/")
        plain = _PLAIN_NAME.fullmatch(name) and key.endswith((".xml", ".vml")) and not key.startswith(_RESERVED)
        return name if plain else ""

    def relationships(self, key: str) -> tuple[Relationship, ...]:
        """Of one part, or of the package itself for "".  An identifier that stands twice means nothing and is dropped."""
        rels = relationships_name(key)
        if rels not in self._members:
            return ()
        read = [_relationship(element, key) for element in xml.parse(self.read(rels), rels)]
        count = Counter(relationship.id for relationship in read)
        return tuple(relationship for relationship in read if relationship.id and count[relationship.id] == 1)


def write(parts: Iterable[WrittenPart], roots: tuple[Relationship, ...]) -> bytes:
    """A new package: content types first, as readers that sniff expect."""
    written = list(parts)
    members: list[tuple[str, bytes | zip_strict.Packed]] = [
        ("[Content_Types].xml", _content_types(written)),
        ("_rels/.rels", _relationship_part("", roots)),
    ]
    for part in written:
        members.append((part.name, part.content))
        if part.relationships:
            members.append((relationships_name(part.name), _relationship_part(part.name, part.relationships)))
    return zip_strict.write(members)


def relationships_name(name: str) -> str:
    folder, base = posixpath.split(name)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _relationship(element: xml.Element, source: str) -> Relationship:
    target, external = element.get("Target", "").strip(), element.get("TargetMode") == "External"
    if not external:
        target = _resolve(source, target)
    return Relationship(element.get("Id", ""), element.get("Type", ""), target, external)


def _resolve(source: str, target: str) -> str:
    """The key of a part, compared as Windows does; "" for what does not lead into the package."""
    target = unquote(target.partition("#")[0])
    if not target or _SCHEME.match(target):
        return ""
    path = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), target.replace("\\", "/")))
    return _key(path)


def _relationship_part(source: str, relationships: Iterable[Relationship]) -> bytes:
    root = xml.new_root(_RELATIONSHIPS, "Relationships")
    for relationship in relationships:
        attributes = {"Id": relationship.id, "Type": relationship.type, "Target": relationship.target}
        if relationship.external:
            attributes["TargetMode"] = "External"
        else:
            attributes["Target"] = posixpath.relpath(relationship.target, posixpath.dirname(source) or ".")
        etree.SubElement(root, f"{{{_RELATIONSHIPS}}}Relationship", attributes)
    return xml.serialise(root)


def _content_types(parts: list[WrittenPart]) -> bytes:
    root = xml.new_root(_CONTENT_TYPES, "Types")
    etree.SubElement(root, f"{{{_CONTENT_TYPES}}}Default", Extension="rels", ContentType=_RELATIONSHIPS_TYPE)
    etree.SubElement(root, f"{{{_CONTENT_TYPES}}}Default", Extension="xml", ContentType="application/xml")
    for part in parts:
        etree.SubElement(root, f"{{{_CONTENT_TYPES}}}Override", PartName=f"/{part.name}", ContentType=part.content_type)
    return xml.serialise(root)
