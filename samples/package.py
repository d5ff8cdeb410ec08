"""An Office package while it is put together: parts, relationships, and the ZIP around them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import quoteattr

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_RELS = "application/vnd.openxmlformats-package.relationships+xml"
_1980 = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Relationship:
    id: str
    kind: str
    target: str
    external: bool

    def __str__(self) -> str:
        mode = ' TargetMode="External"' if self.external else ""
        return f'<Relationship Id="{self.id}" Type="{self.kind}" Target={quoteattr(self.target)}{mode}/>'


@dataclass(frozen=True, slots=True)
class Package:
    """`parts`: name to (content type, content); `links`: source part to its relationships.  Each step gives a new one."""

    parts: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    links: dict[str, tuple[Relationship, ...]] = field(default_factory=dict)

    def part(self, name: str, media_type: str, content: str | bytes) -> Package:
        data = content if isinstance(content, bytes) else (_DECLARATION + content).encode()
        return replace(self, parts={**self.parts, name: (media_type, data)})

    def link(self, source: str, kind: str, target: str, external: bool = False) -> Package:
        """The new id is "rId" and the relationship's number within its source, counted from 1."""
        held = self.links.get(source, ())
        kind = kind if kind.startswith("http") else f"{RELATION}/{kind}"
        new = Relationship(f"rId{len(held) + 1}", kind, target, external)
        return replace(self, links={**self.links, source: (*held, new)})

    def hang(self, source: str, kind: str, name: str, media_type: str, content: str | bytes) -> Package:
        """A new part and the relationship that leads to it."""
        return self.part(name, media_type, content).link(source, kind, "/" + name)

    def edit(self, name: str, old: str, new: str) -> Package:
        media_type, content = self.parts[name]
        if old.encode() not in content:
            raise ValueError(f"{name} has no {old}")
        return replace(self, parts={**self.parts, name: (media_type, content.replace(old.encode(), new.encode(), 1))})

    def retype(self, name: str, media_type: str) -> Package:
        return replace(self, parts={**self.parts, name: (media_type, self.parts[name][1])})

    def build(self) -> bytes:
        rows = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, (kind, _) in self.parts.items())
        default = f'<Default Extension="rels" ContentType="{_RELS}"/>'
        types = f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">{default}{rows}</Types>'
        members = {"[Content_Types].xml": types.encode()}
        for source, held in self.links.items():
            folder, slash, name = source.rpartition("/")
            table = f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(map(str, held))}</Relationships>'
            members[f"{folder}{slash}_rels/{name}.rels"] = (_DECLARATION + table).encode()
        members.update((name, content) for name, (_, content) in self.parts.items())
        return zipped(members)


def zipped(members: dict[str, bytes]) -> bytes:
    """A plain ZIP with a fixed date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _1980), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
